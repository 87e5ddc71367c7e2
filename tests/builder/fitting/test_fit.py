"""Residuals of a fit and their slopes, the brightness solved at each geometry."""

import numpy as np
import pytest
from skyloom.builder.fitting import fit
from skyloom.builder.fitting.fit import Problem
from skyloom.builder.fitting.priors import BOUNDS, POPULATION
from skyloom.builder.fitting.spirals import log_spiral
from skyloom.builder.model import DrawnArm, Model, replace
from synthetic import SCATTER, TRUTH, crowd_start, observed


@pytest.fixture(scope="module")
def problem():
    return Problem(crowd_start(), observed(), SCATTER)


def test_jacobian_is_the_slope_of_the_residuals(monkeypatch):
    """Kaufman's Jacobian predicts the gradient of chi² along every parameter."""
    monkeypatch.setattr(fit, "RTOL", 1e-6)
    fine = Problem(crowd_start(), observed(), SCATTER)
    at = fine.par.begin() + 0.02 * fine.par.steps()
    gradient = 2 * fine.jacobian(at).T @ fine.residuals(at)
    for i, name in enumerate(fine.par.names):
        step = np.zeros_like(at)
        step[i] = 1e-4 * fine.par.steps()[i]
        up, down = (np.sum(fine.residuals(at + s) ** 2) for s in (step, -step))
        slope = (up - down) / (2 * step[i])
        assert gradient[i] == pytest.approx(slope, rel=1e-2, abs=1.0), name


def drawn(model):
    """Return the model with its arms as polylines on the sky."""
    arms = tuple(
        DrawnArm(log_spiral(model.disk, arm, 12)[0], 0.5, arm.spread)
        for arm in model.spiral
    )
    return replace(model, spiral=arms)


@pytest.mark.parametrize("start", [crowd_start(), drawn(crowd_start())])
def test_slopes_at_fixed_brightness(start):
    """The image's partials agree with differences of the design, drawn arms too."""
    problem = Problem(start, observed(), SCATTER)
    at = problem.par.begin()
    amplitude, _ = problem.solve(at)
    assert (amplitude > 0).all()
    slopes = problem.slopes(at, amplitude)
    for i, name in enumerate(problem.par.names):
        step = np.zeros_like(at)
        step[i] = 1e-3 * problem.par.steps()[i]
        change = problem.design(at + step) - problem.design(at - step)
        slope = change @ amplitude / (2 * step[i])
        error = np.linalg.norm(slopes[:, i] - slope)
        assert error < 0.02 * np.linalg.norm(slope), name


def test_start_apart_from_the_priors(problem):
    """A start of its own moves the start alone: priors and limits stay the crowd's."""
    other = Problem(crowd_start(), observed(), SCATTER, start=TRUTH)
    np.testing.assert_array_equal(other.prior_mean, problem.prior_mean)
    np.testing.assert_array_equal(other.prior_root, problem.prior_root)
    np.testing.assert_array_equal(other.bounds, problem.bounds)
    np.testing.assert_array_equal(problem.start, problem.par.begin())
    start = dict(zip(other.par.names, other.start, strict=True))
    assert np.exp(start["disk.Re"]) == pytest.approx(TRUTH.disk.Re)


def test_many_arms_are_solved():
    """Twenty-four arms on one disk are no harder than two."""
    arms = tuple(
        replace(TRUTH.spiral[0], t_min=t, t_max=t + 0.8, A=4.0 + t)
        for t in np.linspace(0, 6, 24)
    )
    problem = Problem(replace(TRUTH, spiral=arms), observed(), None)
    amplitude, design = problem.solve(problem.start)
    assert amplitude.shape == (26,)
    assert (amplitude[2:] <= 10 * amplitude[0] * (1 + 1e-9)).all()
    alone = Problem(replace(TRUTH, spiral=()), observed(), None)
    few, plain = alone.solve(alone.start)
    missed = [np.sum((d @ a - problem.data) ** 2) for d, a in
              ((design, amplitude), (plain, few))]  # fmt: skip
    assert missed[0] < missed[1]


def test_the_limit_of_an_arm_counts(monkeypatch):
    """An arm is no brighter than so many times its disk, and not below 0."""
    monkeypatch.setitem(BOUNDS, "spiral.I", (0.0, 0.2))
    problem = Problem(TRUTH, observed(), None)
    (disk, _, arm), _ = problem.solve(problem.start)
    assert 0 <= arm <= 0.2 * disk * (1 + 1e-9)


def test_masked_pixels_do_not_count(problem):
    """Wild values under the mask change nothing."""
    pixels = observed()
    pixels.image[pixels.mask] = -1e9
    other = Problem(crowd_start(), pixels, SCATTER)
    at = problem.par.begin()
    np.testing.assert_array_equal(problem.residuals(at), other.residuals(at))


def test_no_priors_no_pull(monkeypatch):
    """Without the crowd and the population the residuals end in zeros."""
    for name in list(POPULATION):
        monkeypatch.delitem(POPULATION, name)
    problem = Problem(crowd_start(), observed(), None)
    moved = problem.par.begin() + problem.par.steps()
    assert not problem.residuals(moved)[len(problem.data) :].any()


# Of the fits of Lingard et al. 2020, by their data release; then the end wider here.
PUBLISHED = {
    "disk.q": (0.25, 1.2, "lower"),
    "bulge.q": (0.6, 1.2, "lower"),
    "bulge.Re": (0.05, 1.0, "lower"),
    "bulge.n": (0.5, 5.0, "upper"),
    "bar.q": (0.05, 0.5, "upper"),
    "bar.Re": (0.05, 1.0, "lower"),
    "bar.n": (0.3, 5.0, None),
    "bar.c": (1.0, 6.0, None),
    "spiral.spread": (0.5, 15.0, "upper"),
    "spiral.phi": (-85.0, 85.0, None),
}


@pytest.mark.parametrize("name", PUBLISHED)
def test_limits_are_the_published_ones_or_wider(name):
    """A bulge may be flatter, a bar rounder, an arm wider, than upstream's."""
    low, high, wider = PUBLISHED[name]
    lower, upper = BOUNDS[name]
    assert (lower < low) if wider == "lower" else (lower == low)
    assert (upper > high) if wider == "upper" else (upper == high)


def test_an_arm_s_light_is_relative_to_its_disk():
    """Half of a disk of 4 is 2; without a disk, or with a dark one, there is none."""
    model = Model(disk=TRUTH.disk, bulge=TRUTH.bulge, spiral=TRUTH.spiral * 2)
    terms = ("disk", "bulge", "spiral.0", "spiral.1")
    found = fit.lit(model, terms, [4.0, 3.0, 2.0, 8.0])
    assert (found.disk.I, found.bulge.I) == (4.0, 3.0)
    assert [arm.I for arm in found.spiral] == [0.5, 2.0]
    dark = fit.lit(model, terms, [0.0, 3.0, 0.0, 0.0])
    assert [arm.I for arm in dark.spiral] == [0.0, 0.0]
    alone = fit.lit(replace(model, disk=None), ("bulge",), [3.0])
    assert alone.spiral == ()


def test_priors_of_arms_and_population_count_against_the_inflated_noise():
    """Their roots grow by that of the inflation; chi² and the disk's prior stay."""
    plain, rough = (
        Problem(crowd_start(), observed(), SCATTER, inflation=by) for by in (1.0, 9.0)
    )
    names, scale = plain.par.names, np.ones(len(plain.par.names))
    for i, name in enumerate(names):
        told = name.split(".")[-1] in ("spread", "A", "phi", "t_min", "t_max")
        scale[i] = 3.0 if told or name == "bulge.n" else 1.0
    np.testing.assert_allclose(rough.prior_root, scale[:, None] * plain.prior_root)
    n = len(plain.data)
    np.testing.assert_array_equal(
        rough.residuals(rough.start)[:n], plain.residuals(plain.start)[:n]
    )
