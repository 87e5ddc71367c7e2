"""Which galaxy a spectrum is of: what splits go by, and what stays together."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import pandas as pd

from skyloom.learn.splits import split


def galaxy_of(info: pd.DataFrame) -> np.ndarray:
    """Return the galaxy of each spectrum, shape (n,), of str.

    It is the mangaID where that is known, so that repeated observations under other
    plate-IFUs are of one galaxy, and the `plateifu` elsewhere.

    Raises
    ------
    ValueError
        A spectrum that has neither.
    """
    names = np.full(len(info), "", object)
    for column in ("mangaID", "plateifu"):
        if column in info:
            given = info[column]
            known = given.notna().to_numpy() & (names == "")
            names[known] = given[known].astype(str).str.strip()
    if (names == "").any():
        row = int(np.argmax(names == ""))
        msg = f"row {row} has neither mangaID nor plateifu: its galaxy is not known"
        raise ValueError(msg)
    return names.astype(str)


def held_out(galaxies: Iterable[str], share: float, seed: int) -> set[str]:
    """Return the galaxies kept for tests, chosen by a hash of their names."""
    return set(split(set(galaxies), {"test": share}, seed)["test"])
