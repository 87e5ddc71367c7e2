"""Which galaxies of two lists are the same: the nearest on the sky."""

from __future__ import annotations

import numpy as np
import pandas as pd
from astropy.coordinates import SkyCoord

SEPARATION = "sky_separation"  # arcsec


def crossmatch(
    left: pd.DataFrame,
    right: pd.DataFrame,
    radius: float,
    suffixes: tuple[str, str] = ("_manga", "_desi"),
) -> tuple[pd.DataFrame, dict]:
    """Return the pairs of two lists, each galaxy in one pair at most.

    Each galaxy of the left list is paired with its nearest of the right one. Of those
    that share one, the nearest is kept, the earlier of two equally near; upstream
    drops them all.

    Parameters
    ----------
    left, right : DataFrame
        With ``ra`` and ``dec`` [deg], and ``name`` in the left one.
    radius : float
        Largest separation, included [arcsec].
    suffixes : tuple of 2 str
        Of positions, and of other columns that both have.

    Returns
    -------
    pairs : DataFrame
        Columns of both, and ``sky_separation`` [arcsec], in the order of the left.
    counts : dict
        How many there are after each step, and ``dropped``: names of the left list
        whose partner is nearer to another.

    Raises
    ------
    ValueError
        No pair at all: one list is in other units, or of another part of the sky.
    """
    here, there = _coordinates(left), _coordinates(right)
    row, separation, _ = here.match_to_catalog_sky(there)
    separation = separation.arcsec
    near = separation <= radius
    counts = {
        f"galaxies{suffixes[0]}": len(left),
        f"galaxies{suffixes[1]}": len(right),
        "within_radius": int(near.sum()),
    }
    if not near.any():
        least = separation.min(initial=np.inf)
        msg = (
            f"none of {len(left)} galaxies has one of {len(right)} within {radius} "
            f"arcsec, the nearest is {least:.3g} arcsec away; are both lists in "
            "degrees, and of one part of the sky?"
        )
        raise ValueError(msg)
    if len(right) > 1:
        _, second, _ = here.match_to_catalog_sky(there, nthneighbor=2)
        counts["with_two_within_radius"] = int((second.arcsec <= radius).sum())
    pairs = pd.DataFrame({"left": np.flatnonzero(near), "right": row[near]})
    pairs[SEPARATION] = separation[near]
    order = pairs.sort_values([SEPARATION, "left"], kind="stable")
    again = order["right"].duplicated()
    kept = order[~again].sort_values("left")
    names = left["name"].to_numpy()[order.loc[again, "left"].to_numpy()]
    counts |= {"nearest": len(kept), "dropped": sorted(map(str, names))}
    return _joined(left, right, kept, suffixes), counts


def _coordinates(table: pd.DataFrame) -> SkyCoord:
    return SkyCoord(table["ra"].to_numpy(), table["dec"].to_numpy(), unit="deg")


def _joined(left, right, pairs: pd.DataFrame, suffixes) -> pd.DataFrame:
    one = left.iloc[pairs["left"].to_numpy()].reset_index(drop=True)
    two = right.iloc[pairs["right"].to_numpy()].reset_index(drop=True)
    both = set(one.columns) & set(two.columns)
    one, two = (
        table.rename(columns={name: name + suffix for name in both})
        for table, suffix in zip((one, two), suffixes, strict=True)
    )
    joined = pd.concat([one, two], axis=1)
    joined[SEPARATION] = pairs[SEPARATION].to_numpy()
    return joined
