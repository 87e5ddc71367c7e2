"""Lengths and angles on the sky."""

import numpy as np
import pytest
from astropy import units as u
from astropy.coordinates import SkyCoord
from astropy.wcs import WCS
from hypothesis import given, settings
from hypothesis import strategies as st
from skyloom.sky.geometry import pixel_scale, plane_matrix, position_angle


def tangent(rotation=0.0, scale=0.396, ra=150.0, dec=30.0, mirrored=False):
    """Return a WCS with north turned counter-clockwise by `rotation` [deg]."""
    wcs = WCS(naxis=2)
    wcs.wcs.ctype = "RA---TAN", "DEC--TAN"
    wcs.wcs.crval, wcs.wcs.crpix = (ra, dec), (51.0, 41.0)
    c, s = np.cos(np.radians(rotation)), np.sin(np.radians(rotation))
    east = 1 if mirrored else -1
    wcs.wcs.cd = scale / 3600 * np.array([[east * c, east * s], [-s, c]])
    return wcs


def test_north_up_east_left():
    """On a plain image +x is west and +y north, one pixel a scale long."""
    matrix = plane_matrix(tangent(), 50.0, 40.0)
    assert np.allclose(matrix, [[-0.396, 0], [0, 0.396]], atol=1e-6)


@settings(deadline=None)
@given(
    roll=st.floats(0, np.pi),
    rotation=st.floats(-180, 180),
    dec=st.floats(-80, 80),
    mirrored=st.booleans(),
)
def test_position_angle_agrees_with_astropy(roll, rotation, dec, mirrored):
    """The angle is that of the great circle through two points on the axis."""
    wcs = tangent(rotation, dec=dec, mirrored=mirrored)
    x, y = 60.0, 30.0
    step = 0.5 * np.array([-np.sin(roll), np.cos(roll)])
    ends = wcs.all_pix2world(np.add([x, y], [-step, step]), 0)
    first, second = (SkyCoord(*e, unit="deg") for e in ends)
    expected = first.position_angle(second).to_value(u.deg) % 180
    found = position_angle(wcs, x, y, roll)
    assert abs((found - expected + 90) % 180 - 90) < 0.01


def test_right_ascension_may_wrap():
    """The first pixels east of RA 0 do not turn into 360 degrees."""
    matrix = plane_matrix(tangent(ra=0.0), 50.0, 40.0)
    assert matrix[0, 0] == pytest.approx(-0.396, rel=1e-6)


def test_pixel_scale():
    """The scale does not depend on the rotation."""
    assert pixel_scale(tangent(33.0)) == pytest.approx(0.396)
