"""Shares and their intervals."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats
from skyloom.quasars.evaluate import proportions


@given(st.integers(0, 200), st.integers(1, 200), st.sampled_from([0.68, 0.95]))
def test_wilson_agrees_with_scipy(k, n, level):
    """The same interval as SciPy's, for whole numbers."""
    k = min(k, n)
    found = proportions.wilson(k, n, level)
    test = stats.binomtest(k, n).proportion_ci(level, "wilson")
    assert np.allclose(found, (test.low, test.high), atol=1e-12)
    assert found[0] <= k / n <= found[1]


@given(st.integers(0, 200), st.integers(1, 200))
def test_lower_bound_agrees_with_scipy(k, n):
    """One-sided Clopper-Pearson."""
    k = min(k, n)
    test = stats.binomtest(k, n, alternative="greater").proportion_ci(0.95, "exact")
    assert np.isclose(proportions.lower_bound(k, n), test.low, atol=1e-10)


def test_nothing_is_known_of_nothing():
    """No trial: NaN, anything between 0 and 1."""
    assert proportions.wilson(0, 0) == (0, 1)
    found = proportions.share([], [])
    assert (found.rows, found.targets, found.low, found.high) == (0, 0, 0, 1)
    assert np.isnan(found.value)
    with pytest.raises(ValueError, match="0 <= k <= n"):
        proportions.wilson(3, 2)


def test_exposures_of_a_target_are_one_trial():
    """Ten times the same target says no more than once."""
    once = proportions.share([True, False], [1, 2])
    often = proportions.share([True] * 10 + [False], [1] * 10 + [2])
    assert (once.value, once.low, once.high) == (often.value, often.low, often.high)
    assert (often.rows, often.targets) == (11, 2)
    half = proportions.share([True, False], [1, 1])
    assert half.value == 0.5


def test_shares_by_group():
    """Sorted; a row without a group is left out."""
    table = proportions.share_by(
        [True, False, True, True], [1, 2, 3, 4], ["b", "b", "a", None]
    )
    assert table["group"].tolist() == ["a", "b"]
    assert table["value"].tolist() == [1, 0.5]
    assert list(table) == ["group", "rows", "targets", "value", "low", "high"]
