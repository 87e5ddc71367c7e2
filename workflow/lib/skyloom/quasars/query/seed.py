"""Vote entropy, step by step as the seed's notebook ``al_querier`` does it.

Kept as it is, for comparison; its habits are these:

* the most doubtful exposure speaks for a target, so that of two equal targets the one
  observed more often, or more badly, is asked about;
* rows, not targets, make a unit of the map common, and units behind the last one hit do
  not count (`skyloom.quasars.query.filters.common`);
* rare units are thrown away, whatever is in them;
* the sky, with negative TARGETIDs, stays in;
* nothing keeps the chosen from being all alike;
* of equal entropies the order is that of ``argsort``, read backwards. The seed leaves
  the kind of sorting to NumPy, whose answer then depends on the processor; here it is
  the stable one, so that of equal targets the larger TARGETID comes first, as in the
  seed's own printout.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from skyloom.quasars.query import filters
from skyloom.quasars.query.scores import vote_entropy, votes

PERCENTILE = 15.0  # of units are rare
N_ASKED = 1000


@dataclass(frozen=True)
class Steps:
    """What each of the eight steps found.

    Attributes
    ----------
    members : int or None
        Of the ensemble, guessed from the smallest step between two shares; None where
        all shares are equal.
    tiles : list of int
        Of all rows, sorted.
    cutoff : float
        The entropy of the n-th row, all rows taken; the lowest if there are fewer.
    repeated : ndarray of int64
        Targets on several tiles.
    n_rows, n_common, n_targets, n_alive, n_new : int
        Rows read, left in common units; targets left, alive in all arms, not inspected.
    cutoff_targets : float
        The entropy of the n-th target, before dead arms and known labels are removed.
    n_repeated : int
        How many of the chosen are in `repeated`.
    chosen : DataFrame
        The rows of the chosen targets, with ENTROPY, the most doubtful first.
    """

    members: int | None
    tiles: list[int]
    cutoff: float
    repeated: np.ndarray
    n_rows: int
    n_common: int
    n_targets: int
    cutoff_targets: float
    n_alive: int
    n_new: int
    n_repeated: int
    chosen: pd.DataFrame


def steps(
    table: pd.DataFrame,
    n: int = N_ASKED,
    percentile: float = PERCENTILE,
    labelled: Iterable[int] = (),
) -> Steps:
    """Choose the `n` targets of the largest vote entropy as the seed does.

    Parameters
    ----------
    table : DataFrame
        TARGETID, TILEID, C_NOT, C_QSO_LZ, C_QSO_HZ, BMU and DEAD_ARMS.
    n : int
        Targets to choose.
    percentile : float
        Of units taken for rare.
    labelled : iterable of int
        Targets inspected before.

    Raises
    ------
    ValueError
        No row, or a row without votes: the seed would put it first.
    """
    if table.empty or not filters.voted(table).all():
        msg = "no row, or rows without votes: remove them first"
        raise ValueError(msg)
    members = guessed_members(table["C_NOT"].to_numpy(float))  # 1
    entropy = vote_entropy(votes(table))  # 2
    ordered = _descending(table.assign(ENTROPY=entropy))
    repeated = filters.on_several_tiles(table)  # 3
    common = ordered[filters.common(ordered["BMU"], percentile, None)]  # 4
    targets = _descending(_first_by_target(common))  # 5
    dead = filters.dead_everywhere(table)  # 6
    alive = targets[~targets["TARGETID"].isin(dead)]
    new = alive[filters.unlabelled(alive, labelled)]  # 7
    chosen = new.iloc[:n]  # 8
    return Steps(
        members,
        sorted(table["TILEID"].unique().tolist()),
        cutoff(entropy, n),
        repeated,
        len(table),
        len(common),
        len(targets),
        cutoff(targets["ENTROPY"].to_numpy(), n),
        len(alive),
        len(new),
        int(chosen["TARGETID"].isin(repeated).sum()),
        chosen,
    )


def guessed_members(shares: np.ndarray) -> int | None:
    """Return 1 over the smallest step between two shares, cut to a whole number.

    A share that is a hair off in its last digit makes this number too small by one, or
    far too large.
    """
    gaps = np.diff(np.sort(shares))
    gaps = gaps[gaps != 0]
    return int(1 / gaps.min()) if gaps.size else None


def cutoff(entropy: np.ndarray, n: int) -> float:
    """Return the n-th largest entropy, or the smallest of fewer; NaN of none."""
    if not len(entropy):
        return float("nan")
    return float(np.sort(entropy)[-min(n, len(entropy))])


def _descending(table: pd.DataFrame) -> pd.DataFrame:
    order = np.argsort(table["ENTROPY"].to_numpy(), kind="stable")[::-1]
    return table.iloc[order]


def _first_by_target(table: pd.DataFrame) -> pd.DataFrame:
    # Like astropy's `unique`: the first row of each target, sorted by TARGETID.
    first = table[~table["TARGETID"].duplicated()]
    return first.sort_values("TARGETID", kind="stable")
