"""Addresses of cutouts of the Legacy Surveys, and how large they are."""

from __future__ import annotations

import math
from urllib.parse import urlencode

from skyloom.spirals.cutouts.files import NATIVE
from skyloom.spirals.geometry import PICTURE

MOST = 512  # px that the service gives


def request_size(pixscale: float) -> tuple[float, int]:
    """Return pixel scale [arcsec] and side [px] of the cutout for a picture's field.

    The survey's own pixels; larger ones where the field has more than 512 of them.
    """
    field = PICTURE * pixscale
    size = min(math.ceil(field / NATIVE), MOST)
    return max(NATIVE, field / MOST), size


def address(base: str, layer: str, ra: float, dec: float, pixscale: float) -> str:
    """Return the address of the FITS image of a galaxy's field, bands g, r and z.

    Parameters
    ----------
    base : str
        Of the service, such as ``https://www.legacysurvey.org/viewer``.
    layer : str
        Its data release, such as ``ls-dr8``.
    ra, dec : float
        Middle [deg].
    pixscale : float
        Of the galaxy's picture of 424 px [arcsec].
    """
    if not (math.isfinite(ra) and abs(dec) <= 90 and pixscale > 0):
        msg = (
            f"ra {ra}, dec {dec} deg, {pixscale} arcsec/px: expected a place on the sky"
        )
        raise ValueError(msg)
    scale, size = request_size(pixscale)
    query = {
        "ra": f"{ra % 360:.7f}",
        "dec": f"{dec:.7f}",
        "pixscale": f"{scale:.6g}",
        "size": size,
        "layer": layer,
        "bands": "grz",
    }
    return f"{base.rstrip('/')}/cutout.fits?{urlencode(query)}"
