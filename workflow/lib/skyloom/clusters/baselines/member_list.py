"""The members of a list of clusters, one a row."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from astropy.table import Table, hstack, vstack

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


def of_list(
    members: Sequence[Table], clusters: Sequence[Table], listed: Table
) -> Table:
    """Return the members of the clusters that are in a list, with that list's IDs.

    Parameters
    ----------
    members, clusters : sequence of Table
        Of `skyloom.clusters.baselines.matched_filter.find_clusters`, of one field or of
        several.
    listed : Table
        ID, RA, DEC of some of the clusters, in any order, and perhaps of others, which
        have no members.

    Returns
    -------
    Table
        In the order of the list.
    """
    order = {(ra, dec): k for k, (ra, dec) in enumerate(listed.iterrows("RA", "DEC"))}
    parts, places = [], []
    for some, found in zip(members, clusters, strict=True):
        new = [order.get(place, -1) for place in found.iterrows("RA", "DEC")]
        place = np.array(new, int)[np.asarray(some["ID"], int)]
        parts.append(some[place >= 0])
        places.append(place[place >= 0])
    place = np.concatenate(places)
    table = vstack(parts, metadata_conflicts="silent")
    table["ID"] = np.asarray(listed["ID"])[place]
    return _described(table[np.argsort(place, kind="stable")])


def _described(table: Table) -> Table:
    for name, (unit, description) in COLUMNS.items():
        table[name].unit, table[name].description = unit, description
    table.meta = {}
    return table
