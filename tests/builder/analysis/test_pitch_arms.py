"""Pitch angle and error of one arm from drawn lines."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats
from skyloom.builder.analysis.pitch_arms import (
    COLUMNS,
    arm_row,
    arm_table,
    hand_sums,
    jackknife_slope,
    slope,
)


def drawn(rng, pitch, n_lines, *, offset=0.08, tilt=0.08, wiggle=0.05):
    """Return the points of lines drawn over one arm, each with its own error."""
    b, parts = np.tan(np.deg2rad(pitch)), []
    for line in range(n_lines):
        start, length = rng.uniform(0, 1.2), rng.uniform(1, 2.5)
        t = np.sort(rng.uniform(start, start + length, rng.integers(15, 60)))
        wave = np.sin(rng.uniform(2, 6) * t + rng.uniform(0, 6))
        noise = rng.normal(0, offset) + rng.normal(0, tilt) * (t - t.mean())
        r = 10 * np.exp(b * t + noise + wiggle * wave)
        parts.append(np.stack([r, t, r**2 / 400, np.full(t.size, line)]))
    r, theta, weight, line = np.concatenate(parts, axis=1)
    return {"r": r, "theta": theta, "weight": weight, "line": line.astype(int)}


def arm_of(points, **changes):
    """Return an aggregate's arm with these points."""
    n = len(np.unique(points["line"]))
    arm = {"pitch_angle": 20.0, "pitch_angle_err": 1.0, "chirality": 1}
    return arm | {"n_lines": n, "length": 30.0, "points": points} | changes


@given(st.floats(-70, 70), st.floats(0.5, 50), st.sampled_from(["common", "own"]))
def test_exact_spiral_is_recovered(pitch, amplitude, intercepts):
    """The slope of a perfect log spiral is the tangent of its pitch angle."""
    theta = np.tile(np.linspace(-1, 1, 9), 3)
    b = np.tan(np.deg2rad(pitch))
    r = amplitude * np.exp(b * theta)
    points = {"r": r, "theta": theta, "weight": np.ones(27), "line": np.arange(27) // 9}
    assert slope(hand_sums(points), intercepts) == pytest.approx(b, abs=1e-9)


def test_slope_is_the_weighted_least_squares_line(rng):
    """The sums give the slope of a weighted straight-line fit."""
    points = drawn(rng, 20, 5)
    expected = np.polyfit(
        points["theta"], np.log(points["r"]), 1, w=np.sqrt(points["weight"])
    )
    assert slope(hand_sums(points)) == pytest.approx(expected[0], rel=1e-9)


def test_own_intercepts_ignore_the_radius_of_a_line(rng):
    """Scaling one line's radii does not move a slope with own intercepts."""
    points = drawn(rng, 20, 5)
    scaled = points | {"r": np.where(points["line"] == 2, 1.5, 1.0) * points["r"]}
    before, after = (slope(hand_sums(p), "own") for p in (points, scaled))
    assert after == pytest.approx(before, rel=1e-9)


def test_jackknife_is_refitting_without_each_line(rng):
    """The error is that of refits by hand without one line at a time."""
    points = drawn(rng, 20, 6)
    x, y, w = points["theta"], np.log(points["r"]), np.sqrt(points["weight"])
    refits = []
    for line in range(6):
        kept = points["line"] != line
        refits.append(np.polyfit(x[kept], y[kept], 1, w=w[kept])[0])
    expected = np.sqrt(5 / 6 * np.sum((refits - np.mean(refits)) ** 2))
    _, error, dof = jackknife_slope(hand_sums(points))
    assert (error, dof) == (pytest.approx(expected, rel=1e-8), 5)


def test_more_points_on_the_same_lines_tell_nothing(rng):
    """Repeating each point ten times leaves the error as it was."""
    points = drawn(rng, 20, 6)
    dense = {k: np.repeat(v, 10) for k, v in points.items()}
    sparse, more = (jackknife_slope(hand_sums(p)) for p in (points, dense))
    np.testing.assert_allclose(more, sparse, rtol=1e-9)


def test_lines_of_one_volunteer_are_one_hand(rng):
    """Two lines of one volunteer count once in the degrees of freedom."""
    points = drawn(rng, 20, 6)
    lines = [[0, 0], [0, 1], [3, 0], [4, 0], [5, 0], [8, 0]]
    assert arm_row(arm_of(points, lines=lines))["dof"] == 4
    assert arm_row(arm_of(points))["dof"] == 5


def test_sixty_eight_percent_of_arms_are_within_their_error(rng):
    """Errors from lines cover 68 +- 7 % of arms; points as independent do not."""
    inside = []
    for _ in range(300):
        points = drawn(rng, 20, int(rng.integers(4, 14)))
        b, error, dof = jackknife_slope(hand_sums(points))
        gap = abs(b - np.tan(np.deg2rad(20)))
        free = np.polyfit(points["theta"], np.log(points["r"]), 1, cov=True)[1]
        inside.append((gap < error * stats.t.ppf(0.84, dof), gap < free[0, 0] ** 0.5))
    lines, independent = np.mean(inside, axis=0)
    assert lines == pytest.approx(0.68, abs=0.07)
    assert independent < 0.4


def test_few_hands_keep_the_given_error(rng):
    """Below three volunteers the aggregate's own numbers stand, and it is said."""
    row = arm_row(arm_of(drawn(rng, 25, 2)))
    assert row["error_source"] == "given"
    assert (row["pitch_angle"], row["pitch_angle_err"]) == (20.0, 1.0)


def test_chirality_follows_the_slope(rng):
    """A spiral that winds the other way has a positive angle and chirality -1."""
    row = arm_row(arm_of(drawn(rng, -20, 8)))
    assert row["chirality"] == -1
    assert row["pitch_angle"] == pytest.approx(20, abs=5)


def test_table_has_one_ordered_row_an_arm(rng):
    """Subjects are ordered, failed ones add no rows, a repeat names its galaxy."""
    arm = arm_of(drawn(rng, 20, 5))
    trees = [
        {"subject_id": 7, "arms": [arm, arm]},
        {"subject_id": 3, "arms": [arm]},
        {"subject_id": 5, "arms": None},
    ]
    table = arm_table(trees, galaxies={7: 5, 3: 99})
    assert list(table) == list(COLUMNS)
    assert table["subject_id"].tolist() == [3, 7, 7]
    assert table["galaxy"].tolist() == [3, 5, 5]
    assert table["arm"].tolist() == [0, 0, 1]


def test_no_arms_make_an_empty_table():
    """A sample without arms has the columns and no rows."""
    assert list(arm_table([{"subject_id": 1, "arms": []}])) == list(COLUMNS)


def test_arm_without_any_error_is_kept_as_unknown():
    """An error that nobody knows is NaN, not a number made up."""
    arm = arm_of({"line": []}) | {"points": None, "pitch_angle_err": None}
    table = arm_table([{"subject_id": 1, "arms": [arm]}])
    assert np.isnan(table["pitch_angle_err"]).all()


@pytest.mark.parametrize("change", [{"pitch_angle": 95.0}, {"pitch_angle_err": -1.0}])
def test_impossible_arm_is_named(change):
    """An angle or error that cannot be names its subject and arm."""
    arm = arm_of({"line": []}) | {"points": None} | change
    with pytest.raises(ValueError, match=r"subject 12, arm 0: pitch angle"):
        arm_table([{"subject_id": 12, "arms": [arm]}])


@pytest.mark.parametrize(
    ("key", "value", "match"),
    [
        ("r", [1.0, -1.0], "finite r > 0"),
        ("theta", [0.0, np.nan], "finite r > 0"),
        ("weight", [1.0, -1.0], "weight >= 0"),
        ("r", [1.0], "differ in length"),
    ],
)
def test_impossible_points_are_refused(key, value, match):
    """Points of no drawing raise."""
    points = {"r": [1, 2], "theta": [0, 1], "weight": [1, 1], "line": [0, 1]}
    with pytest.raises(ValueError, match=match):
        hand_sums(points | {key: value})


def test_unknown_intercepts_are_refused():
    """A misspelt estimator raises."""
    with pytest.raises(ValueError, match="intercepts: expected one of"):
        slope(np.ones((3, 5)), "none")


def test_theta_that_does_not_vary_has_no_slope():
    """Points at one angle have no pitch angle."""
    points = {"r": [1, 2, 3], "theta": [1, 1, 1], "weight": [1, 1, 1], "line": [0] * 3}
    assert np.isnan(slope(hand_sums(points)))


def test_an_arm_seen_twice_counts_once():
    """A repeat speaks only where the first subject has no arms, or is not there."""
    arm = {"pitch_angle": 20.0, "pitch_angle_err": 1.0, "chirality": 1, "n_lines": 5}
    arms = {1: [arm], 11: [arm, arm], 2: [], 12: [arm], 13: [arm], 30: [arm]}
    trees = [{"subject_id": subject, "arms": found} for subject, found in arms.items()]
    table = arm_table(trees, galaxies={11: 1, 12: 2, 13: 3})
    assert table["subject_id"].tolist() == [1, 12, 13, 30]
    assert table["galaxy"].tolist() == [1, 2, 13, 30]


@pytest.fixture
def rng():
    """Return a seeded generator."""
    return np.random.default_rng(20)
