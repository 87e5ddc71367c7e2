"""DESI coadds: arms b, r and z, masks, and the table of fibres."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
from astropy.io import fits

from skyloom.io.errors import InputError
from skyloom.io.fits import FitsFile, opened, write_hdus
from skyloom.io.spectra import (
    Arm,
    Spectra,
    checked_wave,
    cleaned,
    meta_table,
    refuse_repeats,
)

ARMS = ("b", "r", "z")
ALLBADPIX = 2  # the mask value we write: every input pixel was bad
FLUX_UNIT = "10**-17 erg/(s cm2 Angstrom)"
IVAR_UNIT = "10**+34 (s2 cm4 Angstrom2) / erg2"


def coadd_batches(
    path: str | Path,
    size: int,
    *,
    anonymous: bool = False,
    tileid: int | None = None,
    expid: int | None = None,
) -> Iterator[Spectra]:
    """Read a DESI coadd, of one exposure or cumulative, in constant memory.

    Parameters
    ----------
    path : str or Path
        The file: HDUs ``{B,R,Z}_{WAVELENGTH,FLUX,IVAR}``, of at least one arm, with
        ``_MASK`` or not, ``FIBERMAP`` and perhaps ``EXP_FIBERMAP``.
    size : int
        Rows at a time.
    anonymous : bool
        Whether a file without FIBERMAP is welcome; `targetid` is then the row number,
        and all rows are kept.
    tileid, expid : int, optional
        What the folder of the file says, for a file that does not say it itself.

    Yields
    ------
    Spectra
        Of the targets (sky fibres and negative TARGETIDs are left out), by one arm a
        camera. `tileid` and `expid` are -1 where a spectrum is of several or unknown.

    Raises
    ------
    InputError
        What is wrong: no arm, no FIBERMAP, shapes that disagree, wavelengths out of
        order, a negative ivar, a target twice in one exposure, only sky.
    """
    with opened(path) as file:
        meta, keep = _facts(file, anonymous, tileid, expid)
        for start in range(0, len(meta), size):
            rows = slice(start, start + size)
            if keep[rows].any():
                yield _spectra(file, rows, meta, keep)


def write_coadd(path: str | Path, spectra: Spectra) -> None:
    """Write a coadd in DESI's layout, same spectra same bytes.

    Pixels of zero ivar get the mask value 2. FIBERMAP has TARGETID, TARGET_RA,
    TARGET_DEC, OBJTYPE, TILEID and EXPID. An arm is b, r or z.
    """
    strange = [arm.name for arm in spectra.arms if arm.name not in ARMS]
    if strange:
        msg = f"arm {strange[0]!r}: a DESI coadd has {ARMS}"
        raise ValueError(msg)
    hdus = [fits.PrimaryHDU(), _fibermap_hdu(spectra.meta)]
    for arm in sorted(spectra.arms, key=lambda arm: ARMS.index(arm.name)):
        hdus += _arm_hdus(arm)
    write_hdus(path, hdus)


def _facts(file: FitsFile, anonymous: bool, tileid, expid):
    images = {name: file.image(f"{name.upper()}_FLUX", 2) for name in _present(file)}
    counts = {name: hdu.shape[0] for name, hdu in images.items()}
    if len(set(counts.values())) > 1:
        problem = f"arms of {counts} spectra"
        raise InputError(file.path, problem, expected="as many in each")
    n = next(iter(counts.values()))
    if "FIBERMAP" in file:
        meta, keep = _fibermap(file, n)
    elif anonymous:
        unknown = np.full(n, -1)
        meta, keep = meta_table(np.arange(n), unknown, unknown), np.ones(n, dtype=bool)
    else:
        problem = "no HDU 'FIBERMAP', so targets have no identity"
        remedy = "copy FIBERMAP from the released file, or add one with TARGETID"
        raise InputError(file.path, problem, expected="a row a spectrum", remedy=remedy)
    _complete(file.path, meta, "tileid", tileid)
    _complete(file.path, meta, "expid", expid)
    remedy = "FIBERMAP columns TILEID and EXPID tell exposures apart"
    refuse_repeats(file.path, meta[keep], remedy)
    return meta, keep


def _present(file: FitsFile) -> list[str]:
    present = [name for name in ARMS if f"{name.upper()}_FLUX" in file]
    if not present:
        problem = f"no HDU B_FLUX, R_FLUX or Z_FLUX among {file.names}"
        raise InputError(file.path, problem, expected="a DESI coadd")
    return present


def _spectra(
    file: FitsFile, rows: slice, meta: pd.DataFrame, keep: np.ndarray
) -> Spectra:
    chosen = keep[rows]
    arms = tuple(_arm(file, name, rows).rows(chosen) for name in _present(file))
    return Spectra(arms, meta.iloc[rows][chosen].reset_index(drop=True))


def _arm(file: FitsFile, name: str, rows: slice) -> Arm:
    arm = name.upper()
    wave = file.pixels(f"{arm}_WAVELENGTH", 1)
    wave = checked_wave(file.path, f"HDU {arm}_WAVELENGTH", wave)
    flux, ivar = (file.pixels(f"{arm}_{what}", 2, rows) for what in ("FLUX", "IVAR"))
    masked = False
    if f"{arm}_MASK" in file:
        masked = file.pixels(f"{arm}_MASK", 2, rows) != 0
    if flux.shape[1] != len(wave):
        problem = f"{flux.shape[1]} pixels, but {len(wave)} wavelengths"
        raise InputError(file.path, problem, where=f"HDU {arm}_FLUX")
    return Arm(name, wave, *cleaned(file.path, f"arm {arm}", flux, ivar, masked))


def _fibermap(file: FitsFile, n: int) -> tuple[pd.DataFrame, np.ndarray]:
    path = file.path
    optional = ("OBJTYPE", "TILEID", "EXPID", "TARGET_RA", "TARGET_DEC")
    table = file.columns("FIBERMAP", ("TARGETID",), optional)
    targetid = np.asarray(table["TARGETID"], dtype=np.int64)
    if len(targetid) != n:
        problem = f"{len(targetid)} rows for {n} spectra"
        raise InputError(path, problem, where="HDU FIBERMAP", expected="one row each")
    keep = targetid >= 0
    if "OBJTYPE" in table:
        keep &= np.char.strip(table["OBJTYPE"].astype(str)) == "TGT"
    if not keep.any():
        problem = f"no targets among {n} fibres"
        raise InputError(path, problem, where="HDU FIBERMAP", expected="OBJTYPE TGT")
    exposure = (_exposure(file, table, name) for name in ("TILEID", "EXPID"))
    place = (table.get(name) for name in ("TARGET_RA", "TARGET_DEC"))
    return meta_table(targetid, *exposure, *place), keep


def _exposure(file: FitsFile, table: dict, name: str) -> np.ndarray:
    # Coadds keep the exposures that went into them in a second table.
    if name in table:
        return np.asarray(table[name], dtype=np.int64)
    unknown = np.full(len(table["TARGETID"]), -1, dtype=np.int64)
    if "EXP_FIBERMAP" not in file:
        return unknown
    each = file.columns("EXP_FIBERMAP", ("TARGETID", name))
    values = pd.Series(np.asarray(each[name], dtype=np.int64))
    grouped = values.groupby(np.asarray(each["TARGETID"], dtype=np.int64))
    one = grouped.first().where(grouped.nunique() == 1, -1)
    return one.reindex(table["TARGETID"], fill_value=-1).to_numpy(np.int64)


def _complete(path, meta: pd.DataFrame, name: str, value: int | None) -> None:
    if value is None:
        return
    other = set(meta[name]) - {-1, value}
    if other:
        problem = f"{name} {sorted(other)[0]} in the file, {value} by its place"
        raise InputError(path, problem, remedy="move the file to its own folder")
    meta[name] = np.int64(value)


def _fibermap_hdu(meta: pd.DataFrame) -> fits.BinTableHDU:
    n = len(meta)
    cells = [
        ("TARGETID", "K", meta["targetid"]),
        ("TARGET_RA", "D", meta["ra"]),
        ("TARGET_DEC", "D", meta["dec"]),
        ("OBJTYPE", "3A", np.full(n, "TGT")),
        ("TILEID", "K", meta["tileid"]),
        ("EXPID", "K", meta["expid"]),
    ]
    return fits.BinTableHDU.from_columns(
        [fits.Column(name, form, array=np.asarray(x)) for name, form, x in cells],
        name="FIBERMAP",
    )


def _arm_hdus(arm: Arm) -> list[fits.ImageHDU]:
    mask = np.where(arm.ivar > 0, 0, ALLBADPIX).astype(np.uint32)
    parts = (
        ("WAVELENGTH", np.asarray(arm.wave, np.float64), "Angstrom"),
        ("FLUX", np.asarray(arm.flux, np.float32), FLUX_UNIT),
        ("IVAR", np.asarray(arm.ivar, np.float32), IVAR_UNIT),
        ("MASK", mask, None),
    )
    hdus = []
    for what, pixels, unit in parts:
        hdu = fits.ImageHDU(pixels, name=f"{arm.name.upper()}_{what}")
        if unit:
            hdu.header["BUNIT"] = unit
        hdus.append(hdu)
    return hdus
