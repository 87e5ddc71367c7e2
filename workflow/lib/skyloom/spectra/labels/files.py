"""One file for the labels of a map: ``labels.npz``."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np

from skyloom.io.documents import plain
from skyloom.io.errors import InputError
from skyloom.io.npz import read_npz, write_npz
from skyloom.spectra.labels.amplitudes import Basis
from skyloom.spectra.labels.intervals import PLACES, Interval
from skyloom.spectra.labels.model import Label, LabelModel

REMEDY = "make it again with the rule labels"
SIDES = ("scale", "shape", "knots", "stretch")
PARTS = ("planes", "limits")
KEYS = {
    **{"scale": ("f", 2), "shape": ("f", 3), "knots": ("f", 2), "stretch": ("f", 3)},
    **{"planes": ("f", 3), "limits": ("f", 2)},
    **{"names": ("U", 1), "mean": ("f", 1), "axes": ("f", 2)},
    **{"usual": ("f", 1), "width": ("f", 0), "map": ("U", 0), "about": ("U", 0)},
}


def write_labels(path: str | Path, model: LabelModel) -> None:
    """Write the labels of a map: same labels, same bytes."""
    labels = list(model.labels.values())
    units = len(labels[0].planes) if labels else 0
    shapes = _shapes(len(labels), units, *model.basis.axes.shape)
    parts = {name: [getattr(one, name) for one in labels] for name in PARTS}
    parts |= {name: [getattr(one.interval, name) for one in labels] for name in SIDES}
    write_npz(
        path,
        **{name: np.reshape(part, shapes[name]) for name, part in parts.items()},
        names=np.array(list(model.labels), str),
        mean=model.basis.mean,
        axes=model.basis.axes,
        usual=model.usual,
        width=np.array(model.width),
        map=np.array(model.map),
        about=np.array(json.dumps(plain(model.about), sort_keys=True)),
    )


def read_labels(path: str | Path) -> LabelModel:
    """Read the labels of a map; InputError for any other file."""
    arrays = read_npz(path, KEYS)
    try:
        about = json.loads(str(arrays["about"]))
    except ValueError as bad:
        raise InputError(path, f"about: {bad}", remedy=REMEDY) from None
    _check(path, arrays)
    labels = {}
    for i, name in enumerate(arrays["names"]):
        interval = Interval(**{part: arrays[part][i] for part in SIDES})
        parts = {part: arrays[part][i] for part in PARTS}
        labels[str(name)] = Label(interval=interval, **parts)
    basis = Basis(arrays["mean"], arrays["axes"])
    width, made = float(arrays["width"]), str(arrays["map"])
    return LabelModel(labels, basis, arrays["usual"], width, made, about)


def _check(path: str | Path, arrays: dict[str, np.ndarray]) -> None:
    """Refuse arrays that do not fit together, or are not finite."""
    count, units = len(arrays["names"]), arrays["planes"].shape[1]
    for name, shape in _shapes(count, units, *arrays["axes"].shape).items():
        found, problem = arrays[name], None
        if found.shape != shape:
            problem = f"shape {found.shape}, not {shape}"
        elif not np.isfinite(found).all():
            problem = "values that are not finite"
        if problem:
            raise InputError(path, problem, where=f"key {name!r}", remedy=REMEDY)


def _shapes(count: int, units: int, width: int, pixels: int) -> dict[str, tuple]:
    """Return the shapes of the arrays of so many labels; of none too."""
    return {
        "planes": (count, units, width + 1),
        "scale": (count, 3),
        "shape": (count, units, 3),
        "knots": (count, len(PLACES)),
        "stretch": (count, 2, len(PLACES)),
        "limits": (count, 2),
        "mean": (pixels,),
        "usual": (2,),
    }
