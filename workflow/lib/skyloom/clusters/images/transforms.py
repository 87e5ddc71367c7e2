"""Fourier transforms of round galaxies of half light radius one and flux one.

Both are functions of u^2, u the wavenumber times the half light radius.
"""

from __future__ import annotations

from functools import cache

import galsim
import numpy as np
import torch

# Half light radius of exp(-r): the root of (1 + x) exp(-x) = 1/2.
EXPONENTIAL_HLR = 1.6783469900166605
LOW, HIGH, NODES = -14.0, 18.0, 8192  # ln u^2 of the table of de Vaucouleurs


def exponential(u2: torch.Tensor) -> torch.Tensor:
    """Return the transform of an exponential disc, (1 + (u / 1.678)^2)^-3/2."""
    root = torch.rsqrt(1.0 + u2 * (1.0 / EXPONENTIAL_HLR**2))
    return root * root * root


def de_vaucouleurs(u2: torch.Tensor) -> torch.Tensor:
    """Return the transform of a de Vaucouleurs profile, read from a table.

    It has no closed form; the table is GalSim's, linear in ln u^2, and exact to 1e-5.
    """
    step = (HIGH - LOW) / (NODES - 1)
    place = torch.log(u2.clamp_min(1e-30)).sub_(LOW).mul_(1.0 / step)
    place.clamp_(0.0, NODES - 1.001)
    node = place.long()
    value, rise = _table(u2.dtype)
    place -= node
    return torch.take(rise, node).mul_(place).add_(torch.take(value, node))


@cache
def _table(dtype) -> tuple[torch.Tensor, torch.Tensor]:
    u = np.exp(0.5 * np.linspace(LOW, HIGH, NODES))
    accurate = galsim.GSParams(kvalue_accuracy=1e-7)
    profile = galsim.DeVaucouleurs(half_light_radius=1.0, gsparams=accurate)
    values = np.array([profile.kValue(k, 0.0).real for k in u])
    rise = np.diff(values, append=values[-1])
    return tuple(torch.as_tensor(v, dtype=dtype) for v in (values, rise))
