"""A search that ends where every component has light."""

import types

import numpy as np
import pytest
from skyloom.builder.config import TuneSettings
from skyloom.builder.fitting import settle as settling
from skyloom.builder.fitting.fit import Problem
from skyloom.builder.fitting.settle import settle, without
from skyloom.builder.fitting.tune import tune
from skyloom.builder.model import replace
from skyloom.io.errors import DatumError
from synthetic import SCATTER, TRUTH, crowd_start, observed, with_a_dark_arm


@pytest.fixture(scope="module")
def end():
    return settle(crowd_start(), SCATTER, observed(), 60)


def test_the_end_knows_its_fit(end):
    """Chi² is that of the image, and the objective adds the priors' part."""
    problem, vector = end.problem, end.found.vector
    assert end.chisq == pytest.approx(len(problem.data), rel=0.1)
    pull = problem.pull(vector)
    assert end.objective == pytest.approx(end.chisq + pull @ pull)
    assert (end.arms, end.dropped) == ((0,), ())
    assert end.shape.disk.Re == pytest.approx(TRUTH.disk.Re, rel=0.1)


def test_light_is_that_of_the_fit_s_record(end):
    """The same fluxes as in the product, arms by their own number."""
    flux = tune(crowd_start(), SCATTER, observed(), TuneSettings())["flux"]
    light = end.light
    assert set(light) == {"disk", "bulge", "spiral.0"}
    for term, name in (("disk", "disk"), ("bulge", "bulge"), ("spiral.0", "spiral")):
        assert light[term] == pytest.approx(flux[name], rel=1e-2)


def test_arms_may_have_numbers_of_another_model(end):
    """The fit is the same; its first arm is called by its number there."""
    again = end.renumbered([4, 7])
    assert again.arms == (4,)
    assert again.found is end.found


@pytest.mark.parametrize(
    ("change", "reason"),
    [({"image": -1.0}, "light"), ({"mask": True}, "good pixels are too few")],
)
def test_what_cannot_be_fitted_is_refused(change, reason):
    """With the reason, as the fault of this image."""
    pixels = observed()
    for key, value in change.items():
        getattr(pixels, key)[:] = value
    with pytest.raises(DatumError, match=reason):
        settle(crowd_start(), None, pixels, 60)


def test_without_keeps_arms_and_errors_together():
    """Dropping the first of two arms drops its scatter; the disk takes all arms."""
    model = replace(TRUTH, spiral=(*TRUTH.spiral, replace(TRUTH.spiral[0], A=9.0)))
    errors = {"disk": {}, "spiral": [{"A": 1.0}, {"A": 2.0}]}
    left, kept = without(model, errors, ["spiral.0"])
    assert [arm.A for arm in left.spiral] == [9.0]
    assert kept["spiral"] == [{"A": 2.0}]
    left, kept = without(model, errors, ["disk"])
    assert (left.disk, left.spiral, kept["spiral"]) == (None, (), [])


def test_priors_stay_the_crowds_after_a_drop(monkeypatch):
    """The search goes on from where it was, with the priors about the crowd's model."""
    start, errors, pixels = with_a_dark_arm()
    made = []

    def seen(*args):
        made.append(Problem(*args))
        return made[-1]

    monkeypatch.setattr(settling, "Problem", seen)
    assert settle(start, errors, pixels, 60).dropped == ("spiral.1",)
    never = Problem(crowd_start(), pixels, SCATTER)
    first, last = made[0], made[1]
    assert last.par.names == never.par.names
    np.testing.assert_array_equal(last.prior_mean, never.prior_mean)
    np.testing.assert_array_equal(last.prior_root, never.prior_root)
    np.testing.assert_array_equal(last.bounds, never.bounds)
    assert np.abs(last.start - never.start).max() > 0.01
    assert first.par.names != last.par.names


def test_dropped_arms_are_numbered_as_in_the_start(monkeypatch):
    """Arms dropped one after the other keep the numbers of the model given."""
    dark = iter([["spiral.0"], ["spiral.1"], []])
    monkeypatch.setattr(settling, "_dark", lambda *_: next(dark, []))
    monkeypatch.setattr(
        settling, "_search", lambda one, _: types.SimpleNamespace(vector=one.start)
    )
    arms = tuple(replace(TRUTH.spiral[0], A=a) for a in (4.0, 6.0, 8.0))
    found = settle(replace(TRUTH, spiral=arms), None, observed(), 60)
    assert found.dropped == ("spiral.0", "spiral.2")
    assert found.arms == (1,)
    assert [arm.A for arm in found.shape.spiral] == pytest.approx([6.0])


def test_the_best_of_three_searches_counts(monkeypatch):
    """Where light goes out, the search with the lowest objective is taken."""
    start, _, pixels = with_a_dark_arm()
    problem = Problem(start, pixels, None)
    ends = {1.0: 0.05, 2.0: 0.01, 0.5: 0.03}
    tried = []

    def ended(_, __, stretch=1.0):
        tried.append(stretch)
        return types.SimpleNamespace(vector=problem.start + ends[stretch])

    monkeypatch.setattr(settling, "search", ended)
    monkeypatch.setattr(settling, "_dark", lambda *_: ["spiral.1"])
    monkeypatch.setattr(
        settling, "objective", lambda _, v: float((v - problem.start)[0])
    )
    found = settling._search(problem, 60)
    assert tried == [1.0, 2.0, 0.5]
    assert found.vector[0] - problem.start[0] == pytest.approx(0.01)
    monkeypatch.setattr(settling, "_dark", lambda *_: [])
    found = settling._search(problem, 60)
    assert found.vector[0] - problem.start[0] == pytest.approx(0.05)
    assert tried == [1.0, 2.0, 0.5, 1.0]


@pytest.mark.parametrize("error", [ValueError, np.linalg.LinAlgError])
def test_a_bug_is_no_failed_fit(monkeypatch, error):
    """Only what is the data's fault is recorded; every other error goes on."""

    def broken(*_):
        msg = "operands could not be broadcast together"
        raise error(msg)

    monkeypatch.setattr(settling, "_search", broken)
    with pytest.raises(error, match="broadcast"):
        tune(crowd_start(), None, observed(), TuneSettings())
