"""The Lyman forest."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from skyloom.quasars.simulation.forest import (
    LYA,
    Forest,
    effective_depth,
    gaussian_field,
    limit_transmission,
    median_depth,
    transmission,
)
from skyloom.quasars.simulation.frame import WAVE

RNG = np.random.default_rng


@settings(max_examples=30, deadline=None)
@given(st.floats(0.01, 3.0), st.floats(0.3, 2.5))
def test_median_depth_gives_the_wanted_mean(effective, sigma):
    """The mean of exp(-A exp(σ g)) over many g is exp(-τ_eff)."""
    median = median_depth(np.array([effective]), np.array([sigma]))[0]
    g = np.linspace(-7, 7, 20001)
    weight = np.exp(-0.5 * g**2)
    mean = (np.exp(-median * np.exp(sigma * g)) * weight).sum() / weight.sum()
    assert mean == pytest.approx(np.exp(-effective), abs=2e-3)


def test_field_is_normal_and_correlated():
    """Mean 0, variance 1, neighbours alike, far pixels independent."""
    field = gaussian_field(300, Forest(), RNG(1))
    assert field.mean() == pytest.approx(0, abs=0.01)
    assert field.std() == pytest.approx(1, abs=0.02)
    assert (field[:, 1:] * field[:, :-1]).mean() > 0.7
    assert abs((field[:, 200:] * field[:, :-200]).mean()) < 0.02


def test_mean_transmission_is_that_of_the_law():
    """Between Lyman β and α of a quasar at 3.2, away from it, the mean is right."""
    forest, z = Forest(), np.full(400, 3.2)
    mean = transmission(z, forest, RNG(2)).mean(axis=0)
    far = (WAVE > 1060 * 4.2) & (WAVE < 1150 * 4.2)
    expected = np.exp(-effective_depth(WAVE[far] / LYA - 1, forest))
    # The proximity zone leaves a little more light than the mean of the universe.
    assert (mean[far] / expected).mean() == pytest.approx(1.02, abs=0.03)


def test_scatter_over_network_pixels_is_that_of_boss():
    """Variance per 69 and per 690 km/s of z 2.3 to 3.2: BOSS has 0.068 and 0.031."""
    passed = transmission(np.full(200, 2.9), Forest(), RNG(3))
    far = np.flatnonzero((WAVE > 1060 * 3.9) & (WAVE < 1150 * 3.9))[:340]
    fine = passed[:, far] / passed[:, far].mean()
    coarse = fine.reshape(200, 34, 10).mean(axis=2)
    assert 0.04 < fine.var() < 0.11
    assert 0.02 < coarse.var() < 0.05


def test_light_redward_is_untouched():
    """Nothing absorbs redward of the quasar's own Lyman α, nor at low redshift."""
    passed = transmission(np.array([0.8, 2.5]), Forest(), RNG(4))
    assert (passed[0] == 1).all()
    assert (passed[1, LYA * 3.5 < WAVE] == 1).all()
    assert (passed >= 0).all()
    assert (passed <= 1).all()


def test_limit_darkens_below_912():
    """Lyman-limit systems darken quasars beyond z = 3.5 below their own limit."""
    passed = limit_transmission(np.full(100, 4.2), RNG(5))
    assert passed[:, :200].mean() < 0.2
    assert (passed[:, LYA * 5.2 < WAVE] == 1).all()
