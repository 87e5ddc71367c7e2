"""Scores as probabilities, recalibrated on other targets for an honest diagram."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from skyloom.quasars.evaluation.thresholds import Sample
from skyloom.stats.calibration import Forecast, fit_platt


def forecast(data: Sample) -> Forecast:
    """Return scores as forecasts of independent targets."""
    return Forecast(data.score, data.truth, data.targetid, data.weight)


def cross_calibrated(data: Sample, folds: int, rng: np.random.Generator) -> Sample:
    """Return scores as calibrated (Platt) on the targets of the other folds."""
    names, place = np.unique(data.targetid, return_inverse=True)
    if not 2 <= folds <= len(names):
        msg = f"{folds} folds of {len(names)} targets: expected 2 to {len(names)}"
        raise ValueError(msg)
    fold = (rng.permutation(len(names)) % folds)[place]
    score = np.empty(len(data.score))
    for k in range(folds):
        others = data.part(fold != k)
        known = fit_platt(others.score, others.truth, others.weight)
        score[fold == k] = known(data.score[fold == k])
    return replace(data, score=score)
