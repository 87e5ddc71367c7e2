"""World coordinates of simulated images, and headers that keep every digit."""

from __future__ import annotations

import numpy as np
import pytest
from astropy.coordinates import SkyCoord
from astropy.wcs import WCS
from skyloom.sky.tan import tan_wcs, wcs_header


@pytest.mark.parametrize("dec", [-40.0, 0.0, 65.0])
def test_the_middle_is_the_place_north_up_and_east_left(dec):
    """Of an image wider than high; a pixel up or left is one scale away."""
    wcs = tan_wcs(150.0, dec, (21, 40), 0.4)
    middle = np.array([19.5, 10.0])
    here = wcs.pixel_to_world(*middle)
    assert (here.ra.deg, here.dec.deg) == pytest.approx((150.0, dec))
    for step, angle in (((0, 1), 0.0), ((-1, 0), 90.0)):
        there = wcs.pixel_to_world(*(middle + step))
        assert here.separation(there).arcsec == pytest.approx(0.4, rel=1e-6)
        assert here.position_angle(there).deg == pytest.approx(angle, abs=1e-4)
    assert wcs.pixel_shape == (40, 21)


def test_far_from_the_middle_it_is_gnomonic():
    """A distance on the plane is the tangent of that on the sky."""
    wcs = tan_wcs(10.0, 20.0, (101, 101), 300.0)
    corner = wcs.pixel_to_world(100, 100)
    away = SkyCoord(10.0, 20.0, unit="deg").separation(corner).rad
    plane = np.radians(np.hypot(50, 50) * 300 / 3600)
    assert np.tan(away) == pytest.approx(plane)


@pytest.mark.parametrize("turn", [0.0, 0.3])
def test_headers_keep_every_digit(turn):
    """Scale, place and turn come back but for rounding."""
    wcs = tan_wcs(123.456789012345678, -9.87654321098765432, (33, 44), 0.2627)
    cos, sin = np.cos(turn), np.sin(turn)
    wcs.wcs.pc = [[cos, -sin], [sin, cos]]
    header = wcs_header(wcs)
    again = WCS(header)
    for name in ("crval", "crpix", "cdelt"):
        found, wanted = getattr(again.wcs, name), getattr(wcs.wcs, name)
        np.testing.assert_allclose(found, wanted, rtol=1e-14)
    np.testing.assert_allclose(again.wcs.get_pc(), wcs.wcs.get_pc(), rtol=1e-14)
