"""The filters of place and luminosity."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.integrate import quad
from skyloom.clusters.baselines.profiles import (
    CORE,
    FAINTEST,
    SCALE,
    enclosed,
    luminosity,
    places,
    projected_density,
    visible_share,
)


@settings(max_examples=20, deadline=None)
@given(st.floats(0.3, 3.0))
def test_radial_filter_integrates_to_what_is_enclosed(limit):
    """Within any radius, against another integrator."""
    total, _ = quad(
        lambda r: 2 * np.pi * r * projected_density(r), 0, limit, points=[CORE]
    )
    assert total == pytest.approx(enclosed(limit), rel=2e-3)


def test_radial_filter_is_the_projection_of_an_nfw_profile():
    """Beyond the core: the line integral of 1 / (x (1 + x)^2)."""

    def column(radius):
        def density(along):
            x = np.hypot(radius, along) / SCALE
            return 1 / (x * (1 + x) ** 2)

        return 2 * quad(density, 0, np.inf)[0]

    radii = [0.15, 0.21428571, 0.4, 1.0]
    ratio = [column(r) / projected_density(r) for r in radii]
    np.testing.assert_allclose(ratio, ratio[0], rtol=2e-3)


def test_radial_filter_is_flat_in_the_core():
    """A centre that is a little off loses nothing."""
    assert projected_density(0.0) == projected_density(0.99 * CORE)
    assert projected_density(CORE) > projected_density(1.1 * CORE)


def test_luminosity_filter_integrates_to_one_down_to_a_fifth_of_l_star():
    """And nothing fainter counts; the limit is m* + 1.75."""
    assert pytest.approx(1.747, abs=1e-3) == FAINTEST
    assert quad(luminosity, -6, FAINTEST)[0] == pytest.approx(1.0, abs=1e-4)
    assert luminosity(FAINTEST + 0.01) == 0


@pytest.mark.parametrize("limit", [-1.0, 0.0, 1.0])
def test_visible_share_is_the_integral_to_the_limit(limit):
    """What a shallow catalogue shows of a cluster."""
    seen = quad(luminosity, -8, limit)[0]
    assert visible_share(limit) == pytest.approx(seen, abs=1e-4)
    assert visible_share(5.0) == 1.0


def test_places_follow_the_radial_filter():
    """Half of 2000 places lie where the filter has half of its integral."""
    radius, angle = places(2000, 1.2)
    middle = np.median(radius)
    total, _ = quad(
        lambda r: 2 * np.pi * r * projected_density(r) / enclosed(1.2), 0, middle
    )
    assert total == pytest.approx(0.5, abs=5e-3)
    assert abs(np.exp(1j * angle).mean()) < 0.01
