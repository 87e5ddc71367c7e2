"""Which reader a FITS file of spectra needs, by what is in it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from skyloom.io.desi import arms_of
from skyloom.io.errors import InputError
from skyloom.io.fits import FitsFile, opened
from skyloom.spectra.readers.beside import maps_of
from skyloom.spectra.readers.cubes import LAYOUTS, read_cube
from skyloom.spectra.readers.desi import read_coadd
from skyloom.spectra.readers.dust import left_in
from skyloom.spectra.readers.manga import read_galaxy
from skyloom.spectra.readers.observed import Observed
from skyloom.spectra.readers.single import read_single

KNOWN = (
    "MaNGA's LOGCUBE (FLUX, IVAR, MASK, WAVE), an SDSS spectrum (table with flux, ivar "
    "and loglam), a DESI coadd (B_FLUX or BRZ_FLUX), MUSE (DATA, STAT), SAMI (cube and "
    "VARIANCE) or GMOS (SCI, ERR)"
)
FLUXES = ("PRIMARY", "FLUX", "DATA", "SCI")
OTHER_UNITS = re.compile(r"Jy|Hz|mag")  # of flux per frequency, and of its logarithm


def kind_of(path: str | Path) -> str:
    """Return ``manga``, ``sdss``, ``desi``, or one of `LAYOUTS`; InputError if none."""
    with opened(path, verify=False) as file:
        names = {name.upper() for name in file.names}
        for name in names & set(FLUXES):
            unit = str(file.cards(name, "BUNIT").get("BUNIT", ""))
            if OTHER_UNITS.search(unit):
                problem, where = f"BUNIT is {unit!r}", f"HDU {name!r}"
                remedy = "convert flux and noise to flux per wavelength"
                raise InputError(path, problem, where=where, remedy=remedy)
        if {"BINID", "SPX_ELLCOO"} <= names:
            remedy = "give the galaxy's LOGCUBE; its maps are looked for beside it"
            raise InputError(path, "MAPS have no spectra", remedy=remedy)
        if {"FLUX", "IVAR", "MASK", "WAVE"} <= names:
            return "manga"
        if {"DATA", "STAT"} <= names:
            return "muse"
        if {"SCI", "ERR"} <= names:
            return "gmos"
        if "VARIANCE" in names and file[0].shape:
            return "sami"
        if arms_of(file):
            return "desi"
        if _is_sdss(file):
            return "sdss"
        problem = f"HDUs {', '.join(file.names)}"
    raise InputError(path, problem, expected=KNOWN)


def read_any(
    path: str | Path, redshift: float | None = None, otherwise: float | None = None
) -> tuple[str, Iterator[Observed]]:
    """Return the kind of a file and its spectra.

    `redshift` replaces the file's own, `otherwise` is for a file that tells none. A
    LOGCUBE's MAPS, and the redrock file of a coadd, are looked for in its folder.
    """
    kind = kind_of(path)
    if kind == "manga":
        return kind, read_galaxy(path, maps_beside(path), redshift, otherwise)
    if kind in LAYOUTS:
        return kind, read_cube(path, kind, otherwise if redshift is None else redshift)
    if kind == "desi":
        return kind, read_coadd(path, redshift, otherwise)
    left_in(path)
    return kind, read_single(path, redshift, otherwise)


def maps_beside(cube: str | Path) -> Path | None:
    """Return the MAPS file in the folder of a LOGCUBE; InputError if several."""
    cube = Path(cube)
    found = maps_of(cube)
    if len(found) > 1:
        names = ", ".join(path.name for path in found)
        problem = f"several MAPS beside it: {names}"
        raise InputError(cube, problem, remedy="leave one of them")
    return found[0] if found else None


def _is_sdss(file: FitsFile) -> bool:
    if len(file) < 2 or file[1].is_image:
        return False
    return all(file.has_column(1, name) for name in ("FLUX", "LOGLAM", "IVAR"))
