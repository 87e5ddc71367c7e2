"""Covariances: against differences, against linear theory, and on limits."""

import numpy as np
import pytest
from skyloom.builder.fitting.fit import Problem, TuneSettings, search
from skyloom.builder.fitting.posterior import (
    differences,
    free_fluxes,
    free_values,
    posterior,
)
from skyloom.builder.fitting.render import render_components
from skyloom.builder.model import Model, replace
from skyloom.builder.products.photometry import total_flux
from synthetic import SCATTER, TRUTH, crowd_start, observed


@pytest.fixture(scope="module")
def post():
    problem = Problem(crowd_start(), observed(), SCATTER, TuneSettings())
    return posterior(problem, search(problem, TuneSettings()).vector)


def test_differences_of_a_known_function():
    """Central differences give the Jacobian of a quadratic exactly."""
    jacobian = differences(
        lambda v: np.array([v[0] ** 2, v[0] * v[1]]), np.array([3.0, 2])
    )
    np.testing.assert_allclose(jacobian, [[6, 0], [2, 3]], rtol=1e-9)


def test_covariance_of_a_linear_problem():
    """With nothing but brightness free the covariance is (A'A)^-1."""
    pixels = observed()
    frozen = Problem(Model(disk=TRUTH.disk), pixels, None, TuneSettings(free=()))
    post = posterior(frozen, frozen.par.begin())
    names = [*frozen.par.names, "disk.I"]
    precision = np.linalg.inv(post.covariance)
    design = frozen.design(frozen.par.begin())
    i = names.index("disk.I")
    assert precision[i, i] == pytest.approx((design**2).sum(), rel=1e-6)


def test_named_values_and_errors(post):
    """Every moved parameter has a value, and the crowd's centre serves both parts."""
    names, values, covariance = free_values(post)
    pairs = np.stack([values, np.sqrt(np.diag(covariance))], axis=1)
    found = dict(zip(names, pairs, strict=True))
    assert {"bulge.mux", "bulge.muy", "disk.I", "bulge.I", "spiral.0.I"} <= set(names)
    assert "centre.mux" not in names
    value, error = found["disk.Re"]
    assert abs(value - 12.0) < 4 * error < 4.0
    np.testing.assert_allclose(covariance, covariance.T, atol=1e-12)
    assert np.linalg.eigvalsh(covariance).min() > -1e-9


def test_fluxes(post):
    """Fluxes are those of the components, with the errors of the brightest small."""
    names, values, covariance = free_fluxes(post)
    model = post.model(post.coordinates)
    flux = dict(zip(names, values, strict=True))
    assert flux["disk"] == pytest.approx(total_flux(model.disk))
    arms = render_components(model, (300, 300))["spiral"].sum()
    assert flux["spiral"] == pytest.approx(arms, rel=1e-2)
    errors = np.sqrt(np.diag(covariance))
    assert (errors > 0).all()
    assert errors[names.index("disk")] < 0.1 * flux["disk"]


def test_flux_gradient_of_arms(post):
    """The arms' flux error follows the slope of their rendered sum."""
    names, _, covariance = free_fluxes(post)
    i = names.index("spiral")

    def flux(coordinates):
        model = post.model(coordinates)
        return np.array([render_components(model, (61, 64))["spiral"].sum()])

    slope = differences(flux, post.coordinates)
    expected = (slope @ post.covariance @ slope.T)[0, 0]
    assert covariance[i, i] == pytest.approx(expected, rel=0.1)


def test_limits_are_held_and_named():
    """A parameter on its limit is flagged and has no error."""
    settings = TuneSettings(bounds={"disk.q": (0.8, 1.0)})
    problem = Problem(
        replace(crowd_start(), disk=replace(TRUTH.disk, q=0.85)),
        observed(), SCATTER, settings,
    )  # fmt: skip
    post = posterior(problem, search(problem, settings).vector)
    assert "disk.q:lower" in post.limits
    names, _, covariance = free_values(post)
    assert covariance[names.index("disk.q"), names.index("disk.q")] == 0
