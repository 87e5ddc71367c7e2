"""Addresses of cutouts of the Legacy Surveys, and how large they are."""

from __future__ import annotations

import math
from urllib.parse import urlencode

from skyloom.spirals.cutouts.files import NATIVE
from skyloom.spirals.geometry import PICTURE

MOST = 512  # px that the service gives
LEAST_SCALE = 0.1  # arcsec


def picture_scale(p50: float, p90: float) -> float:
    """Return the pixel scale of a galaxy's picture of 424 px [arcsec].

    `p50` and `p90` are the radii with 50 and 90 % of its Petrosian flux [arcsec].

    Source: Walmsley et al. 2022, MNRAS 509, 3966, section 2.3.
    """
    if not (math.isfinite(p50) and math.isfinite(p90) and min(p50, p90) > 0):
        msg = f"Petrosian radii {p50}, {p90} arcsec: expected numbers above 0"
        raise ValueError(msg)
    return max(min(0.04 * p50, 0.02 * p90), LEAST_SCALE)


def request_size(pixscale: float) -> tuple[float, int]:
    """Return pixel scale [arcsec] and side [px] of the cutout for a picture's field.

    The survey's own pixels; larger ones where the field has more than 512 of them.
    """
    field = PICTURE * pixscale
    size = min(math.ceil(field / NATIVE), MOST)
    return max(NATIVE, field / MOST), size


def address(
    base: str, layer: str, ra: float, dec: float, pixscale: float, kind: str = "fits"
) -> str:
    """Return the address of the image of a galaxy's field.

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
    kind : str
        ``fits``, with the bands g, r and z, or ``jpg``.
    """
    if kind not in ("fits", "jpg"):
        msg = f"no cutout as {kind}: expected fits or jpg"
        raise ValueError(msg)
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
    }
    if kind == "fits":
        query["bands"] = "grz"
    return f"{base.rstrip('/')}/cutout.{kind}?{urlencode(query)}"
