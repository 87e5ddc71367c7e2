"""Places of stamps and canvases on the sky."""

from __future__ import annotations

import numpy as np
import pytest
from astropy.wcs import WCS
from skyloom.spirals.geometry import Canvas, Stamp, picture_stamp

PLACES = [(137.1, 31.5), (200.0, 80.0), (359.99, -45.0), (0.0, 0.0), (10.0, -89.0)]


@pytest.mark.parametrize(("ra", "dec"), PLACES)
def test_canvas_has_its_middle_on_the_galaxy(ra, dec):
    """By edges: 262.5 of 525, as GZ3D's own header has it."""
    found = Canvas(ra, dec).drawn(ra, dec)
    assert np.allclose(found, 262.5, atol=1e-6)


@pytest.mark.parametrize(("ra", "dec"), PLACES)
def test_canvas_agrees_with_the_header_of_gz3d(ra, dec):
    """Where CRPIX 262.5 counts edges: canvas x, y are FITS's x, y there."""
    wcs = WCS(naxis=2)
    wcs.wcs.ctype = ["RA---TAN", "DEC--TAN"]
    wcs.wcs.crpix, wcs.wcs.crval = [262.5, 262.5], [ra, dec]
    wcs.wcs.cd = np.diag([-0.099, -0.099]) / 3600
    vertices = np.array([[0.0, 0.0], [525, 0], [100, 400], [-2, 531]])
    theirs = wcs.wcs_pix2world(vertices, 1)
    assert np.allclose(Canvas(ra, dec).drawn(*theirs.T), vertices, atol=1e-5)


@pytest.mark.parametrize(("ra", "dec"), PLACES)
def test_sky_and_back(ra, dec):
    """To 1e-6 px, also across right ascension 0 and near the pole."""
    canvas = Canvas(ra, dec)
    vertices = np.random.default_rng(1).uniform(-20, 545, (50, 2))
    assert np.allclose(canvas.drawn(*canvas.sky(vertices)), vertices, atol=1e-6)
    own = canvas.on(canvas.stamp, vertices)
    expected = np.stack([vertices[:, 0] - 0.5, 524.5 - vertices[:, 1]], axis=1)
    assert np.allclose(own, expected, atol=1e-6)


def test_north_is_up_and_east_is_left():
    """On the canvas y runs down, on a stamp rows run north."""
    canvas = Canvas(50.0, 10.0)
    ra, dec = canvas.sky(np.array([[262.5, 100.0], [100.0, 262.5]]))
    assert dec[0] - 10 == pytest.approx(162.5 * 0.099 / 3600, 1e-4)
    assert ra[1] - 50 == pytest.approx(
        162.5 * 0.099 / 3600 / np.cos(np.radians(10)), 1e-4
    )
    x, y = Stamp(50.0, 10.0, 0.2, 101).wcs.world_to_pixel_values(50.001, 10.001)
    assert x < 50 < y


def test_a_stamp_of_other_pixels_is_the_same_field():
    """Its corners stay, and its middle."""
    stamp = Stamp(200.0, 60.0, 0.3, 424)
    small = stamp.resized(106)
    assert small.scale == pytest.approx(1.2)
    for one, edge in ((stamp, 423.5), (small, 105.5)):
        corner = one.wcs.pixel_to_world_values([-0.5, edge], [-0.5, edge])
        expected = stamp.wcs.pixel_to_world_values([-0.5, 423.5], [-0.5, 423.5])
        assert np.allclose(corner, expected, atol=1e-9)
    part = stamp.middle(0.5, 212)
    assert (part.scale, part.field) == (0.3, pytest.approx(stamp.field / 2))


def test_a_picture_has_424_pixels_of_its_scale():
    """Whatever pixels the run has."""
    stamp = picture_stamp(1.0, 2.0, 0.31, 128)
    assert stamp.field == pytest.approx(424 * 0.31)
    assert stamp.size == 128
