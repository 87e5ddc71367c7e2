"""The fit to the red sequence, and the background."""

from __future__ import annotations

import numpy as np
from invented_sky import ARCMIN2, field
from scipy.stats import chi2, kstest
from skyloom.clusters.baselines.colour_filter import (
    MAG_STEP,
    SCATTER,
    TILT,
    fit_ridge,
    measure_background,
)

RNG = np.random.default_rng
Z = 0.1 + 0.05 * np.arange(15)


def test_chi2_of_red_galaxies_is_chi2(red_sequence):
    """With intrinsic scatter, tilt, and errors that neighbouring colours share."""
    rng, n, k = RNG(1), 3000, 6
    z = Z[k]
    relative = rng.uniform(-1, 1.7, n)
    colours = red_sequence.colours(z) + np.outer(relative, TILT)
    colours = colours + rng.normal(0, 1, (n, 3)) * SCATTER
    err = np.array([0.15, 0.08, 0.03, 0.06])
    i = red_sequence.m_star(z)[2] + relative
    r = i + colours[:, 1]
    mag = np.stack([r + colours[:, 0], r, i, i - colours[:, 2]], axis=-1)
    mag += rng.normal(0, 1, (n, 4)) * [0.15, 0.08, 0.0, 0.06]
    # i is without noise here: the tilt is evaluated at the measured magnitude.
    fit = fit_ridge(mag, np.tile(err * [1, 1, 1e-6, 1], (n, 1)), red_sequence, Z)
    assert kstest(fit.chi2[k], chi2(3).cdf).pvalue > 1e-3
    np.testing.assert_allclose(fit.relative[k], relative, atol=1e-9)


def test_red_galaxies_fit_at_their_redshift(red_sequence):
    """The best redshift is the true one."""
    z = np.array([0.2, 0.45, 0.7])
    mag = red_sequence.m_star(z)
    fit = fit_ridge(mag, np.full(mag.shape, 0.02), red_sequence, Z)
    np.testing.assert_allclose(Z[fit.chi2.argmin(axis=0)], z, atol=1e-9)
    assert fit.usable[fit.chi2.argmin(axis=0), range(3)].all()


def test_background_gives_back_the_counts(red_sequence):
    """Integrated over chi2 and magnitude it is the number of galaxies."""
    table = field(RNG(2), 40000)
    mag, err = np.asarray(table["MAG"]), np.asarray(table["MAG_ERR"])
    fit = fit_ridge(mag, err, red_sequence, Z)
    background = measure_background([fit], [ARCMIN2])
    integral = background.density.sum(axis=(1, 2)) * MAG_STEP * ARCMIN2
    rich = fit.usable.sum(axis=1) > 150
    assert rich.any()
    np.testing.assert_allclose(integral[rich], fit.usable.sum(axis=1)[rich], rtol=0.3)


def test_background_of_two_fields_is_their_mean(red_sequence):
    """Twice the same field is the same density, but for the floor."""
    table = field(RNG(3), 8000)
    mag, err = np.asarray(table["MAG"]), np.asarray(table["MAG_ERR"])
    fit = fit_ridge(mag, err, red_sequence, Z)
    one = measure_background([fit], [ARCMIN2]).density
    two = measure_background([fit, fit], [ARCMIN2] * 2).density
    full = one > 2 * one.min()
    np.testing.assert_allclose(one[full], two[full], rtol=1e-6)
