"""The sets of components that crowd and image allow.

One galaxy gets one model, but neither the crowd nor the image says for certain which
components it has, and a disk beside a bar is another disk than one without. So:

1. The fullest model, of disk, bulge, bar and every arm there may be, is fitted from
   many starts (`fitting.full_fit`). Arms are those that volunteers drew, however few,
   and the twins of those they agree on (`fitting.arm_candidates`); those that the image
   hardly shows go (`LEAST_ARM`).
2. Components are left out one by one, and those fits begin at the fullest model's end,
   so that sets differ by their components and by nothing else.
3. Each set has a weight (`fitting.weights`).
4. Sets that cannot reach `LEAST_WEIGHT` are not fitted. Quantities are means over the
   sets that have them (`fitting.mean`), so that a galaxy's numbers change little when
   its crowd changes a little.

Sources: Hoeting et al. 1999, Stat. Sci. 14, 382 (means over models); Lingard et al.
2020, ApJ 900, 178 (the crowd).
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping

from skyloom.builder.fitting.arm_angles import TIGHT
from skyloom.builder.fitting.arm_candidates import Backing
from skyloom.builder.fitting.bar_strength import bar_strength
from skyloom.builder.fitting.full_fit import FEW, full_fit
from skyloom.builder.fitting.misfit import misfit
from skyloom.builder.fitting.settle import Settled, settle, without
from skyloom.builder.fitting.spirals import reframed
from skyloom.builder.fitting.weights import ODDS, Scale, Set, Weighted, weighted
from skyloom.builder.model import Model, replace

MOST_SETS = 5
# An arm's part of the light times what chi² gains by it over the inflation. Arms with
# less are found by one crowd and not by the next, or are what a ring or a clump leaves;
# those that volunteers agree on need little more than light.
LEAST_ARM, LEAST_AGREED = 2.0, 0.1


def fit_sets(
    starts: Iterable[Model],
    crowd: Model,
    errors: Mapping,
    votes: Mapping[str, float],
    cutout,
    limit: int,
    backing: Backing,
    inflation: float,
) -> tuple[list[Weighted], Scale]:
    """Fit the sets of components of a galaxy, and weigh them.

    Parameters
    ----------
    starts : iterable of Model
        Fits to begin from, each with a disk, the best one first.
    crowd, errors : Model, mapping
        The crowd's disk and arms, and the widths of the priors.
    votes : mapping of str to float
        Part of the volunteers who drew each component, between 0 and 1, without the
        ends: ``bulge``, ``bar``, ``spiral.0`` ...
    cutout : Cutout
        Image, sigma, mask and PSF.
    limit : int
        Evaluations of each search.
    backing : Backing
        Which of the arms of `crowd` volunteers agree on, and drew.
    inflation : float
        Of the noise, as far as it is known from `starts`.

    Returns
    -------
    sets : list of Weighted
        By weight, the largest first; the weights sum to 1.
    scale : Scale
        What they were weighed with.

    Raises
    ------
    DatumError
        If the image has too few pixels, or light of no component.
    """
    full, barless = full_fit(
        starts, crowd, errors, cutout, limit, backing.agreed, inflation
    )
    if full.shape.disk is None:  # all other sets have one: there is nothing to choose
        names = sorted(_terms(full))
        odds = {term: ODDS[term].of(votes[term], math.nan) for term in names}
        return [Weighted(_terms(full), full, 1.0)], Scale.of(odds, full)
    full = _with_clear_arms(full, backing, cutout, limit)
    scale = Scale.of(_log_odds(full, votes, cutout), full)
    fits = {_terms(full): full}
    tried = set(fits)
    while len(fits) < MOST_SETS and (step := scale.next_step(fits, tried)):
        parent, term = step
        tried.add(parent - {term})
        found = _less(fits[parent], [term], cutout, limit)
        if term == "bar":
            found = _barless(found, barless, cutout, limit)
        if found.shape.disk is not None:
            known = fits.get(_terms(found), found)
            fits[_terms(found)] = min(known, found, key=lambda one: one.objective)
            tried.add(_terms(found))
    best = weighted(fits, scale)[0]
    fits[best.terms] = _finished(best.fit, cutout, limit)
    return weighted(fits, scale), scale


def _log_odds(full: Settled, votes: Mapping[str, float], cutout) -> dict[str, float]:
    shape = full.shape
    inside = shape.bulge or shape.bar or shape.disk
    centre = inside.mux, inside.muy
    signs = {"bar": bar_strength(cutout.image, cutout.mask, shape.disk, centre)}
    return {
        term: ODDS[term.split(".", 1)[0]].of(votes[term], signs.get(term, 1.0))
        for term in sorted(_terms(full) | {"bulge", "bar"})
    }


def _terms(fit: Settled) -> Set:
    """Return the components of a fit but the disk, arms by their first number."""
    parts = [t for t in fit.problem.terms if t in ("bulge", "bar")]
    return frozenset(parts + [f"spiral.{i}" for i in fit.arms])


def _with_clear_arms(full: Settled, backing: Backing, cutout, limit: int) -> Settled:
    """Return the fit without arms that are hardly there.

    Nor with arms that nobody drew and that are rings, or wind against the drawn ones.
    """
    light = full.light
    unit = misfit(full) * sum(light.values())
    gone = []
    for own, i in enumerate(full.arms):
        worth = full.gain(f"spiral.{own}") * light[f"spiral.{own}"] / unit
        least = LEAST_AGREED if i < backing.agreed else LEAST_ARM
        phi, drawn = (model.spiral[own].phi for model in (full.shape, full.crowd))
        odd = phi * math.copysign(1.0, drawn) < TIGHT
        if worth < least or (odd and i >= backing.drawn):
            gone.append(f"spiral.{i}")
    if not gone:
        return full
    clear = _less(full, gone, cutout, limit)
    return full if clear.shape.disk is None else clear


def _less(parent: Settled, terms: Iterable[str], cutout, limit: int) -> Settled:
    """Return the fit of a set with less components, begun at the parent's end."""
    places = {f"spiral.{i}": f"spiral.{own}" for own, i in enumerate(parent.arms)}
    own = [places.get(term, term) for term in terms]
    start, _ = without(parent.shape, None, own)
    crowd, errors = without(parent.crowd, parent.errors, own)
    few = min(limit, FEW)
    told = {"patient": False, "inflation": parent.problem.inflation}
    found = settle(crowd, errors, cutout, few, start, **told)
    left = [i for i in parent.arms if f"spiral.{i}" not in terms]
    return found.renumbered(left)


def _finished(fit: Settled, cutout, limit: int) -> Settled:
    """Return a fit whose search went on to its end; none is worse."""
    if fit.found.status == "converged":
        return fit
    told = {"patient": False, "inflation": fit.problem.inflation}
    found = settle(fit.crowd, fit.errors, cutout, limit, fit.shape, **told)
    return fit if found.dropped else found.renumbered(fit.arms)


def _barless(fit: Settled, begin: Model, cutout, limit: int) -> Settled:
    """Return the better of a fit without a bar and one with a bulge of its own.

    In the fullest model the bar may have taken the bulge's light, even all of it; what
    is left when it goes is a poor start.
    """
    if fit.shape.disk is None or begin.bulge is None or begin.disk is None:
        return fit
    crowd = replace(fit.crowd, bulge=fit.crowd.bulge or begin.bulge)
    arms = (reframed(arm, fit.shape.disk, begin.disk) for arm in fit.shape.spiral)
    start = Model(begin.disk, begin.bulge, spiral=tuple(arms))
    few = min(limit, 2 * FEW)
    told = {"patient": False, "inflation": fit.problem.inflation}
    other = settle(crowd, fit.errors, cutout, few, start, **told)
    return min((fit, other.renumbered(fit.arms)), key=lambda end: end.objective)
