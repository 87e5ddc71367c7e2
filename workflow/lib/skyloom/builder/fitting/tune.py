"""Tuned models: the fit of one galaxy, as the tree of its product."""

from __future__ import annotations

import numpy as np

from skyloom.builder.config import TuneSettings
from skyloom.builder.fitting.fit import Problem
from skyloom.builder.fitting.misfit import misfit, sky_error
from skyloom.builder.fitting.posterior import (
    Posterior,
    free_fluxes,
    free_values,
    posterior,
)
from skyloom.builder.fitting.render import render_components
from skyloom.builder.fitting.settle import Settled, settle, without
from skyloom.builder.model import Model, to_dict
from skyloom.io.errors import DatumError

EMPTY = dict.fromkeys(("model", "chisq", "chisq_per_pixel", "chisq_start")) | {
    "error_scale": None,
    "sky_err": None,
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
        the root of `misfit.inflation` and hold that of the sky, ``sky_err``. A fit that
        cannot be done is such a record too, with its reason.
    """
    if not model.components():
        return failed("the model has no component: the crowd agreed on none")
    crowd, errors, armless = _with_a_disk(model, errors)
    try:
        settled = settle(crowd, errors, cutout, settings.max_evaluations)
    except DatumError as error:
        return failed(str(error))
    begin = Problem(crowd, cutout, None)
    residuals = begin.residuals(begin.start)[: len(begin.data)]
    chisq_start = float(residuals @ residuals) / len(begin.data)
    tree = record(settled, misfit(settled), sky_error(settled))
    tree["dropped"] = armless + tree["dropped"]
    return tree | {"chisq_start": chisq_start}


def record(settled: Settled, factor: float, sky: float) -> dict:
    """Return a fit as plain JSON: see `tune`.

    Its variances are times a factor, with the error of the `sky` [image units].
    """
    problem, found = settled.problem, settled.found
    n_free = len(problem.par.names) + len(problem.terms)
    post = posterior(problem, found.vector, factor**0.5, sky)
    return {
        "status": found.status,
        "reason": None if found.status == "converged" else str(found.message),
        "n_iterations": int(found.n_iterations),
        "n_evaluations": int(found.n_evaluations),
        "model": to_dict(post.model(post.coordinates)),
        "chisq": settled.chisq / (len(problem.data) - n_free),
        "chisq_per_pixel": settled.chisq / len(problem.data),
        "chisq_start": None,
        "n_pixels": len(problem.data),
        "n_free": n_free,
        "error_scale": factor**0.5,
        "sky_err": sky,
        "bounds_reached": list(post.limits),
        "dropped": list(settled.dropped),
        **_values(post),
        **_fluxes(post),
    }


def _with_a_disk(model: Model, errors):
    """Drop arms without a disk: their light is a share of the disk's."""
    if model.disk is not None:
        return model, errors, []
    arms = [f"spiral.{i}" for i in range(len(model.spiral))]
    return *without(model, errors, arms), arms


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
