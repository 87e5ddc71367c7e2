"""Tests of `skyloom.builder.aggregation.logspiral`."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.linear_model import BayesianRidge
from skyloom.builder.aggregation import logspiral
from skyloom.builder.aggregation.logspiral import (
    deproject,
    fit,
    project,
    unwrap,
    weights,
)
from skyloom.builder.model import Sersic

disks = st.builds(
    Sersic,
    mux=st.floats(-50, 50),
    muy=st.floats(-50, 50),
    roll=st.floats(0, math.pi),
    q=st.floats(0.2, 1),
    Re=st.just(20.0),
    I=st.just(1.0),
)
pitches = st.floats(3, 60).flatmap(lambda phi: st.sampled_from([phi, -phi]))


@settings(deadline=None)
@given(disks, pitches, st.floats(-3, 3))
def test_known_spirals_are_recovered(disk, phi, start):
    """Both chiralities, any roll and inclination: the drawn spiral comes back."""
    b = math.tan(math.radians(phi))
    theta = start + np.linspace(0, 2.5, 60)
    r = 40 * np.exp(b * (theta - theta.mean()))
    measured, angle = deproject(project(r, theta, disk), disk)
    np.testing.assert_allclose(measured, r, rtol=1e-9)
    angle = unwrap(angle, np.zeros(60))
    found = fit(measured / 200, angle, np.ones(60))
    assert logspiral.pitch_angle(found.coef[1]) == pytest.approx(phi, abs=0.6)
    assert math.copysign(1, found.coef[1]) == math.copysign(1, phi)
    assert found.score > 0.99


@settings(deadline=None)
@given(st.lists(st.integers(-3, 3), min_size=4, max_size=4), st.floats(-3, 3))
def test_unwrapping_forgets_whole_turns(turns, start):
    """Turns added to lines change neither the shape nor the joints between them."""
    line = np.repeat(np.arange(4), 25)
    smooth = start + np.tile(np.linspace(0, 2, 25), 4) + 0.2 * line
    wrapped = np.angle(np.exp(1j * smooth)) + 2 * math.pi * np.array(turns)[line]
    away = unwrap(wrapped, line) - smooth
    np.testing.assert_allclose(away, away[0], atol=1e-9)
    assert away[0] / (2 * math.pi) == pytest.approx(round(away[0] / (2 * math.pi)))


def test_fit_equals_scikit_learn():
    """The two-parameter evidence maximisation is BayesianRidge's."""
    rng = np.random.default_rng(5)
    theta = rng.uniform(-2, 3, 300)
    r = np.exp(-2 - 0.4 * theta + rng.normal(0, 0.1, 300))
    weight = rng.uniform(0, 2, 300)
    weight /= weight.mean()
    design = np.column_stack([np.ones(300), theta])
    peer = BayesianRidge(alpha_1=1.023e-8, alpha_2=0.6924, fit_intercept=False)
    peer.fit(design, np.log(r), sample_weight=weight)
    found = fit(r, theta, weight)
    np.testing.assert_allclose(found.coef, peer.coef_, rtol=1e-9)
    np.testing.assert_allclose(found.covariance, peer.sigma_, rtol=1e-8)
    score = peer.score(design, np.log(r), sample_weight=weight)
    assert found.score == pytest.approx(score)


def test_weights_grow_with_radius_and_overlap():
    """Mean 1, r squared where one line passes, twice that where two do."""
    theta = np.r_[np.linspace(0, 3, 200), np.linspace(1.6, 3, 100)]
    r = 0.1 * np.exp(0.3 * theta)
    weight = weights(r, np.repeat([0, 1], [200, 100]))
    assert weight.mean() == pytest.approx(1)
    expected = np.exp(0.6 * theta) * np.where(theta < 1.6, 1, 2)
    np.testing.assert_allclose(weight, expected / expected.mean(), rtol=0.1)


def test_points_in_the_bar_do_not_count():
    """The hole gets weight 0, unless nothing lies outside it."""
    theta = np.linspace(0, 2, 9)
    r, line = np.exp(theta), np.zeros(9)
    weight = weights(r, line, hole=2.0)
    np.testing.assert_array_equal(weight > 0, r >= 2)
    assert (weights(r, line, hole=99.0) > 0).all()


def test_jackknife_of_a_mean():
    """For averages, the jackknife is the variance of a mean, widened by t."""
    values = np.random.default_rng(0).normal(size=(6, 2))
    left_out = (values.sum(axis=0) - values) / 5
    expected = np.cov(values.T) / 6 * 1.1105**2
    found = logspiral.jackknife_covariance(left_out)
    np.testing.assert_allclose(found, expected, rtol=1e-3)
    assert np.isinf(logspiral.jackknife_covariance(values[:2])).all()


def test_jackknife_of_three_unequal_drawers():
    """Two thirds of the sum of squares about the mean, times t's width with 2 dof."""
    coefs = np.array([[1.0, 0.3], [1.2, 0.1], [1.7, 0.2]])
    away = coefs - [1.3, 0.2]
    t_2 = 1.3213  # half of the 68.27 % interval of Student's t with 2 degrees
    expected = (
        2
        / 3
        * t_2**2
        * np.array(
            [
                [0.09 + 0.01 + 0.16, -0.03 + 0.01 + 0.0],
                [-0.03 + 0.01 + 0.0, 0.01 + 0.01 + 0.0],
            ]
        )
    )
    np.testing.assert_allclose(away.T @ away, expected / (2 / 3 * t_2**2), atol=1e-12)
    found = logspiral.jackknife_covariance(coefs)
    np.testing.assert_allclose(found, expected, rtol=1e-4)


def test_error_of_the_pitch_angle_is_not_its_variance():
    """It is cos^2 phi times that of b: at 45 deg, 0.02 becomes 0.573 deg."""
    assert logspiral.pitch_angle_error(1.0, 0.02) == pytest.approx(0.573, abs=1e-3)
