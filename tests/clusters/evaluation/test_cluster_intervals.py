"""Intervals."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from skyloom.clusters.evaluation import intervals


@given(st.integers(0, 200), st.integers(1, 200), st.sampled_from([0.68, 0.95]))
@settings(max_examples=30, deadline=None)
def test_share_is_scipys(k, n, level):
    """Wilson's interval; the value inside."""
    k = min(k, n)
    found = intervals.one_share(k, n, level)
    test = stats.binomtest(k, n).proportion_ci(level, "wilson")
    assert np.allclose((found["low"], found["high"]), (test.low, test.high))
    assert found["low"] <= found["value"] <= found["high"]


def test_nothing_is_known_of_nothing():
    found = intervals.share([0, 1], [0, 2])
    assert np.isnan(found["value"]).tolist() == [True, False]
    assert (found["low"][0], found["high"][0]) == (0, 1)
    assert intervals.one_share(0, 0)["value"] is None


@given(st.integers(0, 100), st.floats(0.1, 100))
@settings(max_examples=30, deadline=None)
def test_rate_is_garwoods(k, area):
    """Quantiles of chi squared."""
    found = intervals.rate(k, area)
    low = stats.chi2.ppf(0.025, 2 * k) / 2 / area if k else 0
    assert np.isclose(found["low"], low)
    assert np.isclose(found["high"], stats.chi2.ppf(0.975, 2 * k + 2) / 2 / area)


@pytest.mark.parametrize("area", [-1.0, np.nan])
def test_rate_needs_area(area):
    with pytest.raises(ValueError, match="0 or more"):
        intervals.rate(1, area)


def test_no_area_has_no_rate():
    nothing = {"value": None, "low": None, "high": None}
    assert intervals.rate(0, 0.0) == {"k": 0, "area": 0.0} | nothing


def test_percentiles_leave_out_empty_draws():
    found = intervals.percentiles(0.5, [*np.linspace(0, 1, 101), np.nan])
    assert np.allclose((found["low"], found["high"]), (0.025, 0.975))
    none = intervals.percentiles(np.nan, [np.nan])
    assert none == {"low": None, "high": None, "value": None}
