"""Tuned models: the fit of one galaxy, as the tree of its product."""

from __future__ import annotations

import numpy as np

from skyloom.builder.config import TuneSettings
from skyloom.builder.fitting.fit import Problem
from skyloom.builder.fitting.posterior import (
    Posterior,
    free_fluxes,
    free_values,
    posterior,
)
from skyloom.builder.fitting.render import render_components
from skyloom.builder.fitting.search import Solution, search
from skyloom.builder.model import Model, replace, to_dict
from skyloom.io.errors import DatumError

STRETCHES = (2.0, 0.5)
EMPTY = dict.fromkeys(("model", "chisq", "chisq_per_pixel", "chisq_start")) | {
    "error_scale": None,
    "n_pixels": 0,
    "n_free": 0,
    "n_iterations": 0,
    "n_evaluations": 0,
    "parameters": [],
    "values": [],
    "errors": [],
    "covariance": [],
    "bounds_reached": [],
    "dropped": [],
    "flux": {},
    "flux_err": {},
    "flux_covariance": [],
}


def failed(reason: str) -> dict:
    """Return the record of a fit that could not be done, with its reason."""
    return {"status": "failed", "reason": reason, **EMPTY}


def tune(model: Model, errors, cutout, settings: TuneSettings) -> dict:
    """Fit a model to a galaxy's image.

    Parameters
    ----------
    model : Model
        Start and centre of the priors, from the crowd or from one volunteer.
    errors : mapping or None
        The crowd's scatter by component and parameter; None where there is none.
    cutout : Cutout
        Image, sigma, mask and PSF.
    settings : TuneSettings
        When to give up.

    Returns
    -------
    dict
        Plain JSON: status and reason, model, reduced chi² (`chisq`, by N - k) and per
        pixel (as the published figures are; `chisq_start` that of `model`), values,
        errors and covariance of the free parameters, limits reached, components
        dropped for want of light (arms as numbered in `model`), counts of the last
        search, and total flux by component [image units x px²]. Errors are scaled by
        the root of a reduced chi² above 1. A fit that cannot be done is such a record
        too, with its reason.
    """
    if not model.components():
        return failed("the model has no component: the crowd agreed on none")
    crowd, errors, armless = _with_a_disk(model, errors)
    try:
        limit = settings.max_evaluations
        problem, found, dropped = _rounds(crowd, errors, cutout, limit)
    except DatumError as error:
        return failed(str(error))
    scatter = _chisq(problem, found.vector)
    begin = Problem(crowd, cutout, None)
    chisq_start = _chisq(begin, begin.start)
    n_free = len(problem.par.names) + len(problem.terms)
    reduced = scatter / (len(problem.data) - n_free)
    scale = max(1.0, reduced) ** 0.5  # a galaxy is never quite its model
    post = posterior(problem, found.vector, scale)
    return {
        "status": found.status,
        "reason": None if found.status == "converged" else str(found.message),
        "n_iterations": int(found.n_iterations),
        "n_evaluations": int(found.n_evaluations),
        "model": to_dict(post.model(post.coordinates)),
        "chisq": reduced,
        "chisq_per_pixel": scatter / len(problem.data),
        "chisq_start": chisq_start / len(problem.data),
        "n_pixels": len(problem.data),
        "n_free": n_free,
        "error_scale": scale,
        "bounds_reached": list(post.limits),
        "dropped": armless + dropped,
        **_values(post),
        **_fluxes(post),
    }


def _with_a_disk(model: Model, errors):
    """Drop arms without a disk: their light is a share of the disk's."""
    if model.disk is not None:
        return model, errors, []
    arms = [f"spiral.{i}" for i in range(len(model.spiral))]
    return *without(model, errors, arms), arms


def _rounds(crowd, errors, cutout, limit: int):
    """Search; where a component ends without light, drop it and search again.

    Each search begins where the last one ended, but the priors stay the crowd's.
    """
    dropped: list[str] = []
    arms = list(range(len(crowd.spiral)))  # as numbered in the start
    start = crowd
    while True:
        problem = Problem(crowd, cutout, errors, start)
        if len(problem.data) <= len(problem.par.names) + len(problem.terms):
            msg = f"{len(problem.data)} good pixels are too few for the model"
            raise DatumError(msg)
        found = _search(problem, limit)
        dark = _dark(problem, found)
        if len(dark) == len(problem.terms):
            msg = "no component has light in this image"
            raise DatumError(msg)
        if not dark:
            return problem, found, dropped
        start, _ = without(problem.par.model(found.vector), None, dark)
        crowd, errors = without(crowd, errors, dark)
        gone = [i for k, i in enumerate(arms) if f"spiral.{k}" in dark]
        dropped += [t for t in dark if not t.startswith("spiral")]
        dropped += [f"spiral.{i}" for i in gone]
        arms = [i for i in arms if i not in gone]


def _search(problem: Problem, limit: int) -> Solution:
    """Search from the start, and from other sizes where light went out on the way.

    A component without light has no slope and cannot come back by itself.
    """
    found = search(problem, limit)
    if not _dark(problem, found):
        return found
    others = [search(problem, limit, stretch) for stretch in STRETCHES]
    return min([found, *others], key=lambda one: _objective(problem, one.vector))


def _dark(problem: Problem, found: Solution) -> list[str]:
    amplitude, _ = problem.solve(found.vector)
    return [t for t, a in zip(problem.terms, amplitude, strict=True) if a <= 0]


def _objective(problem: Problem, vector) -> float:
    residuals = problem.residuals(vector)
    return float(residuals @ residuals)


def without(model: Model, errors, terms):
    """Return a model and the crowd's scatter without `terms`, as ``bar``, ``spiral.0``.

    With the disk go all arms.
    """
    if "disk" in terms:
        terms = [*terms, *(f"spiral.{i}" for i in range(len(model.spiral)))]
    kept = [i for i in range(len(model.spiral)) if f"spiral.{i}" not in terms]
    gone = {t: None for t in terms if not t.startswith("spiral")}
    model = replace(model, **gone, spiral=tuple(model.spiral[i] for i in kept))
    arms = (errors or {}).get("spiral") or []
    if errors:
        errors = {**errors, **gone, "spiral": [arms[i] for i in kept if i < len(arms)]}
    return model, errors


def _chisq(problem: Problem, vector) -> float:
    residuals = problem.residuals(vector)[: len(problem.data)]
    return float(residuals @ residuals)


def _values(post: Posterior) -> dict:
    names, values, covariance = free_values(post)
    return {
        "parameters": names,
        "values": values.tolist(),
        "errors": np.sqrt(np.diag(covariance)).tolist(),
        "covariance": covariance.tolist(),
    }


def _fluxes(post: Posterior) -> dict:
    names, values, covariance = free_fluxes(post)
    errors = np.sqrt(np.diag(covariance))
    return {
        "flux": dict(zip(names, values.tolist(), strict=True)),
        "flux_err": dict(zip(names, errors.tolist(), strict=True)),
        "flux_covariance": covariance.tolist(),
    }


def residual_images(model: Model, cutout) -> dict[str, np.ndarray]:
    """Return what a residual file holds, all of the image's shape.

    DATA and MODEL [image units], RESIDUAL [sigma], and the model's components as DISK,
    BULGE, BAR, SPIRAL. Masked pixels of DATA and RESIDUAL are NaN.
    """
    parts = render_components(model, cutout.image.shape, cutout.psf)
    total = sum(parts.values(), np.zeros(cutout.image.shape))
    data = np.where(cutout.mask, np.nan, cutout.image)
    planes = {"DATA": data, "MODEL": total, "RESIDUAL": (data - total) / cutout.sigma}
    return planes | {name.upper(): image for name, image in parts.items()}
