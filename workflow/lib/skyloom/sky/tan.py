"""Gnomonic world coordinates of simulated images, and headers of any."""

from __future__ import annotations

from astropy.io import fits
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


def wcs_header(wcs: WCS) -> fits.Header:
    """Return the header of world coordinates, its numbers in full.

    astropy's own has 12 digits, which are 1e-5 px of a survey's image.
    """
    header = wcs.to_header(relax=True)
    scale, matrix = wcs.wcs.get_cdelt(), wcs.wcs.get_pc()
    for i in range(wcs.naxis):
        values = {"CRVAL": wcs.wcs.crval, "CRPIX": wcs.wcs.crpix, "CDELT": scale}
        numbers = {f"{name}{i + 1}": each[i] for name, each in values.items()}
        numbers |= {f"PC{i + 1}_{j + 1}": v for j, v in enumerate(matrix[i])}
        header.update({k: float(v) for k, v in numbers.items() if k in header})
    return header
