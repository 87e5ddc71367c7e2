"""SDSS galaxies in redMaPPer's galaxy files: positions, ugriz magnitudes and errors."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from astropy.table import Table, vstack

from skyloom.io.errors import InputError
from skyloom.io.fits import opened

log = logging.getLogger(__name__)

SDSS_BANDS = ("u", "g", "r", "i", "z")
REQUIRED = ("ID", "RA", "DEC", "MAG", "MAG_ERR")
OPTIONAL = ("EBV", "REFMAG")
SAME_PLACE = 1.0 / 3600.0  # deg
# Softening of asinh magnitudes, in units of the flux of zeroth magnitude (Lupton,
# Gunn & Szalay 1999, AJ 118, 1406; table 21 of Stoughton et al. 2002, AJ 123, 485).
SOFTENING = np.array([1.4e-10, 0.9e-10, 1.2e-10, 1.8e-10, 7.4e-10])
# Least and largest value, and how a message says so.
LIMITS = {
    "RA": (0.0, 360.0, "0 to 360"),
    "DEC": (-90.0, 90.0, "-90 to 90"),
    "MAG": (-5.0, 40.0, "-5 to 40"),
    "MAG_ERR": (np.nextafter(0, 1), np.finfo(float).max, "a positive error"),
}


def read_galaxies(paths: Sequence[str | Path]) -> Table:
    """Read a galaxy catalogue of redMaPPer's.

    Parameters
    ----------
    paths : sequence of str or Path
        Of one table, or of ``*_NNNNNNN.fit``, one a HEALPix pixel; columns ID, RA, DEC
        [deg], MAG and MAG_ERR (n, 5) in u, g, r, i, z, and if there EBV and REFMAG.

    Returns
    -------
    Table
        ID, RA, DEC, MAG_U ... MAG_Z, MAG_ERR_U ... MAG_ERR_Z, and EBV, REFMAG if all
        files have them; ordered by ID, each once.

    Raises
    ------
    InputError
        No file, a missing column, not five bands, a value that is not finite or out of
        range, an ID at two places.

    Notes
    -----
    The magnitudes are asinh magnitudes corrected for Galactic extinction, as redMaPPer
    wants them: d(g-r)/dE(B-V) of the real field's galaxies with i < 19.5 is 0.12 +-
    0.15, where uncorrected magnitudes would give 1.02 (Schlegel et al. 1998, ApJ 500,
    525, table 6).
    """
    parts = [_read(path) for path in paths]
    common = [c for c in parts[0].colnames if all(c in p.colnames for p in parts)]
    whole = vstack([part[common] for part in parts], metadata_conflicts="silent")
    return _once(paths[0], whole)


def magnitudes(galaxies: Table) -> tuple[np.ndarray, np.ndarray]:
    """Return u, g, r, i, z and their errors, shapes (n, 5)."""
    names = [band.upper() for band in SDSS_BANDS]
    return tuple(
        np.stack([np.asarray(galaxies[f"{kind}_{b}"], float) for b in names], axis=-1)
        for kind in ("MAG", "MAG_ERR")
    )


def linear_flux(mag: np.ndarray) -> np.ndarray:
    """Return fluxes (n, 5) of asinh magnitudes u, g, r, i, z; they may be negative.

    That of zeroth magnitude is one. Source: Lupton, Gunn & Szalay 1999 (AJ 118, 1406),
    eq. 3, solved for the flux.
    """
    argument = -np.asarray(mag, float) * np.log(10) / 2.5 - np.log(SOFTENING)
    return 2 * SOFTENING * np.sinh(argument)


def _read(path: str | Path) -> Table:
    with opened(path) as file:
        read = file.columns(1, REQUIRED, OPTIONAL)
    for name, values in read.items():
        _check_shape(path, name, values, len(read["ID"]))
    for name, (low, high, expected) in LIMITS.items():
        values = read[name]
        for place in np.argwhere(~((values >= low) & (values <= high))):
            raise _bad_value(path, name, read, tuple(place), expected)
    table = Table({name: read[name] for name in ("ID", "RA", "DEC")})
    for kind in ("MAG", "MAG_ERR"):
        for k, band in enumerate(SDSS_BANDS):
            table[f"{kind}_{band.upper()}"] = read[kind][:, k].astype(float)
    for name in (n for n in OPTIONAL if n in read):
        table[name] = read[name].astype(float)
    return table


def _check_shape(path, name: str, values: np.ndarray, n: int) -> None:
    whole, many = name == "ID", name in ("MAG", "MAG_ERR")
    shape = (n, len(SDSS_BANDS)) if many else (n,)
    if values.shape != shape or values.dtype.kind not in ("iu" if whole else "f"):
        raise InputError(
            path,
            f"{values.dtype} of shape {values.shape}",
            where=f"column {name}",
            expected=f"{'integers' if whole else 'floats'} of shape {shape}",
            remedy=f"{name} holds u, g, r, i, z of each galaxy" if many else "",
        )


def _bad_value(path, name: str, read: Mapping, place: tuple, expected: str):
    row, *band = place
    where = f"row {row + 1} (ID {read['ID'][row]}), {name}"
    where += f" in {SDSS_BANDS[band[0]]}" if band else ""
    remedy = "leave such galaxies out of the catalogue"
    problem = str(read[name][place])
    return InputError(path, problem, where=where, expected=expected, remedy=remedy)


def _once(path: str | Path, table: Table) -> Table:
    order = np.argsort(np.asarray(table["ID"]), kind="stable")
    table = table[order]
    again = np.flatnonzero(np.diff(np.asarray(table["ID"])) == 0) + 1
    for row in again:
        turn = (table["RA"][row] - table["RA"][row - 1] + 180) % 360 - 180
        turn *= np.cos(np.radians(table["DEC"][row]))
        if np.hypot(turn, table["DEC"][row] - table["DEC"][row - 1]) > SAME_PLACE:
            raise InputError(
                path,
                "one ID at two places",
                where=f"ID {table['ID'][row]}",
                expected="an ID for each galaxy",
            )
    if len(again):
        log.warning("%s: %d galaxies stand twice and count once", path, len(again))
        table.remove_rows(again)
    return table
