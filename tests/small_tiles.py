"""Two small tiles of a survey, with all files that their page reads."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from astropy.table import Table
from skyloom.clusters.bands import BANDS
from skyloom.clusters.catalogue.lists import write_clusters
from skyloom.clusters.evaluation.completeness import thresholds
from skyloom.clusters.finder.catalogue import COLUMNS, catalogue
from skyloom.clusters.images.survey import write_survey_image
from skyloom.clusters.inference.blend import MAPS, TileMaps
from skyloom.clusters.tasks.products import write_prediction
from skyloom.io.catalogues import write_catalogue
from skyloom.io.documents import write_json
from skyloom.sky.tan import tan_wcs

NAMES = ["sim0000", "sim0001"]
SHAPE = (240, 320)
CELL = 16
OWN = 0.62  # the threshold
PLACES = {"sim0000": [(60.0, 200.0), (250.0, 40.0)], "sim0001": [(100.0, 100.0)]}


def wcs_of(name: str):
    """Return the world coordinates of a tile, each a degree from the other."""
    return tan_wcs(300.0 + NAMES.index(name), -10.0, SHAPE, 2.0)


def survey(folder: Path) -> dict:
    """Write the files of a survey of two tiles, and return them by kind."""
    files: dict = {"images": [], "predictions": [], "encoder": [], "matched_filter": []}
    files |= {"density": [], "truth": []}
    found = []
    for name in NAMES:
        files["images"] += [str(p) for p in _images(folder, name)]
        files["predictions"].append(str(_maps(folder, name)))
        table = detections(name)
        for kind in ("encoder", "matched_filter", "density"):
            files[kind].append(str(folder / kind / f"{name}.fits"))
            write_catalogue(files[kind][-1], table["RA", "DEC", "SCORE", "Z", "LAMBDA"])
        files["truth"].append(str(_truth(folder, name)))
        found.append(table)
    own = catalogue(_listed(found))
    files["catalogue"], files["members"] = (
        str(folder / f"{kind}.fits") for kind in ("clusters", "members")
    )
    write_catalogue(files["catalogue"], own)
    write_catalogue(files["members"], _members(own))
    files["calibration"] = str(folder / "calibration.json")
    write_json(files["calibration"], {"threshold": {"value": OWN}})
    files["evaluation"] = str(folder / "evaluation.json")
    write_json(files["evaluation"], {"catalogue": judged()})
    return files


def judged() -> dict:
    """Return what an evaluation says of the catalogue: fewer the higher one cuts."""
    cuts = thresholds(OWN)
    counts = [round(10 * (1 - cut)) for cut in cuts]
    at = counts[cuts.tolist().index(OWN)]
    share = {"low": 0.1, "high": 0.9}
    return {
        "completeness": {"k": at, "n": 10, "value": at / 10, **share},
        "purity": {"k": at, "n": at + 1, "value": at / (at + 1), **share},
        "by_threshold": {
            "threshold": cuts.tolist(),
            "found": counts,
            "clusters": 10,
            "true": counts,
            "listed": [n + 1 for n in counts],
        },
    }


def detections(name: str) -> Table:
    """Return what is found on a tile."""
    x, y = np.array(PLACES[name]).T
    ra, dec = wcs_of(name).all_pix2world(x, y, 0)
    table = Table({"RA": ra, "DEC": dec, "X": x, "Y": y})
    table["SCORE"] = np.linspace(0.9, 0.4, len(table))
    table["Z"], table["LAMBDA"] = 0.4, np.linspace(40.0, 15.0, len(table))
    table["TILES"] = name
    return table


def _images(folder: Path, name: str) -> list[Path]:
    rng = np.random.default_rng(1)
    paths = []
    for band in BANDS:
        pixels = rng.normal(0, 1, SHAPE).astype(np.float32)
        for x, y in PLACES[name]:
            pixels[int(y) - 3 : int(y) + 4, int(x) - 3 : int(x) + 4] += 40
        paths.append(folder / "survey" / f"{name}_{band}.fits")
        planes = pixels, np.ones(SHAPE, np.float32), np.zeros(SHAPE, np.uint8)
        cards = {"MAGZERO": 30.0, "BAND": band}
        write_survey_image(paths[-1], *planes, wcs_of(name), cards)
    return paths


def _maps(folder: Path, name: str) -> Path:
    cells = tuple(-(-n // CELL) for n in SHAPE)
    maps = {key: np.zeros(cells) for key in MAPS} | {"valid": np.ones(cells)}
    for x, y in PLACES[name]:
        maps["membership"][int(y) // CELL, int(x) // CELL] = 0.8
    path = folder / "predictions" / f"{name}.npz"
    whole = TileMaps(**maps, tile=CELL, height=SHAPE[0], width=SHAPE[1])
    write_prediction(path, whole, wcs_of(name), {})
    return path


def _truth(folder: Path, name: str) -> Path:
    """Write two true clusters: the first that is found, and one that nobody finds."""
    x, y = np.array([PLACES[name][0], (200.0, 150.0)]).T
    ra, dec = wcs_of(name).all_pix2world(x, y, 0)
    table = Table({"ID": [1, 2], "RA": ra, "DEC": dec, "Z_LAMBDA": [0.4, 0.4]})
    table["Z_LAMBDA_ERR"], table["LAMBDA"], table["LAMBDA_ERR"] = 0.0, 35.0, 0.0
    path = folder / "truth" / f"{name}.fits"
    write_clusters(path, table)
    return path


def _listed(found: list[Table]) -> Table:
    """Return the joint list: the second cluster is masked, and the encoder's alone."""
    rows = [row for table in found for row in table]
    names = ("RA", "DEC", "X", "Y", "Z", "LAMBDA", "TILES")
    table = Table({name: [row[name] for row in rows] for name in names})
    table["PROBABILITY"] = [row["SCORE"] for row in rows]
    for name in COLUMNS.keys() - {"ID", "FOUND_BY", "FLAG", *table.colnames}:
        table[name] = 0.25
    table["FOUND_BY"] = ["both", "encoder", "filter"]
    table["FLAG"] = [0, 4, 0]
    return table


def _members(own: Table) -> Table:
    """Return forty members of the most probable cluster, none of the others."""
    n = 40
    ra, dec = own["RA"][0], own["DEC"][0]
    table = Table({"ID": np.full(n, own["ID"][0]), "RA": ra + np.arange(n) / 3600})
    table["DEC"], table["P"] = np.full(n, dec), np.linspace(0.99, 0.1, n)
    return table
