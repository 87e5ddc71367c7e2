"""One model of a galaxy from crowd and image, as the tree of its product."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from skyloom.builder.config import TuneSettings
from skyloom.builder.fitting.arm_angles import arm_rows
from skyloom.builder.fitting.arm_candidates import Backing, with_twins
from skyloom.builder.fitting.mean import mean, quantities
from skyloom.builder.fitting.posterior import Posterior, posterior
from skyloom.builder.fitting.sets import fit_sets
from skyloom.builder.fitting.settle import Settled
from skyloom.builder.fitting.tune import failed, record
from skyloom.builder.fitting.weights import Scale, Weighted, probability
from skyloom.builder.model import Model, SpiralArm, from_dict, replace
from skyloom.io.errors import DatumError

KINDS = ("bulge", "bar", "spiral")
EMPTY = {"components": [], "probability": {}, "arms": [], "sets": [], "mean": None}


def no_model(reason: str) -> dict:
    """Return the record of a galaxy without a model, with its reason."""
    return failed(reason) | EMPTY


def galaxy_model(
    aggregate: Mapping, tuned: Mapping[str, Mapping], cutout, settings: TuneSettings
) -> dict:
    """Fit every set of components that a galaxy may have; choose one, and average.

    Parameters
    ----------
    aggregate : mapping
        The crowd's galaxy, as in ``aggregates/<id>.json``.
    tuned : mapping of str to mapping
        Fits to begin from, as in ``tuned/<start>/<id>.json``, by start.
    cutout : Cutout
        Image, sigma, mask and PSF.
    settings : TuneSettings
        When a search gives up.

    Returns
    -------
    dict
        Plain JSON: the fit of the chosen set, the one of the highest weight, as
        `tune.tune` returns it, and in addition ``components`` (of the chosen set),
        ``probability`` of bulge, bar and arms, ``sets`` (components, number of arms,
        weight, chi² and disk Re of each), ``mean`` (`mean.mean`, over the sets, of what
        the chosen one has) and ``arms`` (of the chosen set's, in order).

    Raises
    ------
    DatumError
        If no start has a model, or the image no light of any.
    """
    fitted = sorted((t for t in tuned.values() if t["model"]), key=lambda t: t["chisq"])
    starts = [_with_disk(from_dict(tree["model"])) for tree in fitted]
    if not starts:
        reasons = [f"{start}: {tree['reason']}" for start, tree in tuned.items()]
        raise DatumError("; ".join(reasons))
    crowd, errors, votes = crowd_of(aggregate)
    limit = settings.max_evaluations
    inflation = fitted[0]["error_scale"] ** 2
    backed = [*aggregate["arms"], *(aggregate.get("candidates") or [])]
    backing = Backing(len(aggregate["arms"]), len(backed))
    sets, scale = fit_sets(
        starts, crowd, errors, votes, cutout, limit, backing, inflation
    )
    chosen, factor = sets[0], scale.inflation
    tree = record(chosen.fit, factor, scale.sky)
    tree["components"] = _kinds(chosen)
    tree["probability"] = _probabilities(sets, scale)
    tree["sets"] = [_row(one) for one in sets]
    posteriors = [_posterior(one.fit, scale) for one in sets]
    found = [
        quantities(post, one.fit.arms)
        for post, one in zip(posteriors, sets, strict=True)
    ]
    tree["mean"] = mean(found, [one.weight for one in sets], factor).tree()
    tree["mean"]["names"] = _as_in_model(tree["mean"]["names"], chosen.fit.arms)
    each = [probability(sets, scale, f"spiral.{i}") for i in chosen.fit.arms]
    tree["arms"] = arm_rows(posteriors[0], chosen.fit.arms, crowd, backed, each, factor)
    return tree


def crowd_of(aggregate: Mapping) -> tuple[Model, dict, dict[str, float]]:
    """Return the crowd's disk and all arms there may be, prior widths, and votes.

    The arms are those agreed on, those that fewer drew, and their twins. Bulge and bar
    have the priors of the population, the same whoever drew them, but for their place.
    """
    model, known = from_dict(aggregate["model"]), aggregate["errors"]
    fewer = aggregate.get("candidates") or []
    drawn = [*model.spiral, *(SpiralArm(**one["part"]) for one in fewer)]
    widths = [*known["spiral"], *(one["error"] for one in fewer)]
    asked = aggregate["considered"] + 1
    backed = [*aggregate["arms"], *fewer]
    votes = {
        kind: ((aggregate["drawn"][kind] or 0) + 0.5) / asked
        for kind in ("bulge", "bar")
    }
    votes |= {f"spiral.{i}": one["support"]["p"] for i, one in enumerate(backed)}
    arms, widths = with_twins(drawn, widths, len(model.spiral))
    votes |= {f"spiral.{i}": 0.5 / asked for i in range(len(drawn), len(arms))}
    errors = {"disk": known["disk"], "spiral": widths}
    for name in ("bulge", "bar"):
        if known[name]:
            errors[name] = {key: known[name][key] for key in ("mux", "muy")}
    return Model(disk=model.disk, spiral=tuple(arms)), errors, votes


def _probabilities(sets: Sequence[Weighted], scale: Scale) -> dict[str, float]:
    """Return the probability of bulge, bar, and of one arm at least."""
    found = {term: probability(sets, scale, term) for term in scale.odds}
    arms = [p for term, p in found.items() if term.startswith("spiral")]
    return {
        "bulge": found.get("bulge", 0.0),
        "bar": found.get("bar", 0.0),
        "spiral": 1.0 - math.prod(1.0 - p for p in arms),
    }


def _posterior(fit: Settled, scale: Scale) -> Posterior:
    return posterior(fit.problem, fit.found.vector, scale.inflation**0.5, sky=scale.sky)


def _as_in_model(names: list[str], arms: Sequence[int]) -> list[str]:
    """Return names with the arms numbered as in the chosen model."""
    places = {f"spiral.{i}": f"spiral.{k}" for k, i in enumerate(arms)}
    return [
        f"{places[head]}.{key}" if (head := name.rpartition(".")[0]) in places else name
        for name in names
        for key in [name.rpartition(".")[2]]
    ]


def _with_disk(model: Model) -> Model:
    """Return a model with a disk; without one, of the shape of its largest part."""
    if model.disk is not None:
        return model
    largest = max(model.components().values(), key=lambda part: part.Re)
    return replace(model, disk=replace(largest, Re=2 * largest.Re, n=1.0, c=2.0))


def _kinds(one: Weighted) -> list[str]:
    disk = [] if one.fit.shape.disk is None else ["disk"]
    held = {term.split(".", 1)[0] for term in one.terms}
    return disk + [kind for kind in KINDS if kind in held]


def _row(one: Weighted) -> dict:
    n_free = len(one.fit.problem.par.names) + len(one.fit.problem.terms)
    disk = one.fit.shape.disk
    return {
        "components": _kinds(one),
        "n_arms": len(one.fit.arms),
        "weight": one.weight,
        "chisq": one.fit.chisq / (len(one.fit.problem.data) - n_free),
        "disk_Re": disk and disk.Re,
    }
