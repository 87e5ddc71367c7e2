"""Cubes and single spectra of other instruments: MUSE, SAMI, GMOS.

========  =======  =================  =========================
layout    flux     noise              mask
========  =======  =================  =========================
muse      DATA     STAT, variance
sami      HDU 0    VARIANCE
gmos      SCI      ERR, 1 sigma       MASK, (ny, nx) 0 is good
========  =======  =================  =========================

Wavelengths follow from the header's axis; those in air become vacuum's. Checksums are
not compared: headers are edited, as our own remedies ask for, and keep the old sums.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import astropy.units as u
import numpy as np
import pandas as pd
from astropy.io.fits import Header
from astropy.wcs import WCS

from skyloom.io.errors import InputError
from skyloom.io.fits import FitsFile, opened
from skyloom.io.fits_file import Hdu
from skyloom.io.spectra import cleaned, note_negative
from skyloom.run.log import NAME
from skyloom.sky.geometry import pixel_scale
from skyloom.sky.world import celestial, in_j2000
from skyloom.spectra.readers.dust import cleared, left_in
from skyloom.spectra.readers.observed import (
    BATCH,
    Observed,
    batches,
    redshift_of,
    wavelengths,
)
from skyloom.spectra.readers.single import stem
from skyloom.spectra.rest.air import air_to_vacuum

SLAB = 20_000_000  # pixels of a cube read at once
FAINT = 1e-10  # below it, flux is in erg/s/cm2/Å, whose squares float32 cannot hold
UNIT = 1e-17
DUST = "EBVPLNCK"  # card of SAMI's HDU DUST
SKY = re.compile("RA--|DEC-|.LON|.LAT")  # kinds of axes
SHARPEST = 1e5  # no spectrograph gives a S/N a pixel above it


@dataclass(frozen=True)
class Layout:
    """Which HDUs hold flux, its noise, and a mask of spaxels."""

    flux: str | int
    noise: str
    sigma: bool = False
    mask: str | None = None


LAYOUTS = {
    "muse": Layout("DATA", "STAT"),
    "sami": Layout(0, "VARIANCE"),
    "gmos": Layout("SCI", "ERR", sigma=True, mask="MASK"),
}


def read_cube(
    path: str | Path, kind: str, redshift: float | None, size: int = BATCH
) -> Iterator[Observed]:
    """Yield the spectra of a cube's spaxels, or the spectrum of a 1-D file.

    Parameters
    ----------
    path : str or Path
        The file; its name stands for the galaxy.
    kind : str
        One of `LAYOUTS`.
    redshift : float
        Of the galaxy; no such file tells it.
    size : int
        Spectra at a time; rows of the cube are read as far as memory allows.

    Raises
    ------
    InputError
        No redshift, a missing HDU, noise of another shape, or mostly negative, or an
        axis of wavelengths of unknown kind or unit.
    """
    layout = LAYOUTS[kind]
    z = redshift_of(path, (redshift,), "give the galaxy's: spectra.place.redshifts")
    with opened(path, verify=False) as file:
        flux, noise = file.image(layout.flux), file.image(layout.noise)
        if flux.shape != noise.shape or len(flux.shape) not in (1, 3):
            problem = f"flux {flux.shape} and noise {noise.shape}"
            where = f"HDU {layout.flux!r}, {layout.noise!r}"
            expected = "one shape, (p,) or (p, ny, nx)"
            raise InputError(path, problem, where=where, expected=expected)
        wave = wave_of(file, layout.flux)
        area, places = _places(file, flux)
        common = {"fname": Path(path).name, "plateifu": stem(path), "redshift": z}
        masked = _mask(file, layout, flux.shape)
        dust = file.cards("DUST", DUST) if "DUST" in file else {}
        if DUST not in dust:
            left_in(path)
        for rows in _slabs(flux.shape):
            window = np.s_[:] if len(flux.shape) == 1 else np.s_[:, rows]
            light, ivar = _pixels(file, layout, window)
            if masked is not None:
                ivar[masked[rows].ravel()] = 0
            light, ivar = cleaned(path, f"rows {rows.start}...", light, ivar)
            here = places[places["row"].between(rows.start, rows.stop - 1)]
            for some in batches(len(here), size):
                table = here.iloc[some].reset_index(drop=True).assign(**common)
                if area is not None:
                    table["area"] = area
                    table["light"] = area * light[some].mean(axis=1)
                seen = Observed(wave, light[some], ivar[some], table)
                yield cleared(seen, path, DUST, dust.get(DUST, 0.0))


def sky_of(path: str | Path) -> tuple[Header, tuple[int, int]]:
    """Return celestial WCS cards and shape (ny, nx) of the first cube of a file.

    The header is empty where the file has no celestial WCS.
    """
    with opened(path, verify=False) as file:
        cubes = [hdu for hdu in file if hdu.is_image and len(hdu.shape or ()) == 3]
        if not cubes:
            raise InputError(path, "no cube", expected="an image of 3 axes")
        wcs = _celestial(file, cubes[0])
        return Header() if wcs is None else wcs.to_header(), cubes[0].shape[1:]


def wave_of(file: FitsFile, key: str | int) -> np.ndarray:
    """Return the vacuum wavelengths [Å] of a linear axis, the last in FITS order."""
    path, shape = file.path, file.image(key).shape
    axis = len(shape)
    names = [f"{name}{axis}" for name in ("CTYPE", "CUNIT", "CRVAL", "CRPIX", "CDELT")]
    header = file.cards(key, *names, f"CD{axis}_{axis}", "ORIGIN")
    kind = str(header.get(f"CTYPE{axis}", "")).strip()
    unit = str(header.get(f"CUNIT{axis}", "")).strip()
    unit = "Angstrom" if unit.lower() in ("angstrom", "angstroms") else unit
    where, remedy = f"axis {axis}", "set it, as the instrument's manual says"
    if kind == "LAMBDA" and not unit and "IRAF" in str(header.get("ORIGIN", "")):
        logging.getLogger(NAME).warning(
            "%s: %s is IRAF's LAMBDA without a unit; taken for Å in air", path, where
        )
        kind, unit = "AWAV", "Angstrom"
    if kind not in ("AWAV", "WAVE"):
        problem = f"CTYPE{axis} is {kind!r}"
        expected = "AWAV (in air) or WAVE (in vacuum), linear"
        raise InputError(path, problem, where=where, expected=expected, remedy=remedy)
    try:
        factor = u.Unit(unit).to(u.AA) if unit else None
    except (ValueError, u.UnitsError):
        factor = None
    step = header.get(f"CD{axis}_{axis}", header.get(f"CDELT{axis}"))
    start, first = header.get(f"CRVAL{axis}"), header.get(f"CRPIX{axis}", 1.0)
    numbers = all(isinstance(v, int | float) for v in (step, start, first))
    if factor is None or not numbers:
        problem = f"CUNIT{axis} is {unit!r}, CRVAL{axis} {start!r}, step {step!r}"
        expected = "a unit of length, and two numbers"
        raise InputError(path, problem, where=where, expected=expected, remedy=remedy)
    with np.errstate(over="ignore", invalid="ignore"):
        wave = (start + step * (np.arange(shape[0]) + 1 - first)) * factor
    wave = wavelengths(path, where, wave)
    return air_to_vacuum(wave) if kind == "AWAV" else wave


def _pixels(file: FitsFile, layout: Layout, window):
    """Return flux and ivar of rows of a cube, shape (n, p)."""
    flux, noise = (
        file.pixels(key, window=window).astype(np.float64)
        for key in (layout.flux, layout.noise)
    )
    flux, noise = (a.reshape(len(a), -1).T for a in (flux, noise))
    note_negative(file.path, f"HDU {layout.noise!r}", noise)
    with np.errstate(over="ignore", under="ignore"):
        variance = noise**2 if layout.sigma else noise
        seen = np.isfinite(variance) & (noise > 0) & (variance > 0) & np.isfinite(flux)
        ivar = np.divide(1.0, variance, out=np.zeros(flux.shape), where=seen)
        sn = np.median(np.abs(flux[seen]) * np.sqrt(ivar[seen])) if seen.any() else 0
    if sn > SHARPEST:
        problem, where = f"a median S/N of {sn:.2g}", f"HDU {layout.noise!r}"
        remedy = "see what this HDU holds: 1 sigma or variance, in the unit of the flux"
        raise InputError(file.path, problem, where=where, remedy=remedy)
    if seen.any() and np.median(np.abs(flux[seen])) < FAINT:
        flux, ivar = flux / UNIT, ivar * UNIT**2
    return flux, ivar


def _mask(file: FitsFile, layout: Layout, shape) -> np.ndarray | None:
    if layout.mask is None or layout.mask not in file:
        return None
    masked = file.pixels(layout.mask) != 0
    if masked.shape != shape[1:]:
        where, expected = f"HDU {layout.mask!r}", f"{shape[1:]}, that of a plane"
        problem = f"shape {masked.shape}"
        raise InputError(file.path, problem, where=where, expected=expected)
    return masked


def _slabs(shape: tuple[int, ...]) -> Iterator[slice]:
    if len(shape) == 1:
        return iter([slice(0, 1)])
    return batches(shape[1], max(1, SLAB // (shape[0] * shape[2])))


def _places(file: FitsFile, hdu: Hdu) -> tuple[float | None, pd.DataFrame]:
    """Return a spaxel's area [arcsec2] and where all are [arcsec] from the middle.

    As in MaNGA's maps, x grows to the east and y to the north, however it is turned.
    """
    ny, nx = hdu.shape[1:] or (1, 1)
    row, column = np.divmod(np.arange(ny * nx), nx)
    table = pd.DataFrame({"row": row, "column": column})
    wcs = _celestial(file, hdu) if len(hdu.shape) == 3 else None
    if wcs is None:
        return None, table
    side = pixel_scale(wcs)
    offset = np.array([column - (nx - 1) / 2, row - (ny - 1) / 2])
    table["x"], table["y"] = 3600 * wcs.pixel_scale_matrix @ offset
    return side**2, table


def _celestial(file: FitsFile, hdu: Hdu) -> WCS | None:
    """Return the world coordinates of a cube on the sky, None where it states none."""
    header = hdu.header
    kinds = [str(header.get(f"CTYPE{axis}", "")).upper() for axis in (1, 2)]
    if not any(map(SKY.match, kinds)):
        return None
    try:
        wcs = celestial(header, hdu.shape[-2:])
        problem = "" if in_j2000(wcs) else f"axes {', '.join(kinds)}, not of J2000"
    except ValueError as bad:
        problem = str(bad)
    if problem:
        where = f"HDU {hdu.name or hdu.number}, world coordinates"
        expected = "right ascension first, and declination, of J2000"
        remedy = "correct the cards, or delete CTYPE1 and CTYPE2 to do without the sky"
        raise InputError(
            file.path, problem, where=where, expected=expected, remedy=remedy
        )
    return wcs
