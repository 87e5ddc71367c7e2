"""Gnomonic world coordinates of simulated images."""

from __future__ import annotations

from astropy.wcs import WCS


def tan_wcs(ra: float, dec: float, shape: tuple[int, int], scale: float) -> WCS:
    """Return a TAN WCS, north up and east left, whose middle is at `ra`, `dec` [deg].

    `shape` is ``(ny, nx)`` [px], `scale` the side of a pixel [arcsec].

    Source: Calabretta & Greisen 2002, A&A 395, 1077, section 5.1.3.
    """
    ny, nx = shape
    wcs = WCS(naxis=2)
    wcs.wcs.ctype = ["RA---TAN", "DEC--TAN"]
    wcs.wcs.crval = [ra, dec]
    wcs.wcs.crpix = [(nx + 1) / 2, (ny + 1) / 2]
    wcs.wcs.cdelt = [-scale / 3600.0, scale / 3600.0]
    wcs.wcs.cunit = ["deg", "deg"]
    wcs.pixel_shape = (nx, ny)
    wcs.wcs.set()
    return wcs
