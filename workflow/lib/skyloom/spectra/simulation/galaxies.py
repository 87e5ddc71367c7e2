"""Simulated galaxies, each drawn from its own name."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from skyloom.run.seeds import rng
from skyloom.sky.cosmology import arcsec_per_mpc
from skyloom.spectra.simulation.footprint import radius
from skyloom.spectra.simulation.history import EPISODES
from skyloom.spectra.simulation.plan import fibres_of

GRADIENTS = ("inside-out", "flat", "outside-in")
HISTORIES = ("smooth", "quenched", "episodic")
NUCLEI = ("SF", "Seyfert", "LINER")
THIN = 0.2  # axis ratio of a disc that is seen from its side
PRIMARY = 2 / 3  # share of galaxies seen to 1.5 Re; others to 2.5 (Wake et al. 2017)


@dataclass(frozen=True)
class Kind:
    """What galaxies of a class are like; pairs are the limits of a uniform draw.

    Attributes
    ----------
    share : float
        Of all galaxies.
    mass : (float, float)
        Mean and scatter of the mass formed [dex, M_sun].
    bulge : (float, float)
        Share of the mass in the bulge.
    sersic : float
        Index of the bulge.
    log_tau : (float, float)
        Time scale of the disc's star formation [dex, Gyr].
    dust : (float, float)
        E(B-V) at the centre, seen face-on [mag].
    histories, gradients, nuclei : tuple of float
        Shares of `HISTORIES`, `GRADIENTS` and `NUCLEI`.
    """

    share: float
    mass: tuple[float, float]
    bulge: tuple[float, float]
    sersic: float
    log_tau: tuple[float, float]
    dust: tuple[float, float]
    histories: tuple[float, float, float]
    gradients: tuple[float, float, float]
    nuclei: tuple[float, float, float]


# Shares, masses and sizes as in MaNGA (Wake et al. 2017, AJ 154, 86; Domínguez Sánchez
# et al. 2022, MNRAS 509, 4024); gradients as in Goddard et al. 2017, MNRAS 466, 4731.
KINDS = {
    "elliptical": Kind(
        *(0.30, (11.1, 0.35), (0.9, 1.0), 4.0, (-0.5, 0.0), (0.0, 0.06)),
        *((0.35, 0.60, 0.05), (0.3, 0.5, 0.2), (0.43, 0.07, 0.50)),
    ),
    "S0": Kind(
        *(0.15, (10.8, 0.35), (0.4, 0.7), 3.5, (-0.2, 0.3), (0.0, 0.12)),
        *((0.30, 0.55, 0.15), (0.45, 0.35, 0.2), (0.50, 0.10, 0.40)),
    ),
    "early spiral": Kind(
        *(0.30, (10.7, 0.35), (0.15, 0.4), 3.0, (0.3, 0.8), (0.1, 0.35)),
        *((0.60, 0.15, 0.25), (0.65, 0.2, 0.15), (0.65, 0.17, 0.18)),
    ),
    "late spiral": Kind(
        *(0.25, (10.0, 0.45), (0.0, 0.12), 2.0, (0.6, 1.1), (0.08, 0.35)),
        *((0.60, 0.05, 0.35), (0.6, 0.25, 0.15), (0.92, 0.06, 0.02)),
    ),
}


@dataclass(frozen=True, eq=False)
class Galaxy:
    """The truth of one galaxy; gradients are a change per Re, outwards.

    Attributes
    ----------
    plateifu, mangaID, galaxy_class, gradient, history, nucleus : str
    fibres : int
    ra, dec : float
        [deg]
    redshift : float
    log_mass : float
        Mass formed [dex, M_sun].
    re, re_kpc : float
        Half-mass radius along the major axis [arcsec, kpc].
    bulge, sersic : float
        Share of the mass in the bulge, and its Sersic index.
    bulge_re : float
        Half-mass radius of the bulge over that of the disc.
    inclination, pa : float
        Of the disc, 0 face-on, and of the major axis from north to east [deg].
    axis_ratio, bulge_axis_ratio : float
        Apparent.
    start, log_tau, quenched, burst, burst_age : float
        Of the disc at 1 Re, as `history.star_formation` has them.
    metals : float
        [Z/H] of young stars at the centre [dex].
    age_gradient, metal_gradient : float
        Of log tau, and of [Z/H] [dex].
    dust, dust_gradient : float
        E(B-V) at the centre as seen [mag], and the change of its logarithm [dex].
    rotation, sigma_disc, sigma_bulge : float
        Largest velocity in the plane, and dispersions [km/s].
    excitation, agn, ew_old : float
        As `emission.Gas` has them; `agn` at the centre.
    episodes : ndarray, shape (12,)
        Factors on the rate of star formation.
    """

    plateifu: str
    mangaID: str  # noqa: N815 - the survey's name
    galaxy_class: str
    gradient: str
    history: str
    nucleus: str
    fibres: int
    ra: float
    dec: float
    redshift: float
    log_mass: float
    re: float
    re_kpc: float
    bulge: float
    sersic: float
    bulge_re: float
    inclination: float
    pa: float
    axis_ratio: float
    bulge_axis_ratio: float
    start: float
    log_tau: float
    quenched: float
    burst: float
    burst_age: float
    metals: float
    age_gradient: float
    metal_gradient: float
    dust: float
    dust_gradient: float
    rotation: float
    sigma_disc: float
    sigma_bulge: float
    excitation: float
    agn: float
    ew_old: float
    episodes: np.ndarray


def draw(plateifu: str, manga: str, redshifts, seed: int) -> Galaxy:
    """Return the galaxy of a name.

    Parameters
    ----------
    plateifu, manga : str
        Its unit, whose size it fits, and its mangaID.
    redshifts : (float, float)
        Smallest and largest.
    seed : int
    """
    lot = rng(seed, "galaxy", plateifu)
    names = list(KINDS)
    name = names[lot.choice(len(names), p=[KINDS[n].share for n in names])]
    kind = KINDS[name]
    log_mass = float(np.clip(lot.normal(*kind.mass), 8.9, 12.0))
    history, gradient, nucleus = (
        str(lot.choice(words, p=shares))
        for words, shares in (
            (HISTORIES, kind.histories),
            (GRADIENTS, kind.gradients),
            (NUCLEI, kind.nuclei),
        )
    )
    fibres = fibres_of(plateifu)
    re_kpc = _size(name, log_mass, lot)
    redshift, re = _distance(re_kpc, fibres, redshifts, lot)
    shape = _shape(name, lot)
    return Galaxy(
        plateifu=plateifu,
        mangaID=manga,
        galaxy_class=name,
        gradient=gradient,
        history=history,
        nucleus=nucleus,
        fibres=fibres,
        ra=lot.uniform(0, 360),
        dec=float(np.rad2deg(np.arcsin(lot.uniform(-0.1, 0.8)))),
        redshift=redshift,
        log_mass=log_mass,
        re=re,
        re_kpc=re_kpc,
        bulge=lot.uniform(*kind.bulge),
        sersic=kind.sersic,
        bulge_re=1.0 if name == "elliptical" else lot.uniform(0.15, 0.35),
        **shape,
        **_populations(kind, history, gradient, log_mass, shape["inclination"], lot),
        **_kinematics(name, log_mass, lot),
        **_gas(history, nucleus, kind, lot),
    )


def _size(name: str, log_mass: float, lot) -> float:
    """Return the half-light radius [kpc] (van der Wel et al. 2014, ApJ 788, 28)."""
    early = name in {"elliptical", "S0"}
    slope, zero = (0.65, 0.45) if early else (0.24, 0.75)  # at 10^10.7 M_sun
    return float(10 ** (zero + slope * (log_mass - 10.7) + lot.normal(0, 0.12)))


def _distance(re_kpc, fibres, redshifts, lot) -> tuple[float, float]:
    """Return the redshift at which the unit reaches 1.5 or 2.5 Re, and Re [arcsec].

    A redshift beyond the limits is drawn within them instead.
    """
    reach = 1.5 if lot.uniform() < PRIMARY else 2.5
    wanted = radius(fibres) / reach * 10 ** lot.normal(0, 0.06)
    grid = np.geomspace(*redshifts, 200)
    angle = re_kpc / 1000 * arcsec_per_mpc(grid)
    inside = angle[-1] <= wanted <= angle[0]
    redshift = np.interp(-wanted, -angle, grid) if inside else lot.uniform(*redshifts)
    return float(redshift), float(np.interp(redshift, grid, angle))


def _shape(name: str, lot) -> dict[str, float]:
    cosine = lot.uniform(0.1, 1)
    round_one = lot.uniform(0.6, 1.0)
    flat = np.sqrt(cosine**2 * (1 - THIN**2) + THIN**2)
    apparent = round_one if name == "elliptical" else flat
    bulge = apparent if name == "elliptical" else 0.7 + 0.3 * flat
    return {
        "inclination": float(np.rad2deg(np.arccos(cosine))),
        "pa": lot.uniform(0, 180),
        "axis_ratio": float(apparent),
        "bulge_axis_ratio": float(bulge),
    }


def _populations(kind, history, gradient, log_mass, inclination, lot) -> dict:
    cosine = np.cos(np.deg2rad(inclination))
    sign = {"inside-out": 1.0, "flat": 0.0, "outside-in": -1.0}[gradient]
    steep = -1.0 if sign > 0 else 0.4 * abs(sign)  # dust that rises outwards is rare
    log_tau = lot.uniform(*kind.log_tau)
    bursting = history == "episodic"
    spread = 0.8 if bursting else 0.0
    # Gallazzi et al. 2005, MNRAS 362, 41.
    metals = 0.35 * np.tanh((log_mass - 10.3) / 0.6) - 0.15 + lot.normal(0, 0.1)
    return {
        "start": lot.uniform(10.5, 13.3),
        "log_tau": log_tau,
        "quenched": 10 ** lot.uniform(-0.2, 0.6) if history == "quenched" else 0.0,
        "burst": lot.uniform(0.02, 0.12) if bursting else 0.0,
        "burst_age": 10 ** lot.uniform(-1.5, 0.2),
        "metals": float(np.clip(metals, -0.9, 0.25)),
        "age_gradient": sign * lot.uniform(0.25, 0.5) + lot.normal(0, 0.03),
        "metal_gradient": -sign * lot.uniform(0.08, 0.2) + lot.normal(0, 0.02),
        "dust": lot.uniform(*kind.dust) * (1.6 - 0.6 * cosine),
        "dust_gradient": steep * lot.uniform(0.1, 0.35) + lot.normal(0, 0.03),
        "episodes": np.exp(lot.normal(0, 1, EPISODES) * spread),
    }


def _kinematics(name: str, log_mass: float, lot) -> dict[str, float]:
    """Return velocities (Reyes et al. 2011, MNRAS 417, 2347; Gallazzi et al. 2006)."""
    rotation = 10 ** (2.2 + 0.29 * (log_mass - 10.5) + lot.normal(0, 0.05))
    if name == "elliptical":
        rotation *= lot.uniform(0.05, 0.5)
    disc = lot.uniform(25, 55) if "spiral" in name else lot.uniform(50, 90)
    bulge = 10 ** (2.2 + 0.29 * (log_mass - 10.7) + lot.normal(0, 0.06))
    return {
        "rotation": float(rotation),
        "sigma_disc": disc,
        "sigma_bulge": float(np.clip(bulge, 50, 350)),
    }


def _gas(history: str, nucleus: str, kind: Kind, lot) -> dict[str, float]:
    strong = nucleus == "LINER"
    return {
        "excitation": lot.normal(0, 0.08),
        "agn": lot.uniform(0.5, 0.95) if nucleus == "Seyfert" else 0.0,
        "ew_old": lot.uniform(1.5, 2.4) if strong else lot.uniform(0.5, 1.0),
    }
