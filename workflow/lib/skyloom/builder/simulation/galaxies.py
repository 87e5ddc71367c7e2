"""Simulated galaxies: known models, and images as the survey has them.

Pitch angles come from a population with a common scatter (phi_gal, sigma_gal), so that
the hierarchical model of `analysis.pitch` can be checked against it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import stats

from skyloom.builder.fitting.flux import total_flux
from skyloom.builder.fitting.render import Convolver, render
from skyloom.builder.images.astrometry import PIXEL
from skyloom.builder.model import Model, Sersic, SpiralArm, replace
from skyloom.builder.simulation.crowd import Seen

PSF_SIDE = 11
GAIN, CALIBRATION = 4.7, 0.005  # e-/DN and nanomaggies/DN, as in the SDSS r band
ZERO_POINT = 22.5  # mag of one nanomaggy
MAGNITUDE = (13.9, 16.8)  # range in r, so of the signal to noise
P_BULGE, P_BAR = 0.7, 0.3  # shares of galaxies that have one
P_ARMS = (0.25, 0.1, 0.45, 0.12, 0.08)  # shares with 0, 1, 2, 3 and 4 arms
PITCH = (20.0, 7.0)  # deg, mean and scatter of a galaxy's own pitch angle phi_gal
PITCH_SCATTER = 4.0  # deg, sigma_gal: scatter of a galaxy's arms about phi_gal
PITCH_LIMITS = (5.0, 40.0)  # deg, to which galaxies and arms are truncated
SKY_NOISE = 0.024  # nanomaggies a pixel, median rms of the sky
# Drawn over fitted: medians of aggregate over fit of the published galaxies.
DRAWN_SIZE = 1 / 0.864  # disk Re
DRAWN_ROUNDNESS = {"bulge": 1 / 0.872, "bar": 1 / 0.891}
# What half of all crowds see: share of the light, or an arm's light over the disk's.
HALF_SEEN = {"bulge": 0.02, "bar": 0.03, "arm": 0.25}
_SEEN_WIDTH = 0.4  # of ln(visibility)


@dataclass(frozen=True)
class Pixels:
    """A simulated image, as a subject's file has it.

    Image and sigma are in image units, the brightest pixel of the model being 1; the
    mask is True where bad; `multiplier` is nanomaggies an image unit.
    """

    image: np.ndarray
    sigma: np.ndarray
    mask: np.ndarray
    psf: np.ndarray
    multiplier: float


def draw_galaxy(
    rng: np.random.Generator, sizes: tuple[int, int]
) -> tuple[Model, int, float]:
    """Draw a galaxy: the truth, the side of its cutout [px], and its phi_gal [deg].

    The total light of the Sérsic components is 1; the side, four Petrosian radii, is
    in the range `sizes`.

    Source: inclinations uniform in cos i; shares and sizes as in Lingard et al. 2020,
    ApJ 900, 178; pitch angles as in Lingard et al. 2021, MNRAS 504, 3364, section 3.
    """
    size = int(rng.integers(sizes[0], sizes[1] + 1))
    disk = _draw_disk(size, rng)
    bulge = _draw_bulge(disk, rng) if rng.random() < P_BULGE else None
    bar = _draw_bar(disk, rng) if rng.random() < P_BAR else None
    phi_gal = _truncated(*PITCH, PITCH_LIMITS, rng)
    arms = _draw_arms(disk, bar, phi_gal, rng)
    return _unit_light(Model(disk, bulge, bar, arms)), size, phi_gal


def _draw_disk(size: int, rng) -> Sersic:
    middle = (size - 1) / 2
    mux, muy = middle + rng.normal(0, 0.005 * size, 2)
    Re = size * 0.125 * np.exp(0.2 * rng.standard_normal())
    roll = rng.uniform(0, np.pi)
    return Sersic(mux, muy, roll, rng.uniform(0.4, 0.98), Re, 1.0)


def _draw_bulge(disk: Sersic, rng) -> Sersic:
    Re = disk.Re * np.clip(0.15 * np.exp(0.35 * rng.standard_normal()), 0.06, 0.4)
    part = Sersic(
        *_near_centre(disk, rng),
        roll=rng.uniform(0, np.pi),
        q=rng.uniform(0.6, 0.98),
        Re=Re,
        I=1.0,
        n=_lognormal(1.5, 0.6, (0.5, 5.0), rng),
    )
    return _with_light(part, disk, _lognormal(0.07, 0.8, (0.01, 0.4), rng))


def _draw_bar(disk: Sersic, rng) -> Sersic:
    part = Sersic(
        *_near_centre(disk, rng),
        roll=rng.uniform(0, np.pi),
        q=rng.uniform(0.15, 0.45),
        Re=disk.Re * _lognormal(0.35, 0.3, (0.15, 0.7), rng),
        I=1.0,
        n=_lognormal(0.6, 0.3, (0.3, 2.0), rng),
        c=_lognormal(2.3, 0.2, (1.5, 4.0), rng),
    )
    return _with_light(part, disk, _lognormal(0.08, 0.6, (0.02, 0.35), rng))


def _near_centre(disk: Sersic, rng) -> tuple[float, float]:
    dx, dy = rng.normal(0, 0.02 * disk.Re, 2)
    return disk.mux + dx, disk.muy + dy


def _with_light(part: Sersic, disk: Sersic, share: float) -> Sersic:
    """Return a component that has `share` of its own and the disk's light."""
    wanted = total_flux(disk) * share / (1 - share)
    return replace(part, I=wanted / total_flux(part))


def _draw_arms(disk, bar, phi_gal: float, rng):
    n_arms = int(rng.choice(len(P_ARMS), p=P_ARMS))
    sense, first = rng.choice([-1, 1]), rng.uniform(0, 2 * np.pi)
    inner = 1.2 * bar.Re if bar else disk.Re * rng.uniform(0.4, 0.7)
    arms = []
    for i in range(n_arms):
        phi = _truncated(phi_gal, PITCH_SCATTER, PITCH_LIMITS, rng)
        start = first + 2 * np.pi * i / n_arms + 0.15 * rng.standard_normal()
        outer = disk.Re * rng.uniform(1.4, 2.2)
        arms.append(_arm(disk, sense * phi, start, (inner, outer), rng))
    return tuple(arms)


def _arm(disk: Sersic, phi: float, start: float, radii, rng) -> SpiralArm:
    """Make an arm that starts at angle `start` and winds from radius to radius [px]."""
    slope = np.tan(np.radians(phi))
    sweep = min(np.log(radii[1] / radii[0]) / abs(slope), 1.8 * np.pi)
    t_min, t_max = np.sort([start, start + np.sign(phi) * sweep])
    return SpiralArm(
        I=_lognormal(0.5, 0.5, (0.1, 2.0), rng),
        spread=max(disk.Re * rng.uniform(0.08, 0.16), 1.2),
        A=float(radii[0] * np.exp(-start * slope)),
        phi=float(phi),
        t_min=float(t_min),
        t_max=float(t_max),
    )


def _lognormal(median: float, width: float, limits, rng) -> float:
    low, high = (np.log(np.array(limits) / median)) / width
    return float(median * np.exp(width * _normal_between(low, high, rng)))


def _truncated(mean: float, scatter: float, limits, rng) -> float:
    low, high = (np.array(limits) - mean) / scatter
    return float(mean + scatter * _normal_between(low, high, rng))


def _normal_between(low: float, high: float, rng) -> float:
    return stats.norm.ppf(rng.uniform(stats.norm.cdf(low), stats.norm.cdf(high)))


def _unit_light(model: Model) -> Model:
    return scaled(model, 1 / sum(map(total_flux, model.components().values())))


def scaled(model: Model, factor: float) -> Model:
    """Return a model with all its light times a factor."""
    parts = {k: replace(p, I=p.I * factor) for k, p in model.components().items()}
    return replace(model, **parts)


def draw_image(
    model: Model, size: int, rng: np.random.Generator, beyond=None
) -> tuple[Model, Pixels]:
    """Draw the image of a galaxy of total light 1: PSF, noise, neighbours, bad pixels.

    `beyond` is light that the model lacks, not convolved, on the wide frame of `frame`.
    Returns the truth in image units, and what is observed. The noise is the one that
    `images.noise.sigma_from_sky_and_gain` assumes: ``var = rms_sky^2 + flux *
    calibration / gain`` in nanomaggies.
    """
    psf = draw_psf(rng)
    light = 10 ** (0.4 * (ZERO_POINT - rng.uniform(*MAGNITUDE)))
    sky = SKY_NOISE * np.exp(0.15 * rng.standard_normal())
    clean = render(scaled(model, light), (size, size), psf)
    if beyond is not None:
        clean = clean + light * Convolver(psf, (size, size))(beyond)
    star, mask = _neighbours(size, psf, light, rng)
    sigma = np.sqrt(sky**2 + np.maximum(clean + star, 0) * CALIBRATION / GAIN)
    seen = clean + star + sigma * rng.standard_normal(clean.shape)
    multiplier = float(clean.max())
    pixels = Pixels(seen / multiplier, sigma / multiplier, mask, psf, multiplier)
    return scaled(model, light / multiplier), pixels


def frame(size: int) -> Convolver:
    """Return the frame of a cutout, wider by half a PSF, for light not convolved."""
    return Convolver(np.ones((PSF_SIDE, PSF_SIDE)), (size, size))


def draw_psf(rng: np.random.Generator) -> np.ndarray:
    """Draw an SDSS-like PSF, shape (11, 11), sum 1.

    Two Gaussians of the same centre, the wide one of 10 % of the peak, and a core of
    FWHM 1.1 to 1.5 arcsec. Source: Stoughton et al. 2002, AJ 123, 485, section 4.3.
    """
    core = rng.uniform(1.1, 1.5) / 2.3548 / PIXEL
    y, x = np.mgrid[:PSF_SIDE, :PSF_SIDE] - PSF_SIDE // 2
    squared = x**2 + y**2
    psf = np.exp(-squared / (2 * core**2)) + 0.1 * np.exp(-squared / (18 * core**2))
    return psf / psf.sum()


def _neighbours(size: int, psf: np.ndarray, light: float, rng):
    """Return light and mask of stars beside the galaxy, and of bad pixels."""
    image, mask = np.zeros((size, size)), np.zeros((size, size), bool)
    half = PSF_SIDE // 2
    for _ in range(rng.poisson(0.7)):
        angle, radius = rng.uniform(0, 2 * np.pi), size * rng.uniform(0.32, 0.4)
        place = size / 2 + radius * np.array([np.cos(angle), np.sin(angle)])
        x, y = np.clip(place, half, size - half - 1).astype(int)  # whole in the image
        box = np.s_[y - half : y + half + 1, x - half : x + half + 1]
        image[box] += psf * light * rng.uniform(0.005, 0.05)
        mask[box] = True
    for _ in range(rng.poisson(4)):
        mask[rng.integers(size), rng.integers(size)] = True
    return image, mask


def perceived(model: Model, size: int, rng: np.random.Generator) -> Seen:
    """Return the galaxy as a crowd sees it.

    Parts fade from sight with their share of the light (`HALF_SEEN`); disks are drawn
    larger and bulges and bars rounder than they are.
    """
    lights = {k: total_flux(p) for k, p in model.components().items()}
    total = sum(lights.values())
    parts = {
        name: _drawn_shape(name, part)
        for name, part in model.components().items()
        if name == "disk" or _noticed(name, lights[name] / total, rng)
    }
    arms = tuple(a for a in model.spiral if _noticed("arm", a.I, rng))
    return Seen(Model(**parts, spiral=arms), size)


def _noticed(kind: str, visibility: float, rng) -> bool:
    level = np.log(visibility / HALF_SEEN[kind]) / _SEEN_WIDTH
    return bool(rng.random() < 1 / (1 + np.exp(-level)))


def _drawn_shape(name: str, part: Sersic) -> Sersic:
    if name == "disk":
        return replace(part, Re=part.Re * DRAWN_SIZE)
    return replace(part, q=min(part.q * DRAWN_ROUNDNESS[name], 1.0))
