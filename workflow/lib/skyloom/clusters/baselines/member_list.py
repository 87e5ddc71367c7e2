"""The members of a list of clusters, one a row."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from astropy.table import Table, hstack

LEAST_P = 0.05  # less probable members are not listed
# Unit and description of each column.
COLUMNS = {
    "ID": (None, "Of the cluster"),
    "RA": ("deg", "Right ascension, ICRS"),
    "DEC": ("deg", "Declination, ICRS"),
    "MAG": ("mag", "AB magnitudes in g, r, i, z"),
    "P": (None, "Probability of belonging to this cluster and to none of more score"),
    "R": ("Mpc", "Distance from the central galaxy"),
    "P_CENTRAL": (None, "Probability of being its central galaxy"),
    "ROW": (None, "Of the galaxy in the catalogue, from 0"),
}
# What the filter says of how sure a cluster's row is.
CHECKS = ("MASKFRAC", "P_CENTRAL", "FLAG")
# Rows of galaxies, P, R, P_CENTRAL.
Members = tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]


def member_list(members: Sequence[Members], galaxies: Table) -> Table:
    """Return the members of clusters, those of the first first, most probable first.

    Parameters
    ----------
    members : sequence of (rows, P, R, P_CENTRAL)
        Of each cluster, whose ID is its place.
    galaxies : Table
        RA, DEC [deg], MAG (n, 4); ROW counts its rows.

    Returns
    -------
    Table
        `COLUMNS`; those of P below `LEAST_P` are left out.
    """
    sizes = [len(rows) for rows, *_ in members]
    own = Table({"ID": np.repeat(np.arange(len(sizes)), sizes)})
    none = (np.zeros(0, int), np.zeros(0), np.zeros(0), np.zeros(0))
    parts = zip(none, *members, strict=True)
    for name, part in zip(("ROW", "P", "R", "P_CENTRAL"), parts, strict=True):
        own[name] = np.concatenate(part)
    own = own[own["P"] >= LEAST_P]
    own = own[np.lexsort([own["ROW"], -own["P"], own["ID"]])]
    shown = Table(galaxies[["RA", "DEC", "MAG"]][own["ROW"]], masked=False)
    table = hstack([own, shown], metadata_conflicts="silent")[list(COLUMNS)]
    return _described(table)


def of_list(members: Table, clusters: Table, listed: Table) -> Table:
    """Return the members of the clusters that are in a list, with that list's IDs.

    Parameters
    ----------
    members, clusters : Table
        Of `skyloom.clusters.baselines.matched_filter.find_clusters`.
    listed : Table
        ID, RA, DEC of some of them, in any order, and perhaps of others, which have no
        members.

    Returns
    -------
    Table
        In the order of the list.
    """
    rows = rows_of(listed, clusters)
    new = np.full(len(clusters), -1)
    new[rows[rows >= 0]] = np.flatnonzero(rows >= 0)
    place = new[np.asarray(members["ID"], int)]
    kept = np.flatnonzero(place >= 0)
    kept = kept[np.argsort(place[kept], kind="stable")]
    table = members[kept]
    table["ID"] = np.asarray(listed["ID"])[place[kept]]
    return _described(table)


def rows_of(listed: Table, clusters: Table) -> np.ndarray:
    """Return the row in `clusters` of each that is listed, by RA and DEC; -1 for none.

    Both are places of central galaxies, each of which has one cluster.
    """
    known = {place: k for k, place in enumerate(clusters.iterrows("RA", "DEC"))}
    return np.array([known.get(p, -1) for p in listed.iterrows("RA", "DEC")], int)


def with_checks(listed: Table, clusters: Table) -> Table:
    """Return a list with `CHECKS` of `clusters`; not known of what others found.

    There MASKFRAC and P_CENTRAL are not numbers, and FLAG is 0.
    """
    table, rows = listed.copy(), rows_of(listed, clusters)
    for name in CHECKS:
        unknown = 0 if name == "FLAG" else np.nan
        table[name] = np.append(np.asarray(clusters[name]), unknown)[rows]
        table[name].description = clusters[name].description
    return table


def _described(table: Table) -> Table:
    for name, (unit, description) in COLUMNS.items():
        table[name].unit, table[name].description = unit, description
    table.meta = {}
    return table
