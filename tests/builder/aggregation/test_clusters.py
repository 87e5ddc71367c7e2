"""Tests of `skyloom.builder.aggregation.clusters`."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import binom
from skyloom.builder.aggregation.clusters import labels, largest, support


def on_a_line(*places):
    """Return the distances of points on a line."""
    places = np.array(places, float)
    return abs(places[:, None] - places)


def test_two_groups_and_a_stray():
    """Points within eps of enough others share a label; the stray has -1."""
    found = labels(on_a_line(0, 0.1, 0.2, 9, 5, 5.1, 5.2, 5.3), eps=0.15, min_samples=3)
    np.testing.assert_array_equal(found, [0, 0, 0, -1, 1, 1, 1, 1])
    np.testing.assert_array_equal(largest(found), found == 1)


def test_of_equal_clusters_the_first_counts():
    """A tie goes to the cluster whose first core object comes first."""
    found = labels(on_a_line(7, 7.1, 0, 0.1), eps=0.2, min_samples=2)
    np.testing.assert_array_equal(largest(found), [True, True, False, False])


def test_no_cluster_no_member():
    """Nothing agrees: nobody is a member."""
    assert not largest(labels(on_a_line(0, 1, 2), eps=0.1, min_samples=2)).any()
    assert len(largest(labels(np.empty((0, 0)), eps=1, min_samples=2))) == 0


def test_distances_must_be_square():
    """Another form is refused."""
    with pytest.raises(ValueError, match="square"):
        labels(np.zeros((2, 3)), eps=1, min_samples=2)


def test_support_covers_its_level():
    """Over a uniform p, the interval holds p about as often as it says."""
    rng = np.random.default_rng(1)
    p = rng.uniform(size=4000)
    k = binom.rvs(30, p, random_state=rng)
    intervals = [support(i, 30) for i in range(31)]
    low, high = (
        np.array([s[key] for s in intervals])[k] for key in ("p_low", "p_high")
    )
    inside = (low < p) & (p < high)
    assert np.mean(inside) == pytest.approx(0.68, abs=0.03)


def test_support_of_none_and_all():
    """The ends of the scale stay within 0 and 1 and are ordered."""
    for k in (0, 30):
        s = support(k, 30)
        assert 0 <= s["p_low"] < s["p"] < s["p_high"] <= 1
    with pytest.raises(ValueError, match="0 <= k <= n"):
        support(3, 2)
