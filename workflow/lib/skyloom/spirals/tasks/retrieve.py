"""What public archives keep of a galaxy."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from functools import cache
from pathlib import Path

import pandas as pd

from skyloom.io.atomic import write_bytes
from skyloom.io.download import download
from skyloom.io.fits import whole_fits
from skyloom.io.parquet import read_parquet
from skyloom.io.record import checksum
from skyloom.io.sums import sum_of
from skyloom.spirals.catalogue.master import master_galaxies
from skyloom.spirals.cutouts.service import address

logger = logging.getLogger(__name__)


def gz3d(base: str, sums: Iterable[str], target: Path, place: Path) -> str:
    """Fetch the file of GZ3D for `target` to `place`, checked if sums are given.

    Returns its sha256. Source: the data model of MANGA_MORPHOLOGY, SDSS DR17, which has
    a folder for each version.
    """
    url = f"{base.rstrip('/')}/{target.name}"
    stated = next((sum_of(path, url) for path in sums), None)
    return download(url, place, stated=stated, check=whole_fits)


def cutout(base: str, layer: str, master: str, target: Path, place: Path) -> str:
    """Fetch the image for `target` to `place`, of the crossmatched catalogue's galaxy.

    Returns its sha256. Of a galaxy that was not matched nobody knows where it is: its
    file is empty, and it has no picture.
    """
    table, name = _galaxies(master), target.name.removesuffix(".fits")
    if name not in table.index:
        logger.warning("%s was not matched: an empty file", name)
        write_bytes(place, b"")
        return checksum(place)
    own = table.loc[name]
    url = address(base, layer, own["ra"], own["dec"], own["pixscale"])
    return download(url, place, check=whole_fits)


@cache
def _galaxies(master: str) -> pd.DataFrame:
    """Return the catalogue by name: read once for all galaxies of a job."""
    return master_galaxies(read_parquet(master)).set_index("name")
