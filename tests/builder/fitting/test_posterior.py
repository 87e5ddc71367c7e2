"""Covariances: against differences, against linear theory, and on limits."""

import types

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from skyloom.builder.fitting import fit
from skyloom.builder.fitting.fit import Problem
from skyloom.builder.fitting.flux import total_flux
from skyloom.builder.fitting.mean import quantities
from skyloom.builder.fitting.parameters import named_values
from skyloom.builder.fitting.posterior import (
    differences,
    free_fluxes,
    free_values,
    on_limit,
    posterior,
)
from skyloom.builder.fitting.priors import BOUNDS
from skyloom.builder.fitting.render import render_components
from skyloom.builder.fitting.search import search
from skyloom.builder.model import Model, replace
from synthetic import SCATTER, TRUTH, crowd_start, observed


@pytest.fixture(scope="module")
def post():
    problem = Problem(crowd_start(), observed(), SCATTER)
    return posterior(problem, search(problem, 60).vector)


def test_differences_of_a_known_function():
    """Central differences give the Jacobian of a quadratic exactly."""
    jacobian = differences(
        lambda v: np.array([v[0] ** 2, v[0] * v[1]]), np.array([3.0, 2])
    )
    np.testing.assert_allclose(jacobian, [[6, 0], [2, 3]], rtol=1e-9)


def test_covariance_of_a_linear_problem():
    """At a given shape the inverse covariance of the brightness is A'A."""
    frozen = Problem(Model(disk=TRUTH.disk), observed(), None)
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


def test_limits_are_held_and_named(monkeypatch):
    """A parameter on its limit is flagged and has no error."""
    monkeypatch.setitem(BOUNDS, "disk.q", (0.8, 1.0))
    start = replace(crowd_start(), disk=replace(TRUTH.disk, q=0.85))
    problem = Problem(start, observed(), SCATTER)
    post = posterior(problem, search(problem, 60).vector)
    assert "disk.q:lower" in post.limits
    names, _, covariance = free_values(post)
    assert covariance[names.index("disk.q"), names.index("disk.q")] == 0


def test_arm_at_its_brightest_is_held_and_named(monkeypatch):
    """An arm brighter than allowed is flagged; only its ratio to the disk is held."""
    monkeypatch.setitem(BOUNDS, "spiral.I", (0.0, 0.3))
    problem = Problem(crowd_start(), observed(), SCATTER)
    post = posterior(problem, search(problem, 60).vector)
    assert "spiral.0.I:upper" in post.limits
    names, values, covariance = free_values(post)
    error = dict(zip(names, np.sqrt(np.diag(covariance)), strict=True))
    value = dict(zip(names, values, strict=True))
    assert value["spiral.0.I"] == pytest.approx(0.3)
    assert error["spiral.0.I"] == 0
    assert 0 < error["disk.I"] < 0.1 * value["disk.I"]
    assert (np.diag(free_fluxes(post)[2]) > 0).all()


def test_arm_below_its_brightest_is_free(post):
    """An arm inside its limits is neither flagged nor held."""
    assert not any("spiral.0.I" in limit for limit in post.limits)
    names, _, covariance = free_values(post)
    assert covariance[names.index("spiral.0.I"), names.index("spiral.0.I")] > 1e-6


WITH_A_BAR = replace(
    crowd_start(), bar=replace(TRUTH.bulge, q=0.4, Re=4.0, n=0.7, c=2.2, roll=0.3)
)
FACTORS = st.sampled_from([0.6, 0.85, 1.0, 1.2, 1.6])


def around(name, factor):
    """Return limits of 7 % either side of a multiple of the start's value."""
    values = named_values(WITH_A_BAR)
    part, key = name.split(".")
    value = factor * abs(values[f"spiral.0.{key}" if part == "spiral" else name])
    if name in ("bulge.Re", "bar.Re"):
        value /= values["disk.Re"]
    return (0.0, factor * 0.8) if key == "I" else (0.93 * value, 1.07 * value)


def check_limits(bounds):
    """All that ends on a limit is named, and only that is held."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(fit, "BOUNDS", bounds)
        patch.setattr(fit, "RTOL", 1e-3)
        problem = Problem(WITH_A_BAR, observed(), SCATTER)
        post = posterior(problem, search(problem, 200).vector)
    flags = dict(limit.rsplit(":", 1) for limit in post.limits)
    light = dict(zip(problem.terms, post.amplitude, strict=True))
    lower, upper = problem.bounds
    error = np.sqrt(np.diag(post.covariance))
    for i, name in enumerate(problem.par.names):
        span = upper[i] - lower[i]
        room = {"lower": post.vector[i] - lower[i], "upper": upper[i] - post.vector[i]}
        at = [s for s, d in room.items() if d < 1e-3 * span and np.isfinite(span)]
        assert at in ([], [flags.get(name)]), (name, room)
        if light.get(name.rsplit(".", 1)[0], 1.0) > 0:
            assert (error[i] == 0) == (name in flags), name
        if name in flags:
            assert room[flags[name]] < 1e-2 * span, name
    top = bounds["spiral.I"][1] * light["disk"]
    bright = light["spiral.0"] >= top * (1 - 1e-6) > 0
    assert bright == (flags.get("spiral.0.I") == "upper")
    dark = {f"{term}.I" for term, a in light.items() if a <= 0}
    assert dark == {n for n, s in flags.items() if n.endswith(".I") and s == "lower"}


LIMITS = st.dictionaries(st.sampled_from(sorted(BOUNDS)), FACTORS, max_size=3)


@settings(max_examples=25, deadline=None)
@given(limits=LIMITS)
def test_nothing_at_a_bound_without_a_flag(limits):
    """Whatever limits are set, the trust region's ends on them are flagged."""
    check_limits(BOUNDS | {name: around(name, f) for name, f in limits.items()})


@pytest.mark.parametrize(("error", "room"), [(1e-4, 1e-3), (0.1, 5e-3), (10.0, 1e-2)])
def test_what_lies_near_a_limit_is_on_it(error, room):
    """Closer than a twentieth of its error, within 0.1 and 1 % of the range."""
    bounds = np.array([2.0, -np.inf]), np.array([3.0, np.inf])
    problem = types.SimpleNamespace(bounds=bounds)
    precision = np.full(2, error**-2.0)

    def sides(x):
        return on_limit(problem, np.array([x, 0.0]), precision)

    for part, side in ((0.98, "lower"), (1.02, None)):
        assert sides(2.0 + part * room) == [side, None]
    for part, side in ((0.98, "upper"), (1.02, None)):
        assert sides(3.0 - part * room) == [side, None]


def test_errors_of_a_scaled_posterior():
    """The scale multiplies every standard error, so its square every variance."""
    problem = Problem(Model(disk=TRUTH.disk), observed(), SCATTER)
    once, thrice = (posterior(problem, problem.start, s) for s in (1.0, 3.0))
    np.testing.assert_allclose(thrice.covariance, 9 * once.covariance)


@pytest.mark.parametrize("roll", [1e-9, np.pi - 1e-9, 1.0])
def test_the_error_of_a_roll_does_not_see_its_wrap(roll):
    """At 0 and pi the reported roll jumps; its error is that of the fit."""
    model = Model(disk=replace(TRUTH.disk, roll=roll))
    problem = Problem(model, observed(model), SCATTER)
    post = posterior(problem, problem.start)
    names, values, covariance = free_values(post)
    i, j = names.index("disk.roll"), problem.par.names.index("disk.roll")
    assert values[i] == pytest.approx(roll)
    assert covariance[i, i] == pytest.approx(post.covariance[j, j], rel=1e-3)


def test_the_sky_moves_what_it_moves_in_a_new_fit():
    """The covariance grows by the square of the shift that a lifted image makes."""
    pixels, level = observed(noise=0.003), 2e-4
    problem = Problem(crowd_start(), pixels, SCATTER)
    vector = search(problem, 200, ftol=1e-12).vector
    plain, moved = posterior(problem, vector), posterior(problem, vector, sky=level)
    grown = np.sqrt(np.diag(moved.covariance - plain.covariance))
    pixels.image = pixels.image + level
    lifted = Problem(crowd_start(), pixels, SCATTER)
    shift = search(lifted, 200, ftol=1e-12).vector - vector
    i = problem.par.names.index("disk.Re")
    assert grown[i] == pytest.approx(abs(shift[i]), rel=0.2)
    np.testing.assert_array_equal(moved.from_priors, plain.from_priors)


def test_shares_tell_what_the_priors_decide():
    """Nothing of a disk without priors; all of what the image does not show."""
    problem = Problem(Model(disk=TRUTH.disk), observed(), None)
    i = problem.par.names.index("disk.Re")
    free = posterior(problem, search(problem, 60).vector)
    assert free.with_shares(lambda c: c[[i]])[2] == pytest.approx([0.0], abs=1e-12)
    faint = observed(noise=1e3)
    problem = Problem(crowd_start(), faint, SCATTER)
    told = posterior(problem, problem.par.begin())
    assert told.with_shares(lambda c: c[[i]])[2] == pytest.approx([1.0], abs=1e-3)
    assert np.isnan(told.with_shares(lambda c: np.zeros(1))[2]).all()


def test_an_arm_at_its_brightest_has_neither_error_nor_share():
    """Differences leave rounding there, which is no number."""
    arm = replace(TRUTH.spiral[0], I=BOUNDS["spiral.I"][1] * 1.5)
    bright = replace(TRUTH, spiral=(arm,))
    problem = Problem(crowd_start(), observed(bright), SCATTER)
    post = posterior(problem, search(problem, 60).vector)
    assert "spiral.0.I:upper" in post.limits
    found = quantities(post, [0])
    i = found.names.index("spiral.0.I")
    assert np.isnan(found.shares[i])
    assert not found.covariance[i].any()
    known = found.shares[np.isfinite(found.shares)]
    assert known.min() >= 0
    assert known.max() <= 1 + 1e-9
