"""SDSS, BOSS and eBOSS spectra: one ``spec-*.fits`` a fibre, or a whole plate."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from numbers import Real
from pathlib import Path

import numpy as np
import pandas as pd

from skyloom.io.cells import CellError
from skyloom.io.errors import InputError
from skyloom.io.fits import FitsFile, opened
from skyloom.io.identifiers import integers
from skyloom.io.spectra import (
    Arm,
    Spectra,
    checked_wave,
    cleaned,
    meta_table,
    refuse_repeats,
    words,
)
from skyloom.io.spectral_units import angstroms, fluxes

# Bits of SPPIXMASK that say "no usable value in any exposure": FULLREJECT, NOSKY,
# NODATA, COMBINEREJ. The others (NEARBADPIXEL, BRIGHTSKY ...) are warnings that the
# ivar has taken into account; masking them all would blank whole good spectra.
UNUSABLE = 1 << 18 | 1 << 22 | 1 << 24 | 1 << 25

# The two layouts of dr12_train carry no wavelengths; these are QuasarNET's.
TRAIN_FINE = (3.555, 1e-4)
TRAIN_COARSE = (float(np.log10(3600.0)), 1e-3)
TRAIN_PIXELS = 443

LOGLAM = "log10(Angstrom)"  # where the column states no unit

# What identifies a spectrum. RA and DEC of the primary header are the telescope's; the
# fibre's are PLUG_RA and PLUG_DEC.
FACTS = ("PLATE", "MJD", "FIBERID", "PLUG_RA", "PLUG_DEC")


def sdss_targetid(plate, mjd, fiber) -> np.ndarray:
    """Return plate * 10**9 + mjd * 10**4 + fiber as int64, unique by spectrum.

    ValueError: a plate below 1, an MJD outside 1 to 99999, a fibre 1 to 9999.
    """
    plate, mjd, fiber = (np.asarray(x).astype(np.int64) for x in (plate, mjd, fiber))
    for name, value, top in (
        ("plate", plate, 10**9),
        ("MJD", mjd, 10**5),
        ("fibre", fiber, 10**4),
    ):
        if np.any((value < 1) | (value >= top)):
            msg = f"{name} out of range: expected 1 to {top - 1}"
            raise ValueError(msg)
    return plate * 10**9 + mjd * 10**4 + fiber


def read_spec(path: str | Path) -> Spectra:
    """Read ``spec-PLATE-MJD-FIBER.fits`` (or ``.fits.gz``): one spectrum, ``"sdss"``.

    The coadd is the first extension whatever its name (``COADD``, blank), with
    columns ``flux``, ``loglam``, ``ivar`` and, if there, ``and_mask``, in any case.
    Units that TUNIT states are converted.

    Raises
    ------
    InputError
        No coadd, no identity, wavelengths in air or out of order, text for numbers.
    """
    with opened(path) as file:
        table = file.numbers(1, ("FLUX", "LOGLAM", "IVAR"))
        table |= file.integers(1, (), ("AND_MASK",))
        units, meta = file.units(1), _spec_meta(file)
    where = "HDU 1, column LOGLAM"
    wave = angstroms(path, where, table["LOGLAM"], units.get("LOGLAM", LOGLAM))
    wave = checked_wave(path, where, wave)
    masked = (table.get("AND_MASK", np.zeros(len(wave), int)) & UNUSABLE) != 0
    flux, ivar = table["FLUX"][None], table["IVAR"][None]
    stated = units.get("FLUX"), units.get("IVAR")
    flux, ivar = fluxes(path, "HDU 1", wave, flux, ivar, stated)
    flux, ivar = cleaned(path, "HDU 1", flux, ivar, masked[None])
    return Spectra((Arm("sdss", wave, flux, ivar),), meta)


def plate_batches(path: str | Path, size: int) -> Iterator[Spectra]:
    """Read an spPlate, or either layout of ``dr12_train``, `size` rows at a time.

    ==========  =====================  ==================  ===================
    layout      HDU 0                  HDU 1               HDU 2
    ==========  =====================  ==================  ===================
    spPlate     flux (n, npix)         ivar                AND mask; HDU 5 table
    fine        flux (n, npix)         ivar                table
    coarse      flux and ivar (n,886)  table
    ==========  =====================  ==================  ===================

    The tables of ``dr12_train`` have TARGETID, PLATE, MJD and FIBERID; rows of
    TARGETID -1 are left out, as are the sky fibres of an spPlate. `targetid` is always
    that of `sdss_targetid`. Another layout is an InputError.
    """
    with opened(path) as file:
        layout = _layout(file)
        for start in range(0, len(layout.meta), size):
            rows = slice(start, start + size)
            if layout.keep[rows].any():
                yield layout.spectra(file, rows)


@dataclass(frozen=True, slots=True, eq=False)
class _Layout:
    # `keep` says which rows are targets; `unit` is what a plate states of its flux.
    kind: str
    wave: np.ndarray
    meta: pd.DataFrame
    keep: np.ndarray
    unit: str | None = None

    def spectra(self, file: FitsFile, rows: slice) -> Spectra:
        keep, where = self.keep[rows], "HDU 0 and 1"
        flux, ivar, masked = self._pixels(file, rows)
        if self.unit and flux.shape == ivar.shape:
            units = self.unit, None
            flux, ivar = fluxes(file.path, where, self.wave, flux, ivar, units)
        flux, ivar = cleaned(file.path, where, flux, ivar, masked)
        meta = self.meta.iloc[rows][keep].reset_index(drop=True)
        return Spectra((Arm("sdss", self.wave, flux[keep], ivar[keep]),), meta)

    def _pixels(self, file: FitsFile, rows: slice):
        flux = file.pixels(0, 2, rows)
        if self.kind == "coarse":
            return flux[:, :TRAIN_PIXELS], flux[:, TRAIN_PIXELS:], False
        ivar = file.pixels(1, 2, rows)
        if self.kind == "fine":
            return flux, ivar, False
        mask = file.pixels(2, 2, rows)
        if mask.dtype.kind not in "iu":
            problem, expected = f"a mask of {mask.dtype}", "whole numbers"
            raise InputError(file.path, problem, where="HDU 2", expected=expected)
        return flux, ivar, (mask & UNUSABLE) != 0


def _layout(file: FitsFile) -> _Layout:
    n, npix = file.image(0, 2).shape
    tables = [i for i, hdu in enumerate(file) if not hdu.is_image]
    first = tables[0] if tables else None
    if first == 1:
        if npix != 2 * TRAIN_PIXELS:
            expected = f"{2 * TRAIN_PIXELS}: flux and ivar of {TRAIN_PIXELS}"
            problem = f"HDU 0: {npix} pixels"
            raise InputError(file.path, problem, expected=expected)
        start, step = TRAIN_COARSE
        # Middles of the network's pixels, so that each falls in its own again.
        wave = 10.0 ** (start + step * (np.arange(TRAIN_PIXELS) + 0.5))
        return _Layout("coarse", wave, *_train_meta(file, 1, n))
    if first == 2:
        wave = 10.0 ** (TRAIN_FINE[0] + TRAIN_FINE[1] * np.arange(npix))
        return _Layout("fine", wave, *_train_meta(file, 2, n))
    if first == 5:
        unit = file.cards(0, "BUNIT").get("BUNIT")
        return _Layout("plate", _plate_wave(file, npix), *_plugmap(file, n), unit)
    problem = f"first table in HDU {first}" if tables else "no table"
    expected = "HDU 5 (spPlate), 2 or 1 (the layouts of dr12_train)"
    raise InputError(file.path, problem, expected=expected)


def _train_meta(file: FitsFile, hdu: int, n: int):
    table = file.integers(hdu, ("TARGETID", "PLATE", "MJD", "FIBERID"))
    keep = table["TARGETID"] != -1
    return _meta(file.path, hdu, n, table, table["PLATE"], table["MJD"], keep)


def _plugmap(file: FitsFile, n: int):
    table = file.integers(5, ("FIBERID",)) | file.numbers(5, (), ("RA", "DEC"))
    table |= file.columns(5, (), ("OBJTYPE",))
    header, where = file.cards(0, "PLATEID", "MJD"), "primary header"
    plate, mjd = (
        np.full(n, _identity(file.path, header, key, where))
        for key in ("PLATEID", "MJD")
    )
    kind = words(table.get("OBJTYPE", ["?"] * n))
    return _meta(file.path, 5, n, table, plate, mjd, kind != "SKY")


def _meta(path, hdu: int, n: int, table, plate, mjd, keep):
    where = f"HDU {hdu}"
    if len(table["FIBERID"]) != n:
        problem = f"{len(table['FIBERID'])} rows for {n} spectra"
        raise InputError(path, problem, where=where, expected="one row a spectrum")
    targetid = _targetid(path, where, plate, mjd, table["FIBERID"])
    ids = {"plate": plate, "mjd": mjd, "fiberid": table["FIBERID"]}
    meta = meta_table(targetid, plate, mjd, table.get("RA"), table.get("DEC"), ids)
    if not keep.any():
        raise InputError(path, "no targets", where=where, remedy="it has only sky")
    refuse_repeats(path, meta[keep], "drop the repeated rows")
    return meta, np.asarray(keep)


def _plate_wave(file: FitsFile, npix: int) -> np.ndarray:
    _refuse_air(file)
    start, step = _numbers(file, "COEFF0", "COEFF1")
    with np.errstate(over="ignore", invalid="ignore"):
        wave = 10.0 ** (start + step * np.arange(npix))
    return checked_wave(file.path, "HDU 0, COEFF0 and COEFF1", wave)


def _spec_meta(file: FitsFile) -> pd.DataFrame:
    _refuse_air(file)
    header = file.cards(0, *FACTS, "PLATEID")
    facts = {key: header[key] for key in FACTS if header.get(key) is not None}
    if header.get("PLATEID") is not None:
        facts["PLATE"] = header["PLATEID"]
    if len(facts) < len(FACTS):  # the table of 250 columns is slow to open
        facts = _spec_table(file) | facts
    plate, mjd, fiber = (_identity(file.path, facts, key) for key in FACTS[:3])
    targetid = _targetid(file.path, "the identity", plate, mjd, fiber)
    ra, dec = (_degrees(file.path, facts, key) for key in FACTS[3:])
    ids = {"plate": [plate], "mjd": [mjd], "fiberid": [fiber]}
    return meta_table([targetid], [plate], [mjd], [ra], [dec], ids)


def _spec_table(file: FitsFile) -> dict:
    # SPALL, SPECOBJ or unnamed: one row of facts.
    if len(file) < 3 or file[2].is_image:
        return {}
    return {k: cell[0] for k, cell in file.columns(2, (), FACTS).items()}


def _identity(path, facts: dict, key: str, where="primary header and HDU 2") -> int:
    value = facts.get(key)
    if value is None:
        remedy = "SDSS-V files (FIELD, CATALOGID) are not read"
        raise InputError(path, f"no {key}", where=where, remedy=remedy)
    try:
        return int(integers([value])[0])
    except CellError as bad:
        raise bad.at(path, f"{where}, {key}") from None


def _degrees(path, facts: dict, key: str) -> float:
    value = facts.get(key, np.nan)
    if isinstance(value, bool) or not isinstance(value, Real):
        problem, where = f"{key} is {value!r}", "primary header and HDU 2"
        raise InputError(path, problem, where=where, expected="degrees")
    return float(value)


def _numbers(file: FitsFile, *names: str) -> list[float]:
    cards = file.cards(0, *names)
    for name in names:
        value = cards.get(name)
        if isinstance(value, bool) or not isinstance(value, int | float):
            problem, where = f"{name} is {value!r}", "primary header"
            raise InputError(file.path, problem, where=where, expected="a number")
    return [float(cards[name]) for name in names]


def _refuse_air(file: FitsFile) -> None:
    if not file.cards(0, "VACUUM").get("VACUUM", True):
        problem, expected = "wavelengths in air (VACUUM = F)", "in vacuum"
        where = "primary header"
        raise InputError(file.path, problem, where=where, expected=expected)


def _targetid(path, where: str, plate, mjd, fiber) -> np.ndarray:
    try:
        return sdss_targetid(plate, mjd, fiber)
    except ValueError as bad:
        raise InputError(path, str(bad), where=where) from None
