"""The importer of decoded upstream files, on a small file made here."""

import contextlib
import copy
import functools
import json
import math
import operator

import numpy as np
import pytest
from published_models import (
    published_aggregate,
    published_arms,
    published_errors,
    published_masks,
)
from skyloom.builder.drawings.upstream import (
    half_pixel,
    read_upstream,
    volunteers_tree,
)
from skyloom.builder.evaluation.published_fit import published_fit
from skyloom.builder.fitting.flux import total_flux
from skyloom.builder.model import from_dict
from skyloom.io.errors import InputError

PART = {"mux": 60.0, "muy": 50.0, "roll": 0.3, "q": 0.5, "Re": 9.0}
DISK = {**PART, "I": 0.125, "n": 1, "c": 2.0}
BAR = {**PART, "I": 0.2, "n": 0.5, "c": 2.5}
SPIRAL = {
    "n_arms": 2,
    "I.0": 0.9375,
    "spread.0": 0.5,
    "falloff.0": 1.0,
    "points.0": [[1.0, 2.0], [3.0, 4.0]],
    "I.1": 0.3,
    "spread.1": 0.7,
    "falloff.1": 1.0,
    "points.1": [[1.0, 2.0]],
}
ARM = {"I": 0.5, "spread": 3.0, "A": 10.0, "phi": 17.0, "t_min": 1.0, "t_max": 4.0}
FIT = {
    "disk.mux": 60.0,
    "disk.muy": 50.0,
    "disk.roll": 0.3,
    "disk.q": 0.5,
    "disk.Re": 20.0,
    "disk.L": 400.0,
    "centre.mux": 61.0,
    "centre.muy": 51.0,
    "bar.scale": 0.25,
    "bar.frac": 0.2,
    "bar.q": 0.3,
    "bar.roll": 1.0,
    "bar.n": 0.7,
    "bar.c": 3.0,
    **{f"spiral.{k}.0": v for k, v in ARM.items()},
}
TREE = {
    "subject": 101,
    "index": [11, 12],
    "models": [
        {"disk": DISK, "bulge": None, "bar": None, "spiral": SPIRAL},
        {"disk": None, "bulge": None, "bar": BAR, "spiral": {"n_arms": 0}},
    ],
    "aggregate": {
        **{f"disk.{k}": v for k, v in DISK.items()},
        **{f"spiral.{k}.0": v for k, v in ARM.items()},
    },
    "errors": {"disk.mux": 1.5, "disk.I": math.inf},
    "clusters": {"disk": [11], "bulge": [], "bar": [12]},
    "arms": [
        {
            "pa": 45.0,
            "chirality": -1.0,
            "A": 10.0,
            "coef": [0.1, -1.0],
            "sigma": [[1.0, 0.0], [0.0, 0.0004]],
            "length": 90.0,
            "t_min": 1.0,
            "t_max": 4.0,
            "n_lines": 5,
            "n_points": 50,
            "n_kept": 45,
            "line": [[0.0, 0.0]],
        }
    ],
    "tuning": {
        "chisq": 1.2,
        "nit": 7,
        "nfev": 9,
        "success": True,
        "message": "ok",
        "shape": [100, 120],
        "comp_sums": {"disk": 390.0, "spiral": 100.0, "bar": 1.0},
        "fit_model": FIT,
    },
    "image_size": [100, 120],
}


@pytest.fixture
def tree(tmp_path):
    path = tmp_path / "101.json"
    path.write_text(json.dumps(TREE))
    return read_upstream(path)


def test_volunteers(tree):
    """Models are valid, scale is one, identifiers and shape are kept."""
    found = volunteers_tree(tree)
    assert found["shape"] == [100, 120]
    assert [v["classification_id"] for v in found["volunteers"]] == [11, 12]
    model = from_dict(found["volunteers"][0]["model"])
    assert model.disk.Re == 9.0
    assert len(model.spiral) == 1
    assert found["volunteers"][0]["scale"] == {"disk": 1.0, "bulge": 1.0, "bar": 1.0}


def test_order_of_rows_does_not_matter(tree):
    """Volunteers stand in the order of their identifiers, which is that of time."""
    turned = tree | {key: tree[key][::-1] for key in ("index", "models")}
    assert volunteers_tree(turned) == volunteers_tree(tree)


def test_line_of_one_point_is_recorded(tree):
    """It cannot be a line; the volunteer stays."""
    (row,) = volunteers_tree(tree)["rejected"]
    assert (row["classification_id"], row["component"]) == (11, "spiral[1]")
    assert "1 point" in row["reason"]


def test_half_pixel_turns_with_the_image():
    """Measured directions: 0 turns (+, +), 1 turn (+, -), 2 turns (-, -)."""
    assert half_pixel(0).tolist() == [0.5, 0.5]
    assert half_pixel(1).tolist() == [0.5, -0.5]
    assert half_pixel(2).tolist() == [-0.5, -0.5]


def test_half_pixel_is_taken_off_when_the_turns_are_known(tree):
    """Shapes and lines move together; sizes do not change."""
    before = volunteers_tree(tree)["volunteers"][0]["model"]
    after = volunteers_tree(tree, turns=1)["volunteers"][0]["model"]
    assert after["disk"]["mux"] == before["disk"]["mux"] - 0.5
    assert after["disk"]["muy"] == before["disk"]["muy"] + 0.5
    assert after["disk"]["Re"] == before["disk"]["Re"]
    moved = np.array(after["spiral"][0]["points"])
    assert np.allclose(moved - before["spiral"][0]["points"], [-0.5, 0.5])


def test_a_broken_volunteer_leaves_the_other(tree):
    """Recorded with the reason."""
    broken = copy.deepcopy(tree)
    broken["models"][0]["disk"]["Re"] = None
    found = volunteers_tree(broken)
    assert [v["classification_id"] for v in found["volunteers"]] == [12]
    assert "disk.Re" in found["rejected"][0]["reason"]


@pytest.mark.parametrize("spiral", [3.5, "no", {"n_arms": "2"}, {"n_arms": -1}])
def test_a_spiral_that_is_none_rejects_its_volunteer(tree, spiral):
    """A number or text in its place is the fault of that volunteer's row alone."""
    broken = copy.deepcopy(tree)
    broken["models"][0]["spiral"] = spiral
    found = volunteers_tree(broken)
    assert [v["classification_id"] for v in found["volunteers"]] == [12]
    assert "spiral: expected an object" in found["rejected"][0]["reason"]


def test_published_aggregate_errors_and_masks(tree):
    """Typed, ordered as the volunteers, no prior where it was infinite."""
    model = published_aggregate(tree)
    assert model.disk.Re == 9.0
    assert model.spiral[0].phi == 17.0
    errors = published_errors(tree)
    assert errors == {"disk": {"mux": 1.5, "I": None}, "bulge": None, "bar": None}
    masks = published_masks(tree)
    assert masks == {
        "disk": [True, False],
        "bulge": [False, False],
        "bar": [False, True],
    }


def test_pitch_angle_error_is_from_the_standard_deviation(tree):
    """sd(b) / (1 + b^2) = 0.02 / 2 rad at b = -1."""
    (arm,) = published_arms(tree)
    assert arm["pitch_angle_err"] == pytest.approx(math.degrees(0.01))
    assert arm["chirality"] == -1


def test_fit_has_the_flux_it_was_given(tree):
    """The disk's is L; the bar's is its fraction of disk, spiral and itself."""
    fit = published_fit(tree)
    assert total_flux(fit.disk) == pytest.approx(400.0)
    ellipse = total_flux(fit.bar) * (math.pi * 3 / 4) / _beta(1 / 3, 4 / 3)
    assert ellipse == pytest.approx(0.25 * (400.0 + 100.0))
    assert (fit.bar.mux, fit.bar.muy) == (61.0, 51.0)
    assert fit.bar.Re == pytest.approx(5.0)
    assert fit.spiral[0].A == 10.0


def _beta(a, b):
    return math.gamma(a) * math.gamma(b) / math.gamma(a + b)


@pytest.mark.parametrize(("count", "usable"), [(0, 2), (1000, 2), (1001, 1)])
def test_a_thousand_arms_are_the_most(tree, count, usable):
    """More are no drawing; none at all is one."""
    many = copy.deepcopy(tree)
    many["models"][0]["spiral"] = SPIRAL | {"n_arms": count}
    assert len(volunteers_tree(many)["volunteers"]) == usable


def test_a_line_of_two_points_is_one(tree):
    """With its own brightness and spread, each arm by its number."""
    two = copy.deepcopy(tree)
    two["models"][0]["spiral"]["points.1"] = [[1.0, 2.0], [5.0, 6.0]]
    found = volunteers_tree(two)
    assert found["rejected"] == []
    first, second = found["volunteers"][0]["model"]["spiral"]
    assert (first["I"], first["spread"]) == (0.9375, 0.5)
    assert (second["I"], second["spread"]) == (0.3, 0.7)
    assert second["points"] == [[1.0, 2.0], [5.0, 6.0]]
    assert half_pixel(3).tolist() == [-0.5, 0.5]


def test_positions_stay_as_published_where_the_turns_are_unknown(tree):
    """Those of shapes and of lines."""
    model = volunteers_tree(tree)["volunteers"][0]["model"]
    assert (model["disk"]["mux"], model["disk"]["muy"]) == (60.0, 50.0)
    assert model["spiral"][0]["points"] == SPIRAL["points.0"]


@pytest.mark.parametrize(
    "identifier", [True, 11.5, "eleven", None, 2.0**60, "1e3", [1]]
)
def test_identifiers_are_integers(tmp_path, identifier):
    """A truth value is none."""
    path = tmp_path / "101.json"
    path.write_text(json.dumps(TREE | {"index": [identifier, 12]}))
    with pytest.raises(ValueError, match="index"):
        read_upstream(path)


ODD = (None, 3, "x", True, [], {}, [1], {"a": 1}, 10**400, math.nan, 1e308, [["a", 1]])


def places(node, above=()):
    yield above
    listed = dict(enumerate(node)) if isinstance(node, list) else node
    for key, one in listed.items() if isinstance(listed, dict) else ():
        yield from places(one, (*above, key))


@pytest.mark.parametrize("value", ODD, ids=lambda value: str(value)[:8])
def test_anything_anywhere_costs_a_volunteer_at_most(tmp_path, value):
    """An odd value in a model rejects its volunteer; elsewhere, the file."""
    path = tmp_path / "model.json"
    for place in list(places(TREE["models"]))[1:]:
        tree = copy.deepcopy(TREE)
        *above, last = ("models", *place)
        functools.reduce(operator.getitem, above, tree)[last] = value
        path.write_text(json.dumps(tree))
        found = volunteers_tree(read_upstream(path), 1)
        assert len(found["volunteers"]) >= 1
        json.dumps(found, allow_nan=False)
    for key in TREE:
        path.write_text(json.dumps(TREE | {key: value}))
        with contextlib.suppress(InputError):
            volunteers_tree(read_upstream(path))
