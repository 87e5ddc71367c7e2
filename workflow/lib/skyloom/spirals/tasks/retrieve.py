"""What public archives keep of a galaxy."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import pandas as pd

from skyloom.io.download import download
from skyloom.io.errors import InputError
from skyloom.spirals.catalogue.master import master_galaxies
from skyloom.spirals.cutouts.service import address
from skyloom.spirals.gz3d.archive import listed, url_of


def gz3d(base: str, name: str, sums: Iterable[str], target: str | Path) -> str:
    """Fetch a file of GZ3D, checked against a list of sums; return its sum."""
    found = {n: one for path in sums for n, one in listed(path).items()}
    return download(url_of(base, name), target, sha256=found.get(name))


def cutout(base: str, layer: str, name: str, master: str, target: str | Path) -> str:
    """Fetch the image of a galaxy of the crossmatched catalogue; return its sum."""
    table = master_galaxies(pd.read_parquet(master)).set_index("name")
    if name not in table.index:
        problem, expected = f"no galaxy {name!r}", "one of those that were matched"
        raise InputError(master, problem, expected=expected)
    own = table.loc[name]
    url = address(base, layer, own["ra"], own["dec"], own["pixscale"])
    return download(url, target)
