"""What the atlas shows of clusters: tiles in colour, the catalogue, who found what."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from astropy.table import Table
from astropy.wcs import WCS

from skyloom.atlas.numbers import degrees, quantities, short
from skyloom.atlas.similar import similar
from skyloom.clusters.baselines.matched_filter import BLENDED, COARSE, MASKED
from skyloom.clusters.catalogue.lists import read_clusters
from skyloom.clusters.evaluation.completeness import thresholds
from skyloom.clusters.evaluation.judge import Rule
from skyloom.clusters.tasks.atlas_tiles import FINDERS, radii, shown_tile
from skyloom.clusters.tasks.products import (
    by_tile,
    images_of,
    read_candidates,
    read_threshold,
)
from skyloom.io.documents import read_json
from skyloom.sky.geometry import pixel_scale

MOST_CLUSTERS = 4000  # of a page, those on its tiles first
MOST_MEMBERS = 30  # of a cluster, the most probable ones
MOST_PAIRS = 2000  # of two lists, evenly among all
MOST_SIDE = 1000  # px of a tile's picture where there are few
AROUND = 3.0  # radii of a cluster that its small picture shows to a side
LEAST_SHARE = 0.04  # of a tile's side, which it shows at least
FIELDS = {  # column: what it is called
    "LAMBDA": "richness λ",
    "Z": "redshift",
    "PROBABILITY": "probability",
    "FILTER_SCORE": "score of the matched filter",
    "ENCODER_SCORE": "score of the encoder",
    "MASKFRAC": "masked share",
    "P_CENTRAL": "probability of the central galaxy",
    "FLAG": "flag",
}
ERRORS = {"LAMBDA": "LAMBDA_ERR", "Z": "Z_ERR"}
FLAGS = {
    COARSE: "the redshift is only bounded",
    BLENDED: "no one redshift fits its galaxies",
    MASKED: "much of its circle is masked or outside of the footprint",
}


def survey(files: Mapping, names: Sequence[str], rule: Rule) -> tuple[dict, list]:
    """Return what the page shows of a survey, and the pictures of its tiles.

    Parameters
    ----------
    files : mapping
        ``catalogue``, ``members`` and ``calibration``, a path each, and
        ``evaluation`` where there is one; lists of paths ``images`` and
        ``predictions`` of the tiles that are shown, and those of
        `atlas_tiles.FINDERS` that there are; ``truth``, of the tiles or one list.
    names : sequence of str
        Of the tiles that are shown, in the order of their images.
    rule : Rule
        What makes a detection true.
    """
    table = read_candidates(files["catalogue"])
    listed = _by_tile(table)
    truth = _truth(files.get("truth", ()), names)
    own = {k: by_tile(files[k]) for k in ("predictions", *FINDERS) if files.get(k)}
    own["images"] = images_of(names, files["images"])
    tiles, pictures = [], []
    places: dict[str, list] = {}
    for k, name in enumerate(names):
        mine = {kind: some[name] for kind, some in own.items() if name in some}
        found = table[listed.get(name, [])]
        tile, picture, wcs = shown_tile(name, mine, found, truth.get(name), rule)
        tiles.append(tile | {"thumb": k})
        pictures.append(picture)
        _place(places, k, wcs, found)
    shown = table[_chosen(table, places)]
    objects = clusters(shown, read_candidates(files["members"]))
    for one in objects:
        one["at"] = places.get(one["id"], [])
        one["thumb"] = _thumb(one["at"][0], tiles) if one["at"] else None
    cut = read_threshold(files["calibration"])
    return {
        "tiles": tiles,
        "objects": objects,
        "fields": {name: {"label": label} for name, label in FIELDS.items()},
        "listed": len(table),
        "judged": _judged(files.get("evaluation"), cut),
    }, pictures


def clusters(table: Table, members: Table) -> list[dict]:
    """Return the clusters of a list, each with its members and those most like it."""
    rows = _members(members[np.isin(members["ID"], table["ID"])])
    names = [name for name in FIELDS if name in table.colnames]
    objects = [_cluster(row, names, rows) for row in table]
    columns = [np.log(table["LAMBDA"]), table["Z"], table["PROBABILITY"]]
    features = np.column_stack([np.asarray(c, float) for c in columns])
    for one, like in zip(objects, similar(features), strict=True):
        one["similar"] = like
    return objects


def real_field(path: str, members: str, report: str) -> dict:
    """Return what the page shows of the clusters of a real catalogue of galaxies."""
    table, known = read_candidates(path), read_json(report)
    fields = {k: {"label": v} for k, v in FIELDS.items() if k in table.colnames}
    return {
        "objects": clusters(table[:MOST_CLUSTERS], read_candidates(members)),
        "listed": len(table),
        "fields": fields,
        "threshold": known["clusters"]["threshold"],
        "above_chance": known["clusters"]["above_chance"],
        "area": short(known["area"]),
    }


def matches(pairs: str, rates: str) -> dict:
    """Return what the page shows of two lists that were matched."""
    table, report = pd.read_csv(pairs), read_json(rates)
    columns = ("Z_A", "Z_B", "LAMBDA_A", "LAMBDA_B")
    some = table.iloc[:: -(-len(table) // MOST_PAIRS) or 1]
    return {
        **{name: [short(value) for value in some[name]] for name in columns},
        "pairs": len(table),
        "rates": report["rates"],
        "area": short(report["area"]),
        "redshifts": report["redshifts"],
        "warnings": report["warnings"],
    }


def _cluster(row: Table.Row, names: Sequence[str], members: Mapping) -> dict:
    where = f" on {row['TILES']}" if "TILES" in row.colnames else ""
    mine = members.get(int(row["ID"]), [])
    return {
        "id": str(row["ID"]),
        "words": f"{row['FOUND_BY']}{where}",
        "found_by": str(row["FOUND_BY"]),
        "place": [degrees(row["RA"]), degrees(row["DEC"])],
        "values": quantities({name: row[name] for name in names}, names),
        "errors": {name: short(row[error]) for name, error in ERRORS.items()},
        "flags": [words for bit, words in FLAGS.items() if int(row["FLAG"]) & bit],
        "members": mine[:MOST_MEMBERS],
        "n_members": len(mine),
    }


def _members(table: Table) -> dict[int, list]:
    """Return RA, Dec [deg] and probability of the members of each cluster, by ID."""
    found: dict[int, list] = {}
    for cluster, ra, dec, p in table.iterrows("ID", "RA", "DEC", "P"):
        found.setdefault(int(cluster), []).append(
            [degrees(ra), degrees(dec), short(p, 2)]
        )
    return found


def _by_tile(table: Table) -> dict[str, list[int]]:
    """Return the rows that were seen on each tile."""
    found: dict[str, list[int]] = {}
    for row, tiles in enumerate(table["TILES"]):
        for name in tiles.split():
            found.setdefault(name, []).append(row)
    return found


def _truth(paths: Sequence[str], names: Sequence[str]) -> dict[str, Table]:
    """Return the true clusters of each tile: of its own list, or of one for all."""
    lists = by_tile(paths)
    if lists.keys() >= set(names):
        return {name: read_clusters(lists[name][0], empty=True) for name in names}
    return dict.fromkeys(names, read_clusters(paths[0])) if paths else {}


def _place(places: dict[str, list], k: int, wcs: WCS, found: Table) -> None:
    """Add where clusters lie on a tile: its number, x, y, and their radius [px]."""
    if not len(found):
        return
    x, y = wcs.all_world2pix(found["RA"], found["DEC"], 0)
    sizes = radii(found, pixel_scale(wcs))
    rows = np.round(np.column_stack([x, y, sizes]), 1).tolist()
    for identifier, row in zip(found["ID"], rows, strict=True):
        places.setdefault(str(identifier), []).append([k, *row])


def _chosen(table: Table, places: Mapping) -> np.ndarray:
    """Return the rows that are shown, those on tiles that are shown first."""
    away = np.array([str(i) not in places for i in table["ID"]], bool)
    return np.sort(np.argsort(away, kind="stable")[:MOST_CLUSTERS])


def _thumb(place: Sequence[float], tiles: Sequence[Mapping]) -> list:
    """Return the part of a tile's picture about a cluster, as `Atlas.sprite` has it."""
    k, x, y, radius = place
    nx, ny = tiles[k]["size"]
    side = max(nx, ny)
    share = min(max(AROUND * radius / side, LEAST_SHARE), 1.0)
    left = ((side - nx) / 2 + x + 0.5) / side - share / 2
    top = 1 - ((side - ny) / 2 + y + 0.5) / side - share / 2
    inside = (min(max(v, 0.0), 1 - share) for v in (left, top))
    return [k, *(round(v, 4) for v in (*inside, share))]


def _judged(path: str | None, cut: float) -> dict:
    """Return the counts at each threshold, and what is said of the run's own."""
    plain = {"own": cut, "threshold": thresholds(cut).tolist()}
    if not path:
        return plain
    report = read_json(path)["catalogue"]
    kept = ("completeness", "purity")
    return plain | {name: report[name] for name in kept} | report["by_threshold"]


def left_out(data: Mapping, n_tiles: int) -> list[str]:
    """Return what is in the run and not on the page, of ``n_tiles`` tiles, in words."""
    found, survey = [], data["survey"]
    if survey and n_tiles > len(survey["tiles"]):
        shown = len(survey["tiles"])
        found.append(f"{shown} of {n_tiles} tiles are shown, evenly among their names.")
    for part in (survey, data["real_field"]):
        if part and part["listed"] > len(part["objects"]):
            shown, listed = len(part["objects"]), part["listed"]
            found.append(f"{shown} of {listed} clusters of the catalogue are shown.")
    return found
