"""Which data are in which files, known without opening a file."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from skyloom.clusters.data.files import numbers_of
from skyloom.io.errors import InputError


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
