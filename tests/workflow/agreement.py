"""What products of a run say of one quantity, compared with each other.

Each function takes the folder of an area and returns an `Agreement`.
"""

from __future__ import annotations

import json
import math
import re
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pandas as pd
from astropy.io import fits
from astropy.table import Table
from astropy.wcs import WCS
from astropy.wcs.utils import proj_plane_pixel_scales
from skyloom.clusters.tasks.products import read_threshold


@dataclass
class Agreement:
    """How many pairs of values were compared, and those that are not the same."""

    compared: int = 0
    broken: list[str] = field(default_factory=list)

    def same(self, what: str, one, other, rtol: float = 1e-9, atol: float = 0.0):
        """Compare two values or arrays, of text or of numbers; NaN is NaN."""
        one, other = _plain(one), _plain(other)
        self.compared += max(one.size, other.size)
        how = {"rtol": rtol, "atol": atol, "equal_nan": True}
        alike = one.shape == other.shape and (
            np.allclose(one, other, **how)
            if one.dtype.kind == other.dtype.kind == "f"
            else bool((one == other).all())
        )
        if not alike:
            self.broken.append(f"{what}: {_short(one)} and {_short(other)}")

    def headlines(self, folder: Path, reports: dict[str, Path | list[Path]]) -> None:
        """Compare each headline number with the report that it is of."""
        tree = read(folder / "metrics.json")
        page = (folder / "metrics.html").read_text()
        for kind, own in tree.items():
            if kind == "provenance" or kind not in reports:
                continue
            paths = reports[kind]
            if isinstance(paths, list):
                for name, one in own.items():
                    (path,) = (
                        p for p in paths if str(p.with_suffix("")).endswith(name)
                    )
                    self._leaves(f"{kind} {name}", one, read(path))
            else:
                self._leaves(kind, own, read(paths))
            if own:
                self.same(
                    "page of numbers", f"<h2>{kind.replace('_', ' ')}" in page, True
                )

    def _leaves(self, place: str, one: dict, other: dict) -> None:
        for key, value in one.items():
            if isinstance(value, dict):
                self._leaves(f"{place}.{key}", value, other.get(key, {}))
            elif not isinstance(value, list):
                self.same(f"metrics.json {place}.{key}", value, other.get(key))


def _plain(values) -> np.ndarray:
    """Return numbers, or text, in which what is masked is empty."""
    values = np.ma.asarray(values)
    if values.dtype.kind in "fiub":
        return np.ma.filled(values.astype(float), np.nan)
    return np.ma.filled(values.astype(str), "")


def _short(values: np.ndarray) -> str:
    return str(values.ravel()[:4].tolist() if values.ndim else values.item())


def read(path: Path) -> dict:
    """Return a JSON document."""
    return json.loads(path.read_text())


def frame(path: Path) -> pd.DataFrame:
    """Return the table of a FITS file, those of more than one dimension left out."""
    table = Table.read(path)
    return table[[c for c in table.colnames if table[c].ndim == 1]].to_pandas()


def two_formats(found: Agreement, first: Path, second: Path) -> None:
    """Compare the two forms that a catalogue is written in."""
    one, other = Table.read(first), Table.read(second)
    found.same(f"columns of {second.name}", one.colnames, other.colnames)
    for name in one.colnames:
        found.same(f"{second.name} {name}", one[name], other[name], rtol=1e-6)


def builder(folder: Path) -> Agreement:
    """Compare catalogue, models, regions, GALFIT files and the two single fits."""
    found = Agreement()
    two_formats(found, folder / "catalogue.fits", folder / "catalogue.ecsv")
    rows = Table.read(folder / "catalogue.fits")
    for row in rows[[bool(text) for text in rows["components"]]]:
        _galaxy(found, folder, row)
    paths = [*folder.glob("analysis/*.json"), *folder.glob("pitch/*.json")]
    reports = {path.stem: path for path in paths}
    kinds = {"frequencies": "component_frequencies", "agreement": "volunteer_agreement"}
    kinds |= {"residuals": "residual_statistics", "pitch": "posterior"}
    reports |= {kind: reports[name] for kind, name in kinds.items() if name in reports}
    found.headlines(folder, reports)
    return found


def _galaxy(found: Agreement, folder: Path, row) -> None:
    name = row["subject_id"]
    tree = read(folder / f"models/{name}.json")
    model, mean = tree["model"], dict(zip(tree["mean"]["names"], tree["mean"]["values"],
                                          strict=True))  # fmt: skip
    with fits.open(folder / f"fitting_metadata/{name}.fits") as file:
        wcs = WCS(file["SCI"].header)
    scale = 3600 * math.sqrt(np.prod(proj_plane_pixel_scales(wcs)))
    parts = [k for k in ("disk", "bulge", "bar") if model[k]]
    words = [*parts, *(["arms"] if model["spiral"] else [])]
    found.same(f"{name} components", row["components"], "+".join(words))
    found.same(f"{name} chisq", row["chisq"], tree["chisq"])
    light = mean["flux.total"] * tree["multiplier"]
    found.same(f"{name} magnitude", row["mag"], 22.5 - 2.5 * math.log10(light))
    for part in parts:
        size = mean[f"{part}.Re"] * scale
        found.same(f"{name} {part} Re", row[f"{part}_Re_arcsec"], size, rtol=1e-6)
    found.same(f"{name} disk q", row["disk_q"], mean["disk.q"])
    for start in ("agg", "bi"):
        single = read(folder / f"tuned/{start}/{name}.json")
        found.same(f"{name} chisq {start}", row[f"chisq_{start}"], single["chisq"])
        if single["model"] and single["model"]["disk"]:
            size = single["model"]["disk"]["Re"] * scale
            own = row[f"{start}_disk_Re_arcsec"]
            found.same(f"{name} disk Re {start}", own, size, rtol=1e-6)
    _exports(found, folder, name, tree, parts, scale)


def _exports(found: Agreement, folder: Path, name, tree, parts, scale: float) -> None:
    """Compare the region and the GALFIT file with the chosen model."""
    regions = (folder / f"regions/{name}.reg").read_text()
    feedme = (folder / f"galfit/{name}.feedme").read_text()
    shapes = r"^(?:ellipse|box)\([^,]+,[^,]+,([\d.]+)\",([\d.]+)\".*tag={(\w+)}"
    drawn = {n: (float(a), float(b)) for a, b, n in re.findall(shapes, regions, re.M)}
    found.same(f"{name} parts of the region", sorted(drawn), sorted(parts))
    objects = dict(re.findall(r"\(([a-z]+)\)\n(.*?)\n Z\)", feedme, re.S))
    found.same(f"{name} parts of GALFIT", [*objects], [*parts])
    for part in parts:
        model = tree["model"][part]
        long, half = drawn[part][0], 2 if part == "bar" else 1
        size = half * model["Re"] * scale
        found.same(f"{name} {part} Re of DS9", long, size, atol=1e-4)
        short = model["q"] * size
        found.same(f"{name} {part} q of DS9", drawn[part][1], short, atol=1e-4)
        lines = dict(re.findall(r"^ ?(\d+)\) ([-\d.]+)", objects[part], re.M))
        for key, line in (("Re", "4"), ("q", "9")):
            what = f"{name} {part} {key} of GALFIT"
            found.same(what, float(lines[line]), model[key], atol=1e-4)
        flux = tree["flux"][part] * tree["multiplier"]
        told = 22.5 - 2.5 * math.log10(flux)
        found.same(f"{name} {part} magnitude", float(lines["3"]), told, atol=1e-4)


def quasars(folder: Path) -> Agreement:
    """Compare reports, tables and thresholds of rounds, and the headline numbers."""
    found = Agreement()
    names = ("completeness", "completeness_z", "purity", "purity_z")
    reports = sorted((folder / "evaluation").glob("round*.json"))
    for path in reports:
        report, table = read(path), pd.read_csv(path.with_suffix(".csv"))
        whole = table[table["by"] == "all"].set_index("measure")
        for name in names:
            for key in ("value", "low", "high", "rows", "targets"):
                what = f"{path.stem} {name} {key}"
                found.same(what, report[name][key], whole.loc[name, key])
        own = read(folder / f"ensemble/{path.stem}/calibration.json")["threshold"]
        found.same(f"{path.stem} threshold", report["threshold"], own["value"])
    kinds = {"rounds": reports}
    kinds["comparisons"] = sorted((folder / "comparison").glob("round*.json"))
    found.headlines(folder, kinds)
    _asked(found, folder)
    return found


def _asked(found: Agreement, folder: Path) -> None:
    """Compare what inspectors are shown with the catalogue of the round."""
    keys = ["TARGETID", "TILEID", "EXPID"]
    for path in sorted((folder / "query").glob("round*/query.csv")):
        query = pd.read_csv(path)
        results = folder / f"catalogue/{path.parent.name}/ensemble_results.csv"
        both = query.merge(pd.read_csv(results), on=keys, suffixes=("", "_all"))
        found.same(f"{path.parent.name} rows asked", len(both), len(query))
        for name in ("Z", "C_BEST", "C_NOT", "C_QSO_LZ", "C_QSO_HZ", "SN", "ENTROPY"):
            found.same(f"{path.parent.name} {name}", both[name], both[f"{name}_all"])


def clusters(folder: Path) -> Agreement:
    """Compare the catalogue, its members, the single finders and the reports."""
    found = Agreement()
    catalogue = folder / "catalogue"
    two_formats(found, catalogue / "clusters.fits", catalogue / "clusters.ecsv")
    rows = frame(catalogue / "clusters.fits").set_index("ID")
    members = frame(catalogue / "members.fits")
    found.same("members of clusters", set(members["ID"]) - set(rows.index), set())
    # Of a masked part of the sky, and of galaxies with little probability, are none.
    most = (1 - rows["MASKFRAC"]) * rows["LAMBDA"]
    summed = members.groupby("ID")["P"].sum()
    beyond = summed.index[summed > most[summed.index] * (1 + 1e-6)]
    found.same("more members than the richness", [*beyond], [])
    for path in sorted((folder / "matched_filter").glob("*.fits")):
        _listed(found, path, rows[rows["TILES"].map(_first) == path.stem], "filter")
    report = read(folder / "evaluation.json")
    threshold = read_threshold(folder / "encoder/calibration.json")
    found.same("threshold", report["catalogue"]["threshold"], threshold)
    kinds = {"survey": folder / "evaluation.json"}
    kinds["encoder"] = folder / "encoder/evaluation.json"
    found.headlines(folder, kinds)
    return found


def _first(tiles) -> str:
    text = tiles.decode() if isinstance(tiles, bytes) else str(tiles)
    return text.split()[0]


def _listed(found: Agreement, path: Path, rows: pd.DataFrame, finder: str) -> None:
    """Compare the clusters that one finder lists with their rows of the catalogue."""
    own = frame(path)
    for row in rows[rows["FOUND_BY"].map(_first) == finder].itertuples():
        near = own[(own["RA"] == row.RA) & (own["DEC"] == row.DEC)]
        found.same(f"{path.name} {row.Index} is listed", len(near), 1)
        for name in ("Z", "LAMBDA", "LAMBDA_ERR", "MASKFRAC") if len(near) else ():
            what = f"{path.name} {row.Index} {name}"
            found.same(what, near[name].iloc[0], getattr(row, name))


def spectra(folder: Path) -> Agreement:
    """Compare the catalogue, fingerprints, labels and the headline numbers."""
    found = Agreement()
    two_formats(found, folder / "catalogue.fits", folder / "catalogue.ecsv")
    rows = frame(folder / "catalogue.fits")
    info = Table.read(folder / "fingerprints_info.fits")
    shared = [name for name in rows if name in info.colnames]
    prints = info[shared].to_pandas().set_index("plateifu").loc[rows["plateifu"]]
    for name in prints:
        found.same(f"catalogue {name}", rows[name], prints[name], rtol=1e-5)
    counted = np.asarray(info["counts"]).reshape(len(info), -1).sum(axis=1)
    found.same("spectra of fingerprints", counted, info["n_spectra"])
    table = np.load(folder / "fingerprints.npy")
    for name, row in zip(info["suffix"], table, strict=True):
        own = np.load(folder / f"fingerprints/{str(name).strip()}.npy")
        found.same(f"fingerprint {name}", own.ravel(), row.ravel(), rtol=1e-6)
    on_map = rows[rows["bmu2"] >= 0]
    columns = int(on_map["col"].max()) + 1
    for bmu, row, col in on_map[["bmu2", "row", "col"]].itertuples(index=False):
        found.same("unit below the last column", bmu >= row * columns + col, True)
    nodes = frame(folder / "labels/nodes.fits")
    columns = int(nodes["map_column"].max()) + 1
    place = nodes["map_row"] * columns + nodes["map_column"]
    found.same("units of the map", nodes["bmu"], place)
    test = frame(folder / "labels/test.fits")
    known = test[test["bmu"] >= 0]
    found.same("units of spectra", known["bmu"].isin(nodes["bmu"]).all(), True)
    reports = {path.stem: path for path in (folder / "evaluation").glob("*.json")}
    found.headlines(folder, reports | {"cuts": folder / "cuts.json"})
    return found


def spirals(folder: Path) -> Agreement:
    """Compare catalogue, measures, the maps' files and the headline numbers."""
    found = Agreement()
    two_formats(found, folder / "catalogue.fits", folder / "catalogue.ecsv")
    rows = frame(folder / "catalogue.fits")
    rows.index = [_first(name) for name in rows["name"]]
    parts = [pd.read_parquet(p) for p in sorted((folder / "measures").glob("*"))]
    measures = pd.concat(parts).set_index("name").loc[rows.index]
    for name in (name for name in rows if name in measures and name != "name"):
        one, other = measures[name], rows[name]
        if other.dtype.kind in "fi":
            # A count that is not known is 0 in a table of whole numbers.
            one = one.astype(float).fillna(0 if other.dtype.kind == "i" else np.nan)
            found.same(f"measures {name}", one, other.astype(float))
    for path in sorted((folder / "maps").glob("*.fits")):
        _maps(found, path, rows.loc[path.stem])
    names = ("evaluation", "joint", "crossmatch", "cuts")
    found.headlines(folder, {name: folder / f"{name}.json" for name in names})
    return found


def _maps(found: Agreement, path: Path, row) -> None:
    """Compare the measures, votes and scale of a galaxy's maps with its row."""
    with fits.open(path) as file:
        if "MEASURES" not in file:
            return
        votes, told = (Table(file[name].data) for name in ("VOTES", "MEASURES"))
        wcs = WCS(file["SPIRAL"].header)
    for one in told:
        name = str(one["measure"]).strip()
        if np.isfinite(one["value"]) and isinstance(row.get(name), float):
            found.same(f"{path.name} {name}", one["value"], row[name])
    for one in votes:
        name = f"{str(one['question']).strip()}_{str(one['answer']).strip()}_fraction"
        found.same(f"{path.name} {name}", one["fraction"], row[name], rtol=1e-5)
    if wcs.has_celestial:
        scale = 3600 * math.sqrt(np.prod(proj_plane_pixel_scales(wcs.celestial)))
        found.same(f"{path.name} scale", scale, row["pixscale"], rtol=1e-4)
