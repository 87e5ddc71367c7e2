"""Rows of the table of galaxies."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import pandas as pd
from skyloom.spirals.catalogue.galaxies import ASKED, NUMBERS
from skyloom.spirals.questions import columns


def galaxies(
    names: Iterable[str], votes: pd.DataFrame | None = None, **known
) -> pd.DataFrame:
    """Return rows of the table; what is not known is NaN, False and 0."""
    table = pd.DataFrame({"name": list(names)})
    nothing = dict.fromkeys(NUMBERS, np.nan) | {"marks": False}
    table = table.assign(**nothing | dict.fromkeys(ASKED, 0) | known)
    table = table.astype(dict.fromkeys(NUMBERS, np.float64))
    none = pd.DataFrame(0, table.index, columns())
    return table.join((none if votes is None else votes).astype(np.int32))
