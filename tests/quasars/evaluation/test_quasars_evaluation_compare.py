"""What changes from one ensemble to another."""

import json

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from skyloom.quasars.evaluation import compare


def results(**columns):
    table = {"TARGETID": [1, 2, 3, 4], "TILEID": [1] * 4, "EXPID": [1] * 4}
    table |= {"C_BEST": [0.99, 0.2, 0.99, 0.9], "Z": [1.0, 2.5, 3.0, 2.05]}
    return pd.DataFrame(table | columns)


def changed():
    return results(C_BEST=[0.99, 0.8, 0.1, 0.9], Z=[1.01, 2.5, 3.0, 2.15])


def truth():
    table = {"targetid": [1, 2, 3, 4], "klass": ["QSO", "STAR", "STAR", "QSO"]}
    return pd.DataFrame(table | {"confident": [True, True, True, False]})


def test_flips_by_hand():
    """2 is gained, 3 lost, 4 moves across 2.1; the surest change first."""
    found = compare.compare(results(), changed(), (0.5, 0.5))
    assert compare.flips(found)["TARGETID"].tolist() == [3, 2, 4]
    changes = compare.report(found, np.random.default_rng(1))["transitions"]
    assert changes["low"]["high"] == changes["high"]["not"] == 1
    assert sum(sum(each.values()) for each in changes.values()) == 4
    assert np.isclose(found["DV"].iloc[0], 0.01 / 2 * 299792.458)
    assert found["DV"].isna().tolist() == [False, True, True, False]


def test_each_side_has_its_threshold():
    """The same confidences, another rule."""
    found = compare.compare(results(), results(), (0.5, 0.95))
    assert compare.flips(found)["TARGETID"].tolist() == [4]


def test_rows_of_one_side_are_left_out():
    """And the order of rows does not matter."""
    first, second = results().iloc[:3], changed().iloc[::-1].iloc[:3]
    found = compare.compare(first, second, (0.5, 0.5))
    assert found["TARGETID"].tolist() == [2, 3]


def test_report_says_who_was_right():
    """2 is a star that is lost, 3 a star that is won; 4 is unsure."""
    found = compare.compare(results(), changed(), (0.5, 0.5))
    report = compare.report(found, np.random.default_rng(1), truth())
    json.dumps(report, allow_nan=False)
    assert report["flips"]["value"] == 0.75
    assert report["calls"]["value"] == 0.5
    assert report["transitions"]["high"] == {"not": 1, "low": 0, "high": 0}
    assert report["gain"]["targets"] == 3
    assert (report["gain"]["won"], report["gain"]["lost"]) == (1, 1)
    assert report["gain"]["difference"] == 0
    assert report["redshift"]["low"]["rows"] == 2
    assert "gain" not in compare.report(found, np.random.default_rng(1))


def test_gain_of_a_clear_winner():
    """Twenty targets right in the second only."""
    ids = np.arange(20)
    rows = pd.DataFrame({"TARGETID": ids, "LABEL_1": "not", "LABEL_2": "low"})
    known = pd.DataFrame({"targetid": ids, "klass": "QSO", "confident": True})
    found = compare.gain(rows, known)
    assert (found["won"], found["lost"], found["difference"]) == (20, 0, 1)
    assert found["p"] < 1e-5
    nobody = compare.gain(rows, known.assign(confident=False))
    assert nobody["targets"] == 0
    assert np.isnan(nobody["difference"])


def told(first, second, **columns):
    """Return rows of one exposure a target, by what the two ensembles call it."""
    names = {True: "low", False: "not"}
    rows = pd.DataFrame({"TARGETID": np.arange(len(first))} | columns)
    labels = {f"LABEL_{k}": [names[x] for x in v] for k, v in ((1, first), (2, second))}
    return rows.assign(**labels)


def test_interval_of_a_gain_is_that_of_paired_differences():
    """9 won, 4 lost, 27 alike: the mean of +1, -1 and 0, with its standard error."""
    first = np.repeat([False, True, True, False], [9, 4, 20, 7])
    second = np.repeat([True, False, True, False], [9, 4, 20, 7])
    known = pd.DataFrame({"targetid": np.arange(40), "klass": "QSO", "confident": True})
    found = compare.gain(told(first, second), known)
    each = second.astype(int) - first.astype(int)
    half = stats.norm.ppf(0.975) * each.std() / np.sqrt(40)
    assert found["difference"] == pytest.approx(5 / 40)
    assert found["low"] == pytest.approx(5 / 40 - half)
    assert found["high"] == pytest.approx(5 / 40 + half)
    assert found["p"] == pytest.approx(stats.binom.cdf(4, 13, 0.5) * 2)
    stars = compare.gain(told(first, second), known.assign(klass="STAR"))
    assert (stars["won"], stars["lost"]) == (4, 9)
    assert stars["difference"] == pytest.approx(-5 / 40)
    assert (stars["low"], stars["high"]) == pytest.approx(
        (-5 / 40 - half, -5 / 40 + half)
    )


def test_gain_of_no_difference_has_no_width():
    """All alike: no scatter, and no sign of a difference; one target is enough."""
    known = pd.DataFrame({"targetid": [0], "klass": ["QSO"], "confident": [True]})
    found = compare.gain(told([True], [True]), known)
    assert (found["targets"], found["won"], found["lost"]) == (1, 0, 0)
    assert (found["low"], found["high"], found["p"]) == (0, 0, 1)


def test_a_draw_of_exposures_is_a_quasar():
    """One of two exposures called: a quasar; one of three: none."""
    known = pd.DataFrame({"targetid": [0, 1], "klass": "QSO", "confident": True})
    first, second = [False] * 5, [True, False, True, False, False]
    found = compare.gain(told(first, second, TARGETID=[0, 0, 1, 1, 1]), known)
    assert (found["targets"], found["won"], found["lost"]) == (2, 1, 0)


def test_ends_of_labels():
    """At the threshold nothing is called; z = 2.1 is high."""
    rows = results(C_BEST=[0.5, 0.501, 0.9, 0.9], Z=[1.0, 1.0, 2.099, 2.1])
    found = compare.compare(rows, rows, (0.5, 0.5))
    assert found["LABEL_1"].tolist() == ["not", "low", "low", "high"]
    assert found["LABEL_2"].tolist() == found["LABEL_1"].tolist()


@pytest.mark.parametrize(
    ("first", "problem"),
    [
        (results().drop(columns="Z"), r"first results have no column \['Z'\]"),
        (results(TARGETID=[1, 1, 2, 3]), r"\[1, 1, 1\] twice"),
        (results(TARGETID=[11, 12, 13, 14]), "no exposure of 4 and 4 in common"),
    ],
)
def test_tables_that_cannot_be_compared(first, problem):
    """A missing column, a double row, nothing in common."""
    with pytest.raises(ValueError, match=problem):
        compare.compare(first, results(), (0.5, 0.5))
