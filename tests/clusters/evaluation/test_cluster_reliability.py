"""Forecasts of tiles and catalogues."""

from __future__ import annotations

import numpy as np
import pytest
from detected_fields import judged
from skyloom.clusters.evaluation import reliability as module
from skyloom.stats.calibration import Forecast


def test_invalid_tiles_are_left_out():
    """And the others know their field."""
    p = np.linspace(0, 1, 8).reshape(2, 2, 2)
    valid = np.array([[[True, False], [True, True]]] * 2)
    data = module.of_tiles(p, p > 0.5, valid)
    assert data.probability.tolist() == p[valid].tolist()
    assert data.truth.tolist() == [False] * 3 + [True] * 3
    assert data.objects.tolist() == [0] * 3 + [1] * 3


def test_report_of_a_catalogue():
    """Plain JSON values of a judged catalogue, and of an empty one."""
    seen = judged()
    data = module.of_catalogue(seen)
    found = module.report(data, np.random.default_rng(0))
    assert found["n"] == len(data.truth) == seen.found["VALID"].sum()
    assert found["prevalence"] == (seen.found["TRUTH"] >= 0).mean()
    assert found["fields"] == 20
    assert 0 < found["brier"]["value"] < 1
    empty = Forecast(*(np.empty(0) for _ in range(3)))
    none = module.report(empty, np.random.default_rng(0))
    assert none["prevalence"] is None
    assert none["ece_width"]["value"] is None


@pytest.mark.parametrize(
    ("probability", "truth", "says"),
    [
        ([[1.5]], [[True]], "from 0 to 1"),
        ([[np.nan]], [[True]], "from 0 to 1"),
    ],
)
def test_bad_tiles_are_refused(probability, truth, says):
    with pytest.raises(ValueError, match=says):
        module.of_tiles(probability, truth, np.ones(np.shape(truth)))
