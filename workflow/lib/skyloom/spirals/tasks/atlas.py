"""What the atlas shows of galaxies: pictures, maps, votes, measures, drawings."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from astropy.table import Table

from skyloom.atlas.numbers import degrees, evenly, quantities, real, short
from skyloom.atlas.similar import similar
from skyloom.io.fits import opened
from skyloom.io.parquet import read_parquet
from skyloom.spirals.catalogue.galaxies import read_galaxies
from skyloom.spirals.cutouts.pictures import read_picture
from skyloom.spirals.geometry import Stamp
from skyloom.spirals.measure.consistency import DOUBT, doubts
from skyloom.spirals.questions import asked, columns, questions
from skyloom.spirals.segmaps.marks import KINDS, Marks, read_marks
from skyloom.spirals.tasks.cataloguing import vote_columns
from skyloom.spirals.tasks.looking import middle
from skyloom.spirals.tasks.marks import by_name
from skyloom.spirals.tasks.predicting import read_maps

MAP = 48  # px, side of a map of the page at most
VERTICES = 20  # of a stroke, as many as are seen
STROKES = 30  # volunteers whose drawings of a kind are shown
FIELDS = {  # column: what it is called
    "pitch_angle": "pitch angle",
    "arm_number": "number of arms",
    "arm_fraction": "part of the disk with arms",
    "bar_length": "length of the bar",
    "bar_length_px": "length of the bar",
    "bar_length_kpc": "length of the bar",
    "bar_pa": "position angle of the bar",
    "bar_ellipticity": "ellipticity of the bar",
    "bar_share": "share that marks the bar, at most",
    "bar_found": "probability that the map has a bar",
    "disk_radius": "radius of the disk",
    "disk_ratio": "axis ratio of the disk",
    "disk_pa": "position angle of the disk",
    "spiral_votes": "expected share of votes for arms",
    "bar_votes": "expected share of votes for a bar",
    "redshift": "redshift",
}
SHAPES = ("disk_radius_px",)  # drawn, and not told
WORDS = ("winding", "bar_reason", "arm_reason")
COMPARED = ("spiral_votes", "spiral_asked", "bar_votes", "disk_ratio")
DISAGREE = {
    "votes": "the votes say more of {} than the map",
    "map": "the map says more of {} than the votes",
}
CALLED = {"spiral": "arms", "bar": "a bar"}


def galaxies(files: Mapping, names: Sequence[str]) -> tuple[dict, list[np.ndarray]]:
    """Return what the page shows of galaxies, and their pictures.

    Parameters
    ----------
    files : mapping
        ``catalogue``, a path; lists of paths ``images`` and ``maps`` of the galaxies
        that are shown, and ``marks`` of those that were drawn on; ``votes`` and
        ``truth``, tables of all, where there are any.
    names : sequence of str
        Of the galaxies that are shown.
    """
    with opened(files["catalogue"]) as file:
        table = file.table("CATALOGUE")
    table.convert_bytestring_to_unicode()
    row_of = {name: row for row, name in enumerate(table["name"])}
    own = {kind: by_name(files.get(kind, ())) for kind in ("images", "maps", "marks")}
    told, true = _told(files.get("votes", ())), _true(files.get("truth", ()))
    objects, pictures = [], []
    for name in names:
        row = table[row_of[name]]
        tree = _object(row) | _seen(row, own, name, pictures)
        tree["told"], tree["true"] = told.get(name), true.get(name)
        objects.append(tree)
    features = np.array([one["compared"] for one in objects], float)
    for one, like in zip(objects, similar(features), strict=True):
        one["similar"] = like
        del one["compared"]
    units = {name: str(table[name].unit or "") for name in FIELDS}
    return {
        "objects": objects,
        "fields": {k: {"label": v, "unit": units[k]} for k, v in FIELDS.items()},
        "questions": [
            {"name": one.name, "answers": one.answers, "first": one.first}
            for one in questions()
        ],
        "total": len(table),
    }, pictures


def _object(row: Table.Row) -> dict:
    """Return name, numbers with errors, and what is doubtful of a row."""
    known = dict(zip(row.colnames, row, strict=True))
    errors = {k: short(known[f"{k}_err"], 3) for k in FIELDS if f"{k}_err" in known}
    shares = np.array([real(known[name]) for name in vote_columns()])
    deviations = [short(known[f"{name}_std"], 3) for name in vote_columns()]
    placed = np.isfinite([real(known["ra"]), real(known["dec"])]).all()
    return {
        "id": str(known["name"]),
        "words": " ".join(str(known[name]) for name in (*WORDS, "reason")),
        "reason": str(known["reason"]),
        "said": {name: str(known[name]) for name in WORDS},
        "place": [degrees(known["ra"]), degrees(known["dec"])] if placed else None,
        "values": quantities(known, (*FIELDS, *SHAPES)),
        "scale": short(known["pixscale"]),
        "errors": errors,
        "flags": _flags(known),
        "votes": {
            "share": [short(v, 3) for v in shares],
            "error": deviations,
            "asked": [short(v, 3) for v in asked(shares)],
        },
        "compared": [real(known[name]) for name in COMPARED],
    }


def _flags(known: Mapping) -> list[str]:
    if known["reason"]:
        return [f"no maps: {known['reason']}"]
    doubted = doubts(known)
    return [f"{CALLED[kind]}: {DOUBT}" for kind in KINDS if kind in doubted] + [
        DISAGREE[known[f"{kind}_flag"]].format(CALLED[kind])
        for kind in KINDS
        if known[f"{kind}_flag"] in DISAGREE
    ]


def _seen(row: Table.Row, own: Mapping, name: str, pictures: list) -> dict:
    """Return picture, maps and drawings of a galaxy; add its picture to the others."""
    nothing = {"image": None, "thumb": None, "maps": None, "drawn": None}
    found = read_maps(own["maps"][name])
    if found.reason:
        return nothing
    picture = read_picture(own["images"][name])
    shown = middle(picture, found.crop, round(found.crop * len(picture)))
    pictures.append(shown.clip(0, 255).astype(np.uint8)[::-1])
    size = found.mean.shape[-1]
    number = len(pictures) - 1
    tree = {"image": number, "thumb": number, "maps": _maps(found.mean), "size": size}
    stamp = Stamp(*(real(row[key]) for key in ("ra", "dec", "pixscale")), size)
    marked = own["marks"].get(name)
    if marked is None or not np.isfinite([stamp.ra, stamp.dec, stamp.scale]).all():
        return nothing | tree
    return nothing | tree | {"drawn": _drawn(read_marks(marked), stamp)}


def _maps(mean: np.ndarray) -> dict:
    """Return the maps of arms and bar in 255 steps, row 0 north; None if not known."""
    pool = -(-mean.shape[-1] // MAP)
    side = mean.shape[-1] // pool
    part = mean[:, : side * pool, : side * pool]
    pooled = part.reshape(len(mean), side, pool, side, pool).mean(axis=(2, 4))
    steps = {
        kind: np.rint(np.clip(one[::-1], 0, 1) * 255).astype(np.uint8)
        for kind, one in zip(KINDS, pooled, strict=True)
        if np.isfinite(one).all()
    }
    coded = {k: base64.b64encode(one.tobytes()).decode() for k, one in steps.items()}
    return {"side": side, "covers": side * pool, **coded}


def _drawn(marks: Marks, stamp: Stamp) -> dict:
    """Return the strokes of volunteers on a map [px], and how many were asked."""
    found: dict = {"asked": {kind: marks.asked(kind) for kind in KINDS}}
    for kind in KINDS:
        strokes = [
            stroke[evenly(len(stroke), VERTICES)]
            for drawing in (marks.drawings(kind) or ())[:STROKES]
            for stroke in drawing
        ]
        lengths = np.cumsum([len(stroke) for stroke in strokes])
        if not len(lengths):
            found[kind] = []
            continue
        placed = marks.frame.on(stamp, np.concatenate(strokes))
        parts = np.split(np.round(placed, 1), lengths[:-1])
        found[kind] = [part.tolist() for part in parts]
    return found


def _told(paths: Sequence[str]) -> dict[str, list[int]]:
    """Return the counts of volunteers' answers, of galaxies that have any."""
    found: dict[str, list[int]] = {}
    for path in paths:
        table = read_galaxies(path)
        counts = table[columns()].to_numpy()
        rows = zip(table["name"], counts, strict=True)
        found |= {name: row.tolist() for name, row in rows if row.any()}
    return found


def _true(paths: Sequence[str]) -> dict[str, dict]:
    """Return what was put into simulated galaxies, by the columns of measures."""
    if not paths:
        return {}
    table = pd.concat([read_parquet(path) for path in paths], ignore_index=True)
    rows = table.set_index("name")
    rows.columns = [name.removesuffix("_true") for name in rows]
    return {
        str(name): {k: v if isinstance(v, str) else short(v) for k, v in row.items()}
        for name, row in zip(rows.index, rows.to_dict("records"), strict=True)
    }
