"""What public archives keep of a galaxy."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from skyloom.io.atomic import write_bytes
from skyloom.io.download import download
from skyloom.io.fits import whole_fits
from skyloom.io.parquet import read_parquet
from skyloom.io.sums import sum_of
from skyloom.spirals.catalogue.master import master_galaxies
from skyloom.spirals.cutouts.service import address
from skyloom.spirals.gz3d.galaxy import SUFFIX


def gz3d(base: str, name: str, sums: Iterable[str], target: str | Path) -> str:
    """Fetch a file of GZ3D, checked against a list of sums if one is given.

    Returns its sha256. Source: the data model of MANGA_MORPHOLOGY, SDSS DR17, which has
    a folder for each version.
    """
    url = f"{base.rstrip('/')}/{name}{SUFFIX}"
    stated = next((sum_of(path, url) for path in sums), None)
    return download(url, target, stated=stated, check=whole_fits)


def cutout(base: str, layer: str, name: str, master: str, target: str | Path) -> str:
    """Fetch the image of a galaxy of the crossmatched catalogue; return its sum.

    Of a galaxy that was not matched nobody knows where it is: its file is empty, its
    sum too, and it has no picture.
    """
    table = master_galaxies(read_parquet(master)).set_index("name")
    if name not in table.index:
        write_bytes(target, b"")
        return ""
    own = table.loc[name]
    url = address(base, layer, own["ra"], own["dec"], own["pixscale"])
    return download(url, target, check=whole_fits)
