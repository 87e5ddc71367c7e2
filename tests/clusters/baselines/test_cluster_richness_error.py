"""How sure a richness is."""

from __future__ import annotations

import numpy as np
import pytest
from skyloom.clusters.baselines.membership import CLUSTERED, richness_variance
from skyloom.clusters.baselines.profiles import enclosed, logarithmic_slope


def test_sure_members_have_no_variance():
    """All in sight, each certainly there."""
    p = np.ones(20)
    assert richness_variance(20.0, p, p, 1.0) == pytest.approx(0.0)


def test_variance_is_that_of_the_equations_root():
    """Members' own, more for the field's clustering, over the slope squared."""
    p = np.full(40, 0.5)
    unsure, steep = 10.0, 0.2 * logarithmic_slope((20 / 100) ** 0.2 / 0.7)
    slope = 1 - steep - (1 - steep) * unsure / 20
    wanted = (unsure + (CLUSTERED * unsure) ** 2) / slope**2
    assert richness_variance(20.0, p, np.ones(40), 1.0) == pytest.approx(wanted)
    assert wanted > 2 * unsure


def test_what_is_out_of_sight_is_poisson():
    """Half of a cluster of sure members."""
    p = np.ones(20)
    assert richness_variance(40.0, p, p, 0.5) == pytest.approx(40.0)


def test_what_others_have_claimed_counts_as_unsure():
    """A member of a better cluster may be in this one or not."""
    shared = richness_variance(10.0, np.full(20, 0.5), np.full(20, 0.5), 1.0)
    own = richness_variance(10.0, np.ones(10), np.ones(10), 1.0)
    assert np.isfinite(
        richness_variance(
            10.0, np.append(np.ones(10), 0.0), np.append(np.ones(10), 0.0), 1.0
        )
    )
    assert shared > own + 5


def test_slope_is_the_profiles():
    """Of the number within a limit, by differences."""
    for limit in (0.3, 0.9, 2.0):
        near = np.log(enclosed(np.array([0.99, 1.01]) * limit))
        slope = np.diff(near)[0] / np.log(1.01 / 0.99)
        assert logarithmic_slope(limit) == pytest.approx(slope, rel=0.01)
