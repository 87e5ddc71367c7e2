"""The search for a galaxy's geometry: against a general optimiser, and how it ends."""

import numpy as np
import pytest
from scipy import optimize
from skyloom.builder.config import TuneSettings
from skyloom.builder.fitting import fit
from skyloom.builder.fitting import search as searching
from skyloom.builder.fitting.fit import Problem
from skyloom.builder.fitting.parameters import named_values
from skyloom.builder.fitting.posterior import posterior
from skyloom.builder.fitting.search import search
from skyloom.builder.fitting.tune import tune
from synthetic import SCATTER, TRUTH, crowd_start, observed


def objective(problem, vector):
    return np.sum(problem.residuals(vector) ** 2)


@pytest.fixture(scope="module")
def fine():
    """Return a finely rendered problem, and where a search with low tolerance ends."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(fit, "RTOL", 1e-6)
        problem = Problem(crowd_start(), observed(), SCATTER)
        yield problem, search(problem, 60, ftol=1e-10)


def test_recovers_the_truth(fine):
    """From a crowd's start the search finds the galaxy."""
    problem, found = fine
    end = objective(problem, found.vector)
    assert found.status == "converged"
    assert end / len(problem.data) < 1.06
    assert end < 0.7 * objective(problem, problem.start)
    values = named_values(problem.par.model(found.vector))
    assert values["disk.Re"] == pytest.approx(TRUTH.disk.Re, rel=0.1)
    assert values["spiral.0.phi"] == pytest.approx(18.0, abs=3.0)


def test_two_routes_to_one_optimum(fine):
    """The published optimiser ends within a tenth of a standard error, in more steps.

    Its objective is the same posterior, the brightness solved for, with its gradient.
    """
    problem, found = fine
    steps, lower_upper = problem.par.steps(), problem.bounds

    def halved(u):
        vector = problem.start + steps * u
        residuals = problem.residuals(vector)
        slope = problem.jacobian(vector).T @ residuals
        return residuals @ residuals / 2, slope * steps

    peer = optimize.minimize(
        halved,
        np.zeros_like(steps),
        jac=True,
        method="L-BFGS-B",
        bounds=np.transpose([(b - problem.start) / steps for b in lower_upper]),
        options={"ftol": 1e-10},
    )
    error = np.sqrt(np.diag(posterior(problem, found.vector).covariance))
    apart = (problem.start + steps * peer.x - found.vector) / error[: len(steps)]
    assert peer.success
    assert np.abs(apart).max() < 0.1
    assert peer.nit > 2 * found.n_iterations


def test_tolerance_is_honoured():
    """A coarser tolerance ends the search earlier, at a higher objective."""
    problem = Problem(crowd_start(), observed(), SCATTER)
    ends = {}
    for ftol in (1e-2, 1e-8):
        ends[ftol] = search(problem, 60, ftol=ftol)
    assert ends[1e-2].status == ends[1e-8].status == "converged"
    assert ends[1e-2].n_iterations < ends[1e-8].n_iterations
    coarse, fine = (objective(problem, ends[f].vector) for f in (1e-2, 1e-8))
    assert fine < coarse


def test_too_few_evaluations_are_recorded():
    """A search that stopped short says so, in the optimiser's words."""
    few = tune(crowd_start(), SCATTER, observed(), TuneSettings(max_evaluations=2))
    assert few["status"] == "max_evaluations"
    assert "maximum number of function evaluations" in few["reason"]


def test_stretched_start_leaves_the_priors(monkeypatch):
    """Other starting sizes move the start by their factor, not the priors' centre."""
    problem = Problem(crowd_start(), observed(), SCATTER)

    def begun(residuals, x0, *_, **__):
        return optimize.OptimizeResult(x=x0, status=0, message="", nfev=1, njev=1)

    monkeypatch.setattr(searching.optimize, "least_squares", begun)
    vectors = {}
    for stretch in (1.0, 2.0):
        mean = problem.prior_mean.copy()
        vectors[stretch] = search(problem, 60, stretch).vector
        np.testing.assert_array_equal(problem.prior_mean, mean)
    moved = dict(zip(problem.par.names, vectors[2.0] - vectors[1.0], strict=True))
    sizes = {"bulge.Re", "spiral.0.spread"}
    for name, shift in moved.items():
        assert shift == pytest.approx(np.log(2) if name in sizes else 0.0), name
    pulls = [problem.pull(vector) for vector in vectors.values()]
    assert np.abs(pulls[1] - pulls[0]).max() > 0.1


def test_compressed_problem_is_the_same_problem():
    """Turned residuals keep chi², its gradient and the curvature, of dark parts too."""
    rng = np.random.default_rng(3)
    residuals, slopes = rng.normal(size=500), rng.normal(size=(500, 4))
    slopes[:, 2] = 0.0
    short = searching._compressed(residuals, 4)
    turned = searching._compressed_slopes(residuals, slopes)
    assert short @ short == pytest.approx(residuals @ residuals)
    np.testing.assert_allclose(turned.T @ short, slopes.T @ residuals, atol=1e-9)
    np.testing.assert_allclose(turned.T @ turned, slopes.T @ slopes, atol=1e-9)


def test_a_start_on_a_limit_is_moved_off_it():
    """By a thousandth of the range, on either side; without a limit not at all."""
    lower, upper = np.array([0.0, 0.0, 0.0, -np.inf]), np.array([2.0, 2.0, 2.0, np.inf])
    moved = searching._inside(np.array([-1.0, 5.0, 0.5, 7.0]), lower, upper)
    np.testing.assert_allclose(moved, [0.002, 1.998, 0.5, 7.0])
