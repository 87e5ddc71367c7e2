"""Where a cluster's galaxies lie and how bright they are: redMaPPer's two filters."""

from __future__ import annotations

from functools import cache

import numpy as np
from scipy.integrate import cumulative_trapezoid
from scipy.special import exp1

from skyloom.sky.cosmology import COSMOLOGY

# Rykoff et al. 2014 (ApJ 785, 104), section 3.1: scale and core of the projected NFW
# profile; in h^-1 Mpc there.
SCALE = 0.15 / COSMOLOGY.h
CORE = 0.1 / COSMOLOGY.h
FAINTEST = -2.5 * np.log10(0.2)  # 0.2 L*, magnitudes below m*
LARGEST = 6.0  # Mpc, beyond any cluster's radius


def projected_density(radius: np.ndarray) -> np.ndarray:
    """Return the radial filter at radii [Mpc]: a projected NFW profile, flat inside.

    Over `enclosed` it integrates to one within a limit [1/Mpc^2]. Source: Bartelmann
    1996 (A&A 313, 697), eq. 7; Rykoff et al. 2014, section 3.
    """
    x = np.maximum(np.asarray(radius, float), CORE) / SCALE
    x = np.where(np.abs(x - 1) < 1e-4, 1 + 1e-4, x)
    root = np.sqrt(np.abs(x**2 - 1))
    turn = np.sqrt(np.abs(x - 1) / (x + 1))
    inner = np.arctanh(np.where(x < 1, turn, 0.0))
    bend = 2 * np.where(x < 1, inner, np.arctan(turn)) / root
    return (1 - bend) / (x**2 - 1)


def enclosed(limit: np.ndarray) -> np.ndarray:
    """Return the integral of `projected_density` within a limit [physical Mpc]."""
    return np.interp(limit, *_mass())


def logarithmic_slope(limit: float) -> float:
    """Return by which power `enclosed` grows at a limit [Mpc]."""
    ring = 2 * np.pi * limit**2 * projected_density(limit)
    return float(ring / enclosed(limit))


def places(n: int, limit: float) -> tuple[np.ndarray, np.ndarray]:
    """Return radius [Mpc] and angle of `n` places spread as the members are.

    They lie within ``limit`` of the centre; neighbours are a golden angle apart.
    """
    nodes, mass = _mass()
    most = np.interp(limit, nodes, mass)
    share = (np.arange(n) + 0.5) / n
    return np.interp(share * most, mass, nodes), np.arange(n) * np.pi * (3 - 5**0.5)


def luminosity(relative: np.ndarray) -> np.ndarray:
    """Return the share of the members in a magnitude at ``relative`` to m*.

    A Schechter function of slope -1, integrating to one down to 0.2 L*, and zero below
    that. Source: Rykoff et al. 2014, section 3.
    """
    light = 10.0 ** (-0.4 * np.asarray(relative, float))
    return np.where(relative <= FAINTEST, np.exp(-light) / _number(FAINTEST), 0.0)


def visible_share(relative_limit: np.ndarray) -> np.ndarray:
    """Return the share of the members brighter than a limit relative to m* [mag]."""
    return _number(np.minimum(relative_limit, FAINTEST)) / _number(FAINTEST)


def _number(relative: np.ndarray) -> np.ndarray:
    """Return the integral of exp(-10^(-0.4 m)) from -inf to `relative`."""
    return exp1(10.0 ** (-0.4 * np.asarray(relative, float))) / (0.4 * np.log(10))


@cache
def _mass() -> tuple[np.ndarray, np.ndarray]:
    """Return nodes of radius and the integral of the profile within each."""
    nodes = np.linspace(0.0, LARGEST, 6001)
    rings = 2 * np.pi * nodes * projected_density(nodes)
    return nodes, cumulative_trapezoid(rings, nodes, initial=0)
