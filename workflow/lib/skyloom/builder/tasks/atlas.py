"""What the atlas shows of galaxies: pictures, drawings, models, the catalogue's row."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence

import numpy as np
from astropy.table import Table

from skyloom.atlas import sprites
from skyloom.atlas.numbers import evenly, real, short
from skyloom.atlas.similar import similar
from skyloom.builder.images.cutout_files import cutout_or_none
from skyloom.builder.model import DrawnArm, Model, Sersic, from_dict
from skyloom.builder.products import outlines
from skyloom.builder.products.catalogue_flags import RULES
from skyloom.builder.tasks.files import SHOWN, Files, own
from skyloom.io.documents import read_json
from skyloom.io.fits import read_images
from skyloom.plots.images import white_level

KINDS = ("image", "model", "residual")
SIGMAS = 5.0  # of the residual, shown as full colour
VERTICES = 12  # of a drawn arm, as many as are seen
FIELDS = {  # column: what it is called, its unit
    "mag": ("r magnitude", "mag"),
    "disk_Re_arcsec": ("disk Re", "arcsec"),
    "disk_q": ("disk axis ratio", ""),
    "disk_pa": ("disk position angle", "deg"),
    "bulge_fraction": ("bulge fraction", ""),
    "bulge_n": ("bulge Sérsic index", ""),
    "bar_fraction": ("bar fraction", ""),
    "spiral_fraction": ("spiral fraction", ""),
    "pitch_angle": ("pitch angle", "deg"),
    "n_arms": ("number of arms", ""),
    "chisq": ("reduced χ²", ""),
    "weight": ("weight of the chosen set", ""),
    "bulge_probability": ("probability of a bulge", ""),
    "bar_probability": ("probability of a bar", ""),
    "spiral_probability": ("probability of arms", ""),
}
COMPARED = ("disk_q", "bulge_fraction", "bar_fraction", "spiral_fraction")


def galaxies(catalogue: Table, files: Files) -> tuple[dict, list[np.ndarray]]:
    """Return what the page of galaxies shows, and its pictures.

    Parameters
    ----------
    catalogue : Table
        ``catalogue.fits``; its first `SHOWN` rows are shown.
    files : mapping
        ``cutouts``, ``volunteers``, ``aggregates``, ``models``, ``residuals``, each a
        path a subject.
    """
    rows = catalogue[:SHOWN]
    side = sprites.side_for(len(KINDS) * len(rows))
    pictures: list[np.ndarray] = []
    objects = []
    for row in rows:
        mine = own(files, int(row["subject_id"]))
        shown = dict(zip(KINDS, _pictures(mine), strict=True))
        tree = _object(row) | _shapes(mine)
        for kind, picture in shown.items():
            tree[kind] = None if picture is None else len(pictures)
            pictures += [] if picture is None else [sprites.fitted(picture, side)]
        objects.append(tree | {"thumb": tree["image"]})
    features = np.array([[real(row[name]) for name in COMPARED] for row in rows])
    features = features.reshape(len(objects), len(COMPARED))
    # Of a galaxy with a model; what it has no light of is 0 of it.
    features[:, 1:] = np.nan_to_num(features[:, 1:])
    near = similar(features)
    for tree, like in zip(objects, near, strict=True):
        tree["similar"] = like
    fields = {name: {"label": f[0], "unit": f[1]} for name, f in FIELDS.items()}
    data = {"objects": objects, "fields": fields, "total": len(catalogue)}
    return data, pictures


def _object(row: Table.Row) -> dict:
    """Return name, numbers with errors, and the flags of a row that spoil something."""
    numbers = {name: real(row[name]) for name in FIELDS}
    errors = {n: real(row[f"{n}_err"]) for n in FIELDS if f"{n}_err" in row.colnames}
    raised = [
        flag.meaning
        for i, flag in enumerate(RULES.values())
        if flag.spoils and row["flags"] >> i & 1
    ]
    return {
        "id": str(row["subject_id"]),
        "words": f"{row['iau_name']} {row['components']}",
        "components": str(row["components"]),
        "reason": str(row["reason"]),
        "place": [real(row["ra"]), real(row["dec"]), real(row["redshift"])],
        "values": {k: short(v, 7) for k, v in numbers.items()},
        "errors": {k: short(v) for k, v in errors.items()},
        "flags": raised,
    }


def _pictures(mine: Mapping[str, str]) -> Iterator[np.ndarray | None]:
    """Yield image, model and residual of a galaxy; None for what there is not."""
    cutout = cutout_or_none(mine["cutouts"])
    if cutout is None:
        yield from (None, None, None)
        return
    white = white_level(cutout.image, cutout.mask)
    yield sprites.grey(cutout.image, white, cutout.mask)
    if read_json(mine["models"])["model"] is None:
        yield from (None, None)
        return
    planes = read_images(mine["residuals"], ["MODEL", "RESIDUAL"])
    yield sprites.grey(planes["MODEL"][0], white)
    yield sprites.signed(planes["RESIDUAL"][0], SIGMAS, cutout.mask)


def _shapes(mine: Mapping[str, str]) -> dict:
    """Return the outlines of what volunteers drew, the crowd's and the fitted model."""
    aggregate, fit = read_json(mine["aggregates"]), read_json(mine["models"])
    drawn = [row["model"] for row in read_json(mine["volunteers"])["volunteers"]]
    cutout = aggregate["shape"] or (1, 1)
    return {
        "size": [int(cutout[1]), int(cutout[0])],
        "drawn": [line for tree in drawn for line in _drawn(from_dict(tree))],
        "crowd": _outlines(from_dict(aggregate["model"] or {})),
        "fit": _outlines(from_dict(fit["model"] or {})),
        "sets": [
            [_set(one), short(one["weight"])]
            for one in sorted(fit.get("sets") or (), key=lambda one: -one["weight"])
        ][:6],
    }


def _set(one: Mapping) -> str:
    arms = [f"{one['n_arms']} arms"] if one["n_arms"] else []
    return " + ".join([*(c for c in one["components"] if c != "spiral"), *arms])


def _drawn(model: Model) -> Iterator[list]:
    """Yield each drawn shape: an ellipse as five numbers, an arm as few vertices."""
    for name, part in model.components().items():
        yield [name, _ellipse(part)]
    for arm in model.spiral:
        if isinstance(arm, DrawnArm):
            yield ["spiral", _line(arm.points, VERTICES)]


def _outlines(model: Model) -> list:
    found = [[name, _ellipse(part)] for name, part in model.components().items()]
    lines = [line for name, line in outlines.of_model(model) if name == "spiral"]
    return found + [["spiral", _line(line, 40)] for line in lines]


def _ellipse(part: Sersic) -> dict:
    """Return centre, semi-axes [px] and the turn of the major axis from +y [deg]."""
    half = (part.Re * part.q, part.Re)
    turn = math.degrees(part.roll)
    return {"ellipse": [short(v) for v in (part.mux, part.muy, *half, turn)]}


def _line(points: Sequence, most: int) -> dict:
    points = np.asarray(points, float)
    some = points[evenly(len(points), most)]
    return {"line": np.round(some, 1).tolist()}
