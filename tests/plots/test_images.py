"""Panels of images."""

import numpy as np
import pytest
from skyloom.plots.images import asinh_stretch, white_level


def test_asinh_stretch_fixed_points():
    """Zero stays zero, white becomes one, and the stretch is odd and rising."""
    x = np.linspace(-1, 1, 101)
    y = asinh_stretch(2 * x, white=2.0)
    assert y[50] == 0
    assert y[-1] == pytest.approx(1.0)
    assert np.allclose(y, -y[::-1])
    assert (np.diff(y) > 0).all()


def test_white_level_ignores_bad_pixels():
    """Masked and undefined pixels do not set the stretch."""
    image = np.ones((20, 20))
    image[0, 0], image[1, 1] = 1e6, np.nan
    mask = image > 10
    assert white_level(image, mask) == pytest.approx(1.0)
    assert white_level(np.full((2, 2), np.nan)) == 1.0
