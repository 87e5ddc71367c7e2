"""How a cutout lies on the sky, and how it was turned for the volunteers.

Upstream kept no WCS, only two position angles of each galaxy (gal-metadata.csv), both
measured clockwise from +y: `original_angle` in the SDSS frame, `montage_angle` in the
mosaic that was uploaded. Their difference tells the turn; the first, less the
Petrosian position angle on the sky, tells where north is in the frame.

What is approximate, and said so in the header: the reference pixel (the image's
middle) is good to half a pixel, and north is known modulo 180 degrees only, of which
the branch is taken that SDSS frames have (declination grows along +x). On 87 galaxies
with q < 0.7 the published fits' rolls follow ``-original_angle`` (mean resultant
length 0.96), and they turn as position angles do on the sky: east is 90 degrees
counter-clockwise from north.

The images are centred on the position of the **subject export**, not on the NSA's
(RA, DEC of gal-metadata.csv), which is the same within 0.1 arcsec for half of the
subjects and 14.5 arcsec away for 20901991. That galaxy's fitted disk lies off the
middle towards its NSA position, in the direction these cards predict within a degree,
which is evidence for the branch as well. In its upload, which is a quarter turn off the
frame, the same position falls on the masked core of the galaxy, and with the other
branch on sky: a turned image takes the frame's branch along, turned
(tests/real/test_builder_io.py).
"""

from __future__ import annotations

import math

PIXEL = 0.396  # arcsec, SDSS


def quarter_turns(montage_angle: float, original_angle: float) -> int:
    """Return the quarter turns from the uploaded image to the frame: 0, 1 or 2.

    With ``d = round((montage - original) / 90 deg)``, angles clockwise from +y [rad],
    an odd d is one turn of ``np.rot90``. For d = 2 the uploaded image is **not** turned
    (the correlation with the published fits says so), though the volunteers'
    coordinates are: see `image_turns`.
    """
    d = round((montage_angle - original_angle) / (math.pi / 2)) % 4
    return 1 if d % 2 else d


def image_turns(turns: int) -> int:
    """Return the turns of ``np.rot90`` that bring an uploaded image to the frame."""
    return turns % 2


def north(original_angle: float, petro_phi: float, turns: int = 0) -> float:
    """Return the direction of north in an image, counter-clockwise from +y [rad].

    Parameters
    ----------
    original_angle : float
        The galaxy's position angle in the frame, clockwise from +y [rad].
    petro_phi : float
        The same on the sky, east of north [deg].
    turns : int
        Turns of ``np.rot90`` that would still bring the image to the frame. Each is
        clockwise with y up, so undone it carries north counter-clockwise. The half
        of the circle, that with +x, is known in frames only: it is chosen first.
    """
    angle = -original_angle - math.radians(petro_phi)
    return -((-angle) % math.pi) + turns * math.pi / 2


def celestial_cards(shape: tuple[int, int], ra: float, dec: float, angle: float | None):
    """Return the header cards of a cutout's place on the sky: a TAN WCS.

    Parameters
    ----------
    shape : tuple of int
        ``(ny, nx)`` [px].
    ra, dec : float
        Of the image's middle [deg, ICRS].
    angle : float or None
        Direction of north, counter-clockwise from +y [rad]. None: unknown, and then
        no celestial WCS is claimed, but position and pixel size alone.

    Source: Calabretta & Greisen 2002, A&A 395, 1077.
    """
    place = {
        "RA": (float(ra), "[deg] of the target, ICRS"),
        "DEC": (float(dec), "[deg] of the target, ICRS"),
        "PIXSCALE": (PIXEL, "[arcsec] pixel size"),
    }
    if angle is None:
        return place | {"WCSNOTE": ("none: orientation unknown", "no WCS claimed")}
    ny, nx = shape
    step = PIXEL / 3600.0
    sin, cos = math.sin(angle), math.cos(angle)
    return place | {
        "WCSAXES": (2, "number of WCS axes"),
        "CTYPE1": ("RA---TAN", "gnomonic projection"),
        "CTYPE2": ("DEC--TAN", "gnomonic projection"),
        "CUNIT1": ("deg", "unit of axis 1"),
        "CUNIT2": ("deg", "unit of axis 2"),
        "CRPIX1": ((nx + 1) / 2, "middle of the image, good to 0.5 px"),
        "CRPIX2": ((ny + 1) / 2, "middle of the image, good to 0.5 px"),
        "CRVAL1": (float(ra), "[deg]"),
        "CRVAL2": (float(dec), "[deg]"),
        "CD1_1": (-step * cos, "rotation from position angles"),
        "CD1_2": (-step * sin, "rotation from position angles"),
        "CD2_1": (-step * sin, "rotation from position angles"),
        "CD2_2": (step * cos, "rotation from position angles"),
        "RADESYS": ("ICRS", "frame"),
        "WCSNOTE": ("approximate: 0.5 px, 180 deg branch by scan direction", ""),
    }
