"""Tests of `skyloom.builder.aggregation.aggregate`."""

from __future__ import annotations

import copy
import json

import numpy as np
import pytest
from builder import drawn_arms
from skyloom.builder.aggregation.aggregate import aggregate_subject
from skyloom.builder.config import AggregateSettings
from skyloom.builder.model import DrawnArm, Model, Sersic, from_dict, replace, to_dict

SETTINGS = AggregateSettings()
TRUTH = Model(
    disk=drawn_arms.DISK,
    bulge=Sersic(101.0, 98.0, 0.3, 0.8, 8.0, 1.0),
    bar=Sersic(101.0, 98.0, 2.0, 0.25, 15.0, 1.0),
)


def noisy(rng, part):
    """Return a component as a volunteer draws it."""
    size = 0.03 * part.Re
    return replace(
        part,
        mux=part.mux + size * rng.normal(),
        muy=part.muy + size * rng.normal(),
        roll=(part.roll + 0.05 * rng.normal()) % np.pi,
        q=part.q * np.exp(0.05 * rng.normal()),
        Re=part.Re * np.exp(0.05 * rng.normal()),
    )


def volunteer(rng, k):
    """Return what volunteer k drew: all parts and one arm."""
    drawn = {name: noisy(rng, part) for name, part in TRUTH.components().items()}
    arm = DrawnArm(drawn_arms.line(rng, 0.3, 3.2), 0.5, 2.0)
    return {
        "classification_id": 1000 + k,
        "user": f"user{k % 20}",
        "created_at": f"2019-03-{28 - k % 28:02d} 10:00:00 UTC",
        "model": to_dict(Model(**drawn, spiral=(arm,))),
    }


@pytest.fixture(scope="module")
def tree():
    """Return the volunteers tree of a simulated subject."""
    rng = np.random.default_rng(7)
    people = [volunteer(rng, k) for k in range(24)]
    return {"subject_id": 7, "shape": [200, 200], "volunteers": people}


@pytest.fixture(scope="module")
def result(tree):
    """Return its aggregate."""
    return aggregate_subject(tree, SETTINGS)


def test_truth_is_recovered(result):
    """Each component lies within three standard errors of the truth."""
    model = from_dict(result["model"])
    for name, part in TRUTH.components().items():
        found = getattr(model, name)
        for key in ("mux", "muy", "roll", "q", "Re"):
            error = result["errors"][name][key] / np.sqrt(20)
            assert abs(getattr(found, key) - getattr(part, key)) < 4 * error
    assert model.spiral[0].phi == pytest.approx(np.degrees(np.arctan(0.3)), abs=5)


def test_placeholders_have_no_prior(result):
    """Brightness and profile are not taken from sliders."""
    assert result["model"]["disk"]["I"] == 0.2
    assert result["model"]["bulge"]["I"] == 0.01
    assert result["errors"]["bar"]["n"] is None


def test_drawn_counts_all_who_drew_a_component(tree, result):
    """Agreeing or not: one bar far off is drawn and not in the cluster."""
    people = copy.deepcopy(tree["volunteers"])
    people[0]["model"]["bar"] |= {"mux": 10.0, "muy": 10.0}
    people[1]["model"]["bar"] = None
    found = aggregate_subject(tree | {"volunteers": people}, SETTINGS)
    assert result["drawn"] == dict.fromkeys(result["support"], 24)
    assert found["drawn"]["bar"] == 23
    assert found["support"]["bar"]["k"] < 23


def test_result_is_plain_and_repeatable(tree, result):
    """The same drawings give the same bytes, and the input is left alone."""
    before = copy.deepcopy(tree)
    again = aggregate_subject(tree, SETTINGS)
    text = [json.dumps(r, allow_nan=False, sort_keys=True) for r in (result, again)]
    assert text[0] == text[1]
    assert tree == before


def test_support_counts_members(result):
    """Support is the number of members, of all who were asked."""
    for name, mask in result["masks"].items():
        assert result["support"][name]["k"] == sum(mask)
        assert result["support"][name]["n"] == result["considered"] == 24


def test_no_disk_no_arms(tree):
    """Arms need the disk's plane; the reason is given and nothing fails."""
    people = [v | {"model": v["model"] | {"disk": None}} for v in tree["volunteers"]]
    found = aggregate_subject(tree | {"volunteers": people}, SETTINGS)
    assert found["status"] == "ok"
    assert "no disk" in found["reason"]
    assert found["arms"] == found["model"]["spiral"] == []
    assert found["model"]["bulge"] is not None


@pytest.mark.parametrize("n", [0, 3])
def test_too_few_volunteers_are_recorded(tree, n):
    """A failed subject has the same keys, empty, and the reason."""
    few = tree | {"volunteers": tree["volunteers"][:n]}
    found = aggregate_subject(few, SETTINGS)
    assert found["status"] == "failed"
    assert found["reason"] == f"{n} volunteers, expected 4 or more"
    assert set(found) == set(aggregate_subject(tree, SETTINGS))
    assert found["masks"]["disk"] == [False] * n


def test_empty_drawings_make_an_empty_model(tree):
    """Volunteers who drew nothing agree on nothing."""
    people = [v | {"model": to_dict(Model())} for v in tree["volunteers"]]
    found = aggregate_subject(tree | {"volunteers": people}, SETTINGS)
    assert found["status"] == "ok"
    assert from_dict(found["model"]) == Model()
