"""Rates corrected by simulation: selection makes some answers depend on others.

A slider's rate is known from those who drew the component, and drawing it correlates
with moving sliders; so a rate put in is not the rate that comes out. A few rounds of
simulating the fitted galaxies and shifting each rate by what it misses mend that.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from skyloom.builder.simulation.crowd import draw_drawing, draw_effects, draw_factors
from skyloom.run.seeds import rng as generator

from crowd_table.answers import fit_rates, flags
from crowd_table.fit import Subject, measure_crowd

_LARGEST_SHIFT = 0.5  # of a probit rate, in one round


def calibrate(crowd: Mapping, subjects: Sequence[Subject], n_rounds: int = 3) -> dict:
    """Shift the rates of a fitted crowd until simulation gives the measured ones.

    Parameters
    ----------
    crowd : mapping
        From `fit.fit_crowd` of the same subjects.
    subjects : sequence of (Seen, sequence of Model)
        The galaxies; of the drawings only their number is used.
    n_rounds : int
        Rounds of simulation.

    Returns
    -------
    dict
        The crowd with shifted rates; their scatter is left as it is.

    Notes
    -----
    Source: indirect inference, Gourieroux, Monfort & Renault 1993, J. Appl. Econom. 8,
    S85.
    """
    wanted = crowd["rates"]
    for i in range(n_rounds):
        volunteers, _ = measure_crowd(simulate_crowd(crowd, subjects, ("round", i)))
        got = fit_rates(volunteers, flags(volunteers))
        rates = {
            answer: _shifted(crowd["rates"][answer], wanted[answer], got.get(answer))
            for answer in wanted
        }
        crowd = dict(crowd) | {"rates": rates}
    return crowd


def simulate_crowd(
    crowd: Mapping, subjects: Sequence[Subject], key: object
) -> list[Subject]:
    """Let as many simulated volunteers draw each galaxy as real ones did.

    Parameters
    ----------
    crowd : mapping
        Fitted parameters.
    subjects : sequence of (Seen, sequence of Model)
        The galaxies with their real drawings.
    key : object
        Names this simulation: the same key, the same drawings.
    """
    drawn = []
    for i, (seen, models) in enumerate(subjects):
        rng = generator(0, "crowd", key, i)
        effects = draw_effects(crowd, rng)
        mine = [
            draw_drawing(seen, crowd, effects, draw_factors(crowd, rng), rng).model
            for _ in models
        ]
        drawn.append((seen, mine))
    return drawn


def _shifted(rates: Mapping, wanted: Mapping, got: Mapping | None) -> dict:
    return {
        condition: [_mean(rate, wanted[condition], (got or {}).get(condition)), rate[1]]
        for condition, rate in rates.items()
    }


def _mean(rate, wanted, got) -> float:
    if got is None:
        return rate[0]
    # Their scatter differs by chance: compare means, as a rate without scatter has.
    miss = wanted[0] / np.hypot(1, wanted[1]) - got[0] / np.hypot(1, got[1])
    return round(rate[0] + float(np.clip(miss, -_LARGEST_SHIFT, _LARGEST_SHIFT)), 5)
