"""The search for a galaxy's geometry: two routes to one optimum, and how they end."""

import numpy as np
import pytest
from scipy.optimize import OptimizeResult, approx_fprime
from skyloom.builder.config import TuneSettings
from skyloom.builder.fitting import search as searching
from skyloom.builder.fitting.fit import Problem
from skyloom.builder.fitting.parameters import named_values
from skyloom.builder.fitting.posterior import posterior
from skyloom.builder.fitting.search import search
from skyloom.builder.fitting.tune import tune
from synthetic import SCATTER, TRUTH, crowd_start, observed

FINE = {"rtol": 1e-6, "ftol": 1e-10}


def objective(problem, vector):
    return np.sum(problem.residuals(vector) ** 2)


@pytest.fixture(scope="module")
def problem():
    return Problem(crowd_start(), observed(), SCATTER, TuneSettings(**FINE))


@pytest.fixture(scope="module")
def ends(problem):
    """Return where both routes end with a fine tolerance."""
    methods = {m: TuneSettings(method=m, **FINE) for m in ("trf", "lbfgsb")}
    return {m: search(problem, settings) for m, settings in methods.items()}


@pytest.mark.parametrize("method", ["trf", "lbfgsb"])
def test_recovers_the_truth(problem, ends, method):
    """From a crowd's start both searches find the galaxy."""
    found = ends[method]
    end = objective(problem, found.vector)
    assert found.status == "converged"
    assert end / len(problem.data) < 1.06
    assert end < 0.7 * objective(problem, problem.start)
    values = named_values(problem.par.model(found.vector))
    assert values["disk.Re"] == pytest.approx(TRUTH.disk.Re, rel=0.1)
    assert values["spiral.0.phi"] == pytest.approx(18.0, abs=3.0)


def test_two_routes_to_one_optimum(problem, ends):
    """The published route ends within a tenth of a standard error, in more steps."""
    post = posterior(problem, ends["trf"].vector)
    error = np.sqrt(np.diag(post.covariance))[: len(post.vector)]
    apart = (ends["lbfgsb"].vector - ends["trf"].vector) / error
    assert np.abs(apart).max() < 0.1
    assert ends["lbfgsb"].n_iterations > 3 * ends["trf"].n_iterations


def test_gradient_of_the_published_route(problem):
    """It is that of the objective along shapes and brightness, arm and disk tied."""
    variables = searching._Variables(problem, problem.start)
    at = variables.begin()
    at[: len(problem.start)] += 0.02
    at[len(problem.start) :] *= 1.1
    assert len(at) == len(problem.start) + len(problem.terms)
    _, gradient = variables.objective(at)
    slope = approx_fprime(at, lambda v: variables.objective(v)[0], 1e-5)
    np.testing.assert_allclose(gradient, slope, rtol=2e-2, atol=1.0)


def test_published_route_starts_at_the_best_brightness(problem):
    """The first stage, brightness alone, is already done at the start."""
    variables = searching._Variables(problem, problem.start)
    value, gradient = variables.objective(variables.begin())
    assert 2 * value == pytest.approx(objective(problem, problem.start), rel=1e-6)
    np.testing.assert_allclose(gradient[len(problem.start) :], 0, atol=1e-2)


def test_tolerance_is_honoured():
    """A coarser tolerance ends the published route earlier, at a higher objective."""
    ends = {}
    for ftol in (1e-2, 1e-8):
        settings = TuneSettings(method="lbfgsb", ftol=ftol)
        problem = Problem(crowd_start(), observed(), SCATTER, settings)
        ends[ftol] = search(problem, settings)
    assert ends[1e-2].status == ends[1e-8].status == "converged"
    assert ends[1e-2].n_iterations < ends[1e-8].n_iterations
    coarse, fine = (objective(problem, ends[f].vector) for f in (1e-2, 1e-8))
    assert fine < coarse


def test_limits_belong_to_their_route(monkeypatch):
    """Evaluations limit the trust region only, iterations the published route."""
    few = {m: TuneSettings(method=m, max_evaluations=2) for m in ("trf", "lbfgsb")}
    fits = {
        m: tune(crowd_start(), SCATTER, observed(), settings)
        for m, settings in few.items()
    }
    assert fits["trf"]["status"] == "max_evaluations"
    assert fits["lbfgsb"]["status"] == "converged"
    monkeypatch.setattr(searching, "PUBLISHED_ITERATIONS", 3)
    fit = tune(crowd_start(), SCATTER, observed(), few["lbfgsb"])
    assert (fit["status"], fit["n_iterations"]) == ("max_iterations", 3)
    assert "ITERATIONS" in fit["reason"]


@pytest.mark.parametrize(
    ("success", "code", "nit", "status"),
    [
        (True, 0, 50, "converged"),
        (False, 1, 10_000, "max_iterations"),
        (False, 1, 50, "max_evaluations"),
        (False, 2, 50, "line_search_failed"),
    ],
)
def test_endings(monkeypatch, success, code, nit, status):
    """Why scipy stopped is recorded as it is, with its own words."""

    def stopped(function, x0, **_):
        return OptimizeResult(
            x=x0, success=success, status=code, nit=nit, nfev=60, message="ABNORMAL: "
        )

    monkeypatch.setattr(searching.optimize, "minimize", stopped)
    settings = TuneSettings(method="lbfgsb")
    fit = tune(crowd_start(), SCATTER, observed(), settings)
    assert fit["status"] == status
    assert fit["reason"] == (None if success else "ABNORMAL: ")


def test_stretched_start_leaves_the_priors(monkeypatch, problem):
    """Other starting sizes move the start by their factor, not the priors' centre."""
    begun = {}
    for stretch in (1.0, 2.0):
        monkeypatch.setattr(
            searching,
            "_search_trf",
            lambda _, start, __, key=stretch: begun.update({key: start}),
        )
        mean = problem.prior_mean.copy()
        search(problem, TuneSettings(), stretch)
        np.testing.assert_array_equal(problem.prior_mean, mean)
    moved = dict(zip(problem.par.names, begun[2.0] - begun[1.0], strict=True))
    sizes = {"bulge.Re", "spiral.0.spread"}
    for name, shift in moved.items():
        assert shift == pytest.approx(np.log(2) if name in sizes else 0.0), name
