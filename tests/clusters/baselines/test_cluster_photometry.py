"""Magnitudes of fluxes, and places."""

from __future__ import annotations

import numpy as np
import pytest
from skyloom.clusters.bands import flux
from skyloom.clusters.baselines.photometry import FLOOR, unit_vectors, with_floor


def test_what_is_not_seen_has_the_magnitude_of_its_error():
    """And a signal to noise of one."""
    mag, err = with_floor(np.array([[-5.0, 0.0, 1e3, 1e3]]), np.full((1, 4), 10.0))
    np.testing.assert_allclose(mag[0, :2], 30 - 2.5, rtol=1e-12)
    np.testing.assert_allclose(err[0, :2], 1.0857, rtol=1e-3)
    np.testing.assert_allclose(mag[0, 2], 30 - 7.5, rtol=1e-12)


def test_bright_sources_have_the_floor():
    """However many photons there are."""
    _, err = with_floor(np.full((1, 4), flux(16.0)), np.ones((1, 4)))
    np.testing.assert_allclose(err, FLOOR, rtol=1e-3)


def test_directions():
    """Of unit length, a right angle apart at the pole."""
    vectors = unit_vectors(np.array([0.0, 90.0, 0.0]), np.array([0.0, 0.0, 90.0]))
    np.testing.assert_allclose(vectors @ vectors.T, np.eye(3), atol=1e-12)
    assert unit_vectors([], []).shape == (0, 3)
    assert np.linalg.norm(unit_vectors([10.0], [20.0])) == pytest.approx(1.0)
