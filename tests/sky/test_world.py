"""World coordinates of images: what is on the sky, and what is not."""

import numpy as np
import pytest
from astropy.io import fits
from skyloom.sky.tan import tan_wcs, wcs_header
from skyloom.sky.world import celestial, in_j2000

SHAPE = (40, 60)
GOOD = {
    **{"CTYPE1": "RA---TAN", "CTYPE2": "DEC--TAN", "CRVAL1": 150.0, "CRVAL2": 20.0},
    **{"CRPIX1": 30.5, "CRPIX2": 20.5, "CD1_1": -1e-4, "CD1_2": 0.0},
    **{"CD2_1": 0.0, "CD2_2": 1e-4},
}
SWAPPED = {"CTYPE1": "DEC--TAN", "CTYPE2": "RA---TAN", "CRVAL1": 20.0}
SWAPPED["CRVAL2"] = 50.0


def header(**changes) -> fits.Header:
    """Return a good header with other cards; None takes one out."""
    cards = GOOD | changes
    return fits.Header([(k, v) for k, v in cards.items() if v is not None])


def test_what_we_write_is_read():
    """With any middle, also at 0."""
    for ra, dec in ((150.0, 20.0), (0.0, 0.0), (359.9, -89.0)):
        found = celestial(wcs_header(tan_wcs(ra, dec, SHAPE, 0.263)), SHAPE)
        place = found.pixel_to_world(29.5, 19.5).icrs
        assert place.dec.deg == pytest.approx(dec, abs=1e-9)
        assert np.cos(place.ra.rad - np.radians(ra)) == pytest.approx(1)


@pytest.mark.parametrize(
    ("changes", "j2000"),
    [
        ({}, True),
        ({"RADESYS": "FK5"}, True),
        ({"CRVAL1": -210.0}, True),
        ({"RADESYS": "FK5", "EQUINOX": 1950.0}, False),
        ({"RADESYS": "FK4", "EQUINOX": 1950.0}, False),
        ({"CTYPE1": "GLON-TAN", "CTYPE2": "GLAT-TAN"}, False),
    ],
)
def test_frames_are_known(changes, j2000):
    """Astropy converts each to ICRS; who takes axes for RA and Dec asks first."""
    found = celestial(header(**changes), SHAPE)
    assert in_j2000(found) == j2000
    assert np.isfinite(found.pixel_to_world(1, 1).icrs.ra.deg)


@pytest.mark.parametrize(
    ("changes", "match"),
    [
        ({"CTYPE1": None, "CTYPE2": None}, "no WCS"),
        (SWAPPED, "the axes are DEC--TAN, RA---TAN"),
        ({"CTYPE1": "ELON-TAN", "CTYPE2": "ELAT-TAN"}, "longitudes ELON; only RA"),
        ({"CTYPE1": "WAVE", "CTYPE2": "OFFSET"}, "the axes are WAVE"),
        ({"CTYPE1": "RA---XYZ", "CTYPE2": "DEC--XYZ"}, "projection"),
        ({"CRVAL1": None}, "no CRVAL1"),
        ({"CRPIX2": None}, "no CRPIX2"),
        ({"CRVAL1": "10:00:00"}, "CRVAL1 is '10:00:00'"),
        ({"CD1_1": "x"}, "CD1_1 is 'x'"),
        ({"CRVAL2": True}, "CRVAL2 is True"),
        ({"CRVAL1": 1e300}, r"CRVAL1 is 1e\+300"),
        ({"CRVAL2": 1e300}, r"CRVAL2 is 1e\+300"),
        ({"CRPIX1": 1e300}, r"CRPIX1 is 1e\+300"),
        ({"CD1_1": 1e300}, "pixels|area"),
        ({"CRVAL2": 91.0}, r"CRVAL2 is 91\.0"),
        ({"CD1_1": 0.0, "CD2_2": 0.0}, "area|singular"),
        (dict.fromkeys(("CD1_1", "CD1_2", "CD2_1", "CD2_2")), "no CD, PC or CDELT"),
        ({"CD1_1": 100.0, "CD2_2": 100.0}, "degrees|middle"),
        ({"CUNIT1": "furlong"}, "unit"),
    ],
)
def test_what_is_not_on_the_sky_is_refused(changes, match):
    """Nothing missing is taken for 0."""
    with pytest.raises(ValueError, match=match):
        celestial(header(**changes), SHAPE)
