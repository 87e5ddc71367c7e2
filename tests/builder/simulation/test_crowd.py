"""Simulated volunteers: statistics they are built on, shapes, strokes, annotations."""

from __future__ import annotations

import numpy as np
import pytest
from crowd_table import tables
from crowd_table.fit import fit_crowd, in_fit_half, measure_crowd
from crowd_table.measure import measure_part, measure_volunteer
from crowd_table.measure_strokes import measure_stroke, to_polar
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import norm
from skyloom.builder.aggregation.logspiral import project
from skyloom.builder.drawings.coordinates import Screen
from skyloom.builder.drawings.volunteers import parse
from skyloom.builder.model import DrawnArm, Model, Sersic, SpiralArm, replace
from skyloom.builder.simulation import crowd as crowd_module
from skyloom.builder.simulation.annotation import annotation
from skyloom.builder.simulation.crowd import (
    Answers,
    Drawing,
    Seen,
    draw_drawing,
    draw_effects,
    draw_factors,
    read_crowd,
)
from skyloom.builder.simulation.strokes import (
    _hand,
    draw_following,
    draw_habits,
    wobble,
)
from skyloom.builder.simulation.tables import LEVELS, draw

SEEN = Seen(
    Model(
        Sersic(60.0, 61.0, 0.7, 0.6, 18.0, 1.0),
        Sersic(60.5, 60.5, 0.2, 0.8, 3.0, 1.0),
        Sersic(60.2, 61.1, 2.0, 0.3, 6.0, 1.0),
        (
            SpiralArm(0.5, 2.0, 9.0, 18.0, 0.0, 3.0),
            SpiralArm(0.5, 2.0, 3.2, 18.0, 3.1, 6.1),
        ),
    ),
    120.0,
)


@pytest.fixture(scope="module")
def crowd(checkout):
    """Return the fitted crowd that ships."""
    return read_crowd(checkout / "resources" / "builder_crowd.json")


@pytest.fixture(scope="module")
def drawings(crowd):
    """Return 300 volunteers' drawings of one galaxy."""
    rng = np.random.default_rng(5)
    effects = draw_effects(crowd, rng)
    return [
        draw_drawing(SEEN, crowd, effects, draw_factors(crowd, rng), rng)
        for _ in range(300)
    ]


def test_a_table_gives_back_its_own_distribution():
    """Quantiles and correlation of draws are those of the data."""
    rng = np.random.default_rng(1)
    a = rng.gamma(2.0, size=4000)
    b = np.log(a) + 0.5 * rng.standard_normal(4000)
    table = tables.fit_table({"a": a, "b": b})
    drawn = [draw(table, rng) for _ in range(3000)]
    found = np.array([[d["a"], d["b"]] for d in drawn])
    for i, values in enumerate((a, b)):
        near = np.quantile(found[:, i], [0.1, 0.5, 0.9])
        assert near == pytest.approx(np.quantile(values, [0.1, 0.5, 0.9]), abs=0.15)
    wanted = tables.score_correlation(np.array([a, b]))[0, 1]
    assert tables.score_correlation(found.T)[0, 1] == pytest.approx(wanted, abs=0.05)


def test_a_table_keeps_exact_repeats():
    """A value that a third of the rows share is drawn exactly, a third of the time."""
    rng = np.random.default_rng(2)
    values = np.r_[np.full(500, 0.5), rng.uniform(0, 0.4, 1000)]
    table = tables.fit_table({"q": values})
    drawn = np.array([draw(table, rng)["q"] for _ in range(2000)])
    assert np.mean(drawn == 0.5) == pytest.approx(1 / 3, abs=0.04)


def test_a_table_needs_rows():
    """Two rows are no distribution."""
    with pytest.raises(ValueError, match="three or more"):
        tables.fit_table({"a": np.array([1.0, 2.0])})


@pytest.mark.parametrize("rho", [-0.6, 0.0, 0.7])
def test_tetrachoric_recovers_the_latent_correlation(rho):
    """Two thresholded normals tell their correlation."""
    rng = np.random.default_rng(3)
    z = rng.multivariate_normal([0, 0], [[1, rho], [rho, 1]], 8000)
    found = tables.tetrachoric(*(z < [0.3, -0.5]).astype(float).T)
    assert found == pytest.approx(rho, abs=0.05)


def test_factors_recover_a_common_skill():
    """Loadings of five answers on one skill, to sampling error."""
    rng = np.random.default_rng(4)
    true = np.array([0.8, 0.6, 0.5, 0.7, 0.3])
    skill = rng.standard_normal(6000)
    own = rng.standard_normal((6000, 5)) * np.sqrt(1 - true**2)
    answers = (skill[:, None] * true + own < 0.2).astype(float)
    found = tables.fit_factors({str(i): a for i, a in enumerate(answers.T)}, 1)
    assert np.ravel(list(found.values())) == pytest.approx(true, abs=0.07)


def test_rate_recovers_mean_and_scatter():
    """A probit rate that differs from subject to subject."""
    rng = np.random.default_rng(6)
    from scipy.stats import norm

    rates = norm.cdf(-0.4 + 0.5 * rng.standard_normal(400))
    mu, tau = tables.fit_rate(rng.binomial(30, rates), np.full(400, 30))
    assert mu == pytest.approx(-0.4, abs=0.08)
    assert tau == pytest.approx(0.5, abs=0.08)


def test_no_answers_no_rate():
    """Nobody asked is an error, not a rate of zero."""
    with pytest.raises(ValueError, match="nothing to fit"):
        tables.fit_rate([0], [0])


def test_a_reference_differs_from_itself_by_nothing():
    """All differences of a component from itself vanish."""
    disk = SEEN.model.disk
    found = measure_part("disk", disk, disk)
    for name in ("size", "dx", "dy", "along", "across", "turn"):
        assert found[name] == pytest.approx(0, abs=1e-12)


@given(
    log_r=st.lists(st.floats(-2, 2), min_size=2, max_size=20),
    roll=st.floats(0, 3.14),
    q=st.floats(0.2, 1),
)
def test_polar_there_and_back(log_r, roll, q):
    """Sky points survive the way into the disk's plane and back."""
    disk = Sersic(40.0, 50.0, roll, q, 12.0, 1.0)
    theta = np.linspace(0, 2, len(log_r))
    points = project(np.exp(log_r) * 12.0, theta, disk)
    back, angle = to_polar(points, disk)
    again = project(np.exp(back) * 12.0, angle, disk)
    assert again == pytest.approx(points, abs=1e-8)


def test_an_arm_follows_itself():
    """A stroke exactly on a seen arm is measured to follow it, without differences."""
    arm, disk = SEEN.model.spiral[1], SEEN.model.disk
    theta = np.linspace(arm.t_min, arm.t_max, 50)
    log_r = np.log(arm.A / disk.Re) + np.tan(np.radians(arm.phi)) * theta
    stroke = measure_stroke(project(np.exp(log_r) * disk.Re, theta, disk), SEEN.model)
    assert stroke.arm == 1
    assert stroke.values["lift"] == pytest.approx(0, abs=1e-9)
    assert stroke.values["inner"] == pytest.approx(0, abs=1e-9)
    assert stroke.values["outwards"] == 1


@pytest.mark.parametrize(
    ("memory", "pinned"), [(0.8, False), (0.95, False), (0.95, True), (0.98, True)]
)
def test_wobble_has_the_asked_jitter_and_memory(memory, pinned):
    """Rms exactly, lag-1 correlation on average."""
    rng = np.random.default_rng(8)
    lines = [wobble(np.zeros(80), 0.2, memory, rng, pinned=pinned) for _ in range(200)]
    assert np.sqrt(np.mean(np.square(lines))) == pytest.approx(0.2, rel=1e-6)
    found = [np.sum(w[1:] * w[:-1]) / np.sum(w * w) for w in lines]
    assert np.mean(found) == pytest.approx(memory, abs=0.05)


def test_volunteers_do_what_volunteers_do(drawings):
    """Drop-outs, untouched sliders and ellipses, blobs, strokes: all occur."""
    rows = [measure_volunteer(d.model, SEEN) for d in drawings]
    disks = [r for r in rows if r["disk.drawn"]]
    assert 0.7 < len(disks) / len(rows) < 0.97
    assert 0.15 < np.mean([r["disk.default"] for r in disks]) < 0.7
    assert 0.5 < np.mean([r["disk.on"] for r in disks]) < 0.98
    assert (
        0.2 < np.mean([r["slider.disk.I"] == pytest.approx(0.2) for r in disks]) < 0.7
    )
    assert any(not any(v for k, v in r.items() if "drawn" in k) for r in rows)
    assert max(r["arms"] for r in rows) >= 3


def test_the_same_generator_draws_the_same(crowd):
    """A drawing follows from its generator alone."""
    first, second = (
        draw_drawing(SEEN, crowd, draw_effects(crowd, r), draw_factors(crowd, r), r)
        for r in (np.random.default_rng(3), np.random.default_rng(3))
    )
    assert annotation(first, Screen((120, 120))) == annotation(
        second, Screen((120, 120))
    )


def _sersics(name: str):
    limit = {"disk": 1.0, "bulge": 1.0, "bar": 1.0}[name]
    return st.builds(
        Sersic,
        mux=st.floats(-50, 250),
        muy=st.floats(-50, 250),
        roll=st.floats(0, 3.14159),
        q=st.floats(0.05, limit - 0.01),
        Re=st.floats(0.3, 300),
        I=st.just(1.0),
    )


LINES = st.lists(
    st.tuples(st.floats(-50, 250), st.floats(-50, 250)), min_size=2, max_size=9
).filter(lambda p: np.ptp(np.array(p), axis=0).max() > 1e-3)


@settings(max_examples=60, deadline=None)
@given(
    disk=_sersics("disk"),
    bulge=_sersics("bulge"),
    bar=_sersics("bar"),
    line=LINES,
    size=st.integers(60, 300),
)
def test_annotations_are_read_back_as_drawn(disk, bulge, bar, line, size):
    """The annotation of a drawing parses to the drawing: inverse, then forward."""
    arm = DrawnArm(np.array(line, float), I=1.0, spread=1.0)
    sliders = {"disk.scale": 1.4, "bulge.n": 2.5, "arm0.I": 0.4, "bar.c": 2.2}
    drawing = Drawing(Model(disk, bulge, bar, (arm,)), sliders)
    screen = Screen((size, size))
    back = parse(annotation(drawing, screen), screen)
    assert not back.dropped
    for name, part in drawing.model.components().items():
        found = getattr(back.model, name)
        for key in ("mux", "muy", "q", "Re"):
            assert getattr(found, key) == pytest.approx(
                getattr(part, key), abs=1e-8, rel=1e-9
            )
        assert np.exp(2j * found.roll) == pytest.approx(np.exp(2j * part.roll))
    assert back.model.spiral[0].points == pytest.approx(arm.points, abs=1e-8)
    assert pytest.approx(0.5) == back.model.spiral[0].I
    assert (back.scale["disk"], back.model.bulge.n) == (1.4, 2.5)


def test_sliders_leave_as_numbers_or_text(drawings):
    """A moved slider is a number, an untouched one text; brightness follows it."""
    screen = Screen((120, 120))
    for drawing in drawings[:40]:
        tasks = {t["task"]: t["value"] for t in annotation(drawing, screen)}
        assert list(tasks) == ["disk", "bulge", "bar", "spiral"]
        raw = tasks["disk"][2]["value"]
        moved = drawing.sliders.get("disk.I")
        assert raw == ("0.2" if moved is None else moved)
        if drawing.model.disk is not None:
            assert pytest.approx(float(raw) / 1.6) == drawing.model.disk.I


def test_a_simulated_crowd_can_be_fitted_again(drawings, crowd):
    """Fitting the simulated drawings gives back the rates they were drawn with."""
    again = fit_crowd([(SEEN, [d.model for d in drawings])])
    assert set(again) <= set(crowd)
    volunteers, strokes = measure_crowd([(SEEN, [d.model for d in drawings])])
    assert len(volunteers) == 300
    assert (strokes["arm"] >= 0).any()


def test_a_crowd_file_without_its_parts_is_refused(tmp_path):
    """The missing parts are named."""
    path = tmp_path / "crowd.json"
    path.write_text('{"rates": {}}')
    with pytest.raises(ValueError, match="shapes"):
        read_crowd(path)


def test_halves_are_fair():
    """About half of the galaxies are for fitting, and always the same."""
    chosen = [in_fit_half(i) for i in range(20900000, 20902000)]
    assert 0.45 < np.mean(chosen) < 0.55
    assert chosen[:3] == [in_fit_half(i) for i in range(20900000, 20900003)]


@pytest.mark.parametrize(
    "answer", ["disk.drawn", "bar.aligned", "arms.drawn", "touched.disk.I"]
)
@pytest.mark.parametrize("effect", [-1.0, 0.0, 1.0])
def test_answers_are_a_probit_of_their_rate(crowd, answer, effect):
    """A galaxy shifts the probit by its effect times tau, up or down."""
    rng = np.random.default_rng(4)
    condition = next(iter(crowd["rates"][answer]))
    mu, tau = crowd["rates"][answer][condition]
    said = [
        Answers(crowd, {answer: effect}, draw_factors(crowd, rng), rng).yes(
            answer, condition
        )
        for _ in range(2000)
    ]
    expected = norm.cdf(mu + tau * effect)
    assert np.mean(said) == pytest.approx(expected, abs=0.04)


def test_aligned_bars_are_drawn_upright_or_flat(crowd, drawings):
    """As often as the crowd leaves the rectangle unturned."""
    bars = [d.model.bar for d in drawings if d.model.bar]
    square = np.array([b.roll % (np.pi / 2) for b in bars])
    aligned = np.minimum(square, np.pi / 2 - square) < 1e-9
    mu, tau = crowd["rates"]["bar.aligned"]["all"]
    rate = norm.cdf(mu / np.hypot(1, tau))
    assert 0.3 * rate < aligned.mean() < min(1.0, 3 * rate)
    assert not aligned.all()


def test_strays_are_turned_at_random(crowd):
    """A drawing off its target has the table's turn against the reference."""
    table = crowd["shapes"]["bulge"]["off"]
    i = table["columns"].index("turn")
    row = table["quantiles"][i]
    turns = []
    for k in range(400):
        rng = np.random.default_rng(k)
        effects = dict.fromkeys(crowd["rates"], 0.0)
        answers = Answers(crowd, effects, draw_factors(crowd, rng), rng)
        reference = SEEN.model.bulge
        shape = crowd_module._draw_shape("bulge", "off", reference, False, answers)
        turns.append((shape.roll - reference.roll + np.pi / 2) % np.pi - np.pi / 2)
    wanted = np.interp([0.25, 0.75], LEVELS, row)
    assert np.quantile(turns, [0.25, 0.75]) == pytest.approx(wanted, abs=0.25)


@pytest.mark.parametrize("arm", [0, 1])
def test_following_strokes_end_where_the_table_says(crowd, arm):
    """Beyond the arm's ends by the table's median, for either sense of winding."""
    strokes, table = crowd["strokes"], crowd["strokes"]["following"]
    for mirror in (1, -1):
        model = SEEN.model
        spiral = tuple(
            SpiralArm(a.I, a.spread, a.A, mirror * a.phi, *sorted(
                (mirror * a.t_min, mirror * a.t_max)))
            for a in model.spiral
        )  # fmt: skip
        model = replace(model, spiral=spiral)
        rng = np.random.default_rng(12)
        found = []
        for _ in range(300):
            habit, _ = draw_habits(strokes, rng)
            points = draw_following(model, arm, strokes, habit, rng)
            stroke = measure_stroke(points, model)
            if stroke.arm == arm:
                found.append([stroke.values[k] for k in ("inner", "outer")])
        rows = [
            table["quantiles"][table["columns"].index(k)] for k in ("inner", "outer")
        ]
        wanted = [np.interp(0.5, LEVELS, row) for row in rows]
        assert np.median(found, axis=0) == pytest.approx(wanted, abs=0.15)


def test_a_hook_swings_out_from_the_centre():
    """Beyond the quiet jitter a stroke starts inside of its arm, whatever its sense."""
    rng = np.random.default_rng(6)
    values = {"jitter": np.log(0.3), "memory": 0.8}
    for sense in (1, -1):
        outwards = np.linspace(0, 2, 60)
        log_r = 0.3 * outwards
        hands = [_hand(log_r, outwards, values, rng) for _ in range(60)]
        if sense < 0:
            hands = [_hand(log_r[::-1], outwards[::-1], values, rng)[::-1]
                     for _ in range(60)]  # fmt: skip
        mean = np.mean(hands, axis=0)
        assert mean[0] < -0.2
        assert np.sqrt(np.mean(np.square(hands))) == pytest.approx(0.3, rel=1e-6)
