"""What scores of clusters are worth: told by other fields than a candidate's own."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from astropy.table import Table
from detected_fields import detections, survey, truths
from skyloom.clusters.catalogue.lists import write_clusters
from skyloom.clusters.evaluation.judge import Rule, judge
from skyloom.clusters.tasks import calibrate as module
from skyloom.io.errors import InputError
from skyloom.stats.calibration import logit
from small_clusters import clusters

FILES = {0: "truth/clusters_000.fits", 1: "truth/clusters_001.fits"}


@pytest.fixture
def calibrated(monkeypatch):
    """Return a function that calibrates two scores of given truths and detections.

    The second one tells nothing.
    """

    def of(truth, found, purity=0.9):
        seen = judge(truth, found)
        noise = np.random.default_rng(0).normal(size=len(seen.found))
        scores = np.stack([logit(seen.found["SCORE"]), noise], axis=-1)
        monkeypatch.setattr(module, "_judged", lambda *_: (seen, scores))
        known, report = module.calibrate({0: None, 1: None}, FILES, None, purity)
        return known, report, scores

    return of


def test_threshold_and_error_are_of_fields_that_did_not_fit(calibrated, monkeypatch):
    """A line that knows only its own candidates, by heart, earns nothing."""

    def by_heart(scores, truth):
        known = {tuple(s): t for s, t in zip(scores, truth, strict=True)}
        return lambda asked: np.array([known.get(tuple(s), 0.5) for s in asked])

    monkeypatch.setattr(module, "fit_logistic", by_heart)
    _, report, _ = calibrated(*survey(1, fields=40))
    share = report["true"] / report["candidates"]
    assert 0.5 < share < 0.9
    assert report["error"] == pytest.approx(share - 0.5)
    assert report["threshold"]["value"] == 0.5
    assert not report["threshold"]["reached"]


def test_a_threshold_is_a_probability_of_the_catalogue(calibrated):
    """From it on, one in ten of what others tell is false."""
    known, report, scores = calibrated(*survey(1, fields=40))
    assert report["threshold"]["reached"]
    assert "note" not in report
    assert report["error"] < 0.15
    assert known.slopes[0] > 10 * known.slopes[1]
    sure = known(scores) >= report["threshold"]["value"]
    assert 0 < sure.sum() < len(sure)


def test_too_few_candidates_say_so(calibrated):
    """As of the demo: probabilities that are hardly known, and no threshold."""
    known, report, scores = calibrated(
        truths([30, 40]), detections([0, 1.5], [0.9, 0.8])
    )
    assert np.isfinite(known(scores)).all()
    assert report["threshold"] is report["error"] is None
    assert "1 of 2 candidates in 2 fields are true" in report["note"]
    assert "the threshold is 0.5" in report["note"]


def test_fields_of_one_kind_are_judged_by_others(calibrated):
    """The only false ones are of one field: they look true to the others."""
    rows, score = np.arange(20), np.linspace(0.3, 0.9, 20)
    truth = truths([30] * 20).to_pandas()
    alarms = detections(rows[:5] + 0.5, score[:5], field=1).to_pandas()
    found = pd.concat([detections(rows, score).to_pandas(), alarms])
    _, report, _ = calibrated(truth, found.reset_index(drop=True))
    assert report["error"] > 0.1
    assert report["threshold"]["target"] == 0.9


def test_nothing_is_learned_beyond_the_redshifts_of_clusters(calibrated):
    """But for what measured ones may differ by; the range is told."""
    truth, found = survey(1, fields=40)
    low, high = truth["Z_LAMBDA"].min(), truth["Z_LAMBDA"].max()
    ends = [low - 0.05 * (1 + low), high + 0.05 * (1 + high)]
    known, report, _ = calibrated(truth, found)
    found.loc[found.index[:10], "Z"] = ends[1] + 0.2
    other, fewer, _ = calibrated(truth, found)
    assert report["redshifts"] == fewer["redshifts"] == pytest.approx(ends)
    assert fewer["candidates"] == report["candidates"] - 10
    assert known != other


def test_one_field_cannot_be_judged_by_others(calibrated):
    """However many candidates it has."""
    rows = np.arange(30) / 2
    score = np.where(rows % 1 == 0, 0.8, 0.3) + np.linspace(0, 0.1, 30)
    _, report, _ = calibrated(truths([30] * 15), detections(rows, score))
    assert report["candidates"] == 30
    assert report["threshold"] is report["error"] is None
    assert "in one field" in report["note"]


def test_fields_without_candidates_are_refused(calibrated):
    """The file is named, and what to ask for; without clusters there is a note."""
    with pytest.raises(InputError, match=r"clusters_000.*no candidate in the 2 fields"):
        calibrated(truths([30]), detections([], []))
    _, report, _ = calibrated(truths([]), detections([0, 1.5], [0.9, 0.8]))
    assert "0 of 2 candidates" in report["note"]
    assert report["redshifts"] == [0.0, 10.0]


def test_scores_are_those_of_the_rows(tmp_path):
    """Of fields in any order, with lists of different lengths."""
    files, found = {}, {}
    for field, filtered in ((7, [12.0]), (3, [30.0, 5.0, 9.0])):
        files[field] = tmp_path / f"clusters_{field:03}.fits"
        write_clusters(files[field], clusters())
        table = Table({"FILTER_SCORE": filtered})
        for name, value in (("RA", 10.0), ("DEC", 0.0), ("Z", 0.4)):
            table[name] = value
        table["ENCODER_SCORE"] = 0.5
        found[field] = table
    judged, scores = module._judged(found, files, Rule())
    assert judged.found["FIELD"].tolist() == [7, 3, 3, 3]
    assert scores[:, 0].tolist() == judged.found["SCORE"].tolist() == [12, 30, 5, 9]
    assert (judged.found["TRUTH"] >= 0).tolist() == [True, True, False, False]
