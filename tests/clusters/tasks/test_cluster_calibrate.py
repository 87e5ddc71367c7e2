"""What scores of clusters are worth: told by other fields than a candidate's own."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from detected_fields import detections, survey, truths
from skyloom.clusters.evaluation.judge import judge
from skyloom.clusters.tasks import calibrate as module
from skyloom.stats import calibration


@pytest.fixture
def calibrated(monkeypatch):
    """Return a function that calibrates the scores of given truths and detections."""

    def of(truth, found, purity=0.9):
        monkeypatch.setattr(module, "_judged", lambda *_: judge(truth, found))
        return module.calibrate({0: None, 1: None}, {}, None, purity)

    return of


def test_threshold_and_error_are_of_fields_that_did_not_fit(calibrated, monkeypatch):
    """A line that knows only its own candidates, by heart, earns nothing."""

    def by_heart(score, truth, weight=None):
        known = dict(zip(score, truth, strict=True))
        return lambda asked: np.array([known.get(s, 0.5) for s in np.ravel(asked)])

    for place in (module, calibration):
        monkeypatch.setattr(place, "fit_platt", by_heart)
    _, report = calibrated(*survey(1, fields=40))
    share = report["true"] / report["candidates"]
    assert 0.5 < share < 0.9
    assert report["error"]["after"] == pytest.approx(share - 0.5)
    assert report["threshold"]["value"] == 0.5
    assert not report["threshold"]["reached"]


def test_a_threshold_is_a_probability_of_the_catalogue(calibrated):
    """From it on, one in ten of what others tell is false."""
    known, report = calibrated(*survey(1, fields=40))
    assert report["threshold"]["reached"]
    assert "note" not in report
    assert report["error"]["after"] < report["error"]["before"]
    sure = known(np.linspace(0, 1, 101)) >= report["threshold"]["value"]
    assert 0 < sure.sum() < 101


def test_too_few_candidates_say_so(calibrated):
    """As of the demo: no line, no threshold, and what stands in their place."""
    known, report = calibrated(truths([30, 40]), detections([0, 1.5], [0.9, 0.8]))
    assert known is None
    assert report["threshold"] is None
    assert "1 of 2 candidates in 2 fields are true" in report["note"]
    assert "PROBABILITY is the encoder's own," in report["note"]


def test_fields_of_one_kind_set_no_threshold(calibrated):
    """The only false ones are of one field: the others say nothing of it."""
    rows, score = np.arange(20), np.linspace(0.3, 0.9, 20)
    truth = truths([30] * 20).to_pandas()
    alarms = detections(rows[:5] + 0.5, score[:5], field=1).to_pandas()
    found = pd.concat([detections(rows, score).to_pandas(), alarms])
    known, report = calibrated(truth, found.reset_index(drop=True))
    assert known is not None
    assert report["threshold"] is None
    assert report["error"]["after"] is None
    assert "the threshold is 0.5" in report["note"]
