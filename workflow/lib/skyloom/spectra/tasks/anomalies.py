"""The least usual of many spectra: a list of their own."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import pandas as pd
from astropy.table import Table

from skyloom.io.fits import opened
from skyloom.spectra.rest.files import table_of

TOP = 100  # anomalies


def anomalies(paths: Iterable[str | Path]) -> Table:
    """Return the `TOP` spectra of placed files that are furthest from their maps.

    Only those of an excess above 1 are listed: their distance or their residual is
    above that of 99 % of the training spectra of as much noise.
    """
    tables = []
    for path in paths:
        with opened(path) as file:
            tables.append(file.table("SPECTRA").to_pandas())
    return table_of(most_unusual(pd.concat(tables, ignore_index=True)))


def most_unusual(found: pd.DataFrame) -> pd.DataFrame:
    """Return the spectra of an excess above 1, the largest first, `TOP` at most."""
    odd = found[found["excess"] > 1]
    odd = odd.sort_values("excess", ascending=False, kind="stable")
    return odd.head(TOP).reset_index(drop=True)
