"""Which spectra are in a sample: the same number from each chunk, drawn by lot."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Mapping

import numpy as np

from skyloom.run.seeds import rng

SIZE = re.compile(r"([1-9]\d*)([km]?)")
TIMES = {"": 1, "k": 1000, "m": 1_000_000}


def size_of(name: str) -> int:
    """Return the number of spectra that a name says, as ``250k`` or ``2m``."""
    match = SIZE.fullmatch(name)
    if match is None:
        msg = f"size {name!r}: expected a number, with k or m for thousands or millions"
        raise ValueError(msg)
    return int(match[1]) * TIMES[match[2]]


def quotas(available: Mapping[str, int], size: int) -> dict[str, int]:
    """Return how many spectra each chunk gives.

    All chunks give the same number; one that has fewer gives all, and the others fill
    up. What is left of the division comes from the first chunks, one each.

    Raises
    ------
    ValueError
        There are fewer spectra than `size`.
    """
    total = sum(available.values())
    if size > total:
        msg = f"{size} spectra are asked for, and {total} can be used"
        raise ValueError(msg)
    levels = range(max(available.values()) + 1)

    def taken(level: int) -> int:
        return sum(min(count, level) for count in available.values())

    level = bisect_right(levels, size, key=taken) - 1
    given = {name: min(count, level) for name, count in available.items()}
    more = [name for name in available if given[name] < available[name]]
    for name in more[: size - taken(level)]:
        given[name] += 1
    return given


def drawn(usable: np.ndarray, count: int, seed: int, chunk: str) -> np.ndarray:
    """Return rows of a chunk, drawn without repetition, in their order.

    Parameters
    ----------
    usable : ndarray of bool, shape (n,)
        Which rows may be drawn.
    count : int
        How many; a smaller sample is a part of a larger one.
    seed : int
        Of the run.
    chunk : str
        Name of the chunk.
    """
    order = rng(seed, "sample", chunk).permutation(np.flatnonzero(usable))
    return np.sort(order[:count])
