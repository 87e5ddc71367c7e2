"""Drawn galaxies of known arms and bars."""

from types import SimpleNamespace

import numpy as np
import pytest
from scipy import ndimage
from skyloom.spirals.measure.ellipse import Ellipse


def smooth_noise(rng, size, length):
    """Return a Gaussian field of unit variance, correlated over `length` px."""
    field = ndimage.gaussian_filter(rng.normal(size=(size, size)), length, mode="wrap")
    return field / field.std()


def draw(
    seed=0,
    size=128,
    radius=48.0,
    ratio=0.7,
    angle=30.0,
    pitch=18.0,
    winding="Z",
    arms=2,
    bar=14.0,
    bar_angle=100.0,
    bar_ratio=0.35,
    noise=0.15,
    blur=2.0,
    width=0.14,
    missing=0.3,
    offset=0.0,
):
    """Return picture, maps (2, size, size) and truth of a galaxy.

    `bar` is the semi-major axis on the array; a share `missing` of each arm's length is
    not marked.
    """
    rng = np.random.default_rng(seed)
    centre = (size - 1) / 2 + offset
    disk = Ellipse(centre, centre, radius, ratio, angle)
    r, phase = disk.polar((size, size))
    u = np.log(np.maximum(r, 0.5) / radius)
    sense = 1 if winding == "Z" else -1
    start, end = np.log(max(bar, 6.0) * 1.1 / radius), np.log(0.95)
    spiral = np.zeros((size, size))
    for k in range(arms):
        turn = phase - sense * u / np.tan(np.radians(pitch)) - 2 * np.pi * k / arms - 1
        off = (turn + np.pi) % (2 * np.pi) - np.pi
        # Distance to the ridge across the arm, in units of the radius.
        across = off * np.sin(np.radians(pitch))
        cut = end - missing * (end - start) * rng.uniform()
        inside = (u > start) & (u < cut)
        spiral = np.maximum(spiral, np.exp(-0.5 * (across / width) ** 2) * inside)
    own = Ellipse(centre, centre, max(bar, 1.0), bar_ratio, bar_angle)
    bar_r, _ = own.polar((size, size))
    barred = (bar_r <= own.radius).astype(float) * (bar > 0)
    light = np.exp(-3.2 * r / radius) * (1 + 0.9 * spiral)
    light += 0.8 * np.exp(-0.5 * (bar_r / own.radius * 1.6) ** 4) * (bar > 0) * 0.6
    light += 1.5 * np.exp(-0.5 * (r / (0.07 * radius)) ** 2)
    light = ndimage.gaussian_filter(light, 1.0) + rng.normal(0, 0.008, light.shape)
    grey = np.clip(np.arcsinh(20 * light) / np.arcsinh(30) * 0.85 + 0.06, 0, 1)
    picture = (255 * np.stack([grey] * 3, axis=-1)).astype(np.uint8)
    maps = []
    for mask, peak in ((spiral, 0.55), (barred, 0.7)):
        share = ndimage.gaussian_filter(mask, blur) * peak
        share = share * np.exp(noise * 1.5 * smooth_noise(rng, size, size / 25))
        share += noise * 0.12 * np.abs(smooth_noise(rng, size, size / 20))
        maps.append(np.clip(share, 0, 0.98))
    maps = np.array(maps, np.float32)
    truth = {"pitch": pitch, "winding": winding, "arms": arms, "bar": 2 * bar}
    truth |= {"bar_angle": bar_angle, "bar_ratio": bar_ratio}
    std = (0.05 + 0.2 * maps * (1 - maps)).astype(np.float32)
    return SimpleNamespace(
        picture=picture, mean=maps, std=std, disk=disk, truth=SimpleNamespace(**truth)
    )


@pytest.fixture
def drawn():
    """Return the function that draws a galaxy."""
    return draw
