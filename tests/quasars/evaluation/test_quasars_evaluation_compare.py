"""What changes from one ensemble to another."""

import json

import numpy as np
import pandas as pd
import pytest
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
    assert found.flips["TARGETID"].tolist() == [3, 2, 4]
    assert found.transitions.loc["low", "high"] == 1
    assert found.transitions.loc["high", "not"] == 1
    assert found.transitions.to_numpy().sum() == 4
    assert np.isclose(found.rows["DV"].iloc[0], 0.01 / 2 * 299792.458)
    assert found.rows["DV"].isna().tolist() == [False, True, True, False]


def test_each_side_has_its_threshold():
    """The same confidences, another rule."""
    found = compare.compare(results(), results(), (0.5, 0.95))
    assert found.flips["TARGETID"].tolist() == [4]


def test_rows_of_one_side_are_counted():
    """And the order of rows does not matter."""
    first, second = results().iloc[:3], changed().iloc[::-1].iloc[:3]
    found = compare.compare(first, second, (0.5, 0.5))
    assert (len(found.rows), found.only_first, found.only_second) == (2, 1, 1)


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
