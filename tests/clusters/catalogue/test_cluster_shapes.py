"""Sizes, shapes and profiles of galaxies."""

from __future__ import annotations

import numpy as np
import pytest
from skyloom.clusters.catalogue import shapes

N = 40_000


def test_radii_shrink_with_magnitude_and_scatter():
    """0.55 arcsec at i = 22, -0.11 dex a magnitude, 0.45 in ln r, clipped."""
    for i_mag, median in ((20.0, 0.913), (22.0, 0.55), (24.0, 0.331)):
        drawn = shapes.radii(np.random.default_rng(1), np.full(N, i_mag))
        assert np.median(drawn) == pytest.approx(median, rel=0.02)
        assert np.log(drawn).std() == pytest.approx(0.45, rel=0.02)
    wide = shapes.radii(np.random.default_rng(1), np.repeat([6.0, 36.0], 2000))
    assert (wide.min(), wide.max()) == (0.05, 12.0)


@pytest.mark.parametrize(("early", "rms"), [(True, 0.18), (False, 0.26)])
def test_shears_are_isotropic_with_their_scatter(early, rms):
    """The rms of its kind in each component, no mean, no angle, Rayleigh sizes."""
    g1, g2 = shapes.shears(np.random.default_rng(2), np.full(N, early))
    for component in (g1, g2):
        assert component.mean() == pytest.approx(0, abs=4 * rms / np.sqrt(N))
        assert component.std() == pytest.approx(rms, rel=0.02)
    assert np.mean(g1 * g2) == pytest.approx(0, abs=4 * rms**2 / np.sqrt(N))
    size = np.hypot(g1, g2)
    assert size.max() <= 0.75 + 1e-12
    assert np.median(size) == pytest.approx(rms * np.sqrt(2 * np.log(2)), rel=0.02)


def test_bulges_dominate_early_types():
    """Means of 0.85 and 0.1, and the ends of either range."""
    shares = [
        shapes.bulge_shares(np.random.default_rng(3), np.full(N, early))
        for early in (True, False)
    ]
    assert [share.mean() for share in shares] == pytest.approx([0.85, 0.1], abs=0.005)
    assert shares[0].min() >= 0.7
    assert shares[1].max() <= 0.3
    assert np.median(shares[1]) == pytest.approx(0.075, abs=0.005)
