"""Fluxes, fractions and magnitudes of a fitted model, with propagated errors.

Image units times the cutout's ``multiplier`` are nanomaggies; a flux of one
nanomaggy is magnitude 22.5 (AB). Errors follow the covariance to first order
(the delta method).
"""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np

ZERO_POINT = 22.5
MAGNITUDE = 2.5 / math.log(10.0)  # magnitudes in one unit of ln(flux)


def propagate(jacobian, covariance) -> np.ndarray:
    """Return the covariance ``J C J'`` of outputs, J being (n_out, n_in)."""
    J = np.atleast_2d(np.asarray(jacobian, float))
    return J @ np.asarray(covariance, float) @ J.T


def fractions(flux: Mapping[str, float]) -> dict[str, float]:
    """Return each component's part of the **grand** total; they sum to one.

    Raises
    ------
    ValueError
        For a negative flux, or none above zero.
    """
    total = sum(flux.values())
    if min(flux.values(), default=0.0) < 0 or not total > 0:
        msg = f"fluxes must be 0 or more with a total above 0, got {dict(flux)}"
        raise ValueError(msg)
    return {name: value / total for name, value in flux.items()}


def fraction_errors(flux, covariance) -> np.ndarray:
    """Return the standard errors (n,) of the fractions of fluxes (n,).

    By ``d f_i / d F_j = (delta_ij - f_i) / total``.
    """
    flux = np.asarray(flux, float)
    total = flux.sum()
    jacobian = (np.eye(flux.size) - (flux / total)[:, None]) / total
    return np.sqrt(np.diag(propagate(jacobian, covariance)))


def total_error(covariance) -> float:
    """Return the standard error of the sum of correlated fluxes."""
    return math.sqrt(np.sum(covariance))


def magnitude(flux: float, multiplier: float) -> float:
    """Return the Pogson AB magnitude of a flux in image units.

    ``22.5 - 2.5 log10(flux x multiplier)``; NaN unless the flux is above zero.
    """
    nanomaggies = flux * multiplier
    return ZERO_POINT - 2.5 * math.log10(nanomaggies) if nanomaggies > 0 else math.nan


def magnitude_error(flux: float, flux_err: float) -> float:
    """Return the standard error of a magnitude; the multiplier cancels."""
    return MAGNITUDE * flux_err / flux if flux > 0 else math.nan
