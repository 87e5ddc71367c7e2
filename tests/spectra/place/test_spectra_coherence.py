"""Moran's I: by hand, against its known mean, and that its p-values are right."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from skyloom.run.seeds import rng
from skyloom.spectra.place.coherence import morans_i


def by_hand(image):
    """Return Moran's I by the definition, over all pairs."""
    known = [tuple(p) for p in np.argwhere(np.isfinite(image))]

    def near(p, q):
        return max(abs(p[0] - q[0]), abs(p[1] - q[1])) == 1

    known = [p for p in known if any(near(p, q) for q in known)]
    mean = np.mean([image[p] for p in known])
    top = weight = 0
    for p in known:
        for q in known:
            if near(p, q):
                weight += 1
                top += (image[p] - mean) * (image[q] - mean)
    return len(known) / weight * top / sum((image[p] - mean) ** 2 for p in known)


@given(st.integers(0, 10**6), st.integers(2, 6), st.integers(2, 6))
def test_it_is_the_sum_over_all_pairs(seed, ny, nx):
    lot = np.random.default_rng(seed)
    image = np.where(lot.random((ny, nx)) < 0.3, np.nan, lot.normal(size=(ny, nx)))
    found = morans_i(image, rng(seed), 1)
    if np.isfinite(found["i"]):
        assert found["i"] == pytest.approx(by_hand(image), abs=1e-10)


def test_a_gradient_is_coherent_and_a_chessboard_is_the_opposite():
    y, x = np.mgrid[:12, :12]
    assert morans_i(x + 0.5 * y, rng(0))["i"] > 0.8
    assert morans_i(x + 0.5 * y, rng(0))["p"] == 0.001
    # Of a chessboard, neighbours at sides differ and those at corners are equal.
    stripes = morans_i((x % 2).astype(float), rng(0))
    assert stripes["i"] < -0.2
    assert stripes["p"] > 0.99


def test_the_null_has_the_mean_that_theory_gives():
    """-1 / (n - 1), Moran 1950."""
    found = morans_i(np.random.default_rng(0).normal(size=(8, 8)), rng(1), 9999)
    error = 4 * found["null_sd"] / 100
    assert found["null"] == pytest.approx(-1 / 63, abs=error)


def test_p_values_of_noise_are_even():
    lots = np.random.default_rng(3)
    p = [morans_i(lots.normal(size=(7, 9)), rng(i), 99)["p"] for i in range(300)]
    assert np.quantile(p, [0.25, 0.5, 0.75]) == pytest.approx(
        [0.25, 0.5, 0.75], abs=0.09
    )


def test_masked_pixels_take_no_part():
    lot = np.random.default_rng(4)
    inner = lot.normal(size=(6, 6))
    image = np.full((10, 11), np.nan)
    image[2:8, 3:9] = inner
    image[0, 0] = 1e9  # without neighbours
    assert morans_i(image, rng(2)) == morans_i(inner, rng(2))


@pytest.mark.parametrize(
    "image",
    [
        np.ones((4, 4)),
        np.full((3, 3), np.nan),
        np.zeros((0, 5)),
        np.eye(1),
        [[1.0, 2.0]],
    ],
)
def test_of_too_little_there_is_none(image):
    found = morans_i(np.asarray(image), rng(0), 9)
    assert np.isnan(found["i"])
    assert np.isnan(found["p"])
