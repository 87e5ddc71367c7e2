"""What each set of components is worth.

A set's weight is the odds of each of its components times the image's evidence,
with the noise inflated by what no smooth model can fit (`fitting.misfit`)::

    ln w = sum over c in set of (base_c + crowd_c logit p_c + sign_c ln s_c)
           - EVIDENCE ln(1 + worse) - worse / ABSURD
    worse = (objective - least objective) / inflation

p_c is the part of the volunteers who drew the component, and s_c what the image
shows of a bar, its strength (`fitting.bar_strength`). A galaxy is no sum of our
components: each part more improves nearly every fit by far more than chance,
whether or not astronomers would call it a bar. So evidence counts by its logarithm,
and all constants are those with which the probability of a component agrees with
the votes of Galaxy Zoo 2 (bars) and of other volunteers on the same galaxy (bulges,
arms), on one half of the published sample: `ODDS`.

Source: Kass & Raftery 1995, JASA 90, 773 (evidence).
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from skyloom.builder.fitting.misfit import misfit, sky_error
from skyloom.builder.fitting.settle import Settled

LEAST_WEIGHT = 0.15  # of the best set's, to be fitted
LEAST_SIGN = 0.01
TYPICAL_SIGN = 0.26  # where the image is too small to show one
EVIDENCE = 0.14
# By how many times the inflation a set must fit worse to lose a factor e for that: real
# sets differ by hundreds, and one without what everybody sees by ten thousands.
ABSURD = 3000.0


@dataclass(frozen=True)
class Odds:
    """How a component's log odds follow from the crowd's votes and an image's sign."""

    base: float
    crowd: float
    sign: float

    def of(self, part: float, sign: float) -> float:
        """Return the log odds from the part of the votes and the sign."""
        sign = TYPICAL_SIGN if math.isnan(sign) else sign
        votes = self.crowd * math.log(part / (1 - part))
        return self.base + votes + self.sign * math.log(max(sign, LEAST_SIGN))


ODDS = {
    "bulge": Odds(1.6, 0.12, 0.0),
    "bar": Odds(0.4, 0.62, 0.74),
    "spiral": Odds(1.6, 0.35, 0.0),
}

Set = frozenset[str]  # of ``bulge``, ``bar``, ``spiral.0`` ...


@dataclass(frozen=True)
class Weighted:
    """The fit of one set of components, and its weight among all sets."""

    terms: Set
    fit: Settled
    weight: float


@dataclass(frozen=True)
class Scale:
    """What the sets of one galaxy are weighed with.

    Attributes
    ----------
    odds : mapping of str to float
        Log odds of each component of the fullest model.
    least : float
        Objective of the fullest model.
    inflation : float
        Of the noise, from the fullest model's residuals.
    sky : float
        Standard error of the sky's level, from the same [image units].
    """

    odds: Mapping[str, float]
    least: float
    inflation: float
    sky: float

    @classmethod
    def of(cls, odds: Mapping[str, float], full: Settled) -> Scale:
        """Return the scale that the fullest model gives."""
        return cls(odds, full.objective, misfit(full), sky_error(full))

    def log_weight(self, terms: Set, objective: float) -> float:
        """Return the log of a set's weight, up to a constant: see the module."""
        # In order: a set's own differs from process to process, and so would the sum.
        support = sum(self.odds[term] for term in sorted(terms))
        worse = max(objective - self.least, 0.0) / self.inflation
        return support - EVIDENCE * math.log1p(worse) - worse / ABSURD

    def next_step(self, fits: Mapping[Set, Settled], tried: set[Set]):
        """Return the set and the component without which it could weigh most.

        A set fits at best as well as its parent, of which it is a special case. None
        where no set that was not tried could count.
        """
        logs = {t: self.log_weight(t, fit.objective) for t, fit in fits.items()}
        steps = [
            (log - self.odds[term], sorted(terms), term)
            for terms, log in logs.items()
            for term in terms
            if terms - {term} not in tried
        ]
        if not steps:
            return None
        best, terms, term = max(steps)
        counts = best > max(logs.values()) + math.log(LEAST_WEIGHT)
        return (frozenset(terms), term) if counts else None


def probability(sets: Sequence[Weighted], scale: Scale, term: str) -> float:
    """Return the probability of a component: the weight of the sets that have it.

    Where all have it, as too little spoke against it for a fit without, it is that of
    its odds.
    """
    found = sum(one.weight for one in sets if term in one.terms)
    if all(term in one.terms for one in sets):
        found = 1 / (1 + math.exp(-scale.odds[term]))
    return found


def weighted(fits: Mapping[Set, Settled], scale: Scale) -> list[Weighted]:
    """Return fits of sets with their weights, the largest first."""
    logs = np.array([scale.log_weight(t, fit.objective) for t, fit in fits.items()])
    weights = np.exp(logs - logs.max())
    weights /= weights.sum()
    found = zip(fits.items(), weights.tolist(), strict=True)
    sets = [Weighted(terms, fit, weight) for (terms, fit), weight in found]
    return sorted(sets, key=lambda one: -one.weight)
