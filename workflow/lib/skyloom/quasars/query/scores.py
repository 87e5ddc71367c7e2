"""How much an ensemble doubts a row of its results; a higher score is more doubt.

All are in nats but the margin. Source: Settles 2009, Computer Sciences Technical Report
1648, sections 3.1 and 3.2; BALD: Houlsby et al. 2011, arXiv 1112.5745.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy.special import entr

from skyloom.quasars.survey.results import need

VOTES = ("C_NOT", "C_QSO_LZ", "C_QSO_HZ")
ROUNDING = 1e-9  # sums of shares of members miss 1 by their last digits
MAX_ENTROPY = float(np.log(len(VOTES)))


def votes(table: pd.DataFrame) -> np.ndarray:
    """Return the shares of members that say each class, shape (n, 3).

    Raises
    ------
    ValueError
        A missing column, or a share outside 0..1; NaN passes.
    """
    need(table, VOTES)
    shares = table[list(VOTES)].to_numpy(np.float64)
    outside = (shares < -ROUNDING) | (shares > 1 + ROUNDING)
    wrong = np.flatnonzero(outside.any(axis=1))
    if wrong.size:
        msg = f"row {wrong[0]}: votes {shares[wrong[0]].tolist()} are not shares"
        raise ValueError(msg)
    return np.clip(shares, 0, 1)


def doubt(table: pd.DataFrame, strategy: str) -> np.ndarray:
    """Return the score (n,) by which a strategy ranks the rows of results.

    ``entropy`` is -Σ c ln c of the members' votes c; ``margin`` 1 less the lead of
    their first class over the second. ``bald``, ``som_quota`` and ``k_centre`` take the
    column BALD, the mutual information between the class and the member: of the total
    doubt, what more labels can remove. ``random`` has no opinion: 0.

    Raises
    ------
    ValueError
        A missing column.
    """
    if strategy == "random":
        return np.zeros(len(table))
    if strategy == "entropy":
        return entr(votes(table)).sum(axis=1)
    if strategy == "margin":
        ordered = np.sort(votes(table), axis=1)
        return 1.0 - (ordered[:, -1] - ordered[:, -2])
    need(table, ["BALD"])
    return table["BALD"].to_numpy(np.float64)
