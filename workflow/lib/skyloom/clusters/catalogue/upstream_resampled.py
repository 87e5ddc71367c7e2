"""Upstream's last prior of 2024, for comparison only: rows of real catalogues.

Members are those of redMaPPer's list of members, the field is a sample of DES SVA1
Gold; the user gives both. See `skyloom.clusters.catalogue.upstream` for what is
reproduced and what is not.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import numpy as np
from astropy.table import Table, vstack
from astropy.wcs import WCS

from skyloom.clusters.bands import BANDS, flux
from skyloom.clusters.catalogue import upstream
from skyloom.clusters.catalogue.list_files import Source, read_source
from skyloom.clusters.catalogue.upstream import DrawnCluster, UpstreamSettings
from skyloom.io.errors import InputError
from skyloom.run.seeds import rng as generator
from skyloom.sky.cosmology import COSMOLOGY, arcsec_per_mpc

DENSITY = 0.00067  # field sources per px^2
MEASURED_SCALE = 0.263  # arcsec, of FLUX_RADIUS
SMALLEST = 1e-4  # arcsec, added to all half-light radii of the field
UNMEASURED = 90.0  # magnitudes from here on are SExtractor's 99: no flux
MAGNITUDES = tuple(f"MAG_AUTO_{band.upper()}" for band in BANDS)
OBJECT = ("COADD_OBJECTS_ID", "COADD_OBJECT_ID", "OBJECT_ID")
REDSHIFT = ("Z_MEAN", "ZMEAN", "Z_PHOT", "MEAN_Z", "Z")
MEMBERS = {"CLUSTER": ("MEM_MATCH_ID", "ID"), "R": ("R",)}
MEMBERS |= {name: (name,) for name in MAGNITUDES}
GOLD = {name: (name,) for name in (*MAGNITUDES, "FLUX_RADIUS_R", "CLASS_STAR_R")}


def read_members(path: str | Path, redshifts: str | Path | None = None) -> Table:
    """Read redMaPPer's members.

    Parameters
    ----------
    path : str or Path
        FITS table, a row a member: the cluster (MEM_MATCH_ID or ID), R [Mpc/h] from its
        centre, MAG_AUTO_G, _R, _I, _Z, and a redshift or the object's number.
    redshifts : str or Path, optional
        FITS table of photometric redshifts by COADD_OBJECTS_ID, where the members
        carry none.

    Returns
    -------
    Table
        CLUSTER, R, Z and the magnitudes; all members, whatever their probability.
        ``meta["dropped"]``: those whose redshift is not known, left out.

    Raises
    ------
    InputError
        No file, not FITS, a missing column, text for numbers, a cluster's or an
        object's number that is not whole, a negative radius, no row with a redshift.
    """
    source = read_source(path)
    table = Table({name: _column(source, names) for name, names in MEMBERS.items()})
    table["CLUSTER"] = _whole(source, MEMBERS["CLUSTER"])
    _refuse(source, "R", table["R"], table["R"] >= 0, "0 or more")
    if redshifts is None:
        table["Z"] = _column(source, REDSHIFT)
    else:
        table["Z"] = _joined(source, read_source(redshifts))
    known = np.isfinite(table["Z"]) & (np.asarray(table["Z"]) > 0)
    if not known.any():
        remedy = "give the file of photometric redshifts of the same objects"
        problem = "no member has a redshift"
        raise InputError(path, problem, expected="one or more", remedy=remedy)
    kept = table[known]
    kept.meta = {"dropped": int(np.sum(~known))}
    return kept


def read_gold(paths: Iterable[str | Path]) -> Table:
    """Read files of the survey's objects, one after the other.

    Parameters
    ----------
    paths : iterable of str or Path
        FITS tables with MAG_AUTO_G, _R, _I, _Z, FLUX_RADIUS_R [px] and CLASS_STAR_R.
        They are held in memory: some 100,000 rows are plenty.

    Raises
    ------
    InputError
        No file, not FITS, a missing column, text for numbers, no row, or a radius or
        class that is not a number.
    """
    return vstack([_gold(read_source(path)) for path in paths])


def draw_resampled(
    seed: int, number: int, members: Table, gold: Table, settings: UpstreamSettings
) -> tuple[Table, Table, WCS]:
    """Draw a field from the resampling prior.

    Parameters
    ----------
    seed, number : int
        Of the run, and of the field.
    members, gold : Table
        As `read_members` and `read_gold` return them.
    settings : UpstreamSettings
        The image's size, and the two defects that can be turned off.

    Returns
    -------
    sources, clusters : Table
        As `skyloom.clusters.catalogue.sample.draw_field` returns them. LAMBDA is the
        number of listed members, some 1.6 times redMaPPer's; Z_LAMBDA their median
        redshift; R_LAMBDA the largest listed distance from the centre, R_PIX on the
        image before the second projection.
    wcs : WCS
        Of the images.

    Raises
    ------
    ValueError
        No cluster is narrow enough.

    Notes
    -----
    Source: `/case_studies/galaxy_clusters` of prob-ml/bliss, autumn 2024, as described.
    """
    rng = generator(seed, "upstream resampled", number)
    cluster, parts = None, []
    if rng.random() < settings.cluster_share:
        cluster, part = _cluster(rng, members, settings)
        parts = [part]
    parts.append(_field(rng, gold, settings))
    return upstream.finished(parts, cluster, seed, number, settings)


def pixels_from_centre(members: Table, pixel_scale: float) -> np.ndarray:
    """Return distances [px] of members from their centres, each at its own redshift."""
    physical = np.asarray(members["R"], float) / COSMOLOGY.h
    return physical * arcsec_per_mpc(np.asarray(members["Z"], float)) / pixel_scale


def narrow(diameters: np.ndarray, settings: UpstreamSettings) -> np.ndarray:
    """Return which clusters of given diameters [px] upstream kept."""
    return np.asarray(diameters) <= settings.widest


def narrow_clusters(
    members: Table, settings: UpstreamSettings
) -> tuple[np.ndarray, np.ndarray]:
    """Return the numbers of the clusters that are kept, and all members' radii [px].

    Raises
    ------
    ValueError
        None is kept.
    """
    distance = pixels_from_centre(members, settings.pixel_scale)
    numbers, whose = np.unique(members["CLUSTER"], return_inverse=True)
    largest = np.zeros(len(numbers))
    np.maximum.at(largest, whose, distance)
    kept = narrow(2 * largest, settings)
    if not kept.any():
        msg = (
            f"none of {len(numbers)} clusters is narrower than {settings.widest:g} px; "
            "widen the limit or give other members"
        )
        raise ValueError(msg)
    return np.asarray(numbers)[kept], distance


def project_again(rng: np.random.Generator, distance: np.ndarray) -> np.ndarray:
    """Return already projected distances times ``|U(-1, 1)|``, as upstream did."""
    return distance * np.abs(rng.uniform(-1, 1, len(distance)))


def _cluster(rng, members: Table, settings) -> tuple[DrawnCluster, dict]:
    allowed, distance = narrow_clusters(members, settings)
    mine = np.asarray(members["CLUSTER"]) == rng.choice(allowed)
    rows, away = members[mine], distance[mine]
    x, y = upstream.middle(rng, settings, 0.3, 0.7)
    extent, z = float(away.max()), float(np.median(rows["Z"]))
    radius = float(np.max(rows["R"])) / COSMOLOGY.h
    cluster = DrawnCluster(float(x), float(y), z, float(len(rows)), radius, extent)
    drawn = project_again(rng, away) if settings.twice else away
    return cluster, _members(rng, rows, cluster, drawn)


def _members(rng, rows: Table, cluster: DrawnCluster, distance) -> dict:
    n = len(rows)
    angle = rng.uniform(0, 2 * np.pi, n)
    return {
        "X": cluster.x + distance * np.cos(angle),
        "Y": cluster.y + distance * np.sin(angle),
        "MEM": np.ones(n, int),
        "HLR": upstream.member_radii(rng, n),
        "SOURCE_TYPE": np.ones(n, int),
        **_light(rng, rows),
    }


def _field(rng, gold: Table, settings: UpstreamSettings) -> dict:
    n = rng.poisson(DENSITY * settings.image_size**2)
    rows = gold[rng.integers(0, len(gold), n)]
    measured = np.maximum(np.asarray(rows["FLUX_RADIUS_R"], float), 0.0)
    return {
        **upstream.anywhere(rng, n, settings),
        "MEM": np.zeros(n, int),
        "HLR": MEASURED_SCALE * measured + SMALLEST,
        "SOURCE_TYPE": (np.asarray(rows["CLASS_STAR_R"]) < 0.5).astype(int),
        **_light(rng, rows),
    }


def _light(rng, rows: Table) -> dict:
    n = len(rows)
    magnitudes = np.stack([np.asarray(rows[name], float) for name in MAGNITUDES], -1)
    seen = np.isfinite(magnitudes) & (magnitudes < UNMEASURED) & (magnitudes > 0)
    g1, g2 = upstream.shears(rng, n)
    counts = np.where(seen, flux(np.where(seen, magnitudes, 0.0)), 0.0)
    shape = {"FRACDEV": np.zeros(n), "G1": g1, "G2": g2}
    return {**upstream.fluxes_of(counts), **shape, "Z": np.full(n, -1.0)}


def _gold(source: Source) -> Table:
    table = Table({name: _column(source, names) for name, names in GOLD.items()})
    if not len(table):
        raise InputError(source.path, "no objects", expected="one row or more")
    for name in ("FLUX_RADIUS_R", "CLASS_STAR_R"):
        _refuse(source, name, table[name], np.isfinite(table[name]), "a finite number")
    return table


def _cells(source: Source, names: tuple[str, ...]) -> tuple[str, np.ndarray]:
    there = next((name for name in names if name in source.columns), None)
    if there is None:
        raise InputError(
            source.path,
            f"no column {' or '.join(names)}",
            where="columns",
            expected=f"it among {', '.join(source.columns)}",
        )
    cells = source.columns[there]
    if cells.dtype.kind not in "fiu":
        where = f"column {there!r}"
        remedy = "give the published FITS table"
        raise InputError(
            source.path,
            f"holds {cells.dtype}, no numbers",
            where=where,
            expected="numbers",
            remedy=remedy,
        )
    return there, cells


def _column(source: Source, names: tuple[str, ...]) -> np.ndarray:
    _, cells = _cells(source, names)
    return np.ma.filled(np.ma.asarray(cells, np.float64), np.nan)


def _whole(source: Source, names: tuple[str, ...]) -> np.ndarray:
    there, cells = _cells(source, names)
    # A float64 holds identifiers of 15 digits only, so they never become floats.
    if cells.dtype.kind == "f":
        _refuse(source, there, cells, cells == np.rint(cells), "a whole number")
    return np.ma.filled(cells, -1).astype(np.int64)


def _joined(source: Source, other: Source) -> np.ndarray:
    """Return redshifts of objects by their number, NaN where the file has none."""
    mine, theirs = _whole(source, OBJECT), _whole(other, OBJECT)
    z = _column(other, REDSHIFT)
    if not len(other):
        raise InputError(other.path, "no objects", expected="one row or more")
    order = np.argsort(theirs, kind="stable")
    place = np.searchsorted(theirs[order], mine)
    row = order[np.minimum(place, len(theirs) - 1)]
    return np.where(theirs[row] == mine, z[row], np.nan)


def _refuse(source: Source, name: str, values, good, expected: str) -> None:
    if not np.all(good):
        k = int(np.flatnonzero(~np.asarray(good, bool))[0])
        problem = f"{name} = {values[k]}"
        raise InputError(source.path, problem, where=source.row(k), expected=expected)
