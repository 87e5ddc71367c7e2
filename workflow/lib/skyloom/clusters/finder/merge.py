"""Candidates of survey tiles that may overlap, each cluster once."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from astropy import units as u
from astropy.coordinates import SkyCoord, search_around_sky
from astropy.table import Table, vstack

from skyloom.clusters.finder.peaks import Z_RANGE
from skyloom.sky.cosmology import arcsec_per_mpc

# Candidates of two tiles, or of two finders, are one cluster up to this distance [Mpc,
# physical, of two tiles at the mean of their redshifts] and difference of redshift over
# 1 + z.
RADIUS, DZ = 0.5, 0.05


def merge(tables: Sequence[Table]) -> Table:
    """Join the candidates of survey tiles that may overlap.

    The most probable candidate of a cluster is kept (of equal ones, that farthest
    from its tile's edge), and the nearest one of each other tile is dropped. The
    order of tables and rows does not matter.

    Parameters
    ----------
    tables : sequence of Table
        RA, DEC, Z, PROBABILITY, EDGE and TILES, as of
        `skyloom.clusters.finder.peaks.candidates`; one or more a tile.

    Returns
    -------
    Table
        Most probable first. TILES lists the tiles that saw the cluster, sorted, with
        a space between.
    """
    table = _ordered(vstack(list(tables), metadata_conflicts="silent"))
    kept = np.ones(len(table), bool)
    tiles = [set(name.split()) for name in table["TILES"]]
    for i, j in _pairs(table):
        # Nearest first; a second one of the same tile is another cluster.
        if kept[i] and kept[j] and not tiles[i] & tiles[j]:
            kept[j] = False
            tiles[i] |= tiles[j]
    # Not in place: the column's width is that of single names.
    table["TILES"] = np.array([" ".join(sorted(names)) for names in tiles], str)
    return table[kept]


def _ordered(table: Table) -> Table:
    """Return the rows best first, in an order that does not depend on theirs."""
    keys = [-np.asarray(table[name]) for name in ("PROBABILITY", "EDGE")]
    keys += [np.asarray(table[name]) for name in ("RA", "DEC", "TILES")]
    return table[np.lexsort(keys[::-1])]


def _pairs(table: Table) -> np.ndarray:
    """Return rows of different tiles that are one cluster, (n, 2): better, worse.

    The pairs of the best row first, and of these the nearest.
    """
    sky = SkyCoord(table["RA"], table["DEC"], unit="deg")
    z = np.asarray(table["Z"], float)
    limit = RADIUS * arcsec_per_mpc(np.clip(z, *Z_RANGE)).max(initial=0.0) * u.arcsec
    i, j, apart, _ = search_around_sky(sky, sky, limit)
    middle = (z[i] + z[j]) / 2
    mpc = apart.arcsec / arcsec_per_mpc(np.clip(middle, *Z_RANGE))
    names = np.asarray(table["TILES"])
    same = (i < j) & (mpc <= RADIUS) & (names[i] != names[j])
    same &= np.abs(z[i] - z[j]) <= DZ * (1 + middle)
    pairs = np.stack([i, j], axis=1)[same]
    return pairs[np.lexsort((mpc[same], pairs[:, 0]))]
