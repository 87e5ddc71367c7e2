"""Fluxes, fractions, magnitudes and surface brightness of a fitted model.

Image units times the cutout's ``multiplier`` are nanomaggies; a flux of one
nanomaggy is magnitude 22.5 (AB).
"""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np

from skyloom.builder.fitting.flux import total_flux
from skyloom.builder.model import Sersic, replace

ZERO_POINT = 22.5


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


def magnitude(flux: float, multiplier: float) -> float:
    """Return the Pogson AB magnitude of a flux in image units.

    ``22.5 - 2.5 log10(flux x multiplier)``; NaN unless the flux is above zero.
    """
    nanomaggies = flux * multiplier
    return ZERO_POINT - 2.5 * math.log10(nanomaggies) if nanomaggies > 0 else math.nan


def brightness_at_re(part: Sersic, flux: float) -> float:
    """Return the surface brightness at Re of a component of some total flux.

    In image units a pixel; what the component's own ``I`` is does not matter.
    """
    return flux / total_flux(replace(part, I=1.0))


def central_brightness(part: Sersic, flux: float) -> float:
    """Return the surface brightness at the centre, ``I exp(b_n)``, before the PSF."""
    # Compiled code, which tables that ask for magnitudes alone need not load.
    from skyloom.builder.fitting.profiles import sersic_b  # noqa: PLC0415

    return brightness_at_re(part, flux) * math.exp(sersic_b(part.n))
