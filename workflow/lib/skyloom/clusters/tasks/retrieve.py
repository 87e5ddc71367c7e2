"""Where the archive of DES keeps its tiles, and how one is fetched."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from skyloom.io.download import download
from skyloom.io.fits import whole_fits
from skyloom.io.sums import sum_of


def tile_url(base: str, tile: str, run: str, band: str) -> str:
    """Return the address of an image, such as DES0000-2958, r4907p01 and r.

    Source: DES DR2 (Abbott et al. 2021, ApJS 255, 20), the layout of its file server.
    """
    name = f"{tile}_{run}_{band}_nobkg.fits.fz"
    return f"{base.rstrip('/')}/{tile}/{name}"


def fetched(base: str, sums: Iterable[str], target: Path, place: Path) -> str:
    """Fetch the image for `target`, ``<tile>_<run>_<band>_nobkg.fits.fz``, to `place`.

    Checked against a list of sums if one is given. Returns its sha256.
    """
    tile, run, band, _ = target.name.split("_")
    url = tile_url(base, tile, run, band)
    stated = next((sum_of(path, url) for path in sums), None)
    return download(url, place, stated=stated, check=whole_fits)
