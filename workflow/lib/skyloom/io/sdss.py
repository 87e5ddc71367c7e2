"""SDSS, BOSS and eBOSS spectra: one ``spec-*.fits`` a fibre, or a whole plate."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from skyloom.io.errors import InputError
from skyloom.io.fits import FitsFile, opened
from skyloom.io.spectra import (
    Arm,
    Spectra,
    checked_wave,
    cleaned,
    meta_table,
    refuse_repeats,
)

# Bits of SPPIXMASK that say "no usable value in any exposure": FULLREJECT, NOSKY,
# NODATA, COMBINEREJ. The others (NEARBADPIXEL, BRIGHTSKY ...) are warnings that the
# ivar has taken into account; masking them all would blank whole good spectra.
UNUSABLE = 1 << 18 | 1 << 22 | 1 << 24 | 1 << 25

# The two layouts of dr12_train carry no wavelengths; these are QuasarNET's.
TRAIN_FINE = (3.555, 1e-4)
TRAIN_COARSE = (float(np.log10(3600.0)), 1e-3)
TRAIN_PIXELS = 443

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

    Raises
    ------
    InputError
        No coadd, no identity, wavelengths in air or out of order, a negative ivar.
    """
    with opened(path) as file:
        table = file.columns(1, ("FLUX", "LOGLAM", "IVAR"), ("AND_MASK",))
        meta = _spec_meta(file)
    with np.errstate(over="ignore", invalid="ignore"):
        wave = 10.0 ** table["LOGLAM"].astype(float)
    wave = checked_wave(path, "column LOGLAM", wave)
    masked = (table.get("AND_MASK", np.zeros(len(wave), int)) & UNUSABLE) != 0
    flux, ivar = cleaned(
        path, "HDU 1", table["FLUX"][None], table["IVAR"][None], masked[None]
    )
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
    # `keep` says which rows are targets; `mask` is the HDU of the AND mask.
    kind: str
    wave: np.ndarray
    meta: pd.DataFrame
    keep: np.ndarray

    def spectra(self, file: FitsFile, rows: slice) -> Spectra:
        keep = self.keep[rows]
        flux, ivar, masked = self._pixels(file, rows)
        flux, ivar = cleaned(file.path, "HDU 0 and 1", flux, ivar, masked)
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
        return _Layout("plate", _plate_wave(file, npix), *_plugmap(file, n))
    problem = f"first table in HDU {first}" if tables else "no table"
    expected = "HDU 5 (spPlate), 2 or 1 (the layouts of dr12_train)"
    raise InputError(file.path, problem, expected=expected)


def _train_meta(file: FitsFile, hdu: int, n: int):
    table = file.columns(hdu, ("TARGETID", "PLATE", "MJD", "FIBERID"))
    keep = table["TARGETID"] != -1
    return _meta(file.path, hdu, n, table, table["PLATE"], table["MJD"], keep)


def _plugmap(file: FitsFile, n: int):
    table = file.columns(5, ("FIBERID",), ("OBJTYPE", "RA", "DEC"))
    header = file[0].header
    plate, mjd = (np.full(n, _card(file.path, header, k)) for k in ("PLATEID", "MJD"))
    kind = np.char.strip(np.asarray(table.get("OBJTYPE", ["?"] * n)).astype(str))
    return _meta(file.path, 5, n, table, plate, mjd, kind != "SKY")


def _meta(path, hdu: int, n: int, table, plate, mjd, keep):
    where = f"HDU {hdu}"
    if len(table["FIBERID"]) != n:
        problem = f"{len(table['FIBERID'])} rows for {n} spectra"
        raise InputError(path, problem, where=where, expected="one row a spectrum")
    targetid = _targetid(path, where, plate, mjd, table["FIBERID"])
    meta = meta_table(targetid, plate, mjd, table.get("RA"), table.get("DEC"))
    if not keep.any():
        raise InputError(path, "no targets", where=where, remedy="it has only sky")
    refuse_repeats(path, meta[keep], "drop the repeated rows")
    return meta, np.asarray(keep)


def _plate_wave(file: FitsFile, npix: int) -> np.ndarray:
    header = file[0].header
    _refuse_air(file.path, header)
    start, step = (_card(file.path, header, key) for key in ("COEFF0", "COEFF1"))
    wave = 10.0 ** (start + step * np.arange(npix))
    return checked_wave(file.path, "HDU 0, COEFF0 and COEFF1", wave)


def _spec_meta(file: FitsFile) -> pd.DataFrame:
    header = file.cards(0, *FACTS, "PLATEID", "VACUUM")
    _refuse_air(file.path, header)
    facts = {key: header[key] for key in FACTS if header.get(key) is not None}
    if header.get("PLATEID") is not None:
        facts["PLATE"] = header["PLATEID"]
    if len(facts) < len(FACTS):  # the table of 250 columns is slow to open
        facts = _spec_table(file) | facts
    plate, mjd, fiber = (_identity(file.path, facts, key) for key in FACTS[:3])
    targetid = _targetid(file.path, "the identity", plate, mjd, fiber)
    ra, dec = (facts.get(key, np.nan) for key in FACTS[3:])
    return meta_table([targetid], [plate], [mjd], [ra], [dec])


def _spec_table(file: FitsFile) -> dict:
    # SPALL, SPECOBJ or unnamed: one row of facts.
    if len(file) < 3 or file[2].is_image:
        return {}
    return {k: cell[0] for k, cell in file.columns(2, (), FACTS).items()}


def _identity(path, facts: dict, key: str) -> int:
    if facts.get(key) is None:
        remedy = "SDSS-V files (FIELD, CATALOGID) are not read"
        where = "primary header and HDU 2"
        raise InputError(path, f"no {key}", where=where, remedy=remedy)
    return int(facts[key])


def _card(path, header, key: str) -> float:
    if not isinstance(header.get(key), int | float):
        problem = f"{key} is {header.get(key)!r}"
        raise InputError(path, problem, where="primary header", expected="a number")
    return header[key]


def _refuse_air(path, header) -> None:
    if not header.get("VACUUM", True):
        problem, expected = "wavelengths in air (VACUUM = F)", "in vacuum"
        raise InputError(path, problem, where="primary header", expected=expected)


def _targetid(path, where: str, plate, mjd, fiber) -> np.ndarray:
    try:
        return sdss_targetid(plate, mjd, fiber)
    except ValueError as bad:
        raise InputError(path, str(bad), where=where) from None
