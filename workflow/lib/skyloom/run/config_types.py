"""The types that keys of several areas have: numbers with limits, ranges and paths."""

from __future__ import annotations

import re
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import Annotated, TypeVar

from pydantic import AfterValidator, Field

from skyloom.run.config import MOST, data_path

# In the name of a file Snakemake takes these for wildcards and for its own folders.
MARKS = re.compile(r"[{}<>]")


def _growing(values: tuple, *, strictly: bool) -> tuple:
    if any(a > b or (strictly and a == b) for a, b in pairwise(values)):
        wanted = "each item more than" if strictly else "no item less than"
        msg = f"expected {wanted} the one before"
        raise ValueError(msg)
    return values


def _unlike(values: tuple) -> tuple:
    if len(set(values)) < len(values):
        msg = "expected no item twice"
        raise ValueError(msg)
    return values


def _nameable(path: str, name: str = "") -> str:
    if MARKS.search(path.replace(name, "")):
        msg = "expected no { } < > in a path" + f", but {name}" * bool(name)
        raise ValueError(msg + "; rename it, or make a link to it" * (not name))
    return path


def _present(path: str, what: str) -> str:
    place = Path(_nameable(data_path(path)))
    known = {"file": Path.is_file, "folder": Path.is_dir, "file or folder": Path.exists}
    try:
        present = known[what](place)
    except OSError as error:
        msg = f"{place} cannot be looked at: {error.strerror}; correct the path"
        raise ValueError(msg) from None
    if not present:
        msg = (
            f"there is no {what} {place}; set SKYLOOM_DATA to the folder that holds "
            "it, or correct the path"
        )
        raise ValueError(msg)
    return path


def pattern_of(name: str) -> AfterValidator:
    """Return the check of a path in which only ``{name}`` is filled in."""
    return AfterValidator(partial(_nameable, name=f"{{{name}}}"))


T = TypeVar("T")
Count = Annotated[int, Field(ge=1, le=MOST)]
Positive = Annotated[float, Field(gt=0, le=MOST)]
Natural = Annotated[float, Field(ge=0, le=MOST)]
Share = Annotated[float, Field(ge=0, le=1)]
Rate = Annotated[float, Field(gt=0, le=1)]  # of learning
Threads = Annotated[int, Field(ge=1, le=1024)]
Device = Annotated[str, Field(pattern=r"^(cpu|cuda(:[0-9]+)?)$")]
Interval = Annotated[tuple[T, T], AfterValidator(partial(_growing, strictly=False))]
Rising = Annotated[tuple[T, T], AfterValidator(partial(_growing, strictly=True))]
Increasing = Annotated[tuple[T, ...], AfterValidator(partial(_growing, strictly=True))]
Unlike = Annotated[tuple[T, ...], AfterValidator(_unlike)]
PathName = Annotated[str, AfterValidator(_nameable)]
DataFile = Annotated[str, AfterValidator(partial(_present, what="file"))]
DataFolder = Annotated[str, AfterValidator(partial(_present, what="folder"))]
DataPlace = Annotated[str, AfterValidator(partial(_present, what="file or folder"))]
