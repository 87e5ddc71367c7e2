"""Scores as one probability, on lines that are known."""

from __future__ import annotations

import json

import numpy as np
import pytest
from scipy.special import expit
from skyloom.stats.logistic import Logistic, fit_logistic, logistic_from_json


def test_the_line_that_made_the_truth_is_found():
    """To the precision of 20,000 trials; weights are repeated rows."""
    rng = np.random.default_rng(1)
    scores = rng.normal(size=(20_000, 2)) * [1.0, 3.0] + [2.0, -1.0]
    made = Logistic((1.5, 0.4), -2.0)
    true = rng.random(len(scores)) < made(scores)
    known = fit_logistic(scores, true)
    assert known.slopes == pytest.approx(made.slopes, abs=0.08)
    assert known.intercept == pytest.approx(-2.0, abs=0.15)
    twice = fit_logistic(np.repeat(scores[:500], 2, 0), np.repeat(true[:500], 2))
    weighed = fit_logistic(scores[:500], true[:500], np.full(500, 2.0))
    assert weighed.slopes == pytest.approx(twice.slopes, rel=1e-4)


def test_no_slope_falls_and_none_is_infinite():
    """A score that tells the contrary has no say; all of one kind are not certain."""
    scores = np.stack([np.arange(10.0), -np.arange(10.0)], axis=1)
    known = fit_logistic(scores, np.arange(10) > 4)
    assert known.slopes[0] > 0
    assert known.slopes[1] == 0
    assert np.isfinite(known.slopes[0])
    assert 0.8 < fit_logistic(scores, np.ones(10))(scores).min() < 0.9999
    with pytest.raises(ValueError, match="nothing to fit"):
        fit_logistic(np.zeros((0, 2)), [])


def test_numbers_come_back():
    """From JSON; others are refused."""
    known = Logistic((0.5, 0.0), -3.0)
    assert logistic_from_json(json.loads(json.dumps(known.to_json())), 2) == known
    assert known([[2.0, 9.0]]) == pytest.approx(expit(-2.0))
    wrong = [
        *({"slopes": s, "intercept": 0} for s in (1, [1], [1, "a"], [1, -1], None)),
        *({"slopes": [1, 1], "intercept": i} for i in (None, 10**400, float("nan"))),
        {"slopes": [1, 1]},
        [],
        None,
    ]
    for tree in wrong:
        with pytest.raises(ValueError, match="expected 2 slopes from 0 on"):
            logistic_from_json(tree, 2)
