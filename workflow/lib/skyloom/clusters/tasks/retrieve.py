"""Where the archive of DES keeps its tiles."""

from __future__ import annotations


def tile_url(base: str, tile: str, run: str, band: str) -> str:
    """Return the address of an image, such as DES0000-2958, r4907p01 and r.

    Source: DES DR2 (Abbott et al. 2021, ApJS 255, 20), the layout of its file server.
    """
    name = f"{tile}_{run}_{band}_nobkg.fits.fz"
    return f"{base.rstrip('/')}/{tile}/{name}"
