"""Annotations to models."""

import contextlib
import copy

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from skyloom.builder.drawings.coordinates import Screen, ShapeError
from skyloom.builder.drawings.volunteers import parse, subject_tree
from skyloom.builder.model import Model, from_dict, to_dict
from skyloom.io.zooniverse import Classification, Rejection

SCREEN = Screen((128, 128))
ELLIPSE = {"x": 256, "y": 256, "rx": 60, "ry": 30, "angle": 0, "tool": 0}
BAR = {"x": 236, "y": 251, "width": 40, "height": 10, "angle": 0}
LINE = {
    "points": [{"x": 200 + i, "y": 300} for i in range(9)],
    "details": [{"value": "0.75"}, {"value": 2}],
}


def task(name, shapes, *sliders):
    drawn = {"task": f"draw{name}", "value": shapes}
    return {"task": name, "value": [drawn, *({"value": s} for s in sliders)]}


def drawing():
    return [
        task("disk", [ELLIPSE], 1.67, 0.11),
        task("bulge", [ELLIPSE], "1", "0.5", 4.0),
        task("bar", [BAR], None, 0.35, "0.5", 2.24),
        task("spiral", [LINE], "1"),
    ]


def empty():
    return [task(name, []) for name in ("disk", "bulge", "bar", "spiral")]


def test_every_value_of_a_full_drawing():
    """Sizes, sliders and their scale."""
    got = parse(drawing(), SCREEN)
    disk, bulge, bar = (got.model.components()[k] for k in ("disk", "bulge", "bar"))
    assert disk.Re == pytest.approx(2 * 60 / 4 / 3)
    assert bulge.Re == pytest.approx(60 / 4 / 3)
    assert bar.Re == pytest.approx(40 / 4 / 3)
    assert pytest.approx(0.11 / 1.6) == disk.I
    assert (bulge.n, bar.n, bar.c) == (4.0, 0.5, 2.24)
    assert got.scale == {"disk": 1.67, "bulge": 1.0, "bar": 1.0}
    assert pytest.approx(0.9375) == got.model.spiral[0].I
    assert got.model.spiral[0].spread == pytest.approx(0.5)
    assert len(got.model.spiral[0].points) == 9
    assert got.dropped == ()


def test_empty_tasks_are_an_empty_model():
    """Whoever drew nothing still counts."""
    got = parse(empty(), SCREEN)
    assert got.model == Model()
    assert got.dropped == ()


@pytest.mark.parametrize("value", [None, [], [{"value": None}], [{}]])
def test_other_forms_of_empty(value):
    """Exports write an unanswered task in several ways."""
    assert parse([{"task": "disk", "value": value}], SCREEN).model == Model()


def test_last_answer_of_a_task_counts():
    """A volunteer who went back has answered twice."""
    twice = [*drawing(), task("disk", [ELLIPSE | {"rx": 90}], 1, 0.2)]
    assert parse(twice, SCREEN).model.disk.Re == pytest.approx(2 * 90 / 4 / 3)


def test_first_of_two_shapes_counts_and_is_noted():
    """The tool allowed one; the record says what happened."""
    got = parse([task("disk", [ELLIPSE, ELLIPSE | {"rx": 90}], 1, 0.2)], SCREEN)
    assert got.model.disk.Re == pytest.approx(2 * 60 / 4 / 3)
    assert got.dropped == ("disk: 2 shapes drawn, the first counts",)


def test_a_bad_shape_leaves_the_others():
    """No area, a wrong slider, one point: each dropped by itself."""
    bad = drawing()
    bad[0] = task("disk", [ELLIPSE | {"ry": 0}], 1, 0.2)
    bad[1] = task("bulge", [ELLIPSE], 1, 0.5, 77)
    bad[3] = task("spiral", [{"points": LINE["points"][:1]}, LINE], 1)
    got = parse(bad, SCREEN)
    assert (got.model.disk, got.model.bulge) == (None, None)
    assert got.model.bar is not None
    assert len(got.model.spiral) == 1
    names = [text.split(":")[0] for text in got.dropped]
    assert names == ["disk", "bulge", "spiral[0]"]


@pytest.mark.parametrize(
    ("annotations", "match"),
    [
        ({}, "expected a list"),
        ([1], "expected objects"),
        ([{"task": "T0", "value": "Yes"}], "not a drawing"),
        ([{"task": "disk", "value": "Yes"}], "list of answers"),
        ([{"task": "disk", "value": [{"value": "x"}]}], "list of shapes"),
    ],
)
def test_not_a_drawing(annotations, match):
    """Other structures are refused with a reason."""
    with pytest.raises(ShapeError, match=match):
        parse(annotations, SCREEN)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(["task", "value", "x", "y", "rx", "points", "details"]),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


def assert_model_or_reason(annotations):
    """Any other exception, or a model that no galaxy could have, fails the test."""
    with contextlib.suppress(ShapeError):
        from_dict(to_dict(parse(annotations, SCREEN).model))


@settings(max_examples=200, deadline=None)
@given(tree=JSON)
def test_fuzz_any_json_is_a_model_or_a_reason(tree):
    """Whatever an annotation holds, nothing but ShapeError comes out."""
    for annotations in (tree, [tree], [{"task": "disk", "value": tree}]):
        assert_model_or_reason(annotations)


@settings(max_examples=200, deadline=None)
@given(data=st.data())
def test_fuzz_one_leaf_of_a_real_drawing(data):
    """One value replaced by anything: the model stays valid or a reason is given."""
    tree = copy.deepcopy(drawing())
    node, key = data.draw(st.sampled_from(list(_leaves(tree))))
    node[key] = data.draw(JSON)
    assert_model_or_reason(tree)


def _leaves(node):
    keys = range(len(node)) if isinstance(node, list) else list(node)
    for key in keys:
        yield node, key
        if isinstance(node[key], list | dict):
            yield from _leaves(node[key])


def classification(identifier, annotations, subject=101):
    date = f"2020-01-01 00:00:{identifier:02d} UTC"
    return Classification(identifier, None, date, 1, "61.107", subject, annotations)


def test_tree_of_a_subject():
    """Good volunteers, rejected ones and the reader's rejections, by subject."""
    rows = [
        classification(1, drawing()),
        classification(2, []),
        classification(3, empty()),
        classification(4, drawing(), subject=102),
    ]
    bad = [Rejection(9, 101, "annotations: not JSON"), Rejection(8, 102, "x")]
    tree = subject_tree(101, SCREEN, rows, bad)
    assert tree["shape"] == [128, 128]
    assert [v["classification_id"] for v in tree["volunteers"]] == [1, 3]
    assert [r["classification_id"] for r in tree["rejected"]] == [9, 2]
    assert tree["volunteers"][0]["scale"]["disk"] == 1.67
    assert from_dict(tree["volunteers"][0]["model"]).disk is not None


def test_limit_counts_usable_volunteers():
    """The first 30 usable ones in time are used; later ones are recorded."""
    rows = [classification(0, [])] + [classification(i, empty()) for i in range(1, 33)]
    tree = subject_tree(101, SCREEN, rows[::-1], limit=30)
    assert [v["classification_id"] for v in tree["volunteers"]] == list(range(1, 31))
    reasons = {r["classification_id"]: r["reason"] for r in tree["rejected"]}
    assert set(reasons) == {0, 31, 32}
    assert reasons[32] == "beyond the first 30 classifications of this subject"


def test_dropped_shape_names_its_component():
    """Volunteer stays, shape is recorded."""
    rows = [classification(1, [task("disk", [ELLIPSE | {"rx": 0}], 1, 1)])]
    tree = subject_tree(101, SCREEN, rows)
    assert len(tree["volunteers"]) == 1
    (row,) = tree["rejected"]
    assert (row["classification_id"], row["component"]) == (1, "disk")
    assert "without area" in row["reason"]


def test_turned_subject_has_the_turned_shape():
    """A quarter turn exchanges the sides."""
    tree = subject_tree(101, Screen((100, 120)), [], turns=1)
    assert tree["shape"] == [120, 100]


def test_scale_is_one_where_nothing_was_drawn():
    """Nor where a shape, or one of its sliders, could not be used."""
    flat = task("disk", [ELLIPSE | {"rx": 0}], 1.67, 0.11)
    wide = task("bulge", [ELLIPSE], 1.5, 0.5, 99.0)
    got = parse([flat, wide, task("bar", [])], SCREEN)
    assert got.model == Model()
    assert got.scale == {"disk": 1.0, "bulge": 1.0, "bar": 1.0}
    assert [text.split(":")[0] for text in got.dropped] == ["disk", "bulge"]


def test_sliders_that_are_missing_stand_at_their_defaults():
    """Those of the end of the list; a line without details has its own."""
    bare = {"points": LINE["points"]}
    got = parse([task("bar", [BAR], 1.5), task("spiral", [bare])], SCREEN)
    bar, arm = got.model.bar, got.model.spiral[0]
    assert (bar.n, bar.c, got.scale["bar"]) == (0.5, 2.0, 1.5)
    assert pytest.approx(0.125) == bar.I
    assert pytest.approx(0.9375) == arm.I
    assert (arm.spread, arm.falloff) == (0.5, 1.0)
