"""Purity against completeness."""

from __future__ import annotations

import numpy as np
import pytest
from detected_fields import detections, judged, truths
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import average_precision_score
from skyloom.clusters.evaluation import curve as module
from skyloom.clusters.evaluation.judge import judge


@given(st.integers(0, 10_000), st.integers(1, 3))
@settings(max_examples=10, deadline=None)
def test_average_precision_is_scikit_learns(seed, digits):
    """With all truths as target: theirs, times the share that is found; ties too."""
    rng = np.random.default_rng(seed)
    rows = np.append(rng.permutation(10)[:7], rng.permutation(9)[:5] + 0.5)
    score = rng.random(12).round(digits)
    seen = judge(truths([30] * 10), detections(rows, score))
    theirs = average_precision_score(rows % 1 == 0, score) * 7 / 10
    assert np.isclose(module.average_precision(seen, module.Target()), theirs)


def test_curve_of_a_small_list():
    """Four detections, two of them of one score."""
    found = detections([0, 0.5, 1, 2], [0.9, 0.8, 0.7, 0.7])
    seen = judge(truths([30, 30, 10]), found)
    table = module.curve(seen, module.Target(20))
    assert table["score"].tolist() == [0.9, 0.8, 0.7]
    assert table["purity"].tolist() == [1, 0.5, 0.75]
    assert table["completeness"].tolist() == [0.5, 0.5, 1.0]
    assert module.average_precision(seen, module.Target(20)) == (1 + 0.75) / 2


def test_poor_clusters_are_no_alarms_and_no_success():
    """A detection of a cluster below the target changes neither share."""
    truth = truths([30, 10])
    alone = judge(truth, detections([0], [0.9]))
    both = judge(truth, detections([0, 1], [0.9, 0.95]))
    target = module.Target(20)
    assert module.average_precision(alone, target) == 1
    assert module.average_precision(both, target) == 1


def test_target_holds_its_lower_ends():
    seen = judge(truths([20, 30, 30], [0.3, 0.2, 0.7]), detections([], []))
    holds = module.Target(20, 30, 0.2, 0.7).holds(seen.truth)
    assert holds.tolist() == [True, False, False]


def test_without_targets_or_detections():
    """Nothing to find: unknown. Nothing found: nothing."""
    seen = judge(truths([10]), detections([0], [0.9]))
    assert np.isnan(module.average_precision(seen, module.Target(20)))
    assert np.isnan(module.curve(seen, module.Target(20))["completeness"]).all()
    nothing = judge(truths([30]), detections([], []))
    assert module.average_precision(nothing, module.Target()) == 0
    assert len(module.curve(nothing, module.Target())) == 0


def test_weights_are_copies_of_fields():
    """A field drawn twice counts as two fields, one not drawn as none."""
    seen = judged(3, fields=4)
    data = module.events(seen, module.Target(10))
    times = np.array([2.0, 0.0, 1.0, 3.0])
    weights = times[None, data.field], times[None, data.found_field]
    copies = np.repeat(np.arange(4), times.astype(int))
    found = [np.flatnonzero(data.field == f) for f in copies]
    hits = [np.flatnonzero(data.found_field == f) for f in copies]
    rows = np.sort(np.concatenate(found))
    score = data.score[rows]
    again = module.Events(
        score,
        data.true[rows],
        data.field[rows],
        data.found_score[np.concatenate(hits)],
        data.found_field[np.concatenate(hits)],
        np.append(score[1:] != score[:-1], True),
    )
    ones = np.ones((1, len(rows))), np.ones((1, len(again.found_score)))
    for function, more in (
        (module.weighted_precision, ()),
        (module.weighted_completeness, (0.8,)),
    ):
        assert np.isclose(
            function(data, *weights, *more), function(again, *ones, *more)
        )


@pytest.mark.parametrize("purity", [0.5, 0.7, 0.9])
def test_completeness_at_a_purity_is_that_of_the_curve(purity):
    """The last row of the curve that is pure enough."""
    seen = judged(5)
    target = module.Target(20)
    data = module.events(seen, target)
    ones = np.ones((1, len(data.score))), np.ones((1, len(data.found_score)))
    table = module.curve(seen, target)
    good = table[table["purity"] >= purity]
    expected = good["completeness"].iloc[-1]
    assert module.weighted_completeness(data, *ones, purity)[0] == expected
    assert module.weighted_completeness(data, *ones, 1.1)[0] == 0


def test_no_threshold_parts_equal_scores():
    """A true and a false detection of one score: half pure, or neither."""
    seen = judge(truths([30]), detections([0, 0.5], [0.9, 0.9]))
    data = module.events(seen, module.Target())
    ones = np.ones((1, 2)), np.ones((1, 1))
    assert module.weighted_completeness(data, *ones, 0.9)[0] == 0
    assert module.weighted_completeness(data, *ones, 0.5)[0] == 1


def test_a_target_found_from_beyond_the_edge():
    """Its detection is not judged; no alarm is surer, so its purity is one."""
    found = detections([0, 0.5], [0.9, 0.8], VALID=[False, True])
    seen = judge(truths([30]), found)
    assert module.average_precision(seen, module.Target()) == 1
