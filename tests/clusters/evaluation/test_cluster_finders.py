"""Several finders on the same fields."""

from __future__ import annotations

import json

import numpy as np
import pytest
from detected_fields import detections, judged, truths
from skyloom.clusters.evaluation.compare import compare
from skyloom.clusters.evaluation.curve import Target, average_precision
from skyloom.clusters.evaluation.judge import judge, stacked

TARGET = Target(20, np.inf, 0.2, 0.7)


@pytest.fixture(scope="module")
def finders():
    """Return a good finder, the same again, and a poor one, on the same fields."""
    good = judged(7, fields=60, skill=3.0)
    poor = judged(7, fields=60, skill=0.2)
    return {"good": good, "again": good, "poor": poor}


def rng():
    return np.random.default_rng(0)


def compared(finders, draws=50):
    return compare(finders, TARGET, rng(), purity=0.9, draws=draws)


def test_values_are_those_of_the_curve(finders):
    """The bootstrap's first draw is the sample; intervals hold it."""
    found = compared(finders, draws=200)
    for name, seen in finders.items():
        measure = found["finders"][name]["average_precision"]
        assert np.isclose(measure["value"], average_precision(seen, TARGET))
        assert measure["low"] < measure["value"] < measure["high"]
    assert found["target"]["fields"] == 60
    json.dumps(found, allow_nan=False)


def test_pairing_makes_differences_sharp(finders):
    """The same finder differs by nothing in any draw; a poor one is behind in all."""
    gains = compared(finders, draws=200)["gains"]
    same = gains["again"]["average_precision"]
    assert (same["value"], same["low"], same["high"], same["ahead"]) == (0, 0, 0, 0)
    worse = gains["poor"]["average_precision"]
    assert worse["low"] > 0
    assert worse["ahead"] == 1


def test_targets_are_drawn_with_their_fields():
    """All found in half of 20 fields, none in the others: half, give or take 0.22."""
    truth = stacked({k: truths([30] * 10) for k in range(20)})
    found = stacked({k: detections(range(10), [0.9] * 10) for k in range(10)})
    seen = {"half": judge(truth, found)}
    drawn = compare(seen, Target(), rng(), purity=0.9, draws=500)["finders"]["half"]
    for measure in drawn.values():
        assert measure["value"] == 0.5
        assert np.isclose(measure["high"] - measure["low"], 0.44, atol=0.06)


def test_the_same_seed_gives_the_same(finders):
    assert compared(finders) == compared(finders)
