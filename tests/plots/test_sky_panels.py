"""Scale bars and compasses of pictures of the sky."""

import numpy as np
import pytest
from skyloom.plots import sky, style
from skyloom.sky.geometry import plane_matrix
from skyloom.sky.tan import tan_wcs


def panel(side=100):
    axes = style.figure(2.0, 2.0).subplots()
    axes.set(xlim=(-0.5, side - 0.5), ylim=(-0.5, side - 0.5))
    return axes


@pytest.mark.parametrize(
    ("scale", "length", "words"),
    [(0.396, 10, "10″"), (0.263, 5, "5″"), (4.0, 120, "2′"), (0.05, 1, "1″")],
)
def test_a_scale_bar_is_as_long_as_it_says(scale, length, words):
    """A round number of arcsec, about a fifth of the panel."""
    axes = panel()
    sky.scale_bar(axes, scale)
    ends = axes.lines[0].get_xdata()
    assert np.ptp(ends) == pytest.approx(length / scale)
    assert [t.get_text() for t in axes.texts] == [words]


def arrows(axes):
    """Return the directions of the arrows to E and N."""
    steps = [np.subtract(t.xy, t.xyann) for t in axes.texts if hasattr(t, "xyann")]
    return [step / np.hypot(*step) for step in steps]


def test_a_compass_points_to_north_and_east():
    """North up and east left unless the WCS says otherwise."""
    axes = panel()
    sky.compass(axes)
    np.testing.assert_allclose(arrows(axes), [[-1, 0], [0, 1]], atol=1e-12)
    matrix = plane_matrix(tan_wcs(150.0, 30.0, (100, 100), 0.4), 50, 50)
    turned = panel()
    sky.compass(turned, matrix @ [[0, -1], [1, 0]])
    np.testing.assert_allclose(arrows(turned), [[0, 1], [1, 0]], atol=1e-4)
