"""The search for a galaxy's geometry, with its brightness solved at each step."""

import numpy as np
import pytest
from scipy.optimize import lsq_linear
from skyloom.builder.fitting.fit import (
    Problem,
    TuneSettings,
    brightness,
    light_rays,
    search,
)
from skyloom.builder.fitting.parameters import named_values
from synthetic import SCATTER, TRUTH, crowd_start, observed

SETTINGS = TuneSettings()


@pytest.fixture(scope="module")
def problem():
    return Problem(crowd_start(), observed(), SCATTER, SETTINGS)


def test_jacobian_is_the_slope_of_the_residuals(problem):
    """Kaufman's Jacobian predicts the gradient of chi² along every parameter."""
    fine = Problem(crowd_start(), observed(), SCATTER, TuneSettings(rtol=1e-6))
    at = fine.par.begin() + 0.02 * fine.par.steps()
    gradient = 2 * fine.jacobian(at).T @ fine.residuals(at)
    for i, name in enumerate(fine.par.names):
        step = np.zeros_like(at)
        step[i] = 1e-4 * fine.par.steps()[i]
        up, down = (np.sum(fine.residuals(at + s) ** 2) for s in (step, -step))
        slope = (up - down) / (2 * step[i])
        assert gradient[i] == pytest.approx(slope, rel=1e-2, abs=1.0), name


def test_slopes_at_fixed_brightness(problem):
    """The image's partials agree with differences of the design."""
    at = problem.par.begin()
    amplitude, _ = problem.solve(at)
    slopes = problem.slopes(at)
    for i, name in enumerate(problem.par.names):
        step = np.zeros_like(at)
        step[i] = 1e-3 * problem.par.steps()[i]
        change = problem.design(at + step) - problem.design(at - step)
        slope = change @ amplitude / (2 * step[i])
        error = np.linalg.norm(slopes[:, i] - slope)
        assert error < 0.02 * np.linalg.norm(slope), name


def test_brightness_is_the_constrained_optimum():
    """Non-negative brightness agrees with scipy's bounded least squares."""
    rng = np.random.default_rng(2)
    design = rng.random((200, 3))
    data = design @ [1.0, -0.5, 2.0] + 0.1 * rng.standard_normal(200)
    found = brightness(design, data, np.eye(3))
    truth = lsq_linear(design, data, (0, np.inf)).x
    np.testing.assert_allclose(found, truth, atol=1e-6)
    assert found[1] == 0


def test_arms_need_their_disk():
    """An arm is at most so much brighter than its disk, however the data pull."""
    rng = np.random.default_rng(3)
    design = rng.random((100, 3))
    terms = ("disk", "bulge", "spiral.0")
    rays = light_rays(terms, 5.0)
    disk, _, arm = rays @ brightness(design, design[:, 2], rays)
    assert arm == pytest.approx(5.0 * disk)
    assert arm > 0


@pytest.mark.parametrize("method", ["trf", "lbfgsb"])
def test_recovers_the_truth(method):
    """From a crowd's start both searches find the galaxy."""
    settings = TuneSettings(method=method, max_evaluations=400)
    problem = Problem(crowd_start(), observed(), SCATTER, settings)
    begin = np.sum(problem.residuals(problem.par.begin()) ** 2)
    found = search(problem, settings)
    end = np.sum(problem.residuals(found.vector) ** 2)
    assert end / len(problem.data) < (1.06 if method == "trf" else 1.15)
    assert end < 0.7 * begin
    values = named_values(problem.par.model(found.vector))
    assert values["disk.Re"] == pytest.approx(TRUTH.disk.Re, rel=0.1)
    assert values["spiral.0.phi"] == pytest.approx(18.0, abs=3.0)


def test_masked_pixels_do_not_count(problem):
    """Wild values under the mask change nothing."""
    pixels = observed()
    pixels.image[pixels.mask] = -1e9
    other = Problem(crowd_start(), pixels, SCATTER, SETTINGS)
    at = problem.par.begin()
    np.testing.assert_array_equal(problem.residuals(at), other.residuals(at))


def test_no_priors_no_pull():
    """Without the crowd and the population the residuals end in zeros."""
    settings = TuneSettings(crowd_priors=False, population={})
    problem = Problem(crowd_start(), observed(), SCATTER, settings)
    moved = problem.par.begin() + problem.par.steps()
    assert not problem.residuals(moved)[len(problem.data) :].any()
