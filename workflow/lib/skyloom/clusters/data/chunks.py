"""Which data of which files serve which purpose, known without opening a file."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from skyloom.clusters.data.files import numbers_of
from skyloom.io.errors import InputError
from skyloom.run.seeds import rng


@dataclass(frozen=True)
class Chunk:
    """Some data of one file.

    Attributes
    ----------
    path : Path
        The file.
    rows : tuple of int
        Which of its data.
    """

    path: Path
    rows: tuple[int, ...]


def whole_files(paths: Iterable[str | Path]) -> list[Chunk]:
    """Return all data of files, in the order of their numbers; none is opened.

    Raises
    ------
    InputError
        A name of another pattern, or a number that two files have.
    """
    found: dict[int, Chunk] = {}
    for path in map(Path, paths):
        number, size = numbers_of(path)
        if number in found:
            problem = f"number {number} is also that of {found[number].path.name}"
            remedy = "delete the one of an older run"
            raise InputError(path, problem, expected="one file each", remedy=remedy)
        found[number] = Chunk(path, tuple(range(size)))
    return [found[number] for number in sorted(found)]


def split_by_field(
    chunks: Sequence[Chunk],
    fields: Mapping[int, Sequence[int]],
    shares: Mapping[str, float],
    seed: int,
) -> dict[str, list[Chunk]]:
    """Return which data to train with, to validate with and so on.

    A field's lot follows from its number and the seed alone: all data of it go to one
    part, whatever other fields there are and in whichever files they lie.

    Parameters
    ----------
    chunks : sequence of Chunk
        Of `whole_files`.
    fields : mapping of int to sequence of int
        By number of the file: the fields that its data are of, one each.
    shares : mapping of str to float
        By name of the part; they add up to 1.
    seed : int
        The run's.

    Returns
    -------
    dict of str to list of Chunk
        Files without data of a part are left out of it.

    Raises
    ------
    ValueError
        Shares that do not add up to 1.
    InputError
        A file whose fields are not as many as its data.
    """
    edges = np.cumsum([*shares.values()])
    if not len(edges) or min(shares.values()) < 0 or abs(edges[-1] - 1) > 1e-9:
        msg = f"shares {dict(shares)}: expected numbers from 0 on that add up to 1"
        raise ValueError(msg)
    parts: dict[str, list[Chunk]] = {name: [] for name in shares}
    for chunk in chunks:
        lots = [_lot(edges, seed, field) for field in _fields(chunk, fields)]
        for i, name in enumerate(shares):
            rows = tuple(r for r in chunk.rows if lots[r] == i)
            parts[name] += [Chunk(chunk.path, rows)] if rows else []
    return parts


def _lot(edges: np.ndarray, seed: int, field: int) -> int:
    drawn = rng(seed, "part of field", field).random()
    # The sum of shares may end a rounding error below 1.
    return min(int(np.searchsorted(edges, drawn, side="right")), len(edges) - 1)


def _fields(chunk: Chunk, fields: Mapping[int, Sequence[int]]) -> Sequence[int]:
    number, size = numbers_of(chunk.path)
    found = fields.get(number, ())
    if len(found) != size:
        raise InputError(
            chunk.path,
            f"{len(found)} field(s) are said to be in it",
            expected=f"{size}, as many as its data",
            remedy="make the file again with the present configuration",
        )
    return found
