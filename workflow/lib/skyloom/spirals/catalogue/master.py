"""GZ3D's galaxies, Galaxy Zoo DESI's, and their votes in one table."""

from __future__ import annotations

import numpy as np
import pandas as pd

from skyloom.spirals.catalogue.crossmatch import crossmatch
from skyloom.spirals.catalogue.galaxies import ASKED
from skyloom.spirals.questions import columns


def master(
    sheet: pd.DataFrame, base: pd.DataFrame, votes: pd.DataFrame, radius: float
) -> tuple[pd.DataFrame, dict]:
    """Return GZ3D's galaxies that Galaxy Zoo DESI has, and others that have votes.

    Parameters
    ----------
    sheet : DataFrame
        A row a GZ3D file: name, ra, dec, spiral_asked, bar_asked, and others.
    base : DataFrame
        Of `base.read_base`.
    votes : DataFrame
        Of `votes.read_votes`, by dr8_id.
    radius : float
        Largest separation [arcsec].

    Returns
    -------
    table : DataFrame
        The columns of both, with ``_manga`` and ``_desi`` behind the names that both
        have; `sky_separation`; votes, 0 where there are none. A galaxy that GZ3D does
        not have goes by its dr8_id.
    counts : dict
        Of `crossmatch`, and of what follows.
    """
    pairs, counts = crossmatch(sheet, base, radius)
    others = base[base["dr8_id"].isin(votes.index)]
    others = others[~others["dr8_id"].isin(pairs["dr8_id"])]
    both = set(sheet.columns) & set(base.columns)
    others = others.rename(columns={name: f"{name}_desi" for name in both})
    counts["with_votes_only"] = len(others)
    table = pd.concat([pairs, others.assign(name=others["dr8_id"])], ignore_index=True)
    for name in ASKED:
        table[name] = table[name].fillna(0).astype(np.int64)
    scale = table["est_dr5_pixscale"].notna()
    counts["with_pixel_scale"] = int(scale.sum())
    table = table[scale].reset_index(drop=True)
    found = votes.reindex(table["dr8_id"], fill_value=0)[columns()]
    counts["with_votes"] = int((found.to_numpy().sum(axis=1) > 0).sum())
    counts["votes_without_galaxy"] = int((~votes.index.isin(base["dr8_id"])).sum())
    return pd.concat([table, found.reset_index(drop=True)], axis=1), counts


def master_galaxies(table: pd.DataFrame) -> pd.DataFrame:
    """Return name, redshift, votes, ra, dec and pixscale of a table of `master`.

    Pictures are centred on GZ3D's position, where there is one.
    """
    return table[["name", "redshift", *columns()]].assign(
        ra=table["ra_manga"].fillna(table["ra_desi"]),
        dec=table["dec_manga"].fillna(table["dec_desi"]),
        pixscale=table["est_dr5_pixscale"],
    )
