"""Whether probabilities mean what they say: of tiles, and of a catalogue.

Tiles of a field are not independent: intervals are those of a bootstrap of fields.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from matplotlib.figure import Figure

from skyloom.clusters.evaluation.colours import COLOURS
from skyloom.clusters.evaluation.curve import judged_rows
from skyloom.clusters.evaluation.judge import NONE, Judged
from skyloom.plots import diagrams
from skyloom.stats import calibration
from skyloom.stats.calibration import BINNINGS, Forecast, brier, calibration_error


def of_tiles(probability, truth, valid) -> Forecast:
    """Return the forecast of tile maps.

    Parameters
    ----------
    probability : array_like, shape (fields, nt, nt)
        Of each tile.
    truth, valid : array_like of bool, same shape
        What is true of it, and whether it has sky: else it is left out.
    """
    p, truth = np.asarray(probability, np.float64), np.asarray(truth, bool)
    valid = np.asarray(valid, bool)
    return Forecast(p[valid], truth[valid], np.nonzero(valid)[0])


def of_catalogue(judged: Judged) -> Forecast:
    """Return the forecast of detections on valid sky: that each is a cluster."""
    found = judged_rows(judged)
    truth = (found["TRUTH"] != NONE).to_numpy()
    score = found["SCORE"].to_numpy(np.float64)
    return Forecast(score, truth, found["FIELD"].to_numpy())


def report(data: Forecast, rng: np.random.Generator) -> dict:
    """Return calibration errors of both binnings, Brier and prevalence, as JSON."""
    errors = {f"ece_{b}": calibration_error(data, rng, binning=b) for b in BINNINGS}
    known = float(data.truth.mean()) if len(data.truth) else None
    counts = {"n": len(data.truth), "fields": len(np.unique(data.objects))}
    return counts | {"prevalence": known, "brier": brier(data, rng)} | errors


def figure(forecasts: Mapping[str, tuple[Forecast, np.random.Generator]]) -> Figure:
    """Return the reliability of forecasts by name, each with the draws of its ends."""
    tables = {name: calibration.reliability(*one) for name, one in forecasts.items()}
    errors = {name: calibration_error(*one) for name, one in forecasts.items()}
    return diagrams.reliability(tables, errors, "share that is true", COLOURS)
