"""Completeness and purity at many thresholds, as `metrics` counts them at one."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from skyloom.quasars.evaluation.metrics import MEASURES
from skyloom.quasars.evaluation.thresholds import score_of
from skyloom.quasars.survey.target_classes import row_thresholds

FINE = (0.995, 0.998, 0.999)  # near 1, where the scores of most quasars are


def steps(own: float) -> np.ndarray:
    """Return thresholds from 0 to 1, and an ensemble's `own` among them, sorted."""
    return np.unique([*np.round(np.linspace(0, 1, 101), 2), *FINE, own])


def rates_by_threshold(
    rows: pd.DataFrame,
    thresholds: np.ndarray,
    by_class: Mapping[str, float],
    n_detect: int = 1,
) -> dict[str, list[dict]]:
    """Return each of `metrics.MEASURES`, and ``false_quasars``, at each threshold.

    Parameters
    ----------
    rows : DataFrame
        What `skyloom.quasars.evaluation.metrics.judged` returns, at any threshold.
    thresholds : ndarray
        General ones of the score; classes of `by_class` keep their own.
    by_class, n_detect
        See `skyloom.quasars.survey.target_classes.row_thresholds` and
        `skyloom.quasars.evaluation.thresholds.score_of`.

    Returns
    -------
    dict of str to list of dict
        {rows, targets, value, low, high}; of ``false_quasars`` numbers of targets.
    """
    score = score_of(rows, n_detect)
    found: dict[str, list] = {name: [] for name in (*MEASURES, "false_quasars")}
    for at in thresholds:
        called = score > row_thresholds(rows, float(at), by_class)
        here = rows.assign(called=called)
        for name, (function, dv_max, _) in MEASURES.items():
            found[name].append(function(here, dv_max=dv_max))
        wrong = here.loc[called & ~here["is_qso"], "TARGETID"]
        found["false_quasars"].append(int(wrong.nunique()))
    return found
