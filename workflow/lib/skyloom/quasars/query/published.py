"""Vote entropy, step by step as the seed's notebook ``al_querier`` does it.

Kept as it is, for comparison; its habits are these:

* the most doubtful exposure speaks for a target, so that of two equal targets the one
  observed more often, or more badly, is asked about;
* rows, not targets, make a unit of the map common, and rare units are thrown away;
* the sky, with negative TARGETIDs, stays in;
* nothing keeps the chosen from being all alike;
* of equal entropies the order is that of ``argsort``, read backwards. The seed leaves
  the kind of sorting to NumPy, whose answer then depends on the processor; here it is
  the stable one, so that of equal targets the larger TARGETID comes first.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np
import pandas as pd
from scipy.special import entr

from skyloom.quasars.query.strategies import votes

PERCENTILE = 15.0  # of units are rare


class Steps(NamedTuple):
    """Rows of the chosen targets, with ENTROPY, the most doubtful first, and counts.

    Rows left in ``common`` units, then ``targets``, those ``alive`` in all arms, and
    those that are ``new``.
    """

    chosen: pd.DataFrame
    counts: dict[str, int]


def steps(
    table: pd.DataFrame,
    n: int,
    labelled: Iterable[int] = (),
    percentile: float = PERCENTILE,
) -> Steps:
    """Choose the `n` targets of the largest vote entropy as the seed does.

    `table` has TARGETID, C_NOT, C_QSO_LZ, C_QSO_HZ, BMU and DEAD_ARMS, a row or more,
    all with votes: the seed would put one without first. `labelled` targets were
    inspected before; units of the map below `percentile` are rare.
    """
    ordered = _descending(table.assign(ENTROPY=entr(votes(table)).sum(axis=1)))
    common = ordered[_common(ordered["BMU"].to_numpy(), percentile)]
    # Like astropy's `unique`: the first row of each target, sorted by TARGETID.
    first = common[~common["TARGETID"].duplicated()]
    targets = _descending(first.sort_values("TARGETID", kind="stable"))
    alive = targets[~targets["TARGETID"].isin(dead_everywhere(table))]
    new = alive[~alive["TARGETID"].isin(set(labelled))]
    left = {"common": common, "targets": targets, "alive": alive, "new": new}
    return Steps(new.iloc[:n], {name: len(some) for name, some in left.items()})


def dead_everywhere(table: pd.DataFrame) -> np.ndarray:
    """Return the targets with an arm that is dead in all of their rows."""
    bits = table.groupby("TARGETID")["DEAD_ARMS"].agg(np.bitwise_and.reduce)
    return bits.index[bits != 0].to_numpy()


def _common(bmu: np.ndarray, percentile: float) -> np.ndarray:
    """Return which rows lie in units that hold more rows than the percentile of all.

    The seed hands the largest number of a unit, not the size of the map, to
    ``bincount``, so that empty units behind it do not count.
    """
    rows = np.bincount(bmu, minlength=int(bmu.max()))
    return (rows > np.percentile(rows, percentile))[bmu]


def _descending(table: pd.DataFrame) -> pd.DataFrame:
    order = np.argsort(table["ENTROPY"].to_numpy(), kind="stable")[::-1]
    return table.iloc[order]
