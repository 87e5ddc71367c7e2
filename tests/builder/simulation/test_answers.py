"""What volunteers of a made-up crowd answer, when the crowd has one answer alone."""

from __future__ import annotations

import numpy as np
import pytest
from crowd_table.measure import measure_part
from scipy.stats import multivariate_normal, norm
from skyloom.builder.drawings.coordinates import Screen
from skyloom.builder.drawings.volunteers import parse
from skyloom.builder.model import DrawnArm, Model, Sersic, SpiralArm, replace
from skyloom.builder.simulation import crowd as c
from skyloom.builder.simulation.annotation import annotation
from skyloom.builder.simulation.tables import LEVELS, draw

DISK = Sersic(60.0, 61.0, 0.7, 0.6, 18.0, 1.0)
ARM = SpiralArm(0.5, 2.0, 9.0, 18.0, 0.0, 3.0)


def table(**values):
    """Return a table whose columns have one value each."""
    rows = [[value] * len(LEVELS) for value in values.values()]
    found = {"columns": list(values), "quantiles": rows}
    return found | {"correlation": np.eye(len(rows)).tolist()}


def answers(rng, **parts):
    """Return a volunteer of a crowd without latent factors that says no to all."""

    class No(dict):
        def __missing__(self, name):
            return {"all": (-50.0, 0.0)} if self["kind"] == "rates" else [0.0]

    crowd = {"rates": No(kind="rates"), "factors": No(kind="factors")} | parts
    effects = dict.fromkeys((f"arm{i}" for i in range(8)), 0.0)
    effects = {**effects, **parts.get("effects", {})}
    return c.Answers(crowd, Effects(effects), np.zeros(1), rng)


class Effects(dict):
    """Shifts that are 0 where none is given."""

    def __missing__(self, name):
        """Return no shift."""
        return 0.0


HABITS = {"together": 0.5, "arm": [0.3, 0.4], "repeats": 0.25}
HABITS |= {"n_free": {"0": [0, 1], "1": [0, 0, 1], "2": [0, 0, 0, 2]}}
HABITS |= {"following": {"columns": ["points"]}, "free": {"columns": ["points"]}}


@pytest.fixture
def lines(monkeypatch):
    """Name the strokes of volunteers: the arm followed, or None with its previous."""

    def follow(model, arm, strokes, habit, rng):
        return arm

    def free(model, strokes, habit, rng, previous):
        return ("free", previous), 0 if previous is None else previous + 1

    monkeypatch.setattr(c, "draw_following", follow)
    monkeypatch.setattr(c, "draw_free", free)

    def drawn(n_arms, n=2000, **effects):
        seen = c.Seen(Model(DISK, spiral=(ARM,) * n_arms), 120.0)
        rng = np.random.default_rng(2)
        own = answers(rng, strokes=HABITS, effects=effects)
        return [c._draw_lines(seen, own) for _ in range(n)]

    return drawn


def test_arms_are_followed_at_their_rates_and_together(lines):
    """One probit an arm, shifted by the galaxy's effect, with one common half."""
    found = lines(2, arm1=-2.0)
    first, second = (np.array([k in one for one in found]) for k in (0, 1))
    levels = np.array([0.3, 0.3 - 0.8])
    assert first.mean() == pytest.approx(norm.cdf(0.3), abs=0.03)
    assert second.mean() == pytest.approx(norm.cdf(-0.5), abs=0.03)
    both = multivariate_normal([0, 0], [[1, 0.5], [0.5, 1]]).cdf(levels)
    assert np.mean(first & second) == pytest.approx(both, abs=0.03)


def test_an_arm_is_drawn_again_with_the_fitted_chance(lines):
    """A followed arm has 4 / 3 strokes where each is repeated one time in four."""
    counts = np.array([sum(k == 0 for k in one) for one in lines(1)])
    assert counts[counts > 0].mean() == pytest.approx(4 / 3, abs=0.05)
    assert np.mean(counts[counts > 0] > 1) == pytest.approx(0.25, abs=0.03)


@pytest.mark.parametrize("n_arms", [0, 1, 2, 3])
def test_free_strokes_follow_from_the_arms_that_were_followed(lines, n_arms):
    """One without, two with one, three with two or more; each knows the one before."""
    seen = set()
    for one in lines(n_arms, n=60):
        followed = {k for k in one if isinstance(k, int)}
        own = [k[1] for k in one if isinstance(k, tuple)]
        assert own == [None, 0, 1][: min(len(followed), 2) + 1]
        seen.add(len(followed))
    assert seen == set(range(n_arms + 1))


@pytest.mark.parametrize("sign", [-1, 1])
def test_differences_are_drawn_as_they_are_measured(sign):
    """Size, distance and ellipticity in the frame of the reference come back."""
    wanted = {"size": 0.3 * sign, "distance": -1.2, "along": 0.1, "across": 0.2 * sign}
    rng = np.random.default_rng(3)
    own = answers(rng, shapes={"disk": {"on1": table(**wanted)}})
    rolls = []
    for _ in range(60):
        shape = c._draw_shape("disk", "on1", DISK, False, own)
        found = measure_part("disk", shape, DISK)
        for name, value in wanted.items():
            assert found[name] == pytest.approx(value, abs=2e-3), name
        assert 0 <= shape.roll < np.pi
        rolls.append(np.arctan2(found["dy"], found["dx"]))
    assert np.mean(np.exp(1j * np.array(rolls))) == pytest.approx(0, abs=0.4)


def test_strays_have_the_axis_ratio_and_turn_of_their_table():
    """In the frame of the reference; a drawing is never smaller than a click."""
    wanted = {"size": -9.0, "distance": -1.2, "q": 0.7, "turn": -0.9}
    own = answers(np.random.default_rng(3), shapes={"bar": {"off": table(**wanted)}})
    shape = c._draw_shape("bar", "off", DISK, False, own)
    assert shape.q == 0.7
    assert shape.roll == pytest.approx((0.7 - 0.9) % np.pi)
    assert shape.Re == 0.3
    square = c._draw_shape("bar", "off", DISK, True, own)
    assert square.roll % (np.pi / 2) == pytest.approx(0)


@pytest.mark.parametrize(("along", "q"), [(0.5, 1 / 7), (5.0, 1 / 19), (-5.0, 1 / 19)])
def test_no_drawing_is_flatter_than_nine_tenths(along, q):
    """A third order ellipticity of 0.9 is an axis ratio of 1 / 19."""
    own = answers(
        np.random.default_rng(3),
        shapes={
            "disk": {"on1": table(size=0.0, distance=-3.0, along=along, across=0.0)}
        },
    )
    shape = c._draw_shape("disk", "on1", replace(DISK, q=0.6), False, own)
    bent = min(abs(0.25 + along), 0.9)
    assert shape.q == pytest.approx((1 - bent) / (1 + bent))
    assert along == 0.5 or shape.q == pytest.approx(q)
    turn = 0.0 if along > 0 else np.pi / 2
    assert np.cos(2 * (shape.roll - 0.7 - turn)) == pytest.approx(1)


def test_untouched_ellipses_are_half_as_wide_and_bars_rounder():
    """The tool's own ellipse has q 0.5; a bar at its limit is 0.5 to 1."""
    found = table(size=0.0, distance=-3.0, turn=0.2)
    rng = np.random.default_rng(4)
    yes = {"all": (50.0, 0.0)}
    for name in ("disk", "bar"):
        own = answers(rng, shapes={name: {"on.default": found, "on1.default": found}})
        own.crowd["rates"][f"{name}.default"] = yes
        state = "on" if name == "bar" else "on1"
        q = [c._draw_shape(name, state, DISK, False, own).q for _ in range(300)]
        if name == "disk":
            assert set(q) == {0.5}
        else:
            assert 0.5 <= min(q) < 0.52
            assert 0.98 < max(q) <= 1.0
            assert np.mean(q) == pytest.approx(0.75, abs=0.035)


@pytest.mark.parametrize(
    ("q", "state"),
    [
        (0.599, "on0"),
        (0.601, "on1"),
        (0.749, "on1"),
        (0.751, "on2"),
        (0.879, "on2"),
        (0.881, "on3"),
    ],
)
def test_roundness_of_the_reference(q, state):
    """Ellipses on target are told apart by it, bars are not."""
    assert c.state_of("disk", 1.0, q) == state
    assert c.state_of("bar", 1.0, q) == "on"
    assert c.state_of("disk", 0.0, q) == "off"
    assert c.state_of("disk", np.nan, q) == "unseen"


def test_a_state_never_met_takes_the_table_of_a_like_one():
    """Default ones that of the state, and rounder ones that of another roundness."""
    shapes = {"disk": {"off": 1, "on1": 2, "on1.default": 3}}
    assert c._shapes_of({"shapes": shapes}, "disk", "on1", True) == 3
    assert c._shapes_of({"shapes": shapes}, "disk", "on1", False) == 2
    assert c._shapes_of({"shapes": shapes}, "disk", "on3", False) == 2
    assert c._shapes_of({"shapes": shapes}, "disk", "off", True) == 1
    rates = {"off": 1, "on0": 2, "on1": 3}
    assert c._nearest(rates, "on0") == 2
    assert c._nearest(rates, "on3") == 3
    assert c._nearest(rates, "unseen") == 3


@pytest.mark.parametrize("loading", [0.0, 0.6, 0.95])
def test_factors_carry_their_part_of_the_variance(loading):
    """A skill of 1.2 shifts the probit by its loading; the rest is chance."""
    rates, factors = {"bar.drawn": {"all": (0.2, 0.0)}}, {"bar.drawn": [loading]}
    crowd = {"rates": rates, "factors": factors}
    rng = np.random.default_rng(5)
    own = c.Answers(crowd, {"bar.drawn": 0.0}, np.array([1.2]), rng)
    said = np.mean([own.yes("bar.drawn") for _ in range(3000)])
    expected = norm.cdf((0.2 - 1.2 * loading) / np.sqrt(1 - loading**2))
    assert said == pytest.approx(expected, abs=0.03)


def test_sliders_snap_to_hundredths_and_stand_where_they_were_put():
    """Moved ones are recorded under the part's name, others are at their default."""
    own = answers(np.random.default_rng(6), sliders={"arm.I": table(value=0.9649)})
    own.crowd["rates"]["touched.arm.I"] = {"all": (50.0, 0.0)}
    sliders = {}
    places = c._place_sliders("arm", "arm3", own, sliders)
    assert places == {"I": 0.96, "spread": 1.0}
    assert sliders == {"arm3.I": 0.96}


def test_drawings_come_back_with_all_their_sliders(checkout):
    """Light, index, boxyness, spread and falloff of parts and arms, as parsed."""
    crowd = c.read_crowd(checkout / "resources" / "builder_crowd.json")
    bulge, bar = Sersic(60, 60, 0.2, 0.8, 3.0, 1), Sersic(60, 61, 2, 0.3, 6.0, 1)
    seen = c.Seen(Model(DISK, bulge, bar, (ARM,)), 150.0)
    screen, rng = Screen((150, 150)), np.random.default_rng(7)
    effects, n = c.draw_effects(crowd, rng), dict.fromkeys(("disk", "bar", "arm"), 0)
    for _ in range(60):
        drawing = c.draw_drawing(seen, crowd, effects, c.draw_factors(crowd, rng), rng)
        arms = tuple(a for a in drawing.model.spiral if len(a.points) > 1)
        if len(arms) < len(drawing.model.spiral):
            continue
        back = parse(annotation(drawing, screen), screen).model
        for name, part in drawing.model.components().items():
            n[name] = n.get(name, 0) + 1
            for key in ("I", "n", "c"):
                found = getattr(getattr(back, name), key)
                assert found == pytest.approx(getattr(part, key)), (name, key)
        for arm, found in zip(arms, back.spiral, strict=True):
            n["arm"] += 1
            assert isinstance(arm, DrawnArm)
            for key in ("I", "falloff"):
                assert getattr(found, key) == pytest.approx(getattr(arm, key))
            assert found.spread == pytest.approx(max(arm.spread, 0.5))
    assert min(n.values()) > 20


def test_a_shared_habit_carries_its_part_of_the_scores():
    """Two rows of one origin correlate by the column's share, others not."""
    own = np.linspace(-4, 4, len(LEVELS))
    one = {"columns": ["a", "b"], "quantiles": [norm.ppf(LEVELS), own]}
    one |= {"shared": [0.7, 0.0], "correlation": np.eye(2)}
    rng = np.random.default_rng(8)
    pairs = []
    for _ in range(500):
        habit = rng.standard_normal(2)
        pairs.append([draw(one, rng, habit)[k] for _ in range(2) for k in "ab"])
    a, b, a2, b2 = np.transpose(pairs)
    assert np.corrcoef(a, a2)[0, 1] == pytest.approx(0.7, abs=0.09)
    assert np.corrcoef(b, b2)[0, 1] == pytest.approx(0.0, abs=0.16)
    assert a.std() == pytest.approx(1, abs=0.11)
    assert np.corrcoef(a, b)[0, 1] == pytest.approx(0.0, abs=0.16)


def test_correlated_columns_are_correlated_the_right_way():
    """A copula of -0.8 makes one column fall where the other rises."""
    one = {"columns": ["a", "b"], "quantiles": [norm.ppf(LEVELS), 5 * norm.ppf(LEVELS)]}
    one |= {"correlation": [[1, -0.8], [-0.8, 1]]}
    rng = np.random.default_rng(8)
    a, b = np.transpose([list(draw(one, rng).values()) for _ in range(600)])
    assert np.corrcoef(a, b)[0, 1] == pytest.approx(-0.8, abs=0.06)
    assert b.std() == pytest.approx(5, abs=0.5)


def test_a_drop_out_draws_nothing_and_effects_are_unit_normal(checkout):
    """Every answer and eight arms have an effect of their own."""
    crowd = c.read_crowd(checkout / "resources" / "builder_crowd.json")
    rng = np.random.default_rng(9)
    rows = [c.draw_effects(crowd, rng) for _ in range(40)]
    assert set(rows[0]) == {*crowd["rates"], *(f"arm{i}" for i in range(8))}
    values = np.array([list(row.values()) for row in rows])
    assert values.std() == pytest.approx(1, abs=0.07)
    assert values.mean() == pytest.approx(0, abs=0.1)
    scores = np.array([c.draw_factors(crowd, rng) for _ in range(400)])
    assert scores.shape == (400, 6)
    assert scores.std() == pytest.approx(1, abs=0.06)
    crowd["rates"]["blank"] = {"all": (50.0, 0.0)}
    seen = c.Seen(Model(DISK), 120.0)
    blank = c.draw_drawing(seen, crowd, rows[0], scores[0], rng)
    assert (blank.model, blank.sliders) == (Model(), {})
