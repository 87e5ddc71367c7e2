"""Shares of targets."""

import numpy as np
import pytest
from skyloom.quasars.evaluation import shares
from skyloom.stats.intervals import one_share


def test_nothing_is_known_of_nothing():
    """No row: no value, anything between 0 and 1."""
    found = shares.share([], [])
    assert found == {"rows": 0, "targets": 0, "value": None, "low": 0, "high": 1}


def test_exposures_of_a_target_are_one_trial():
    """Ten times the same target says no more than once."""
    once = shares.share([True, False], [1, 2])
    often = shares.share([True] * 10 + [False], [1] * 10 + [2])
    ends = one_share(1, 2)
    for key in ("value", "low", "high"):
        assert once[key] == pytest.approx(often[key]) == pytest.approx(ends[key])
    assert (often["rows"], often["targets"]) == (11, 2)
    assert shares.share([True, False], [1, 1])["value"] == 0.5


def test_all_of_many_exposures_are_all():
    """Weights that miss 1 by their last digits change nothing."""
    found = shares.share([True] * 49, np.repeat([1], 49))
    assert (found["value"], found["high"]) == (1, 1)


def test_shares_by_group():
    """Sorted; a row without a group is left out."""
    success, ids = [True, False, True, True], [1, 2, 3, 4]
    table = shares.share_by(success, ids, ["b", "b", "a", None])
    assert table["group"].tolist() == ["a", "b"]
    assert table["value"].tolist() == [1, 0.5]
    assert list(table) == ["group", "rows", "targets", "value", "low", "high"]
