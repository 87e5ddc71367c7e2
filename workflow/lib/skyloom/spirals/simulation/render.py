"""Images of simulated galaxies in g, r and z, as the survey's cutout service has them.

A galaxy is drawn on pixels of the survey's camera, smoothed by its Moffat point-spread
function and those pixels, and given the noise of sky and source. That image is
resampled to the picture's pixels, as the service does, so that the noise is correlated
as in the real ones. Values stay nanomaggies per pixel of the camera, whatever the
picture's scale; so do real ones: the noise of `decals_native_fits` does not fall with
their scale.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from PIL import Image
from scipy import fft
from scipy.ndimage import gaussian_filter
from scipy.special import gamma

from skyloom.run.seeds import rng
from skyloom.spirals.cutouts.files import NATIVE
from skyloom.spirals.geometry import Canvas
from skyloom.spirals.simulation.background import add_others
from skyloom.spirals.simulation.galaxy import (
    Galaxy,
    across,
    sersic_b,
    superellipse,
    width,
)

MOST = 512  # pixels of a cutout
BANDS = ("g", "r", "z")
DEPTH = (24.65, 23.61, 22.84)  # of a point source of five sigma, two passes [AB mag]
# Most cutouts are deeper than that: log10 of their noise over it, mean and scatter.
LEVEL = (-0.1, 0.1)
SKY = (22.1, 21.1, 18.6)  # brightness of the sky [mag / arcsec^2]
MOFFAT = 3.5
WINGS = 20  # px to which the point-spread function reaches
MARGIN = 2 * WINGS + 8
SDSS_SCALE, SDSS_DEPTH = 0.396, (23.1, 22.7, 22.2)  # g, r, i: five sigma
HEXAGON = {7: 3, 19: 5, 37: 7, 61: 9, 91: 11, 127: 13}  # fibres across a bundle


@dataclass(frozen=True, slots=True, eq=False)
class Scene:
    """A galaxy and what is near it on the camera's pixels, arrays (3, n, n).

    `shift` is where its middle lies from the array's, x and y [px].
    """

    clean: np.ndarray
    noisy: np.ndarray
    scale: float
    shift: tuple[float, float]


def scene(galaxy: Galaxy, field: float, seed: int) -> Scene:
    """Return the image of a galaxy, at least `field` [arcsec] wide."""
    r = rng(seed, "image", galaxy.key)
    scale = max(NATIVE, field / MOST)
    n = fft.next_fast_len(int(np.ceil(field / scale)) + MARGIN, real=True)
    shift = tuple(r.uniform(-0.5, 0.5, 2))
    at = ((np.arange(n) - (n - 1) / 2)[None, :] - np.array(shift)[:, None]) * scale
    x, y = at.astype(np.float32)
    sharp = light(galaxy, x[None, :], y[:, None], scale, r)
    add_others(sharp, galaxy, scale, r)
    sharp *= (NATIVE / scale) ** 2  # of the camera's pixels, whatever these are
    clean = smoothed(sharp, galaxy.seeing, scale)
    level = 10 ** r.normal(*LEVEL)
    white = r.standard_normal(clean.shape, dtype=np.float32)
    noisy = np.empty_like(clean)
    for i in range(len(BANDS)):
        sigma = level * sky_noise(DEPTH[i], galaxy.seeing[i], NATIVE)
        per_electron = sigma**2 / (10 ** (0.4 * (22.5 - SKY[i])) * NATIVE**2)
        sigma *= NATIVE / scale  # coarser ones average the camera's
        per_electron *= (NATIVE / scale) ** 2
        bright = np.maximum(clean[i], 0) * per_electron
        noisy[i] = clean[i] + np.sqrt(sigma**2 + bright) * white[i]
    return Scene(clean, noisy, scale, shift)


def sky_noise(depth: float, seeing: float, scale: float) -> float:
    """Return the sky's noise in a pixel [nanomaggies], of a depth [AB mag].

    A point source at the depth, weighted by its own profile, has five sigma: its
    noise is that of 4 pi sigma^2 pixels.
    """
    pixels = 4 * np.pi * (seeing / 2.355 / scale) ** 2
    return float(10 ** (0.4 * (22.5 - depth)) / 5 / np.sqrt(pixels))


def cutout(image: np.ndarray, drawn: Scene, field: float, size: int) -> np.ndarray:
    """Return the middle `field` [arcsec] of a scene's image on (size, size) pixels."""
    wide, n = field / drawn.scale, image.shape[-1]
    left, low = ((n - wide) / 2 + s for s in drawn.shift)
    box = (left, low, left + wide, low + wide)
    how = {"resample": Image.Resampling.LANCZOS, "box": box}
    planes = [Image.fromarray(band).resize((size,) * 2, **how) for band in image]
    return np.stack([np.asarray(plane) for plane in planes])


def light(galaxy: Galaxy, x, y, scale: float, r) -> np.ndarray:
    """Return surface brightness in g, r, z, not smoothed [nanomaggies a pixel]."""
    flux = 10 ** (0.4 * (22.5 - galaxy.magnitude))
    parts = [galaxy.bulge * bulge(galaxy, x, y, scale), 0, 0, 0]
    if galaxy.kind == "edge_on":
        parts[2] = galaxy.disk * _edge_on(galaxy, x, y, r)
    elif galaxy.disk:
        u, v = galaxy.plane(x, y)
        old, young = _disk(galaxy, u, v, r)
        whole = galaxy.disk / (old.sum() + young.sum())
        parts[2:] = old * whole, young * whole
        if galaxy.bar:
            inside = superellipse(galaxy.bar, u, v) ** galaxy.bar.edge
            shape = np.exp(-np.log(2) * inside)
            parts[1] = shape * (galaxy.bar.share / shape.sum())
    found = np.zeros((3, y.size, x.size), np.float32)
    for part, (gr, rz) in zip(parts, galaxy.colours, strict=True):
        for i, brighter in enumerate((-gr, 0.0, rz)):
            found[i] += part * np.float32(flux * 10 ** (0.4 * brighter))
    return found


def bulge(galaxy: Galaxy, x, y, scale: float) -> np.ndarray:
    """Return the bulge, of flux 1; its steep middle is averaged over finer points."""
    if not galaxy.bulge:
        return np.zeros((y.size, x.size), np.float32)
    n, b = galaxy.bulge_index, sersic_b(galaxy.bulge_index)
    q, radius = galaxy.bulge_ratio, galaxy.bulge_radius
    area = 2 * np.pi * n * b ** (-2 * n) * gamma(2 * n) * radius**2 * q
    sine, cosine = np.sin(np.radians(galaxy.angle)), np.cos(np.radians(galaxy.angle))

    def profile(x, y):
        along, beside = y * cosine - x * sine, (x * cosine + y * sine) / q
        squared = (along**2 + beside**2) / radius**2 + 1e-12
        return np.exp(-b * squared ** (0.5 / n)) * (scale**2 / area)

    found = profile(x, y).astype(np.float32)
    for reach, fine in ((12, 5), (1, 41)):
        steps = ((np.arange(fine) + 0.5) / fine - 0.5) * scale
        block = np.s_[y.size // 2 - reach : y.size // 2 + reach + 1]
        xs, ys = (a.ravel()[block].astype(np.float64) for a in (x, y))
        xs, ys = (np.add.outer(a, steps).ravel() for a in (xs, ys))
        values = profile(xs[None, :], ys[:, None])
        side = 2 * reach + 1
        found[block, block] = values.reshape(side, fine, side, fine).mean((1, 3))
    return found


def _edge_on(galaxy: Galaxy, x, y, r) -> np.ndarray:
    sine, cosine = np.sin(np.radians(galaxy.angle)), np.cos(np.radians(galaxy.angle))
    along, above = y * cosine - x * sine, x * cosine + y * sine
    thick = galaxy.length * galaxy.axis_ratio
    shape = np.exp(-np.hypot(along, thick) / galaxy.length)
    shape = shape / np.cosh(np.clip(above / thick, -40, 40)) ** 2
    warp = above - thick * r.normal(0, 0.2)
    lane = np.exp(-0.5 * (warp / (0.35 * thick)) ** 2)
    shape = shape * (1 - galaxy.dust * lane * (np.abs(along) < 3 * galaxy.length))
    lumps = _texture((32, 1), (1.5, 0), r)[:, 0]
    where = np.clip((along / galaxy.length + 4) * 4, 0, 31).astype(int)
    shape = shape * np.exp(galaxy.texture * lumps[where])
    return (shape / shape.sum()).astype(np.float32)


def _disk(galaxy: Galaxy, u, v, r) -> tuple[np.ndarray, np.ndarray]:
    """Return the light of the old disk and of arms, ring and lumps, in the plane."""
    radius, theta = np.hypot(u, v), np.arctan2(v, u)
    old = np.exp(-radius / galaxy.length)
    out = np.log(np.maximum(radius, 0.05 * galaxy.length) / galaxy.length)
    pitch = galaxy.pitch_angle if galaxy.arms else 22.0
    swept = theta - galaxy.sense * out / np.tan(np.radians(pitch))
    long = _texture((96, 192), (11, 3.5), r)
    short = _texture((96, 192), (2.2, 3.0), r)
    streaks, spots = (_looked_up(t, out, swept) for t in (long, short))
    lumps = 0.6 * streaks + 0.8 * spots
    farther = (radius / (1.5 * galaxy.length)).clip(0.3, 3) ** 0.6
    young = np.zeros_like(old)
    for arm in galaxy.arms:
        away = across(galaxy, arm, radius, theta)
        wide = width(arm, radius)
        begun = np.clip((radius - 0.8 * arm.start) / (0.35 * arm.start), 0, 1)
        ended = 1 / (1 + np.exp((radius - 0.92 * arm.end) / (0.09 * arm.end)))
        best = arm.contrast * begun * ended * farther
        young += best * np.exp(-0.5 * (away / wide) ** 2)
        if galaxy.dust:
            lane = np.exp(-0.5 * ((away + 1.3 * wide) / (0.6 * wide)) ** 2)
            old = old * (1 - galaxy.dust * begun * ended * lane)
    young *= old * np.exp(1.6 * galaxy.texture * lumps)
    if galaxy.ring:
        at, thick, contrast = galaxy.ring
        ring = np.exp(-0.5 * ((radius - at) / thick) ** 2)
        young += contrast * old * ring * np.exp(galaxy.texture * lumps)
    if galaxy.bar:
        beside = np.exp(-((radius / galaxy.bar.half) ** 4))
        old = old * (1 - galaxy.bar.depletion * beside)
    # Long streaks would be arms, which nobody is told of.
    pattern = 0.5 * streaks if galaxy.arms else spots
    return old * np.exp(galaxy.texture * pattern), young


def _texture(shape: tuple[int, int], smooth: tuple[float, float], r) -> np.ndarray:
    """Return smooth noise over ln r and azimuth, of unit scatter."""
    white = r.standard_normal(shape, dtype=np.float32)
    found = gaussian_filter(white, smooth, mode=("nearest", "wrap"))
    return found / found.std()


def _looked_up(texture: np.ndarray, out, swept) -> np.ndarray:
    rows, columns = texture.shape
    i = ((out + 3) * (rows / 5.5)).clip(0, rows - 1).astype(np.intp)
    j = (swept * (columns / (2 * np.pi))).astype(np.intp) % columns
    return texture[i, j]


def smoothed(image: np.ndarray, seeing, scale: float) -> np.ndarray:
    """Return bands (3, n, n) smoothed by Moffat profiles of those widths [arcsec]."""
    n = image.shape[-1]
    kernels = np.zeros(image.shape, np.float32)
    steps = np.arange(-WINGS, WINGS + 1) * scale
    squared = steps[:, None] ** 2 + steps[None, :] ** 2
    for kernel, fwhm in zip(kernels, seeing, strict=True):
        alpha = fwhm / 2 / np.sqrt(2 ** (1 / MOFFAT) - 1)
        shape = (1 + squared / alpha**2) ** -MOFFAT
        kernel[: len(steps), : len(steps)] = shape / shape.sum()
    kernels = np.roll(kernels, (-WINGS, -WINGS), (1, 2))
    product = fft.rfft2(image) * fft.rfft2(kernels)
    return fft.irfft2(product, (n, n)).astype(np.float32)


def sdss_picture(drawn: Scene, canvas: Canvas, ifu: int, r) -> np.ndarray:
    """Return the picture that volunteers drew on, uint8 (size, size, 3), row 0 south.

    The same galaxy at SDSS's depth and pixels, red, green and blue from z, r and g,
    with MaNGA's hexagon in magenta.
    """
    n = int(canvas.size * canvas.scale / SDSS_SCALE)
    coarse = cutout(drawn.clean, drawn, canvas.size * canvas.scale, n)
    coarse *= (SDSS_SCALE / NATIVE) ** 2
    noise = np.array([sky_noise(d, 1.4, SDSS_SCALE) for d in SDSS_DEPTH])
    coarse += r.standard_normal(coarse.shape) * noise[:, None, None]
    bands = coarse[::-1] / (SDSS_SCALE**2 * np.array([2.4, 1.35, 0.8])[:, None, None])
    mean = np.maximum(bands.mean(0), 1e-6)
    bright = np.arcsinh(3 * mean) / 5.0
    colour = np.clip(bands / mean * bright, 0, 1)
    size, cubic = (canvas.size,) * 2, Image.Resampling.BICUBIC
    planes = [Image.fromarray(p).resize(size, cubic) for p in colour.astype(np.float32)]
    rgb = np.stack([np.asarray(plane) for plane in planes], -1).clip(0, 1)
    rgb = (255 * rgb).astype(np.uint8)
    rgb[hexagon(canvas, ifu)] = (255, 0, 255)
    return rgb


def hexagon(canvas: Canvas, ifu: int) -> np.ndarray:
    """Return the outline of a bundle of fibres as GZ3D drew it, 2 arcsec a fibre."""
    at = (np.arange(canvas.size) - (canvas.size - 1) / 2) * canvas.scale
    x, y = np.abs(at)[None, :], np.abs(at)[:, None]
    side = HEXAGON[ifu] * 2.0 / 2 * np.sqrt(3) / 2
    far = np.maximum(y, x * np.sqrt(3) / 2 + y / 2)
    return np.abs(far - side) < canvas.scale
