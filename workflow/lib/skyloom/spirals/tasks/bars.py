"""Bars that others have measured, beside ours of the same galaxies."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import numpy as np
import pandas as pd
from astropy.coordinates import SkyCoord

from skyloom.io.errors import InputError
from skyloom.spirals.catalogue.answers import name_of
from skyloom.spirals.catalogue.tables import column_names, read_columns
from skyloom.spirals.evaluation.recovery import recovery
from skyloom.spirals.measure.physical import kpc_per_arcsec
from skyloom.stats.intervals import one_share

# What is known of a bar, and the columns of tables that tell it, with their units.
# Hoyle et al. 2011 state lengths in kpc/h; users of their `length_avg` have divided and
# multiplied it by h. We take it for kpc: Geron et al. 2023 measure 0.88 times that (the
# median of 83 bars in both; it is 0.62 or 1.26 times what h = 0.7 makes of it).
KNOWN = {
    "name": {"file": 1, "iau_name": 1, "iauname": 1},
    "ra": {"ra": 1},
    "dec": {"dec": 1},
    "bar_length": {"length": 1, "r_bar": 2},  # arcsec; r_bar from the middle to one end
    "bar_length_kpc": {"length_kpc": 1, "length_avg": 1},
    "bar_pa": {"pa_bar": 1, "pa": 1},  # deg
}
RADIUS = 3.0  # arcsec


def real_bars(
    measures: pd.DataFrame, tables: Iterable[str], rng: np.random.Generator, draws: int
) -> dict:
    """Return how our bars compare with those of tables, by table.

    ``galaxies`` that both have; ``found``, the share of them where we find a bar; and
    the rows of `recovery`, of lengths where the pixel scale is known, for lengths in
    kpc also the redshift, and of position angles.
    """
    report = {}
    for path in tables:
        pairs = _pairs(measures.reset_index(drop=True), read_bars(path))
        seen = pairs["bar_reason"].eq("") & pairs["reason"].fillna("").eq("")
        rows = recovery(pairs, rng, draws)
        rows = rows[(rows["true"] > 0) & (rows["found"] > 0)].set_index("quantity")
        found = one_share(int(seen.sum()), len(pairs))
        report[Path(path).stem] = {"galaxies": len(pairs), "found": found}
        report[Path(path).stem] |= rows.to_dict("index")
    return report


def read_bars(path: str | Path) -> pd.DataFrame:
    """Return a table of bars, with the columns of `KNOWN`; NaN or "" where unknown.

    InputError for a table that does not tell which galaxies, or nothing of their bars.
    """
    there = {name.lower() for name in column_names(path)}
    first = {
        key: next((k for k in known if k in there), "") for key, known in KNOWN.items()
    }
    if not (first["name"] or first["ra"]) or not any(list(first.values())[3:]):
        expected = "file, or ra and dec, and any of length, length_kpc and pa"
        raise InputError(path, "no table of bars", expected=expected)
    kinds = {k: "str" if key == "name" else "float" for key, k in first.items() if k}
    table = read_columns(path, kinds)
    made = pd.DataFrame(index=table.index)
    for key, own in first.items():
        nothing = "" if key == "name" else np.nan
        made[key] = table[own] * KNOWN[key][own] if own else nothing
    return made.assign(name=made["name"].map(name_of))


def _pairs(ours: pd.DataFrame, bars: pd.DataFrame) -> pd.DataFrame:
    """Return our measures of galaxies with a known bar, ``_true`` what is known."""
    by_name = ours["name"].map(dict(zip(bars["name"], bars.index, strict=True)))
    row = np.array(by_name, np.float64)
    left = np.flatnonzero(np.isnan(row) & ours["ra"].notna())
    right = np.flatnonzero(bars["ra"].notna())
    if len(left) and len(right):
        places = [
            SkyCoord(t["ra"].to_numpy()[k], t["dec"].to_numpy()[k], unit="deg")
            for t, k in ((ours, left), (bars, right))
        ]
        nearest, apart, _ = places[0].match_to_catalog_sky(places[1])
        row[left] = np.where(apart.arcsec <= RADIUS, right[nearest], np.nan)
    kept = np.flatnonzero(np.isfinite(row))
    pairs = ours.iloc[kept].reset_index(drop=True)
    true = bars.iloc[row[kept].astype(int)].reset_index(drop=True)
    kpc = true["bar_length_kpc"] / pairs["redshift"].map(kpc_per_arcsec)
    length = true["bar_length"].fillna(kpc).where(pairs["pixscale"].notna())
    return pairs.assign(bar_length_true=length, bar_pa_true=true["bar_pa"])
