"""Which part of the sky a file covers: MOC and lists of HEALPix pixels in FITS."""

from __future__ import annotations

from pathlib import Path
from typing import NoReturn

import numpy as np
from astropy_healpix.healpy import ring2nest

from skyloom.io.errors import InputError
from skyloom.io.fits import opened
from skyloom.io.fits_file import FitsFile
from skyloom.sky.coverage import ORDER, Coverage, of_pixels

MOC, LISTED = "UNIQ", ("PIXEL", "HPIX")
KNOWN = (
    "a table with a column UNIQ (an IVOA MOC of the sky), or PIXEL or HPIX (numbers of "
    "HEALPix pixels, with the cards NSIDE and ORDERING)"
)
CONVERT = (
    "write the footprint as a MOC in FITS with ORDERING = 'NUNIQ', as Aladin and "
    "mocpy do (MOC.save, or MOC.from_polygon_skycoord for a polygon)"
)
EQUATORIAL = ("C", "ICRS", "EQUATORIAL", "CELESTIAL", "FK5", "")
RING, NESTED = ("RING",), ("NESTED", "NEST")
# Cells of a MOC, as 4 * 4**order + pixel, by the order's first.
FIRSTS = 4 ** np.arange(1, ORDER + 3, dtype=np.int64)


def read_coverage(path: str | Path) -> Coverage:
    """Read a footprint: an IVOA MOC, or HEALPix pixels, of which all listed count.

    Raises
    ------
    InputError
        Another file than FITS, no column of pixels or several, another order or frame
        than the cards may say, or a pixel that is none.
    """
    if Path(path).suffix.removesuffix(".gz") in (".csv", ".txt", ".reg", ".json"):
        problem = "a footprint is not read from this kind of file"
        raise InputError(path, problem, expected=f"FITS: {KNOWN}", remedy=CONVERT)
    with opened(path) as file:
        number, name = _column(file)
        cards = file.cards(number, "NSIDE", "ORDERING", "COORDSYS", "MOCDIM")
        pixels = file.integers(number, [name])[name]
    where = f"HDU {number}"
    stated = {k: str(v).strip().upper() for k, v in cards.items()}
    if stated.get("COORDSYS", "") not in EQUATORIAL:
        problem = f"COORDSYS is {cards['COORDSYS']!r}"
        remedy = "convert the pixels to equatorial coordinates"
        _refuse(path, where, problem, "'C' or 'ICRS'", remedy)
    if name == MOC:
        return _moc(path, where, stated, pixels)
    return _listed(path, f"{where}, column {name}", stated, cards.get("NSIDE"), pixels)


def _column(file: FitsFile) -> tuple[int, str]:
    """Return the HDU and the name of the column of pixels."""
    tables = [hdu.number for hdu in file if not hdu.is_image]
    there = [
        (number, name)
        for number in tables
        for name in (MOC, *LISTED)
        if file.has_column(number, name)
    ]
    if len(there) == 1:
        return there[0]
    told = [f"{name} in HDU {number}" for number, name in there]
    own = {f"HDU {k}": file.column_names(k) for k in tables}
    seen = f"several: {', '.join(told)}" if told else f"none; tables: {own or 'none'}"
    problem = f"columns of pixels: {seen}"
    remedy = "keep one of them" if told else CONVERT
    raise InputError(file.path, problem[:300], expected=KNOWN, remedy=remedy)


def _moc(path, where: str, stated: dict, cells: np.ndarray) -> Coverage:
    if stated.get("MOCDIM", "SPACE") != "SPACE":
        _refuse(path, where, f"MOCDIM is {stated['MOCDIM']}", "SPACE", CONVERT)
    if stated.get("ORDERING", "NUNIQ") != "NUNIQ":
        _refuse(path, where, f"ORDERING is {stated['ORDERING']}", "NUNIQ", CONVERT)
    _check(path, f"{where}, column {MOC}", cells, FIRSTS[0], FIRSTS[-1])
    orders = np.searchsorted(FIRSTS, cells, "right") - 1
    return of_pixels(orders, cells - FIRSTS[orders])


def _listed(path, where: str, stated: dict, nside, pixels: np.ndarray) -> Coverage:
    finest, order = 2**ORDER, stated.get("ORDERING")
    power = type(nside) is int and 0 < nside <= finest and not nside & (nside - 1)
    if not power:
        problem = f"the card NSIDE is {'absent' if nside is None else repr(nside)}"
        remedy = "write the card into the header of the table"
        _refuse(path, where, problem, "a power of two, 2^29 at most", remedy)
    if order not in (*RING, *NESTED):
        problem = f"the card ORDERING is {order or 'absent'}"
        remedy = "write the card into the header of the table"
        _refuse(path, where, problem, "RING or NESTED", remedy)
    _check(path, where, pixels, 0, 12 * nside**2)
    nested = ring2nest(nside, pixels) if order in RING else pixels
    return of_pixels(nside.bit_length() - 1, nested)


def _check(path, where: str, pixels: np.ndarray, low: int, high: int) -> None:
    for row in np.flatnonzero((pixels < low) | (pixels >= high))[:1]:
        expected = f"{low} to {high - 1}"
        remedy = "take rows without a pixel out of the table, and check NSIDE"
        _refuse(path, f"{where}, row {row + 1}", f"got {pixels[row]}", expected, remedy)


def _refuse(path, where: str, problem: str, expected: str, remedy: str) -> NoReturn:
    raise InputError(path, problem, where=where, expected=expected, remedy=remedy)
