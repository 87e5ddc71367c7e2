"""From an ensemble's results to the list of targets to inspect, with reasons."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd

from skyloom.io.atomic import write_text
from skyloom.quasars.config import Query
from skyloom.quasars.network.lines import LINES
from skyloom.quasars.query import published, strategies
from skyloom.quasars.query.strategies import VOTES, doubt, votes
from skyloom.quasars.survey.results import need

log = logging.getLogger(__name__)

NEEDED = ("TARGETID", "TILEID", "EXPID", "BMU", "DEAD_ARMS", "SN")
ASKED = ("RANK", "TARGETID", "TILEID", "EXPID", "STRATEGY", "REASON", "SCORE")
ASKED += ("PROBABILITY", "N_EXP", "N_TILES")
KEPT = (*VOTES, "BMU", "Z", "Z_ERR", "C_BEST", "N_DETECT", "ENTROPY", "BALD", "SN")
WORDS = {
    "entropy": "votes disagree",
    "margin": "first two classes are close",
    "bald": "members disagree, each sure of itself",
    "som_quota": "seat of its unit of the map",
    "k_centre": "doubtful, far from the others",
    "random": "by lot",
    "audit": "by lot, to measure without bias",
}


class Answer(NamedTuple):
    """What to inspect, and how it came about.

    `table` has a row a target, the first asked first: the columns `ASKED`, then those
    of `KEPT` and C_<LINE> that the results have, of the exposure to look at. REASON is
    the strategy's, or ``by lot``; PROBABILITY is that of being drawn, NaN for those
    that were not; SCORE is what the strategy ranks by, NaN for those drawn. `counts`
    are the rows, then targets, left after each step.
    """

    table: pd.DataFrame
    counts: dict[str, int]


def select(
    results: pd.DataFrame,
    query: Query,
    rng: np.random.Generator,
    labelled: Iterable[int] = (),
) -> Answer:
    """Choose the targets most worth a look.

    Parameters
    ----------
    results : DataFrame
        One row an exposure of a target: TARGETID, TILEID, EXPID, the votes, BMU,
        DEAD_ARMS, SN; BALD and the lines' confidences for the strategies that use them.
        The order of rows changes nothing but, for ``entropy``, that of ties.
    query : Query
        `strategy`, `n` and `audit`. ``entropy`` is
        `skyloom.quasars.query.published.steps`; the others rank targets, not rows.
    rng : Generator
        For lots and ties.
    labelled : iterable of int
        Targets inspected before.

    Raises
    ------
    ValueError
        A missing column, or no target left to ask about; says what removed them.
    """
    labelled = set(labelled)
    need(results, NEEDED)
    rows = _voted(results)
    counts = {"rows": len(results), "with votes": len(rows)}
    if query.strategy == "entropy":
        targets, more = _published(rows, labelled)
    else:
        targets, more = _by_target(rows, query, labelled)
    counts |= more
    if targets.empty:
        msg = f"nothing left to ask about: {counts}"
        raise ValueError(msg)
    log.info("query %s: %s", query.strategy, counts)
    chosen = _chosen(results, targets, query, rng, labelled)
    return Answer(chosen, counts | {"chosen": len(chosen)})


def write_selection(path: str | Path, table: pd.DataFrame) -> None:
    """Write the chosen TARGETIDs, one a line, as the seed does."""
    write_text(path, "".join(f"{name}\n" for name in table["TARGETID"]))


def line_names(table: pd.DataFrame) -> list[str]:
    """Return the lines of which a table has the confidence, C_<LINE>."""
    return [name for name in LINES if f"C_{name}" in table]


def features(table: pd.DataFrame) -> np.ndarray:
    """Return where rows are for ``k_centre``: votes, then C_<LINE> and C_SD_<LINE>.

    Shape (n, 3 + 2 * lines); all within 0..1, so of equal say.

    Raises
    ------
    ValueError
        No column of a line, or C_<LINE> without C_SD_<LINE>.
    """
    lines = line_names(table)
    names = [*VOTES, *(f"C_{x}" for x in lines), *(f"C_SD_{x}" for x in lines)]
    need(table, names if lines else ["C_<LINE>"])
    return np.nan_to_num(table[names].to_numpy(np.float64))


def _voted(table: pd.DataFrame) -> pd.DataFrame:
    """Return the rows with votes: an empty spectrum has none (NaN)."""
    return table[np.isfinite(votes(table)).all(axis=1)]


def _published(rows: pd.DataFrame, labelled: set[int]):
    if rows.empty:
        return rows, {}
    targets, counts = published.steps(rows, len(rows), labelled)
    targets = targets.assign(SCORE=targets["ENTROPY"])
    return _with_exposures(rows, targets), counts


def _by_target(rows: pd.DataFrame, query: Query, labelled: set[int]):
    counts = {}
    steps = {
        "on targets": lambda table: table["TARGETID"] >= 0,  # the sky is below
        "whole": lambda table: table["DEAD_ARMS"] == 0,
        "new": lambda table: ~table["TARGETID"].isin(labelled),
    }
    for name, keep in steps.items():
        rows = rows[keep(rows)]
        counts[name] = len(rows)
    targets = _mean_of_exposures(rows, doubt(rows, query.strategy))
    return targets, counts | {"targets": len(targets)}


def _mean_of_exposures(rows: pd.DataFrame, score: np.ndarray) -> pd.DataFrame:
    # The largest of many noisy scores would favour what was observed often; the mean
    # does not. The exposure to look at is the one of the best signal.
    rows = rows.assign(SCORE=score)
    mean = rows.groupby("TARGETID")["SCORE"].mean()
    order = ["TARGETID", "SN", "EXPID", "TILEID"]
    ordered = rows.sort_values(order, ascending=[True, False, True, True])
    targets = ordered[~ordered["TARGETID"].duplicated()]
    targets = targets.assign(SCORE=mean.loc[targets["TARGETID"]].to_numpy())
    return _with_exposures(rows, targets)


def _with_exposures(rows: pd.DataFrame, targets: pd.DataFrame) -> pd.DataFrame:
    each = rows.groupby("TARGETID")
    names = targets["TARGETID"]
    counts = {"N_EXP": each.size(), "N_TILES": each["TILEID"].nunique()}
    return targets.assign(**{k: v.loc[names].to_numpy() for k, v in counts.items()})


def _chosen(results, targets, query: Query, rng, labelled: set[int]) -> pd.DataFrame:
    n = min(query.n, len(targets))
    n_audit = 0 if query.strategy == "random" else round(query.audit * n)
    drawn = strategies.random(len(targets), n_audit, rng)
    rest = np.setdiff1d(np.arange(len(targets)), drawn)
    known = results[results["TARGETID"].isin(labelled)]
    asked = rest[_ranked(targets.iloc[rest], query, n - n_audit, rng, known)]
    parts = [
        _reasoned(targets.iloc[asked], query.strategy, len(targets)),
        _reasoned(targets.iloc[drawn], "audit", len(targets)),
    ]
    table = pd.concat([part for part in parts if len(part)], ignore_index=True)
    table.insert(0, "RANK", np.arange(1, len(table) + 1))
    kept = [*KEPT, *(f"C_{line}" for line in line_names(table))]
    return table[[*ASKED, *(name for name in kept if name in table)]]


def _ranked(targets, query: Query, n: int, rng, known: pd.DataFrame) -> np.ndarray:
    score = targets["SCORE"].to_numpy()
    if query.strategy == "entropy":
        return np.arange(n)
    if query.strategy == "random":
        return strategies.random(len(targets), n, rng)
    if query.strategy == "som_quota":
        return strategies.som_quota(score, targets["BMU"].to_numpy(), n, rng)
    if query.strategy == "k_centre":
        old = features(_voted(known))
        return strategies.k_centre(features(targets), score, old, n, rng)
    return strategies.top(score, n, rng)


def _reasoned(part: pd.DataFrame, strategy: str, total: int) -> pd.DataFrame:
    lot = strategy in ("audit", "random")
    reason = WORDS[strategy]
    reasons = [reason if lot else f"{reason} ({s:.3f})" for s in part["SCORE"]]
    share = len(part) / total if lot else np.nan
    score = np.nan if lot else part["SCORE"]
    labels = {"STRATEGY": strategy, "REASON": reasons}
    return part.assign(SCORE=score, PROBABILITY=share, **labels)
