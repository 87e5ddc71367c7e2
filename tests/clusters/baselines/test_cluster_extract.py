"""Sources measured on images that the test paints."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.spatial import KDTree
from skyloom.clusters.bands import BANDS, PIXEL_SCALE
from skyloom.clusters.baselines.extract import extract

RNG = np.random.default_rng
SEEING = dict(zip(BANDS, (1.1, 0.95, 0.88, 0.83), strict=True))  # FWHM [arcsec]
NOISE = 4.0  # counts a pixel
SIDE = 512


def paint(places, mags, sizes, rng) -> dict[str, np.ndarray]:
    """Return images of round Gaussians: places (n, 2), mags (n, 4), sizes [arcsec]."""
    y, x = np.indices((SIDE, SIDE), float)
    images = {}
    for k, band in enumerate(BANDS):
        image = rng.normal(20.0, NOISE, (SIDE, SIDE))
        for (px, py), mag, size in zip(places, mags, sizes, strict=True):
            sigma = np.hypot(SEEING[band] / 2.3548, size) / PIXEL_SCALE
            light = 10 ** (0.4 * (30 - mag[k])) / (2 * np.pi * sigma**2)
            near = (
                slice(max(int(py) - 40, 0), int(py) + 41),
                slice(max(int(px) - 40, 0), int(px) + 41),
            )
            away = (x[near] - px) ** 2 + (y[near] - py) ** 2
            image[near] += light * np.exp(-away / 2 / sigma**2)
        images[band] = image.astype(np.float32)
    return images


@pytest.fixture(scope="module")
def field():
    """Return truth and what is measured of 30 stars and 70 galaxies, well apart."""
    rng = RNG(1)
    grid = np.stack(np.meshgrid(*[np.arange(25, SIDE - 20, 46)] * 2), -1).reshape(-1, 2)
    places = grid[rng.permutation(len(grid))[:100]] + rng.uniform(-3, 3, (100, 2))
    i_mag = rng.uniform(18.5, 22.5, 100)
    colours = np.array([1.8, 0.7, 0.0, -0.4]) + rng.normal(0, 0.2, (100, 1))
    sizes = np.where(np.arange(100) < 30, 0.0, rng.uniform(0.4, 0.8, 100))
    mags = i_mag[:, None] + colours
    images = paint(places, mags, sizes, rng)
    return places, mags, sizes, images


def matched(table, places) -> np.ndarray:
    """Return the row of each place, -1 where nothing lies within 2 px."""
    away, row = KDTree(np.stack([table["X"], table["Y"]], -1)).query(places)
    return np.where(away < 2, row, -1)


def test_sources_are_found_and_measured(field):
    """All of them, to a few hundredths in colour, whatever the seeing does."""
    places, mags, _, images = field
    table = extract(images, np.ones((SIDE, SIDE), bool), RNG(2))
    rows = matched(table, places)
    assert (rows >= 0).all()
    assert len(table) <= 105
    away = np.asarray(table["MAG"])[rows] - mags
    assert abs(np.median(away[:, 2])) < 0.1
    colour = -np.diff(away, axis=1)
    assert np.abs(np.median(colour, axis=0)).max() < 0.02
    error = np.hypot(*np.asarray(table["MAG_ERR"])[rows][:, 1:3].T)
    pull = (colour[:, 1] / error)[mags[:, 2] > 21]  # brighter ones have the floor
    assert 0.5 < 1.4826 * np.median(np.abs(pull)) < 1.6


def test_stars_and_galaxies_are_told_apart(field):
    """By size, in the seeing that the stars themselves show."""
    places, _, sizes, images = field
    table = extract(images, np.ones((SIDE, SIDE), bool), RNG(2))
    galaxy = np.asarray(table["GALAXY"])[matched(table, places)]
    assert np.mean(galaxy[sizes == 0]) <= 0.1
    assert np.mean(galaxy[sizes > 0]) > 0.95


def test_a_neighbour_is_a_source_of_its_own():
    """Two arcsec from a galaxy that is two magnitudes brighter."""
    places = np.array([[250.0, 250.0], [258.0, 250.0], [100.0, 100.0]])
    mags = np.array([18.0, 20.0, 19.0])[:, None] + np.zeros(4)
    images = paint(places, mags, np.full(3, 0.3), RNG(3))
    table = extract(images, np.ones((SIDE, SIDE), bool), RNG(2))
    assert (matched(table, places) >= 0).all()


def test_bad_pixels_hold_no_source(field):
    """Whatever their values are; the sources elsewhere are as they were."""
    places, mags, _, images = field
    good = np.ones((SIDE, SIDE), bool)
    good[:, :256] = False
    spoilt = {k: np.where(good, v, np.nan) for k, v in images.items()}
    table = extract(spoilt, good, RNG(2))
    assert (table["X"] > 250).all()
    inside = places[:, 0] > 265
    rows = matched(table, places[inside])
    assert (rows >= 0).all()
    away = np.asarray(table["MAG"])[rows, 2] - mags[inside, 2]
    assert abs(np.median(away)) < 0.1


def test_an_empty_image_has_no_sources():
    """But for a few peaks of the noise, which are too faint to be listed."""
    images = paint(np.zeros((0, 2)), np.zeros((0, 4)), np.zeros(0), RNG(4))
    table = extract(images, np.ones((SIDE, SIDE), bool), RNG(2))
    assert len(table) <= 2
    nothing = extract(images, np.zeros((SIDE, SIDE), bool), RNG(2))
    assert len(nothing) == 0
    assert nothing["MAG"].shape[0] == 0


def test_the_same_seed_is_the_same_catalogue(field):
    """The noise is measured at random places."""
    *_, images = field
    good = np.ones((SIDE, SIDE), bool)
    one, again = (extract(images, good, RNG(2)) for _ in range(2))
    assert np.array_equal(one["MAG_ERR"], again["MAG_ERR"])


def test_an_upright_source_is_measured():
    """Its angle in single precision is a little more than a right one."""
    y, x = np.indices((200, 200))
    light = 1e3 * np.exp(-((x - 100) ** 2) / 8 - (y - 100) ** 2 / 128)
    noise = RNG(5).normal(0, NOISE, (200, 200))
    images = {band: (light + noise).astype(np.float32) for band in BANDS}
    table = extract(images, np.ones((200, 200), bool), RNG(2))
    assert matched(table, [(100, 100)])[0] >= 0
