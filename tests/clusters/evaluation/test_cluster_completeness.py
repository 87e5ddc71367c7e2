"""Completeness, purity, thresholds, errors."""

from __future__ import annotations

import numpy as np
import pytest
from detected_fields import STEP, detections, judged, truths
from detected_fields import survey as survey_of
from skyloom.clusters.evaluation import completeness as module
from skyloom.clusters.evaluation.judge import Rule, judge
from skyloom.stats.intervals import one_share, rate

ALL = (-np.inf, np.inf)


@pytest.fixture(scope="module")
def survey():
    return judged(1, fields=40)


def test_completeness_in_bins():
    """Lower edges are in; what is below the threshold is not found."""
    truth = truths([5, 10, 20, 30, 40], [0.2, 0.3, 0.3, 0.5, 0.5])
    found = detections([1, 2, 4], [0.9, 0.4, 0.9], [0.3, 0.3, 0.5])
    seen = judge(truth, found)
    table = module.completeness(seen, 0.5, (10, 20, 50), (0.2, 0.4, 0.7))
    assert table["n"].tolist() == [1, 0, 1, 2]
    assert table["k"].tolist() == [1, 0, 0, 1]
    empty = table.iloc[1]
    assert np.isnan(empty["value"])
    assert (empty["low"], empty["high"]) == (0, 1)
    assert table["LAMBDA"].tolist()[3] == 35
    whole = module.completeness(seen, lambda_edges=ALL, z_edges=ALL)
    assert whole[["k", "n"]].to_numpy().tolist() == [[3, 5]]


def test_masked_clusters_are_no_misses_and_no_alarms():
    """Outside the footprint nothing counts, on either side."""
    truth = truths([30, 30, 30], VALID=[True, False, True])
    found = detections([0, 1.5, 2.5], [0.9] * 3, VALID=[True, False, True])
    seen = judge(truth, found)
    whole = module.completeness(seen, lambda_edges=ALL, z_edges=ALL)
    assert whole[["k", "n"]].to_numpy().tolist() == [[1, 2]]
    share = module.purity(seen)
    assert (share["k"], share["n"]) == (1, 2)


def test_purity_of_rich_clusters():
    """Fewer detections are of rich clusters than of any."""
    drawn = survey_of(1, fields=40)
    every, rich = (judge(*drawn, Rule(above=least)) for least in (5.0, 20.0))
    whole, some = module.purity(every, 0.3), module.purity(rich, 0.3)
    assert whole["n"] == some["n"]
    assert some["value"] < whole["value"]
    assert whole["low"] < whole["value"] < whole["high"]


def test_operating_threshold():
    """The lowest score whose catalogue is pure enough."""
    found = detections([0, 1, 2, 2.5, 3], [0.9, 0.8, 0.7, 0.6, 0.5])
    seen = judge(truths([30] * 4), found)
    assert module.operating_threshold(seen, 0.8)["value"] == 0.5
    strict = module.operating_threshold(seen, 0.9)
    assert (strict["value"], strict["reached"], strict["shown"]) == (0.7, True, False)
    none = judge(truths([30]), detections([0.5, 1.5], [0.9, 0.8]))
    assert not module.operating_threshold(none, 0.9)["reached"]


def test_a_shown_purity_needs_numbers():
    """Three of three prove nothing; a hundred of a hundred do."""
    few = judge(truths([30] * 3), detections(range(3), [0.9] * 3))
    many = judge(truths([30] * 100), detections(range(100), [0.9] * 100))
    assert not module.operating_threshold(few, 0.9)["shown"]
    assert module.operating_threshold(many, 0.9)["shown"]


def test_splits():
    """A second detection is a fragment; a neighbour of a richer one is merged."""
    truth = truths([60, 20, 30])
    truth["RA"][1] = truth["RA"][0] + 0.02
    found = detections([0.01 / STEP, 2, 2.01], [0.9, 0.8, 0.7])
    seen = module.splits(judge(truth, found))
    assert (seen["fragments"]["k"], seen["fragments"]["n"]) == (1, 3)
    assert (seen["merged"]["k"], seen["merged"]["n"]) == (1, 1)
    high = module.splits(judge(truth, found), 0.75)
    assert (high["fragments"]["k"], high["fragments"]["n"]) == (0, 2)


def test_splits_are_of_valid_sky():
    """A missed cluster or a fragment beyond the edge counts in neither."""
    truth = truths([60, 20, 30], VALID=[True, False, True])
    truth["RA"][1] = truth["RA"][0] + 0.02
    found = detections([0.01 / STEP, 2, 2.01], [0.9, 0.8, 0.7])
    found["VALID"] = [True, True, False]
    seen = module.splits(judge(truth, found))
    assert (seen["fragments"]["k"], seen["fragments"]["n"]) == (0, 2)
    assert (seen["merged"]["k"], seen["merged"]["n"]) == (0, 0)


def test_errors_of_matches(survey):
    """What was put in comes out: no bias, scatter 0.01 and 0.2, pulls of one."""
    rng = np.random.default_rng(0)
    z, rich = module.redshift_errors(survey, rng), module.richness_errors(survey, rng)
    assert z["n"] == (survey.found["TRUTH"] >= 0).sum()
    assert z["bias"]["low"] < 0 < z["bias"]["high"]
    assert rich["bias"]["low"] < 0 < rich["bias"]["high"]
    # 0.01 in z is 0.01 / (1 + z) here, of z about 0.45.
    assert abs(z["nmad"]["value"] - 0.01 / 1.45) < 0.001
    assert abs(rich["nmad"]["value"] - 0.2) < 0.03
    assert abs(z["pull"]["value"] - 1) < 0.15
    nothing = judge(truths([30]), detections([], []))
    assert module.redshift_errors(nothing, rng)["bias"]["value"] is None


def test_purity_at_the_abundance_of_the_sky():
    """Fewer clusters on the sky: as many false alarms weigh more."""
    rng = np.random.default_rng(0)
    found, alarms = one_share(90, 100), rate(20, 100.0)
    dense = module.purity_at_abundance(found, alarms, 10.0, rng)
    sparse = module.purity_at_abundance(found, alarms, 0.5, rng)
    assert np.isclose(dense["value"], 9.0 / 9.2)
    assert np.isclose(sparse["value"], 0.45 / 0.65)
    assert sparse["low"] < sparse["value"] < sparse["high"]
    none = module.purity_at_abundance(found, rate(0, 100.0), 0.5, rng)
    assert none["value"] == 1
    assert none["low"] > 0.9


def test_ends_of_thresholds():
    """A detection at the threshold is in; a cluster of just the smallest LAMBDA is."""
    truth = truths([20, 30])
    seen_at = detections([0, 1, 1.5], [0.5, 0.8, 0.5])
    seen = judge(truth, seen_at)
    assert module.purity(seen, 0.5)["n"] == 3
    assert module.purity(seen, 0.51)["n"] == 1
    for least, k in ((20, 2), (20.1, 1)):
        rich = judge(truth, seen_at, Rule(above=least))
        assert module.purity(rich, 0.5)["k"] == k
    everything = {"lambda_edges": ALL, "z_edges": ALL}
    assert module.completeness(seen, 0.5, **everything)["k"].tolist() == [2]
    assert module.completeness(seen, 0.51, **everything)["k"].tolist() == [1]
    above = module.completeness(seen, 0.5, (20, 30), ALL)
    assert above["n"].tolist() == [1]


def test_shown_is_the_exact_bound():
    """28 of 28 do not show 0.9, 29 do (0.95 power 1/n); nor do 40 of 41 show 0.9."""
    for n, shown in ((28, False), (29, True)):
        seen = judge(truths([30] * n), detections(range(n), [0.9] * n))
        assert module.operating_threshold(seen, 0.9)["shown"] is shown
    wrong = detections([*range(40), 40.5], [0.9] * 41)
    assert not module.operating_threshold(judge(truths([30] * 40), wrong), 0.9)["shown"]


def test_signs_of_errors():
    """Measured less true; pulls in units of the stated errors."""
    rng = np.random.default_rng(0)
    n = 5
    z = np.array([0.41, 0.38, 0.41, 0.42, 0.39])
    rich = 30 * np.exp([0.3, 0.2, 0.1, 0.2, 0.4])
    found = detections(range(n), [0.9] * n, z, LAMBDA=rich, Z_ERR=[0.01] * n)
    found["LAMBDA_ERR"] = 0.1 * rich
    seen = judge(truths([30] * n), found)
    error = module.redshift_errors(seen, rng)
    assert error["bias"]["value"] == pytest.approx(0.01 / 1.4)
    assert error["nmad"]["value"] == pytest.approx(1.4826 * 0.01 / 1.4, rel=1e-3)
    assert error["pull"]["value"] == pytest.approx(1.4826, rel=1e-3)
    logs = module.richness_errors(seen, rng)
    assert logs["bias"]["value"] == pytest.approx(0.2)
    assert logs["pull"]["value"] == pytest.approx(1.4826, rel=1e-3)


def test_interval_of_the_purity_of_the_sky():
    """Quantiles of what independent counts allow: both errors matter."""
    rng, other = np.random.default_rng(0), np.random.default_rng(1)
    found = module.purity_at_abundance(one_share(3, 4), rate(2, 50.0), 0.4, rng)
    true = 0.4 * other.beta(3.5, 1.5, 200_000)
    false = other.gamma(2.5, size=200_000) / 50
    expected = np.quantile(true / (true + false), [0.025, 0.975])
    assert (found["low"], found["high"]) == pytest.approx(expected, abs=0.01)
    assert (found["true"], found["false"]) == pytest.approx((0.3, 0.04))
