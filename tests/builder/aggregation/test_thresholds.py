"""Aggregation just inside and just outside each documented threshold."""

from __future__ import annotations

import numpy as np
import pytest
from builder import drawn_arms
from skyloom.builder.aggregation import arms
from skyloom.builder.aggregation.aggregate import _plane, aggregate_subject
from skyloom.builder.aggregation.arms import Stroke, cut, find_arms, fit_arm
from skyloom.builder.aggregation.clusters import labels, support
from skyloom.builder.aggregation.polylines import line_distances
from skyloom.builder.config import AggregateSettings, ArmSettings
from skyloom.builder.model import Model, Sersic, replace, to_dict
from skyloom.stats.intervals import jeffreys

DISK = Sersic(50.0, 50.0, 0.4, 0.7, 20.0, 1.0)
NEAR = 1e-6


def people(*parts, name="disk"):
    """Return a volunteers tree in which each volunteer drew one component or none."""
    models = [Model(**{name: part}) if part else Model() for part in parts]
    drawn = [
        {"classification_id": k, "created_at": None, "model": to_dict(model)}
        for k, model in enumerate(models)
    ]
    return {"subject_id": 1, "shape": [90, 110], "volunteers": drawn}


@pytest.mark.parametrize(("n", "status"), [(3, "failed"), (4, "ok")])
def test_four_volunteers_are_the_least(n, status):
    """Three are too few; four who agree make a disk."""
    found = aggregate_subject(people(*[DISK] * n), AggregateSettings())
    assert found["status"] == status
    assert (found["model"]["disk"] is not None) == (status == "ok")


@pytest.mark.parametrize(("n", "drawn"), [(3, False), (4, True)])
def test_four_drawings_that_agree_are_the_least(n, drawn):
    """Of six volunteers three drew a disk: no disk; four did: one."""
    found = aggregate_subject(
        people(*[DISK] * n, *[None] * (6 - n)), AggregateSettings()
    )
    assert (found["model"]["disk"] is not None) == drawn
    assert found["support"]["disk"]["k"] == (n if drawn else 0)
    assert found["drawn"]["disk"] == n


@pytest.mark.parametrize(
    ("name", "eps"), [("disk", 0.3), ("bulge", 0.4), ("bar", 0.47839828)]
)
@pytest.mark.parametrize("side", [-1, 1])
def test_eps_of_each_component(name, eps, side):
    """A drawing that shares a little more than 1 - eps with three others agrees.

    A concentric shape of the same form and a fraction f of the area is at 1 - f.
    """
    part = Sersic(50.0, 50.0, 0.4, 0.5, 20.0, 1.0)
    size = 20.0 * np.sqrt(1 - eps - side * 1e-4)
    other = Sersic(50.0, 50.0, 0.4, 0.5, size, 1.0)
    found = aggregate_subject(
        people(part, part, part, other, name=name), AggregateSettings()
    )
    assert (found["model"][name] is None) == (side > 0)


def test_neighbours_at_eps_are_neighbours():
    """The limit itself counts, and so does the object itself."""
    apart = abs(np.subtract.outer([0.0, 1.0], [0.0, 1.0]))
    assert labels(apart, 1.0, 2).tolist() == [0, 0]
    assert labels(apart, 1.0 - NEAR, 2).tolist() == [-1, -1]
    assert labels(apart, 1.0, 3).tolist() == [-1, -1]


@pytest.mark.parametrize(("k", "n"), [(0, 2), (1, 2), (2, 2), (7, 30)])
def test_support_is_the_mean_of_its_posterior(k, n):
    """``(k + 1/2) / (n + 1)``, with the 68 % interval about it; two are enough."""
    found = support(k, n)
    assert found["p"] == (k + 0.5) / (n + 1)
    low, high = jeffreys(k, n, 0.6827)
    assert (found["p_low"], found["p_high"]) == (low, high)
    assert found["p_low"] < found["p"] < found["p_high"]


def test_the_plane_errs_as_a_mean_of_its_drawings():
    """The disk's standard errors are the scatter over the root of the members."""
    errors = {"mux": 2.0, "muy": 1.0, "roll": 0.2, "q": 0.04, "Re": 3.0, "I": None}
    bar = Sersic(50.0, 50.0, 0.4, 0.3, 7.0, 1.0)
    plane = _plane({"disk": DISK, "bar": bar}, errors, 16, (90, 110))
    expected = {"mux": 0.5, "muy": 0.25, "roll": 0.05, "q": 0.01, "Re": 0.75}
    assert plane.errors == pytest.approx(expected)
    assert (plane.width, plane.hole) == (110.0, 7.0)
    assert _plane({"disk": DISK, "bar": None}, errors, 16, (90, 110)).hole == 0.0


def test_lines_are_cut_about_the_centre_of_the_image():
    """Within 2.5 px of the middle of a wide image, not of a tall one; 2.5 stays."""
    shape = (51, 101)  # centre at x 50, y 25
    y = 25.0 + np.array([-4, -3, -2.5, -2.4, 0, 2.4, 2.5, 3, 4])
    line = np.column_stack([np.full(len(y), 50.0), y])
    pieces = cut([Stroke(0, 0, line)], shape)
    assert [p.points[:, 1].tolist() for p in pieces] == [
        [21.0, 22.0, 22.5],
        [27.5, 28.0, 29.0],
    ]
    (whole,) = cut([Stroke(0, 0, line + np.array([3.0, 0.0]))], shape)
    assert len(whole.points) == len(y)


@pytest.fixture(scope="module")
def lines():
    """Return four volunteers' lines along one arm."""
    return drawn_arms.arm(np.random.default_rng(3), 4, 0.3, 3.2)


@pytest.mark.parametrize(("change", "n_arms"), [(NEAR, 1), (-NEAR, 0)])
def test_eps_of_lines_is_in_squared_image_widths(lines, change, n_arms):
    """Four lines make an arm from the distance of the third nearest on."""
    apart = line_distances([s.points / drawn_arms.WIDTH for s in lines])
    eps = np.sort(apart, axis=1)[:, 3].min() * (1 + change)
    settings = ArmSettings(eps=float(eps))
    assert len(find_arms(lines, drawn_arms.plane(), settings)) == n_arms
    assert find_arms(lines[:3], drawn_arms.plane(), ArmSettings(eps=1.0)) == []


@pytest.mark.parametrize(("change", "n_arms"), [(-NEAR, 1), (NEAR, 0)])
def test_score_of_an_arm(monkeypatch, lines, change, n_arms):
    """An arm stays at its least coefficient of determination, and goes below it."""
    settings = ArmSettings(eps=1.0)
    (arm,) = find_arms(lines, drawn_arms.plane(), settings)
    monkeypatch.setattr(arms, "MIN_SCORE", arm.spiral.score * (1 + change))
    assert len(find_arms(lines, drawn_arms.plane(), settings)) == n_arms


def test_an_arm_runs_from_its_first_to_its_last_point(lines):
    """Its extent is that of the points that survived."""
    (arm,) = find_arms(lines, drawn_arms.plane(), ArmSettings(eps=1.0))
    assert arm.extent == (arm.theta.min(), arm.theta.max())
    r, theta = arms.spiral_polar(arm, drawn_arms.plane())
    assert (theta[0], theta[-1]) == arm.extent
    slope = np.diff(np.log(r)) / np.diff(theta)
    np.testing.assert_allclose(slope, arm.spiral.coef[1])
    at_zero = np.log(r[0] / drawn_arms.WIDTH) - slope[0] * theta[0]
    assert at_zero == pytest.approx(arm.spiral.coef[0])


def test_points_within_the_bar_do_not_count(lines):
    """The hole is in pixels; its edge and all beyond it has weight."""
    plane = replace(drawn_arms.plane(), hole=30.0)
    arm = fit_arm(tuple(lines), plane, "crowd")
    outside = arm.r * drawn_arms.WIDTH >= 30.0
    assert 0 < outside.sum() < len(outside)
    np.testing.assert_array_equal(arm.weight > 0, outside)


def test_what_is_not_measured_has_the_published_value():
    """Disk I 0.2, bulge and bar I 0.01, n 1 and c 2: without a prior."""
    for name, light in (("disk", 0.2), ("bulge", 0.01), ("bar", 0.01)):
        part = Sersic(50.0, 50.0, 0.4, 0.5, 20.0, 1.0, 3.0, 2.7)
        if name == "bulge":
            part = replace(part, q=0.7)
        found = aggregate_subject(people(*[part] * 5, name=name), AggregateSettings())
        model, errors = found["model"][name], found["errors"][name]
        assert (model["I"], model["n"], model["c"]) == (light, 1.0, 2.0)
        assert model["Re"] == pytest.approx(20.0, rel=1e-3)
        assert errors["I"] is errors["n"] is errors["c"] is None
        assert errors["Re"] == 0
