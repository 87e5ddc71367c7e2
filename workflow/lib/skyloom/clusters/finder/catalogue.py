"""Candidates of survey tiles, each cluster once, and the catalogue made of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from astropy import units as u
from astropy.coordinates import SkyCoord, search_around_sky
from astropy.table import Table, vstack

from skyloom.clusters.finder.peaks import Z_RANGE
from skyloom.sky.cosmology import arcsec_per_mpc
from skyloom.stats.calibration import Platt

# Candidates of two tiles are one cluster up to this distance [Mpc, physical, at the
# mean of their redshifts] and difference of redshift over 1 + z.
RADIUS, DZ = 0.5, 0.05
LEAST = 0.05  # probability of the least probable row
ID_STEPS = 100_000  # a degree: positions in identifiers are told to 0.036 arcsec
# Unit, description and IVOA's word (UCD) of each column.
COLUMNS = {
    "ID": ("", "Identifier, made of the position", "meta.id;meta.main"),
    "RA": ("deg", "Right ascension, ICRS", "pos.eq.ra;meta.main"),
    "DEC": ("deg", "Declination, ICRS", "pos.eq.dec;meta.main"),
    "PROBABILITY": ("", "Probability that this is a cluster", "stat.probability"),
    "Z": ("", "Redshift", "src.redshift.phot"),
    "Z_ERR": ("", "Standard deviation of Z", "stat.error;src.redshift.phot"),
    "LAMBDA": ("", "Richness: members above 0.2 L*", ""),
    "LAMBDA_ERR": ("", "Standard deviation of LAMBDA", "stat.error"),
    "EXTENT": (
        "arcmin",
        "Diameter of a circle as large as the cells that hold members",
        "phys.angSize",
    ),
    "N_TILES": ("", "Cells that hold members", ""),
    "TILES": ("", "Survey tiles on which it was seen", ""),
    "AREA_FRACTION": ("", "Unmasked share within 1 Mpc", ""),
    "X": ("pix", "Column on the survey tile, from 0", ""),
    "Y": ("pix", "Row on the survey tile, from 0", ""),
}


def catalogue(
    found: Table,
    calibration: Platt | None = None,
    *,
    provenance: Mapping | None = None,
) -> Table:
    """Return the catalogue of candidates, with `COLUMNS`, most probable first.

    The calibration leads from SCORE to PROBABILITY. The same cluster at the same
    position has the same ID, whatever else is in the list.
    """
    table = found.copy()
    table.meta = {} if provenance is None else {"provenance": dict(provenance)}
    if calibration is not None:
        table["PROBABILITY"] = calibration(table["SCORE"])
    keys = [table["DEC"], table["RA"], -table["SCORE"], -table["PROBABILITY"]]
    table = table[np.lexsort(keys)]
    table["ID"] = identifiers(table["RA"], table["DEC"])
    table = table[table["PROBABILITY"] >= LEAST][list(COLUMNS)]
    for name, (unit, description, ucd) in COLUMNS.items():
        table[name].unit, table[name].description = unit or None, description
        if ucd:
            table[name].info.meta = {"ucd": ucd}
    return table


def identifiers(ra: np.ndarray, dec: np.ndarray) -> np.ndarray:
    """Return int64 identifiers: RA, then Dec + 90, in steps of 1e-5 deg, 8 digits each.

    Where two rows share a position, the later one's last digit moves.
    """
    east = np.rint(np.asarray(ra) * ID_STEPS).astype(np.int64) % (360 * ID_STEPS)
    north = np.rint((np.asarray(dec) + 90) * ID_STEPS).astype(np.int64)
    wanted, seen = (east * 10**8 + north).tolist(), set()
    for i in range(len(wanted)):
        while wanted[i] in seen:
            wanted[i] += 1
        seen.add(wanted[i])
    return np.array(wanted, np.int64)


def merge(tables: Sequence[Table]) -> Table:
    """Join the candidates of survey tiles that may overlap.

    The most probable candidate of a cluster is kept (of equal ones, that farthest
    from its tile's edge), and the nearest one of each other tile is dropped. The
    order of tables and rows does not matter.

    Parameters
    ----------
    tables : sequence of Table
        Of `skyloom.clusters.finder.peaks.candidates`, one or more a tile.

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
    table["TILES"] = [" ".join(sorted(names)) for names in tiles]
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
