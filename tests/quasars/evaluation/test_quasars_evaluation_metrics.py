"""What is found and missed."""

import json

import numpy as np
import pandas as pd
import pytest
from skyloom.quasars.evaluation import metrics, thresholds

# targetid, z, klass, confident
TRUTH = [
    (1, 1.0, "QSO", True),
    (2, 2.5, "QSO", True),
    (3, 3.0, "QSO", True),
    (4, 0.0, "STAR", True),
    (5, 0.5, "GALAXY", True),
    (6, 1.5, "QSO", False),
]
# TARGETID, C_BEST, Z, SN
RESULTS = [
    (1, 0.99, 1.001, 3.0),  # found
    (1, 0.10, 1.001, 0.4),  # missed in another exposure
    (2, 0.98, 0.700, 3.0),  # called, at a wrong redshift
    (3, np.nan, np.nan, 0.0),  # no spectrum: missed
    (4, 0.97, 1.2, 9.0),  # a false quasar
    (5, 0.20, 0.5, 9.0),
    (6, 0.99, 1.5, 1.0),  # nobody is sure
    (7, 0.99, 1.5, 1.0),  # nobody looked
]


@pytest.fixture
def rows():
    truth = pd.DataFrame(TRUTH, columns=["targetid", "z", "klass", "confident"])
    truth = truth.assign(quality=4.0, bal=0, source="us")
    results = pd.DataFrame(RESULTS, columns=["TARGETID", "C_BEST", "Z", "SN"])
    return metrics.judged(results, truth, 0.9)


def test_only_confident_truth_counts(rows):
    """Six rows of five targets; labels by redshift."""
    assert rows["TARGETID"].tolist() == [1, 1, 2, 3, 4, 5]
    assert rows["label"].tolist() == ["low", "not", "low", "not", "low", "not"]
    assert rows["label_true"].tolist() == ["low", "low", "high", "high", "not", "not"]


def test_each_row_has_its_own_threshold():
    """In any order, also where rows without a sure truth are between them."""
    truth = pd.DataFrame(TRUTH, columns=["targetid", "z", "klass", "confident"])
    truth = truth.assign(quality=4.0, bal=0, source="us")
    results = pd.DataFrame(RESULTS, columns=["TARGETID", "C_BEST", "Z", "SN"])
    limits = np.array([0.995, 0.05, 0.97, 0.0, 0.98, 0.5, 0.5, 0.5])
    order = [7, 4, 0, 6, 2, 5, 1, 3]
    found = metrics.judged(results.iloc[order], truth, limits[order])
    assert found["TARGETID"].tolist() == [4, 1, 2, 5, 1, 3]
    assert found["called"].tolist() == [False, False, True, False, True, False]


def test_completeness_and_purity_by_hand(rows):
    """Half of target 1, all of 2, none of 3; two of three called are quasars."""
    found = metrics.completeness(rows)
    assert (found["rows"], found["targets"]) == (4, 3)
    assert np.isclose(found["value"], 1.5 / 3)
    assert np.isclose(metrics.completeness(rows, dv_max=3000)["value"], 0.5 / 3)
    assert np.isclose(metrics.purity(rows)["value"], 2 / 3)
    assert np.isclose(metrics.purity(rows, dv_max=3000)["value"], 1 / 3)
    table = metrics.table(rows).set_index(["measure", "group"])["value"]
    assert table["false positives", "STAR"] == 1
    assert table["false positives", "GALAXY"] == 0


def test_labels_by_hand(rows):
    """Completeness by the true label, purity by the given one."""
    table = metrics.table(rows).set_index(["measure", "group"])["value"]
    assert table["completeness_label", "low"] == 0.5
    assert table["completeness_label", "high"] == 0
    assert table["purity_label", "low"] == pytest.approx(1 / 3)


def test_table_by_signal_redshift_and_class(rows):
    """Bins hold their lower edge, in order; the whole is in it."""
    table = metrics.table(rows)
    assert list(table)[:3] == ["measure", "by", "group"]
    keyed = table.set_index(["measure", "by", "group"])["value"]
    assert keyed["completeness", "all", "all"] == 0.5
    assert keyed["completeness", "sn", "2 to 4"] == 1
    assert keyed["completeness", "z", "0.8 to 1.4"] == 0.5
    assert keyed["completeness", "z", "2.1 to 2.6"] == 1
    assert keyed["purity", "z", "0.8 to 1.4"] == 0.5
    assert keyed["false positives", "class", "STAR"] == 1


def test_one_name_is_one_number(rows):
    """Report and table agree; a wrong redshift tells the two kinds apart."""
    found = metrics.report(rows, np.random.default_rng(1))
    table = metrics.table(rows)
    whole = table[table["by"] == "all"].set_index("measure")["value"]
    assert set(whole.index) == set(metrics.MEASURES)
    for name, value in whole.items():
        assert found[name]["value"] == pytest.approx(value)
    assert whole["completeness"] > whole["completeness_z"] > 0
    assert whole["purity"] > whole["purity_z"] > 0
    assert not table.duplicated(["measure", "by", "group"]).any()


def test_report_is_json(rows):
    """NaN becomes null; the false quasar is counted."""
    found = metrics.report(rows, np.random.default_rng(1))
    text = json.dumps(found, allow_nan=False)
    assert json.loads(text)["false_quasars"] == 1
    assert found["redshift"]["rows"] == 2
    assert found["redshift"]["outliers"]["value"] == 0.5
    none = rows.assign(called=False)
    empty = metrics.report(none, np.random.default_rng(1))
    assert empty["purity"]["value"] is None
    assert empty["completeness"]["value"] == 0
    json.dumps(empty, allow_nan=False)


def test_bins_of_odd_values():
    """NaN and what is outside have none."""
    found = metrics.binned([np.nan, 0.0, 0.5, 1.0, 9.0, -1.0], (0.0, 0.5, 1.0))
    assert found.tolist()[1:3] == ["0 to 0.5", "0.5 to 1"]
    assert pd.isna(found).tolist() == [True, False, False, True, True, True]


def test_results_without_truth_are_refused():
    """Nothing to judge by."""
    truth = pd.DataFrame(TRUTH, columns=["targetid", "z", "klass", "confident"])
    truth = truth.assign(quality=4.0, bal=0, source="us")
    results = pd.DataFrame(RESULTS, columns=["TARGETID", "C_BEST", "Z", "SN"])
    with pytest.raises(ValueError, match="none of 1 rows has a confident truth"):
        metrics.judged(results[results["TARGETID"] == 6], truth, 0.9)
    with pytest.raises(ValueError, match=r"no column \['SN'\]"):
        metrics.judged(results.drop(columns="SN"), truth, 0.9)


def test_purity_is_that_of_the_threshold():
    """Both count a target once, however often it is called."""
    rng = np.random.default_rng(2)
    ids = rng.integers(0, 60, 200)
    is_qso = ids % 2 == 0
    score = np.clip(rng.normal(np.where(is_qso, 0.7, 0.3), 0.2), 0, 1)
    found = thresholds.threshold_for_purity(thresholds.sample(ids, score, is_qso), 0.8)
    table = {"TARGETID": ids, "called": score > found.value, "is_qso": is_qso}
    rows = pd.DataFrame(table | {"dv": 0.0})
    assert np.isclose(metrics.purity(rows)["value"], found.purity)
    assert np.isclose(metrics.completeness(rows)["value"], found.completeness)
    assert metrics.purity(rows)["targets"] == found.called


def test_ends_of_what_is_right():
    """A score at the threshold is no call; dv of exactly `dv_max` is right."""
    rows = pd.DataFrame({"TARGETID": [1, 2, 3], "dv": [3000.0, -3000.0, -3000.1]})
    rows = rows.assign(called=True, is_qso=True)
    assert metrics.completeness(rows, dv_max=3000.0)["value"] == pytest.approx(2 / 3)
    truth = pd.DataFrame(TRUTH, columns=["targetid", "z", "klass", "confident"])
    truth = truth.assign(quality=4.0, bal=0, source="us")
    results = pd.DataFrame(RESULTS, columns=["TARGETID", "C_BEST", "Z", "SN"])
    assert metrics.judged(results, truth, 0.99)["called"].sum() == 0
    assert metrics.judged(results, truth, 0.989)["called"].sum() == 1


def test_label_at_the_border():
    z = [2.09, 2.1, np.nan, 2.5]
    found = metrics.label(np.array([True, True, True, False]), z)
    assert found.tolist() == ["low", "high", "low", "not"]


def test_dv_is_of_the_measured_redshift(rows):
    """Positive where it is above the true one."""
    assert rows["dv"].iloc[0] == pytest.approx(299792.458 * 0.001 / 2)
    assert rows["dv"].iloc[2] < -100_000


def test_purity_by_redshift_is_by_the_measured_one(rows):
    """Target 2, at 2.5, is called at 0.7."""
    table = metrics.table(rows)
    keyed = table.set_index(["measure", "by", "group"])["value"]
    assert keyed["purity", "z", "0 to 0.8"] == 1
    assert ("purity", "z", "2.1 to 2.6") not in keyed
