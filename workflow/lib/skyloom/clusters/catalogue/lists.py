"""Lists of clusters in redMaPPer's columns, read from FITS, ECSV and CSV.

A list of truth and a published catalogue pass through the same reader. Rows are
numbered as a spreadsheet shows them in CSV (the header is row 1), from 1 in FITS and
ECSV.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

import numpy as np
from astropy.table import Table
from astropy.wcs import WCS

from skyloom.clusters.catalogue.list_files import Source, read_source
from skyloom.io import catalogues
from skyloom.io.cells import CellError, numbers
from skyloom.io.errors import REMADE, InputError
from skyloom.io.fits import opened
from skyloom.io.identifiers import labels
from skyloom.sky.tan import wcs_header

# Names under which published lists carry a column; our own name goes before all.
ALIASES = {
    "ID": ("ID", "MEM_MATCH_ID", "id", "INDEX"),
    "RA": ("RA", "ra", "RAdeg", "RAJ2000"),
    "DEC": ("DEC", "dec", "Dec", "DEdeg", "DEJ2000"),
    "Z_LAMBDA": ("Z_LAMBDA", "redshift", "z", "Z"),
    "Z_LAMBDA_ERR": ("Z_LAMBDA_ERR", "Z_LAMBDA_E", "redshift_err", "z_err", "Z_ERR"),
    "LAMBDA": ("LAMBDA", "LAMBDA_CHISQ", "lambda", "richness"),
    "LAMBDA_ERR": ("LAMBDA_ERR", "LAMBDA_CHISQ_E", "lambda_err", "richness_err"),
}
# Columns that stand for an ID where there is none, if they name each row once.
NAMES = ("NAME", "Name", "name", "MCXC")
COLUMNS = tuple(ALIASES)
REQUIRED = ("RA", "DEC", "Z_LAMBDA", "LAMBDA")
# What lists of our own fields hold besides: pixels and sizes.
PLACES = ("X", "Y", "R_LAMBDA", "R_PIX")
UNKNOWN = -1.0  # a redshift, as in Planck's lists
DEGREES = frozenset(("deg", "degs", "degree", "degrees"))
HIGHEST = 20.0  # of redshifts
SHAPE = ("IMAGEW", "IMAGEH")  # width and height of the image [px]
OF_A_MATCH = (
    "For a match it can be named in clusters.match.columns_a (or columns_b) instead"
)
# Unit and description of each column.
TELLS = {
    "ID": (None, "number or name of the cluster"),
    "RA": ("deg", "right ascension of the centre, ICRS"),
    "DEC": ("deg", "declination of the centre, ICRS"),
    "Z_LAMBDA": (None, "redshift"),
    "Z_LAMBDA_ERR": (None, "its standard error, NaN where not known"),
    "LAMBDA": (None, "richness"),
    "LAMBDA_ERR": (None, "its standard error, NaN where not known"),
    "X": ("pix", "column on the image, pixel centres at integers from 0"),
    "Y": ("pix", "row on the image, pixel centres at integers from 0"),
    "R_LAMBDA": ("Mpc", "radius of the richness, physical"),
    "R_PIX": ("pix", "the same on the image"),
}


def _known_error(values: np.ndarray) -> np.ndarray:
    return np.isnan(values) | (values >= 0) & (values < np.inf)


def _redshift(values: np.ndarray) -> np.ndarray:
    # 99 and the like are placeholders, but nobody says so.
    return np.isnan(values) | (values > 0) & (values <= HIGHEST)


def _richness(values: np.ndarray) -> np.ndarray:
    # Some lists rank by mass [solar masses].
    return (values > 0) & (values <= 1e17)


# Which numbers are allowed, and how a message says so.
LIMITS = {
    "RA": (lambda v: (v >= 0) & (v <= 360), "0 to 360"),
    "DEC": (lambda v: np.abs(v) <= 90, "-90 to 90"),
    "Z_LAMBDA": (_redshift, "a number above 0, 20 at most, or none"),
    "Z_LAMBDA_ERR": (_known_error, "0 or more (or none)"),
    "LAMBDA": (_richness, "a number above 0, 1e17 at most"),
    "LAMBDA_ERR": (_known_error, "0 or more (or none)"),
}
REMEDIES = {
    "RA": "add 360 to negative degrees; multiply hours by 15",
    "Z_LAMBDA": "leave the cell empty, or write -1, where the redshift is unknown",
}


def read_clusters(
    path: str | Path,
    columns: Mapping[str, str] | None = None,
    *,
    require: Iterable[str] = REQUIRED,
    empty: bool = False,
) -> Table:
    """Read a list of clusters; those without a redshift, or of -1, are left out.

    Parameters
    ----------
    path : str or Path
        ``.fits``, ``.fit``, ``.csv`` (each also ``.gz``) or ``.ecsv``.
    columns : mapping of str to str, optional
        Our name to the file's, e.g. ``{"LAMBDA": "NGALS"}``, where `ALIASES` do not
        know it.
    require : iterable of str
        Columns that the file must have; others of `COLUMNS` become NaN.
    empty : bool
        Whether a list may have no row, as that of a field without clusters.

    Returns
    -------
    Table
        `COLUMNS` (ID of `identifiers.labels`, numbers or names; of `NAMES` where the
        file has none, from 1 in the order of rows without them; float64 else), then
        `PLACES` that the file has.
        ``meta["absent"]``: `COLUMNS` that the file does not have;
        ``meta["dropped"]``: rows without a redshift that were left out.

    Raises
    ------
    InputError
        No file or one that cannot be read, a missing column, two columns for one,
        another unit than degrees, a cell that is no number, a position, redshift or
        richness that is none, an ID that stands twice, no row.
    """
    source = read_source(path)
    names = _names(source, columns or {}, require)
    table = Table({name: _values(source, name, there) for name, there in names.items()})
    for name in LIMITS:
        if name in names:
            _check(source, name, table)
    table = _completed(table, len(source))
    if not empty and not len(table):
        remedy = "check how the list was selected"
        raise InputError(path, "no clusters", expected="one row or more", remedy=remedy)
    return table


def write_clusters(path: str | Path, table: Table, wcs: WCS | None = None) -> None:
    """Write a list of clusters as ``.fits`` or ``.ecsv``, with units and descriptions.

    ``table`` has `COLUMNS`, others follow; ``meta["provenance"]`` is kept. ``wcs`` is
    that of the image that X and Y belong to, for `read_wcs`; FITS only. ValueError for
    another suffix.
    """
    others = [name for name in table.colnames if name not in COLUMNS]
    shown = table[[*COLUMNS, *others]]
    shown.meta = {k: v for k, v in table.meta.items() if k == "provenance"}
    for name in set(shown.colnames) & set(TELLS):
        shown[name].unit, shown[name].info.description = TELLS[name]
    catalogues.write_catalogue(path, shown, None if wcs is None else _wcs_cards(wcs))


def read_wcs(path: str | Path) -> WCS:
    """Return the world coordinates and the shape of the image of a list."""
    with opened(path) as file:
        header = file[0].header.copy()
    del header["NAXIS"]  # 0: the image is elsewhere
    try:
        wcs = WCS(header)
        wcs.pixel_shape = [header[key] for key in SHAPE]
    except KeyError as bad:
        problem = f"no world coordinates of an image ({bad})"
        raise InputError(path, problem, where="primary header", remedy=REMADE) from None
    return wcs


def _wcs_cards(wcs: WCS) -> dict:
    shape = dict(zip(SHAPE, wcs.pixel_shape, strict=True))
    return {**wcs_header(wcs), **shape}


def _names(source: Source, asked: Mapping, require: Iterable[str]) -> dict[str, str]:
    """Return our names to the file's, of the columns to read."""
    for ours, theirs in asked.items():
        if theirs not in source.columns:
            raise _no_column(source, f"column {theirs!r}, asked for as {ours}")
    found = {name: asked.get(name) or _alias(source, name) for name in COLUMNS}
    found["ID"] = found["ID"] or _named(source)
    for name in require:
        if found[name] is None:
            raise _no_column(source, f"column {name}")
    found |= {name: name for name in PLACES if name in source.columns}
    return {ours: theirs for ours, theirs in found.items() if theirs is not None}


def _alias(source: Source, name: str) -> str | None:
    """Return the file's name of a column; one in another case, if there is no other."""
    there = [alias for alias in ALIASES[name] if alias in source.columns]
    if not there:
        known = {alias.lower() for alias in ALIASES[name]}
        there = [one for one in source.columns if one.lower() in known]
    if len(there) > 1 and there[0] != name:
        problem = f"{' and '.join(there)} could both be {name}"
        remedy = f"call one of them {name} in the file. {OF_A_MATCH}"
        raise InputError(source.path, problem, where="columns", remedy=remedy)
    return there[0] if there else None


def _named(source: Source) -> str | None:
    """Return the file's column that names each row once, if there is one."""
    for name in NAMES:
        if name in source.columns:
            try:
                _ids(source, source.columns[name])
            except CellError:
                continue
            return name
    return None


def _no_column(source: Source, what: str) -> InputError:
    told = [f"{name} ({kind})" for name, kind in source.others.items()]
    problem = f"no {what}" + (
        f", with a number or a text a row; there are also {', '.join(told)}"
        if told
        else ""
    )
    expected = f"it among {', '.join(source.columns)}"
    remedy = f"rename the column in the file. {OF_A_MATCH}"
    return InputError(
        source.path, problem, where="columns", expected=expected, remedy=remedy
    )


def _values(source: Source, name: str, there: str) -> np.ndarray:
    unit = source.units.get(there, "deg").strip()
    if name in ("RA", "DEC") and unit.lower() not in DEGREES:
        where, remedy = f"column {there!r}", "convert it, and state the unit as deg"
        problem = f"unit {unit}"
        raise InputError(
            source.path, problem, where=where, expected="degrees", remedy=remedy
        )
    try:
        cells = source.columns[there]
        return _ids(source, cells) if name == "ID" else _numbers(name, cells)
    except CellError as bad:
        where = f"{source.row(bad.row)}, column {there!r}" if len(source) else there
        raise bad.at(source.path, where) from None


def _numbers(name: str, cells: np.ndarray) -> np.ndarray:
    values = numbers(cells)
    return np.where(values == UNKNOWN, np.nan, values) if name == "Z_LAMBDA" else values


def _ids(source: Source, cells: np.ndarray) -> np.ndarray:
    """Return numbers or names that stand once each."""
    ids = labels(cells)
    _, first, place = np.unique(ids, return_index=True, return_inverse=True)
    for k in np.flatnonzero(first[place] != np.arange(len(ids))):
        problem = f"{ids[k]} already stands in {source.row(first[place][k])}"
        expected = "unique numbers or names"
        raise CellError(problem, expected, row=k)
    return ids.astype(str) if ids.dtype == object else ids


def _check(source: Source, name: str, table: Table) -> None:
    allowed, expected = LIMITS[name]
    # A row without a redshift is left out, whatever else it has.
    used = np.isfinite(table["Z_LAMBDA"]) if name != "Z_LAMBDA" else True
    for k in np.flatnonzero(~allowed(table[name].data) & used):
        where, problem = source.row(k), f"{name} = {table[name][k]:g}"
        remedy = REMEDIES.get(name, "")
        raise InputError(
            source.path, problem, where=where, expected=expected, remedy=remedy
        )


def _completed(table: Table, n: int) -> Table:
    absent = [name for name in COLUMNS if name not in table.colnames]
    for name in absent:
        table[name] = np.arange(1, n + 1) if name == "ID" else np.full(n, np.nan)
    others = [name for name in table.colnames if name not in COLUMNS]
    table = table[[*COLUMNS, *others]]
    table = table[np.isfinite(table["Z_LAMBDA"])]
    table.meta = {"absent": absent, "dropped": n - len(table)}
    return table
