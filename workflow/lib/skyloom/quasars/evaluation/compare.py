"""What changes from one ensemble to another: which targets flip, how redshifts move."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from scipy import special  # not scipy.stats, which takes half a second to load

from skyloom.io.documents import plain
from skyloom.quasars.evaluation.metrics import LABELS, label
from skyloom.quasars.evaluation.redshifts import summary, velocity
from skyloom.quasars.evaluation.shares import share
from skyloom.quasars.evaluation.thresholds import score_of
from skyloom.quasars.network.decode import HIGH_Z, LOW_Z, NOT
from skyloom.quasars.survey.results import need
from skyloom.stats.intervals import LEVEL

KEY = ("TARGETID", "TILEID", "EXPID")


def compare(
    first: pd.DataFrame,
    second: pd.DataFrame,
    thresholds: Sequence[float | np.ndarray],
    n_detect: int = 1,
) -> pd.DataFrame:
    """Match two tables of results, exposure by exposure.

    Parameters
    ----------
    first, second : DataFrame
        With the columns `KEY`, Z and what the score is made of.
    thresholds : sequence of 2 float
        Of the score, above which each calls a quasar.
    n_detect : int
        Lines that must be above: see `skyloom.quasars.evaluation.thresholds.score_of`.

    Returns
    -------
    DataFrame
        One row an exposure in both: `KEY`; ``SCORE_1, Z_1, LABEL_1`` and ``_2`` of the
        two (labels not, low, high); ``DV`` of the second against the first [km/s], NaN
        unless both call it; ``FLIP`` bool: the labels differ.

    Raises
    ------
    ValueError
        A missing column, an exposure that stands twice, or none in common.
    """
    one = _side(first, thresholds[0], n_detect, "first")
    two = _side(second, thresholds[1], n_detect, "second")
    both = one.merge(two, on=list(KEY), suffixes=("_1", "_2"))
    if both.empty:
        msg = f"no exposure of {len(first)} and {len(second)} in common"
        raise ValueError(msg)
    called = (both["LABEL_1"] != LABELS[NOT]) & (both["LABEL_2"] != LABELS[NOT])
    dv = np.where(called, velocity(both["Z_2"], both["Z_1"]), np.nan)
    return both.assign(DV=dv, FLIP=both["LABEL_1"] != both["LABEL_2"])


def flips(rows: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of `compare` whose label changes, the surest change first."""
    rows = rows[rows["FLIP"]]
    change = (rows["SCORE_2"] - rows["SCORE_1"]).abs()
    return rows.loc[change.sort_values(ascending=False, kind="stable").index]


def report(
    rows: pd.DataFrame, rng: np.random.Generator, truth: pd.DataFrame | None = None
) -> dict:
    """Return what changed, as plain JSON values.

    Parameters
    ----------
    rows : DataFrame
        What `compare` returns.
    rng : Generator
        For bootstraps.
    truth : DataFrame, optional
        Of `skyloom.quasars.spectra.truth`; its confident targets say who was right.

    Returns
    -------
    dict
        ``common``: exposures in both; ``flips`` {rows, targets, value, low, high} of
        all labels and ``calls`` of quasar or not; ``transitions`` {first: {second:
        exposures}}; ``redshift`` {label of the first: as
        `skyloom.quasars.evaluation.redshifts.summary`, second less first}; with a truth
        ``gain`` as `gain`.
    """
    named = rows["LABEL_1"] == LABELS[NOT], rows["LABEL_2"] == LABELS[NOT]
    moved = {}
    for name in (LABELS[LOW_Z], LABELS[HIGH_Z]):
        part = rows[rows["DV"].notna() & (rows["LABEL_1"] == name)]
        moved[name] = summary(part["Z_2"], part["Z_1"], part["TARGETID"], rng)
    names = list(LABELS.values())
    changes = pd.crosstab(rows["LABEL_1"], rows["LABEL_2"])
    changes = changes.reindex(index=names, columns=names, fill_value=0)
    answer = {
        "common": len(rows),
        "flips": share(rows["FLIP"], rows["TARGETID"]),
        "calls": share(named[0] != named[1], rows["TARGETID"]),
        "transitions": changes.to_dict("index"),
        "redshift": moved,
    }
    if truth is not None:
        answer["gain"] = plain(gain(rows, truth))
    return answer


def gain(rows: pd.DataFrame, truth: pd.DataFrame) -> dict:
    """Return on which targets of confident truth only one of the two is right.

    A target's say is its most frequent call, "quasar" on a draw.

    Returns
    -------
    dict
        ``targets``; ``won, lost``: right in the second only, in the first only;
        ``p``: of so uneven a split by chance (exact McNemar); ``difference`` of the
        share that is right, second less first, with ``low, high`` (Wald, paired).

    Source: Agresti 2002, Categorical Data Analysis, eq. 10.2.
    """
    sure = truth[truth["confident"]].set_index("targetid")["klass"] == "QSO"
    rows = rows[rows["TARGETID"].isin(sure.index)]
    calls = pd.DataFrame({k: rows[f"LABEL_{k}"] != LABELS[NOT] for k in (1, 2)})
    calls = calls.groupby(rows["TARGETID"]).mean() >= 0.5
    right = {k: calls[k] == sure.loc[calls.index] for k in (1, 2)}
    won, lost = int((right[2] & ~right[1]).sum()), int((right[1] & ~right[2]).sum())
    n = len(calls)
    p = min(1.0, 2 * special.bdtr(min(won, lost), won + lost, 0.5))
    difference = spread = np.nan
    if n:
        difference = (won - lost) / n
        spread = np.sqrt(won + lost - (won - lost) ** 2 / n) / n
    half = float(special.ndtri(0.5 + LEVEL / 2) * spread)
    ends = {"low": difference - half, "high": difference + half}
    answer = {"targets": n, "won": won, "lost": lost, "p": float(p)}
    return answer | {"difference": float(difference)} | ends


def _side(table: pd.DataFrame, threshold: float, n_detect: int, name: str):
    need(table, (*KEY, "Z"), f"the {name} results")
    if table.duplicated(list(KEY)).any():
        again = table.loc[table.duplicated(list(KEY)), list(KEY)].iloc[0].tolist()
        msg = f"the {name} results have target, tile, exposure {again} twice"
        raise ValueError(msg)
    score = score_of(table, n_detect)
    return table[[*KEY, "Z"]].assign(
        SCORE=score, LABEL=label(score > threshold, table["Z"])
    )
