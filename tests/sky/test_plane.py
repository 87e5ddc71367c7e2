"""An image on a tangent plane, as few numbers."""

from __future__ import annotations

import numpy as np
import pytest
from astropy.wcs import WCS
from skyloom.sky.plane import tangent_plane
from skyloom.sky.tan import tan_wcs

SHAPE = (300, 400)


def sky_of(plane, x: float, y: float) -> np.ndarray:
    """Return the sky at a pixel by the plane."""
    east, north = plane.matrix @ [x, y, 1.0]
    flat = tan_wcs(plane.ra, plane.dec, (1, 1), 3600.0)
    return np.array(flat.wcs_pix2world(-east, north, 0))


@pytest.mark.parametrize("turn", [0.0, 35.0])
def test_a_gnomonic_image_is_exact(turn):
    """Turned or not, and wherever it touches the sky."""
    wcs = tan_wcs(359.9, 60.0, SHAPE, 1.0)
    cosine, sine = np.cos(np.radians(turn)), np.sin(np.radians(turn))
    wcs.wcs.pc = [[cosine, -sine], [sine, cosine]]
    wcs.wcs.crpix = [-2000.0, 900.0]
    plane = tangent_plane(wcs, SHAPE)
    assert plane.error < 1e-6
    wanted = np.array(wcs.all_pix2world(320.0, 20.0, 0))
    assert sky_of(plane, 320.0, 20.0) == pytest.approx(wanted, abs=1e-9)


def test_another_projection_is_told_how_far_off_it_is():
    """A plate carrée of five degrees: not exact, and it says so."""
    wcs = WCS(naxis=2)
    wcs.wcs.ctype, wcs.wcs.crval = ["RA---CAR", "DEC--CAR"], [10.0, 0.0]
    wcs.wcs.cdelt, wcs.wcs.crpix = [-1 / 60, 1 / 60], [200.5, -2000.0]
    plane = tangent_plane(wcs, SHAPE)
    assert plane.dec == pytest.approx(35.8, abs=0.1)
    assert plane.error > 1
    x, y = 100.0, 100.0
    away = sky_of(plane, x, y) - wcs.all_pix2world(x, y, 0)
    assert np.abs(away * [np.cos(np.radians(35)), 1]).max() < plane.error / 60
