"""Intervals: against astropy and scipy, at the ends, and what they promise."""

import numpy as np
import pytest
from astropy.stats import binom_conf_interval
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats
from skyloom.stats import intervals


@given(st.integers(0, 200), st.integers(1, 200), st.sampled_from([0.68, 0.95]))
def test_share_is_astropys(k, n, level):
    """Jeffreys' interval; the value inside."""
    k = min(k, n)
    found = intervals.one_share(k, n, level)
    theirs = binom_conf_interval(k, n, level, interval="jeffreys")
    assert np.allclose((found["low"], found["high"]), theirs)
    assert found["low"] <= found["value"] <= found["high"]


def test_weights_are_no_whole_numbers():
    """Of 2.5 of 4 the interval lies between those of 2 and 3."""
    two, half, three = (intervals.one_share(k, 4) for k in (2, 2.5, 3))
    for end in ("low", "value", "high"):
        assert two[end] < half[end] < three[end]


def test_interval_covers_its_truth():
    """The 68 % interval holds the true share in about 68 % of samples."""
    rng = np.random.default_rng(0)
    truth = rng.uniform(0.1, 0.9, 3000)
    found = intervals.share(rng.binomial(40, truth), np.full(3000, 40), 0.68)
    inside = (found["low"] <= truth) & (truth <= found["high"])
    assert np.mean(inside) == pytest.approx(0.68, abs=0.03)


def test_ends():
    """None of n allows 0, all of n allow 1; one of either does not."""
    found = intervals.share([0, 1, 9, 10], [10] * 4)
    assert (found["low"] == 0).tolist() == [True, False, False, False]
    assert (found["high"] == 1).tolist() == [False, False, False, True]
    assert 0 < found["high"][0] < 0.3


def test_nothing_is_known_of_nothing():
    found = intervals.share([0, 1], [0, 2])
    assert np.isnan(found["value"]).tolist() == [True, False]
    assert (found["low"][0], found["high"][0]) == (0, 1)
    nothing = {"k": 0, "n": 0, "value": None, "low": 0, "high": 1}
    assert intervals.one_share(0, 0) == nothing


@pytest.mark.parametrize(("k", "n"), [(3, 2), (2.1, 2), (-0.1, 2), (np.nan, 2)])
def test_more_successes_than_trials_are_refused(k, n):
    with pytest.raises(ValueError, match="0 <= k <= n"):
        intervals.share(k, n)


@given(st.integers(0, 200), st.integers(1, 200))
def test_lower_bound_is_scipys(k, n):
    """One-sided Clopper-Pearson."""
    k = min(k, n)
    test = stats.binomtest(k, n, alternative="greater").proportion_ci(0.95, "exact")
    assert np.isclose(intervals.lower_bound(k, n), test.low, atol=1e-10)


def test_a_promise_is_kept():
    """A share of 0.9 is below its bound in no more than 5 % of samples."""
    k = np.arange(101)
    broken = intervals.lower_bound(k, np.full(101, 100)) > 0.9
    assert stats.binom.pmf(k, 100, 0.9)[broken].sum() <= 0.05


@given(st.integers(0, 100), st.floats(0.1, 100))
def test_rate_is_garwoods(k, area):
    """Quantiles of chi squared."""
    found = intervals.rate(k, area)
    low = stats.chi2.ppf(0.025, 2 * k) / 2 / area if k else 0
    assert found["value"] == k / area
    assert np.isclose(found["low"], low)
    assert np.isclose(found["high"], stats.chi2.ppf(0.975, 2 * k + 2) / 2 / area)


@pytest.mark.parametrize("area", [-1.0, np.nan])
def test_rate_needs_area(area):
    with pytest.raises(ValueError, match="0 or more"):
        intervals.rate(1, area)


def test_no_area_has_no_rate():
    nothing = {"value": None, "low": None, "high": None}
    assert intervals.rate(0, 0.0) == {"k": 0, "area": 0.0} | nothing
