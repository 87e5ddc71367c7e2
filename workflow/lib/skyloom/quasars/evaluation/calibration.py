"""Scores as probabilities, recalibrated on other targets for an honest diagram."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from skyloom.quasars.evaluation.thresholds import Sample
from skyloom.stats.calibration import Forecast, cross_fitted


def forecast(data: Sample) -> Forecast:
    """Return scores as forecasts of independent targets."""
    return Forecast(data.score, data.truth, data.targetid, data.weight)


def cross_calibrated(
    data: Sample, folds: int, rng: np.random.Generator
) -> Sample | None:
    """Return scores as calibrated on the targets of the other folds.

    None where the others of a fold are all quasars, or none is.
    """
    names, place = np.unique(data.targetid, return_inverse=True)
    if not 2 <= folds <= len(names):
        msg = f"{folds} folds of {len(names)} targets: expected 2 to {len(names)}"
        raise ValueError(msg)
    fold = (rng.permutation(len(names)) % folds)[place]
    score = cross_fitted(data.score, data.truth, fold, data.weight)
    return None if score is None else replace(data, score=score)
