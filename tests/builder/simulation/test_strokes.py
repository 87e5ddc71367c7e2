"""Strokes with known habits: on the spiral, with the ends and jitter asked for."""

from __future__ import annotations

import numpy as np
import pytest
from skyloom.builder.aggregation.logspiral import deproject
from skyloom.builder.aggregation.polylines import crosses_itself
from skyloom.builder.model import Model, Sersic, SpiralArm
from skyloom.builder.simulation import strokes
from skyloom.builder.simulation.tables import LEVELS

DISK = Sersic(60.0, 61.0, 0.7, 0.6, 18.0, 1.0)
QUIET = -20.0  # ln of a jitter that nobody sees


def table(**values):
    """Return a table whose columns have one value each."""
    rows = [[value] * len(LEVELS) for value in values.values()]
    found = {"columns": list(values), "quantiles": rows, "shared": [0.5] * len(rows)}
    return found | {"correlation": np.eye(len(rows)).tolist()}


def following(outwards=1.0, **values):
    """Return the habits of strokes that follow an arm, and never cross themselves."""
    plain = {"points": np.log(40), "inner": 0.0, "outer": 0.0, "lift": 0.0}
    plain |= {"tilt": 0.0, "jitter": QUIET, "memory": 0.5}
    found = {"following": table(**plain | values), "outwards": outwards}
    return found | {"crosses": [0.0, 0.0]}


def free(mirrored=0.0, **values):
    """Return the habits of strokes that follow nothing."""
    plain = {"points": np.log(40), "start": -0.9, "end": 0.4, "sweep": 1.7}
    plain |= {"jitter": QUIET, "memory": 0.5}
    found = {"free": table(**plain | values), "mirrored": mirrored}
    return found | {"crosses": [0.0, 0.0]}


def polar(points):
    """Return ln r (of r in disk Re) and the angle along a stroke."""
    r, theta = deproject(points, DISK)
    return np.log(r / DISK.Re), np.unwrap(theta)


@pytest.mark.parametrize("sense", [1, -1])
@pytest.mark.parametrize("outwards", [1.0, 0.0])
def test_a_sure_hand_draws_the_arm_itself(sense, outwards):
    """It starts 0.2 rad within the arm, ends 0.4 rad beyond it, a little lifted."""
    ends = np.sort([sense * 0.5, sense * 3.0])
    arm = SpiralArm(0.5, 2.0, 9.0, sense * 18.0, *ends)
    habits = following(outwards, inner=0.2, outer=0.4, lift=0.05)
    rng = np.random.default_rng(1)
    points = strokes.draw_following(
        Model(DISK, spiral=(arm,)), 0, habits, np.zeros(7), rng
    )
    log_r, theta = polar(points)
    theta += 2 * np.pi * np.round((sense * 1.75 - theta.mean()) / (2 * np.pi))
    slope = np.tan(np.radians(18.0)) * sense
    assert len(points) == 40
    expected = np.log(9.0 / 18.0) + slope * theta + 0.05
    np.testing.assert_allclose(log_r, expected, atol=1e-6)
    wanted = np.array([0.7, 3.4]) * sense
    wanted = wanted if outwards else wanted[::-1]
    np.testing.assert_allclose(theta[[0, -1]], wanted, atol=1e-6)


def test_a_tilted_stroke_turns_about_its_middle():
    """Its slope differs by the tilt, its mean not at all."""
    arm = SpiralArm(0.5, 2.0, 9.0, 18.0, 0.5, 3.0)
    rng = np.random.default_rng(1)
    points = strokes.draw_following(
        Model(DISK, spiral=(arm,)), 0, following(tilt=0.1), np.zeros(7), rng
    )
    log_r, theta = polar(points)
    miss = log_r - np.log(0.5) - np.tan(np.radians(18.0)) * theta
    slope, _ = np.polyfit(theta, miss, 1)
    assert slope == pytest.approx(0.1, abs=1e-6)
    assert miss.mean() == pytest.approx(0, abs=1e-6)


def test_a_free_stroke_keeps_its_ends_whatever_the_jitter():
    """It starts and ends at the asked radii, sweeps the asked angle, and wanders."""
    habits = free(jitter=np.log(0.3), memory=0.9)
    rng = np.random.default_rng(2)
    for _ in range(5):
        points, shape = strokes.draw_free(Model(DISK), habits, np.zeros(6), rng)
        log_r, theta = polar(points)
        np.testing.assert_allclose(log_r[[0, -1]], [-0.9, 0.4], atol=1e-9)
        assert theta[-1] - theta[0] == pytest.approx(1.7)
        assert np.cos(theta[0] - shape["angle"]) == pytest.approx(1)
        straight = -0.9 + 1.3 * (theta - theta[0]) / 1.7
        rms = np.sqrt(np.mean((log_r - straight) ** 2))
        assert rms == pytest.approx(0.3, rel=1e-6)


def test_a_counterpart_lies_on_the_other_side():
    """Turned by half a turn, with the radii and the sweep of the one before."""
    previous = {"start": -1.5, "end": 0.1, "sweep": -1.0, "angle": 0.4}
    rng = np.random.default_rng(3)
    model = Model(DISK)
    points, shape = strokes.draw_free(model, free(1.0), np.zeros(6), rng, previous)
    log_r, theta = polar(points)
    assert np.cos(theta[0] - 0.4) == pytest.approx(-1)
    assert theta[-1] - theta[0] == pytest.approx(-1.0)
    np.testing.assert_allclose(log_r[[0, -1]], [-1.5, 0.1], atol=1e-6)
    own = [
        strokes.draw_free(model, free(0.3), np.zeros(6), rng, previous)[1]["end"] == 0.1
        for _ in range(400)
    ]
    assert np.mean(own) == pytest.approx(0.3, abs=0.08)
    angles = [
        strokes.draw_free(model, free(), np.zeros(6), rng, shape)[1]["angle"]
        for _ in range(400)
    ]
    assert np.mean(np.exp(1j * np.array(angles))) == pytest.approx(0, abs=0.18)


def test_a_free_stroke_is_drawn_again_where_it_follows_an_arm():
    """A shape that lies on the arm from one side in ten is never beside it."""
    arm = SpiralArm(0.5, 2.0, 18.0 * np.exp(-0.25), 20.0, -1.0, 1.0)
    model, rng = Model(DISK, spiral=(arm,)), np.random.default_rng(4)
    habits = free(start=-0.6, end=0.1, sweep=1.9)
    for _ in range(60):
        points, _ = strokes.draw_free(model, habits, np.zeros(6), rng)
        assert strokes.beside_arm(*polar(points), arm, DISK) is None


ARM = SpiralArm(0.5, 2.0, 18.0, 15.0, 1.0, 3.0)


def near_arm(theta, offset=0.0):
    """Return the stroke at a distance in ln r from `ARM`, as `beside_arm` sees it."""
    log_r = np.tan(np.radians(15.0)) * theta + offset
    return strokes.beside_arm(log_r, theta, ARM, DISK)


@pytest.mark.parametrize("side", [1, -1])
def test_strokes_within_a_fifth_in_ln_r_follow(side):
    """In the median; five points are the least."""
    theta = np.linspace(1, 3, 20)
    np.testing.assert_allclose(near_arm(theta, side * 0.199)[1], side * 0.199)
    assert near_arm(theta, side * 0.201) is None
    assert near_arm(theta[::4]) is not None
    assert near_arm(theta[:4]) is None


@pytest.mark.parametrize("turns", [-2, 0, 1])
def test_strokes_are_taken_on_the_turn_of_the_arm(turns):
    """The drawn angle has no turn of its own."""
    theta = np.linspace(1.2, 2.9, 20)
    log_r = np.tan(np.radians(15.0)) * theta
    found, miss = strokes.beside_arm(log_r, theta + turns * 2 * np.pi, ARM, DISK)
    np.testing.assert_allclose(found, theta)
    np.testing.assert_allclose(miss, 0, atol=1e-12)


def test_half_of_the_points_lie_beside_the_arm():
    """With 0.3 rad of grace at either end."""
    grace = 0.3
    for low, high in ((3 + grace, 5.0), (1 - grace, -1.0)):
        beyond = np.linspace(low, high, 50)
        shy = 1e-3 * np.sign(high - low)
        assert near_arm(np.r_[np.linspace(1.5, 2.5, 50), beyond + shy]) is not None
        assert near_arm(np.r_[np.linspace(1.5, 2.5, 48), beyond + shy]) is None
        assert near_arm(np.r_[np.linspace(1.5, 2.5, 48), beyond[:3] - shy]) is not None
        inside = np.full(20, low - shy)
        assert near_arm(inside) is not None
        assert near_arm(np.full(20, low + shy)) is None


@pytest.mark.parametrize(("n", "slack"), [(20, 0.08), (60, 0.03)])
def test_jitter_has_its_memory_in_short_strokes_too(n, slack):
    """What taking off a line costs is given back, to first order in 1/n."""
    rng = np.random.default_rng(9)
    lines = [strokes.wobble(np.zeros(n), 0.2, 0.5, rng) for _ in range(700)]
    lagged = [w[1:] @ w[:-1] / (w @ w) for w in lines]
    assert np.mean(lagged) == pytest.approx(0.5, abs=slack)


def test_jitter_is_free_of_the_line():
    """Mean and slope are told apart from it."""
    rng = np.random.default_rng(9)
    jitter = strokes.wobble(np.linspace(-1, 1, 60), 0.2, 0.9, rng)
    assert np.polyfit(np.arange(60), jitter, 1) == pytest.approx([0, 0], abs=1e-12)
    ends = strokes.wobble(np.linspace(-1, 1, 60), 0.2, 0.9, rng, pinned=True)
    assert ends[[0, -1]] == pytest.approx([0, 0], abs=1e-12)


@pytest.mark.parametrize(("half", "ratio"), [(0.7, np.exp(1.4)), (4.0, np.exp(4.0))])
def test_a_hand_is_as_sure_near_the_centre_as_far_from_it(half, ratio):
    """The jitter of ln r goes as 1/r, within a factor e^2 of the middle."""
    rng = np.random.default_rng(10)
    log_r = np.r_[np.full(400, -half), np.full(400, half)]
    lines = np.array([strokes.wobble(log_r, 0.2, 0.0, rng) for _ in range(20)])
    bends = np.diff(lines, 2, axis=1)  # free of the line that is taken off
    inner, outer = bends[:, 5:390].std(), bends[:, 405:790].std()
    assert inner / outer == pytest.approx(ratio, rel=0.1)


def test_a_hook_fades_within_a_seventh_of_the_stroke():
    """Its e-folding length is 0.15 of the sweep; hands with little jitter have none."""
    rng = np.random.default_rng(6)
    outwards = np.linspace(2.0, 5.0, 41)
    values = {"jitter": np.log(3.0), "memory": 0.9}
    hands = [strokes._hand(0 * outwards, outwards, values, rng) for _ in range(150)]
    bend = np.diff(np.mean(hands, axis=0), 2)
    assert bend[:8] == pytest.approx(bend[0] * np.exp(-np.arange(8) / 40 / 0.15), 0.1)
    for rms, hooked in ((0.079, False), (0.12, True)):
        values = {"jitter": np.log(rms), "memory": 0.3}
        hands = [strokes._hand(0 * outwards, outwards, values, rng) for _ in range(200)]
        start = np.mean(hands, axis=0)[0]
        assert (start < -0.05) == hooked
        if not hooked:
            assert abs(start) < 4 * 3 * rms / np.sqrt(200)


def test_a_hook_has_what_the_quiet_hand_leaves():
    """In the square: of 0.1 in all a hand of 0.08 leaves a hook of 0.06."""
    rng = np.random.default_rng(6)
    outwards = np.linspace(0.0, 1.0, 41)
    values = {"jitter": np.log(0.1), "memory": 0.0}
    hands = np.array(
        [strokes._hand(0 * outwards, outwards, values, rng) for _ in range(600)]
    )
    shape = np.exp(-outwards / 0.15)
    line = np.polyval(np.polyfit(outwards, shape, 1), outwards)
    hook = -0.06 * (shape - line) / shape.std()
    rest = np.sqrt(0.08**2 + np.mean(hook**2))
    assert hands.mean(axis=0)[:3] == pytest.approx(hook[:3] * 0.1 / rest, abs=0.01)


def test_vertices_are_spaced_as_a_gamma_of_two():
    """From 0 to 1 in rising order; their gaps have a Dirichlet's second moment."""
    rng, n = np.random.default_rng(11), 30
    steps = np.array([strokes._steps(n, rng) for _ in range(3000)])
    assert steps.shape == (3000, n)
    assert (steps[:, 0] == 0).all()
    assert steps[:, -1] == pytest.approx(1)
    gaps = np.diff(steps, axis=1)
    assert (gaps > 0).all()
    # Wilks 1962: of N parts, each with alpha 2, sum of squares 3 / (2 N + 1).
    assert np.sum(gaps**2, axis=1).mean() == pytest.approx(3 / (2 * (n - 1) + 1), 0.013)
    assert strokes._steps(1, rng).tolist() == [0.0]
    assert strokes._steps(2, rng).tolist() == [0.0, 1.0]


@pytest.mark.parametrize(
    ("drawn", "n"), [(3, 5), (5, 5), (12, 12), (1500, 1500), (1800, 1500)]
)
def test_a_following_stroke_has_five_to_1500_vertices(drawn, n):
    """As many as drawn in between."""
    arm = SpiralArm(0.5, 2.0, 9.0, 18.0, 0.5, 3.0)
    rng, habits = np.random.default_rng(1), following(points=np.log(drawn))
    model = Model(DISK, spiral=(arm,))
    points = strokes.draw_following(model, 0, habits, np.zeros(7), rng)
    assert len(points) == n


@pytest.mark.parametrize("n", [1, 2, 4, 5])
def test_a_free_stroke_may_be_a_point(n):
    """From five vertices on it has jitter."""
    rng = np.random.default_rng(1)
    habits = free(points=np.log(n), jitter=np.log(0.2))
    points, _ = strokes.draw_free(Model(DISK), habits, np.zeros(6), rng)
    assert len(points) == n
    log_r, theta = polar(points)
    straight = -0.9 + 1.3 * (theta - theta[0]) / 1.7
    assert np.allclose(log_r, straight) == (n < 5)


def test_a_loop_crosses_the_stroke_and_is_small():
    """Within 0.08 of the extent of its vertex; some of eight vertices move."""
    rng = np.random.default_rng(12)
    points = np.column_stack([np.linspace(0, 100, 50), np.linspace(0, 30, 50)])
    crossed = []
    for _ in range(30):
        looped = strokes._maybe_loop(points, 1.0, rng)
        moved = np.flatnonzero((looped != points).any(axis=1))
        crossed.append(crosses_itself(looped))
        assert 1 <= len(moved) <= 7
        assert np.ptp(moved) <= 7
        start = points[moved[0] - 1] if moved[0] else points[0]
        away = np.hypot(*(looped[moved] - start).T)
        assert away.max() <= 8.0 + 1e-9
        assert away.max() > 7.5
        # The middle of the loop is 4 per cent of the extent to the left.
        radius = np.hypot(*(looped[moved] - start + [4.0, 0.0]).T)
        assert radius == pytest.approx(4.0)
        # It ends after a turn and a quarter.
        np.testing.assert_allclose(looped[moved[-1]] - start, [-4, 4], atol=1e-9)
    assert np.mean(crossed) > 0.9
    rate = [strokes._maybe_loop(points, 0.3, rng) is not points for _ in range(600)]
    assert np.mean(rate) == pytest.approx(0.3, abs=0.07)
    assert strokes._maybe_loop(points[:4], 1.0, rng) is not None
    np.testing.assert_array_equal(strokes._maybe_loop(points[:4], 1.0, rng), points[:4])


def test_following_and_free_strokes_loop_at_their_own_rates():
    """The first number is that of free strokes."""
    arm = SpiralArm(0.5, 2.0, 9.0, 18.0, 0.5, 3.0)
    model, rng = Model(DISK, spiral=(arm,)), np.random.default_rng(13)
    for crosses, expected in (([1.0, 0.0], (True, False)), ([0.0, 1.0], (False, True))):
        habits = following() | free() | {"crosses": crosses}
        own, _ = strokes.draw_free(model, habits, np.zeros(6), rng)
        follows = strokes.draw_following(model, 0, habits, np.zeros(7), rng)
        assert (crosses_itself(own), crosses_itself(follows)) == expected


def test_habits_share_the_number_of_vertices():
    """Of unit scatter, otherwise independent."""
    rng = np.random.default_rng(14)
    crowd = following() | free()
    found = [strokes.draw_habits(crowd, rng) for _ in range(500)]
    one, two = (np.array(rows) for rows in zip(*found, strict=True))
    assert (one.shape, two.shape) == ((500, 7), (500, 6))
    np.testing.assert_array_equal(one[:, 0], two[:, 0])
    assert one.std() == pytest.approx(1, abs=0.05)
    assert np.corrcoef(one[:, 1], two[:, 1])[0, 1] == pytest.approx(0, abs=0.15)
