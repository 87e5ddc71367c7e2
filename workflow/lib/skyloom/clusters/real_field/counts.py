"""How many clusters of a real field are more than chance would find."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from skyloom.stats.intervals import rate

PROBABILITIES = (0.5, 0.7, 0.9)  # above which false alarms are counted


def counted(
    found: np.ndarray, chance: Sequence[np.ndarray], area: float, threshold: float
) -> dict:
    """Return how many clusters a sky has, and how many chance would find.

    Parameters
    ----------
    found : ndarray
        Probabilities of the real sky's detections, as far down as it lists them.
    chance : sequence of ndarray
        The same of each shuffled sky.
    area : float
        Of a sky [deg^2].
    threshold : float
        Probability from which on the catalogue is pure.

    Returns
    -------
    dict
        ``area, clusters``: all that are listed; ``threshold``, ``clusters_above``:
        those from it on; ``false_alarms``: what chance finds from the threshold and
        each of `PROBABILITIES` on, rising: ``above, k, area, value, low, high``.
    """
    found, skies = np.asarray(found), area * len(chance)
    every = np.concatenate([np.zeros(0), *chance])
    rising = sorted({threshold, *PROBABILITIES}) if len(chance) else []
    return {
        "area": area,
        "clusters": len(found),
        "threshold": threshold,
        "clusters_above": int((found >= threshold).sum()),
        "false_alarms": [
            {"above": p, **rate(int((every >= p).sum()), skies)} for p in rising
        ],
    }
