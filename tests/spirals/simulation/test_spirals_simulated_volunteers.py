"""Simulated volunteers draw as real ones do."""

import gzip
import json

import numpy as np
import pytest
import shapely
import volunteer_statistics as statistics
from skyloom.run.seeds import rng
from skyloom.spirals.config_simulation import Simulate
from skyloom.spirals.geometry import Canvas
from skyloom.spirals.simulation import volunteers
from skyloom.spirals.simulation.galaxy import bar_truth
from skyloom.spirals.simulation.shapes import draw
from skyloom.spirals.simulation.votes import count, served, shares, visible

HOW = Simulate()
CANVAS = Canvas(150.0, 20.0)


@pytest.fixture(scope="module")
def asked():
    """Return galaxies with what was asked of volunteers."""
    found = []
    for i in range(450):
        galaxy = draw(HOW.population, 11, f"1-{i}")
        seen = visible(galaxy)
        votes = count(shares(galaxy, seen), 11, f"1-{i}", (20, 40))
        found.append((galaxy, seen, served(votes)))
    return found


@pytest.fixture(scope="module")
def spirals(asked):
    return [
        volunteers.drawings("spiral", galaxy, CANVAS, 15, 11, galaxy.key)
        for galaxy, seen, (arms, _) in asked
        if arms and galaxy.arms
    ]


@pytest.fixture(scope="module")
def bars(asked):
    return [
        (galaxy, volunteers.drawings("bar", galaxy, CANVAS, 15, 11, galaxy.key))
        for galaxy, seen, (_, bar) in asked
        if bar and galaxy.bar
    ]


def test_they_match_the_measured_statistics(spirals, bars):
    size = CANVAS.size
    arms = statistics.drawn(spirals, size)
    table = statistics.beside_real(
        arms, statistics.drawn([drawings for _, drawings in bars], size)
    )
    assert table["matches"].all(), table.to_string()
    assert 0.02 < arms["blank"] < 0.35


def test_strokes_have_as_many_vertices_as_freehand_ones(spirals):
    strokes = [c for galaxy in spirals for v in galaxy for c in v if len(c) > 1]
    sizes = [len(c) for c in strokes]
    assert min(sizes) >= 14
    assert max(sizes) <= 548
    clicks = [len(v) == 1 and len(v[0]) == 1 for g in spirals for v in g if v]
    assert 0.02 < np.mean(clicks) < 0.09


def test_bars_are_turned_and_sometimes_left_upright(bars):
    off, upright, long = [], [], []
    for galaxy, drawings in bars:
        truth = bar_truth(galaxy)
        for component in (v[0] for v in drawings if v and len(v[0]) > 2):
            axis = np.linalg.svd(component - component.mean(axis=0))[2][0]
            angle = np.degrees(np.arctan2(-axis[0], -axis[1])) % 180
            off.append((angle - truth["angle"] + 90) % 180 - 90)
            upright.append(abs((angle + 45) % 90 - 45) < 4)
            long.append(np.ptp(component @ axis) / 2 * 0.099 / truth["half_length"])
    assert -9 < np.median(off) < 0
    assert 0.2 < np.mean(upright) < 0.45  # 6 of 19
    assert 0.3 < np.std(np.log(long)) < 0.55  # 0.44
    assert 1.0 < np.median(long) < 1.4


def test_fewer_draw_what_is_hardly_seen(asked):
    shares_drawn = {}
    for galaxy, seen, _ in asked:
        if galaxy.bar:
            drawings = volunteers.drawings("bar", galaxy, CANVAS, 15, 11, galaxy.key)
            share = np.mean([bool(v) for v in drawings])
            shares_drawn.setdefault(int(np.clip(seen.bar // 1, -1, 2)), []).append(
                share
            )
    means = [np.mean(shares_drawn[k]) for k in (-1, 0, 1, 2)]
    assert means == sorted(means)
    assert 0.4 < means[1] < 0.75  # 19 of 34 at Galaxy Builder's example, a weak bar


def test_each_galaxy_and_volunteer_is_its_own(asked):
    galaxy, _, _ = next(one for one in asked if one[0].arms)
    first = volunteers.drawings("spiral", galaxy, CANVAS, 15, 11, "a")
    again = volunteers.drawings("spiral", galaxy, CANVAS, 5, 11, "a")
    other = volunteers.drawings("spiral", galaxy, CANVAS, 15, 11, "b")
    for own, same in zip(first[:5], again, strict=True):
        assert all(np.array_equal(a, b) for a, b in zip(own, same, strict=True))
    total = [sum(c.sum() for v in each for c in v) for each in (first, other)]
    assert total[0] != total[1]


@pytest.mark.real
def test_bars_agree_as_those_of_galaxy_builder_or_better(real, bars):
    """Its bars are boxes of a form whose turn and length are set by sliders."""
    files = sorted((real / "builder/galaxies/models").glob("*.json.gz"))
    assert len(files) == 193
    theirs = []
    for path in files[1::2]:  # the constants were chosen beside the other half
        models = json.loads(gzip.decompress(path.read_bytes()))["models"]
        drawn = [m["bar"] for m in models if m["bar"]]
        boxes = {json.dumps(bar): _box(bar) for bar in drawn}
        if len(drawn) >= 0.4 * len(models) and len(boxes) > 4:
            theirs.append([(box,) for box in boxes.values()])
    found = statistics.drawn(theirs, 525)["pairwise_iou"]
    own = statistics.drawn([drawings for _, drawings in bars], 525)["pairwise_iou"]
    assert 0.1 < found < 0.2
    assert found < own < found + 0.2


@pytest.mark.real
def test_strokes_lie_as_far_apart_as_those_of_galaxy_builder(real, asked):
    """Its strokes are lines along arms; in units of the disk's scale length."""
    theirs = []
    for path in sorted((real / "builder/galaxies/models").glob("*.json.gz"))[1::6]:
        tree = json.loads(gzip.decompress(path.read_bytes()))
        spirals = [model["spiral"] for model in tree["models"]]
        lines = [
            (i, np.array(points))
            for i, spiral in enumerate(spirals)
            for key, points in spiral.items()
            if key.startswith("points") and len(points) >= 5
        ]
        length = tree["aggregate"].get("disk.Re", np.nan) / 1.68
        if len({i for i, _ in lines}) >= 12 and length > 0:
            theirs.append(_apart(lines, length))
    own = []
    for galaxy, seen, _ in asked[:100]:
        if galaxy.arms and seen.arms > 0:
            lines = []
            for i in range(15):
                r = rng(11, "line", galaxy.key, i)
                middle = r.normal(0, volunteers.constants()["centre"], 2)
                for arm in galaxy.arms:
                    path, _ = volunteers.line(galaxy, arm, CANVAS, middle, r)
                    lines.append((i, path))
            own.append(_apart(lines, galaxy.length / CANVAS.scale))
    assert len(theirs) > 15
    assert 0.15 < np.median(theirs) < 0.27
    assert np.median(own) == pytest.approx(np.median(theirs), abs=0.07)


def _apart(lines, length):
    """Return how far a volunteer's stroke is from the nearest of each other's."""
    found = []
    strokes = [(i, shapely.LineString(line)) for i, line in lines]
    parts = np.linspace(0.15, 0.85, 8)
    for i, stroke in strokes:
        points = shapely.line_interpolate_point(stroke, parts, normalized=True)
        for j in {k for k, _ in strokes} - {i}:
            others = [other for k, other in strokes if k == j]
            far = np.min([shapely.distance(points, o) for o in others], axis=0)
            found.append(np.median(far) / length)
    near = np.array(found)
    return np.median(near[near < 1])  # of the same arm


def _box(bar):
    length, width = 3 * bar["Re"], 3 * bar["Re"] * bar["q"]
    corners = np.array([[1, 1], [-1, 1], [-1, -1], [1, -1]]) * [length, width]
    cosine, sine = np.cos(bar["roll"]), np.sin(bar["roll"])
    turned = corners @ np.array([[cosine, sine], [-sine, cosine]])
    return turned + 3 * np.array([bar["mux"], bar["muy"]])
