"""Pictures and numbers of volunteers per pixel, of the galaxies of a chunk."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import numpy as np

from skyloom.io.atomic import replacing
from skyloom.io.documents import read_json
from skyloom.io.errors import REMADE, InputError
from skyloom.spirals.cutouts.pictures import read_picture
from skyloom.spirals.geometry import Stamp, picture_stamp
from skyloom.spirals.segmaps.counts import segmap
from skyloom.spirals.segmaps.marks import KINDS, Marks, read_marks


def read_record(path: str | Path) -> dict[str, dict]:
    """Return what is known of the galaxies of a chunk, by name, sorted.

    InputError for a file that has no such records.
    """
    tree = read_json(path).get("galaxies")
    records = tree.values() if isinstance(tree, dict) else [None]
    if not all(isinstance(one, dict) for one in records):
        problem, expected = "no records of galaxies", "one of each, by its name"
        how = {"where": "key 'galaxies'", "expected": expected, "remedy": REMADE}
        raise InputError(path, problem, **how)
    return {name: tree[name] for name in sorted(tree)}


def stamp_of(known: Mapping, size: int) -> Stamp | None:
    """Return where a picture lies, None where its record does not tell."""
    numbers = [known[key] for key in ("ra", "dec", "pixscale")]
    if any(one is None or not math.isfinite(one) for one in numbers):
        return None
    return picture_stamp(*numbers, size)


def pack(
    record: Mapping[str, Mapping],
    images: Sequence[str],
    marks: Iterable[str],
    size: int,
    volunteers: str,
) -> tuple[np.ndarray, np.ndarray]:
    """Return pictures uint8 (n, size, size, 3), and counts float16 (n, 2, size, size).

    In the order of the record. Galaxies without a picture are black and without marks.
    """
    pictures = {Path(path).stem: path for path in images}
    drawn = {Path(path).stem: path for path in marks}
    shown = np.zeros((len(record), size, size, 3), np.uint8)
    counts = np.zeros((len(record), len(KINDS), size, size), np.float16)
    for i, (name, known) in enumerate(record.items()):
        if known.get("reason"):
            continue
        shown[i] = read_picture(pictures[name])
        if name in drawn:
            own = read_marks(drawn[name])
            counts[i] = _counts(own, stamp_of(known, size), size, volunteers)
    return shown, counts


def _counts(marks: Marks, stamp: Stamp | None, size: int, how: str) -> np.ndarray:
    stamp = stamp or marks.frame.stamp.resized(size)
    found = np.zeros((len(KINDS), size, size), np.float32)
    for i, kind in enumerate(KINDS):
        if marks.asked(kind):
            found[i], _ = segmap(marks, kind, stamp, how)
    return found


def write_npy(path: str | Path, array: np.ndarray) -> None:
    """Write an array that can be mapped from the disk, whole or not at all."""
    with replacing(path) as temporary, temporary.open("wb") as file:
        np.save(file, array, allow_pickle=False)
