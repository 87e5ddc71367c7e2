"""Fluxes, fractions and magnitudes of a fitted model, with propagated errors.

Image units times the cutout's ``multiplier`` are nanomaggies; a flux of one
nanomaggy is magnitude 22.5 (AB). Errors follow the covariance to first order
(the delta method).
"""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np
from scipy.special import gammaln

from skyloom.builder.fitting.profiles import sersic_b
from skyloom.builder.model import Sersic

ZERO_POINT = 22.5
MAGNITUDE = 2.5 / math.log(10.0)  # magnitudes in one unit of ln(flux)


def boxy_area(c):
    """Return R_c: the area of an ellipse over that of the boxy ellipse around it.

    Parameters
    ----------
    c : float or ndarray
        Boxyness, above 0.

    Returns
    -------
    float or ndarray
        ``pi c / (4 Beta(1/c, 1 + 1/c))``; 1 at c = 2, pi/2 at c = 1.

    Source: Peng et al. 2002, AJ 124, 266, equation 5 with c = c0 + 2.
    """
    log_beta = gammaln(1 / c) + gammaln(1 + 1 / c) - gammaln(1 + 2 / c)
    return np.pi * c / 4 * np.exp(-log_beta)


def total_flux(part: Sersic) -> float:
    """Return the light of a Sérsic component to infinity [image units x px²].

    ``L = 2 pi Re² I n e^b b^(-2n) Gamma(2n) q / R_c(c)``, for the same b_n as the
    renderer's, so that a catalogued flux is the flux of the rendered image.

    Source: Graham & Driver 2005, PASA 22, 118, equation 4; R_c as `boxy_area`.
    """
    b, n = sersic_b(part.n), part.n
    shape = math.exp(b - 2 * n * math.log(b) + gammaln(2 * n))
    area = part.Re**2 * part.q / float(boxy_area(part.c))
    return 2 * math.pi * area * part.I * n * shape


def propagate(jacobian, covariance) -> np.ndarray:
    """Return the covariance of outputs: ``J C J'``.

    Parameters
    ----------
    jacobian : array_like, shape (n_out, n_in)
        Derivatives of the outputs by the inputs.
    covariance : array_like, shape (n_in, n_in)
        Of the inputs.
    """
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
    """Return the standard errors of the fractions.

    Parameters
    ----------
    flux : array_like, shape (n,)
        Component fluxes.
    covariance : array_like, shape (n, n)
        Of the fluxes.

    Returns
    -------
    ndarray, shape (n,)
        From ``d f_i / d F_j = (delta_ij - f_i) / total``.
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

    Parameters
    ----------
    flux : float
        Flux [image units].
    multiplier : float
        Nanomaggies per image unit.
    """
    nanomaggies = flux * multiplier
    return ZERO_POINT - 2.5 * math.log10(nanomaggies) if nanomaggies > 0 else math.nan


def magnitude_error(flux: float, flux_err: float) -> float:
    """Return the standard error of a magnitude; the multiplier cancels."""
    return MAGNITUDE * flux_err / flux if flux > 0 else math.nan
