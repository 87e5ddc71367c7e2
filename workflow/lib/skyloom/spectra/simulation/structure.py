"""A galaxy's light on the spaxels of its unit, blurred by the atmosphere."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.ndimage import gaussian_filter
from scipy.special import gamma

from skyloom.spectra.simulation.emission import Gas
from skyloom.spectra.simulation.footprint import PSF_SIGMA, SPAXEL, Footprint
from skyloom.spectra.simulation.galaxies import Galaxy
from skyloom.spectra.simulation.history import History, star_formation
from skyloom.spectra.simulation.populations import Library
from skyloom.spectra.simulation.render import Component

NODES = np.concatenate([np.linspace(0, 2, 11), [2.5, 3.0, 4.0]])  # radii [Re]
TURNOVER = 0.3  # Re within which the rotation rises
CORE = 0.15  # arcsec by which radii are softened: a cusp has no middle
NUCLEUS = 0.6  # arcsec, the sigma of the light of an active nucleus
SUN_OH = 8.69  # 12 + log(O/H)


@dataclass(frozen=True, eq=False)
class Stars:
    """Bulge or disc: what it has at radii `NODES`, and on the spaxels.

    Attributes
    ----------
    history : History
        Of the nodes.
    ebv : ndarray, shape (nodes,)
    maps : ndarray, shape (nodes + 2, size, size)
        Blurred: the mass formed that belongs to each node [M_sun a spaxel], and the
        sums of mass times velocity, and times squared velocity and dispersion.
    """

    history: History
    ebv: np.ndarray
    maps: np.ndarray

    def component(self, mean: Callable[[np.ndarray], np.ndarray]) -> Component:
        """Return the stars of regions; `mean` averages maps over spaxels of each."""
        *nodes, first, second = mean(self.maps)
        nodes = np.array(nodes).T
        mass = nodes.sum(axis=1)
        share = nodes / mass[:, None]
        velocity = first / mass
        # Not by BLAS, whose sums depend on the number of threads.
        mixed = np.einsum("rn,nam->ram", share, self.history.weights)
        history = History(mixed, (share * self.history.ssfr).sum(axis=1))
        sigma = np.sqrt(np.maximum(second / mass - velocity**2, 0))
        ebv = (share * self.ebv).sum(axis=1)
        return Component(mass, history, velocity, sigma, ebv)


@dataclass(frozen=True, eq=False)
class Structure:
    """A galaxy on the spaxels of a unit.

    Attributes
    ----------
    galaxy : Galaxy
    parts : list of Stars
        Bulge and disc.
    r_re, azimuth : ndarray, shape (size, size)
        Radius in the plane over Re, and angle from the major axis [deg].
    agn, mass : ndarray, shape (size, size)
        Blurred: share of Hα that is the nucleus', and mass formed [M_sun a spaxel].
    """

    galaxy: Galaxy
    parts: list[Stars]
    r_re: np.ndarray
    azimuth: np.ndarray
    agn: np.ndarray
    mass: np.ndarray

    def regions(self, spaxels: np.ndarray) -> tuple[list[Component], Gas]:
        """Return the stars and the gas of regions, of the mean of their spaxels.

        `spaxels` has the region of each spaxel, or -1; shape (size, size).
        """
        mean = averaging(spaxels)
        components = [part.component(mean) for part in self.parts]
        disc = components[-1]
        (r_re, agn), g = mean(np.array([self.r_re, self.agn])), self.galaxy
        return components, Gas(
            velocity=disc.velocity,
            sigma=np.hypot(0.4 * disc.sigma, 20.0),
            ebv=disc.ebv,
            oh=np.clip(SUN_OH + g.metals + g.metal_gradient * r_re, 8.0, 8.85),
            excitation=np.full(len(r_re), g.excitation),
            agn=np.minimum(agn, 0.95),
            ew_old=np.full(len(r_re), g.ew_old),
        )


def averaging(spaxels: np.ndarray) -> Callable[[np.ndarray], np.ndarray]:
    """Return what averages maps, (k, size, size), over regions, to (k, regions)."""
    inside = spaxels >= 0
    region = spaxels[inside]
    count = np.bincount(region)

    def mean(maps: np.ndarray) -> np.ndarray:
        sums = [np.bincount(region, values[inside]) for values in maps]
        return np.array(sums) / count

    return mean


def build(galaxy: Galaxy, footprint: Footprint, library: Library) -> Structure:
    """Return the galaxy as the unit sees it, without noise."""
    radius, azimuth, rotation = plane(galaxy, footprint, galaxy.axis_ratio)
    disc_re = galaxy.re / _half_mass(galaxy)
    parts = []
    if galaxy.bulge > 0:
        in_bulge, _, spin = plane(galaxy, footprint, galaxy.bulge_axis_ratio)
        slow = spin * (1.0 if galaxy.galaxy_class == "elliptical" else 0.4)
        shape = galaxy.bulge_re * disc_re, galaxy.sersic, galaxy.bulge_axis_ratio
        mass = galaxy.bulge * 10**galaxy.log_mass * _sersic(in_bulge, *shape)
        parts.append(_stars(galaxy, library, "bulge", in_bulge, mass, slow))
    mass = (1 - galaxy.bulge) * 10**galaxy.log_mass
    mass = mass * _sersic(radius, disc_re, 1.0, galaxy.axis_ratio)
    parts.append(_stars(galaxy, library, "disc", radius, mass, rotation))
    nucleus = np.exp(-0.5 * (footprint.sky**2).sum(axis=0) / NUCLEUS**2)
    # Of the galaxy's own Hα there is less, the further out.
    nucleus = _blurred(nucleus[None])[0]
    agn = galaxy.agn * nucleus / nucleus.max()
    total = sum(part.maps[:-2].sum(axis=0) for part in parts)
    return Structure(galaxy, parts, radius / galaxy.re, azimuth, agn, total)


def plane(galaxy: Galaxy, footprint: Footprint, axis_ratio: float):
    """Return radii [arcsec] and azimuths [deg] in the plane, and velocities [km/s].

    Azimuths are counted from the major axis, on whose side at position angle `pa` the
    galaxy recedes.
    """
    angle = np.deg2rad(galaxy.pa)
    east, north = footprint.sky
    major = east * np.sin(angle) + north * np.cos(angle)
    minor = (east * np.cos(angle) - north * np.sin(angle)) / axis_ratio
    radius = np.sqrt(major**2 + minor**2 + CORE**2)
    turn = TURNOVER * galaxy.re
    curve = galaxy.rotation * 2 / np.pi * np.arctan(radius / turn)
    velocity = curve * np.sin(np.deg2rad(galaxy.inclination)) * major / radius
    return radius, np.rad2deg(np.arctan2(minor, major)) % 360, velocity


def _stars(galaxy, library, kind, radius, mass, rotation) -> Stars:
    """Return the bulge or the disc: its nodes, and its blurred maps."""
    u = np.clip(radius / galaxy.re, NODES[0], NODES[-1])
    hats = [np.interp(u, NODES, row) for row in np.eye(len(NODES))]
    inner = galaxy.sigma_bulge if kind == "bulge" else galaxy.sigma_disc
    sigma = inner * (0.7 + 0.3 * np.exp(-u))
    squares = mass * (rotation**2 + sigma**2)
    maps = np.array([*(mass * hat for hat in hats), mass * rotation, squares])
    ebv = galaxy.dust * 10 ** (galaxy.dust_gradient * np.minimum(NODES, 2))
    if kind == "bulge" and galaxy.galaxy_class != "elliptical":
        ebv = 0.6 * ebv
    return Stars(_history(galaxy, library, kind), ebv, _blurred(maps))


def _history(galaxy: Galaxy, library: Library, kind: str) -> History:
    """Return how the stars at the nodes formed.

    Gradients turn around 1 Re. Bulges of galaxies with discs are older and richer in
    metals, and have no episodes but the burst.
    """
    outwards = NODES - 1
    metals = galaxy.metals + galaxy.metal_gradient * NODES
    log_tau = galaxy.log_tau + galaxy.age_gradient * outwards
    start = galaxy.start - 2.5 * galaxy.age_gradient * outwards
    central = kind == "bulge" and galaxy.galaxy_class != "elliptical"
    if central:
        log_tau, start, metals = log_tau - 0.6, start + 0.5, metals + 0.05
    quenched = galaxy.quenched * 10 ** (-0.5 * galaxy.age_gradient * outwards)
    episodes = np.tile(galaxy.episodes, (len(NODES), 1))
    share = galaxy.burst * 10 ** (0.8 * galaxy.age_gradient * outwards)
    young = np.clip(metals, -1.1, 0.3)
    old = np.clip(metals - (0.1 if central else 0.3), -1.2, 0.3)
    return star_formation(
        library,
        start=np.clip(start, 3.0, 13.5),
        tau=10 ** np.clip(log_tau, -0.7, 1.3),
        burst=np.clip(share, 0, 0.4),
        burst_age=galaxy.burst_age,
        quenched=np.clip(quenched, 0, 8),
        z_young=young,
        z_old=old,
        episodes=episodes,
    )


def _sersic(radius, re: float, index: float, axis_ratio: float) -> np.ndarray:
    """Return the share of a Sersic profile's light in each spaxel.

    Radii [arcsec] are those along the major axis. Source: Graham & Driver 2005, PASA
    22, 118, with b of Ciotti & Bertin 1999, A&A 352, 447.
    """
    b = 2 * index - 1 / 3 + 4 / (405 * index)
    norm = 2 * np.pi * index * re**2 * axis_ratio
    norm *= b ** (-2 * index) * gamma(2 * index)
    return np.exp(-b * (radius / re) ** (1 / index)) * SPAXEL**2 / norm


def _half_mass(galaxy: Galaxy) -> float:
    """Return the half-mass radius over that of the disc."""
    radius = np.geomspace(1e-3, 20, 2000)
    area = 2 * np.pi * radius * np.gradient(radius) / SPAXEL**2
    inner = _sersic(radius, galaxy.bulge_re, galaxy.sersic, 1.0)
    profile = galaxy.bulge * inner + (1 - galaxy.bulge) * _sersic(radius, 1, 1, 1)
    grown = np.cumsum(profile * area)
    return float(np.interp(0.5 * grown[-1], grown, radius))


def _blurred(maps: np.ndarray) -> np.ndarray:
    """Return maps (k, size, size) as seen through the atmosphere."""
    return gaussian_filter(maps, PSF_SIGMA, axes=(1, 2), mode="nearest")
