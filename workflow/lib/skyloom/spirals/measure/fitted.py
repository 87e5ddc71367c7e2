"""What measures need to know of a network: fitted on galaxies of its validation."""

from __future__ import annotations

import logging

import numpy as np

from skyloom.spirals.measure.bars import BarScale, drawn_bar, fit_scale
from skyloom.spirals.measure.consistency import fit_relations
from skyloom.spirals.measure.record import Calibration

log = logging.getLogger(__name__)

LEAST = 10  # bars to fit a scale by
# By how much bars that half of the volunteers agree on are longer, and less flat, than
# the isophote of half the bar's maximum: medians of 91 simulated galaxies that did not
# train, of config/long.yaml.
LONG, ROUND = 1.17, 1.47


def fit_calibration(
    mean: np.ndarray, shares: np.ndarray, concentrations: np.ndarray
) -> Calibration:
    """Return what turns a network's maps into measures.

    Bars are to be as long as those that half of the volunteers agree on, less what
    these are too long by; votes are to be those of other galaxies with such a map.

    Parameters
    ----------
    mean, shares : ndarray, shape (n, 2, H, W)
        Predicted maps, and shares of volunteers; NaN where nobody was asked or the
        network was not trained for it.
    concentrations : ndarray, shape (n, answers)
        Of the votes.
    """
    scale = _scale(mean[:, 1], shares[:, 1])
    return Calibration(scale, fit_relations(mean, concentrations))


def _scale(maps: np.ndarray, shares: np.ndarray) -> BarScale:
    known = [k for k in range(len(maps)) if np.isfinite([maps[k], shares[k]]).all()]
    drawn = {k: drawn_bar(shares[k]) for k in known}
    seen = [k for k in known if drawn[k] and drawn_bar(maps[k])]
    if len(seen) < LEAST:
        if known:
            text = (
                "bars of %d galaxies only: their lengths are not scaled by this network"
            )
            log.warning(text, len(seen))
        return BarScale()
    lengths, angles, ratios = np.array([drawn[k] for k in seen]).T
    known_bars = (lengths / LONG, angles, ratios / ROUND)
    return fit_scale([maps[k] for k in seen], *known_bars)
