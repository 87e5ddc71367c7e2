"""DESI coadds: arms b, r and z or one across them, masks, and the table of fibres."""

from __future__ import annotations

import logging
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
    words,
)
from skyloom.io.spectral_units import angstroms, fluxes

ARMS = ("b", "r", "z")
JOINED = "brz"  # coadded across the cameras
TARGETS = ("FIBERMAP", "COADD_FIBERMAP")  # names of the table of targets
OF_EXPOSURE = ("TILEID", "EXPID", "FIBER", "PETAL_LOC")  # perhaps in EXP_FIBERMAP
ALLBADPIX = 2  # the mask value we write: every input pixel was bad
FLUX_UNIT = "10**-17 erg/(s cm2 Angstrom)"
IVAR_UNIT = "10**+34 (s2 cm4 Angstrom2) / erg2"

log = logging.getLogger(__name__)


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
        The file: HDUs ``{B,R,Z}_{WAVELENGTH,FLUX,IVAR}`` of at least one arm, or
        ``BRZ_...`` across them, with ``_MASK`` or not; their units, if BUNIT states
        others, are converted. ``FIBERMAP`` or ``COADD_FIBERMAP``, and perhaps
        ``EXP_FIBERMAP``.
    size : int
        Rows at a time.
    anonymous : bool
        Whether a file without a table of targets is welcome; `targetid` is then the
        row number, and all rows are kept, as the log says.
    tileid, expid : int, optional
        What the folder of the file says, for a file that does not say it itself.

    Yields
    ------
    Spectra
        Of the targets (sky fibres and negative TARGETIDs are left out), by one arm a
        camera. `tileid`, `expid`, `fiber` and `petal_loc` are -1 where a spectrum is of
        several or unknown.

    Raises
    ------
    InputError
        What is wrong: no arm, no table of targets, shapes or units that disagree,
        wavelengths out of order, a target twice in one exposure, only sky.
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
    TARGET_DEC, OBJTYPE, TILEID and EXPID. An arm is b, r or z, or the one arm brz.
    """
    names = (*ARMS, JOINED)
    strange = [arm.name for arm in spectra.arms if arm.name not in names]
    if strange:
        msg = f"arm {strange[0]!r}: a DESI coadd has {names}"
        raise ValueError(msg)
    hdus = [fits.PrimaryHDU(), _fibermap_hdu(spectra.meta)]
    for arm in sorted(spectra.arms, key=lambda arm: names.index(arm.name)):
        hdus += _arm_hdus(arm)
    write_hdus(path, hdus)


def arms_of(file: FitsFile) -> list[str]:
    """Return the arms that a file has, none if it is no DESI coadd.

    InputError where spectra by camera and across cameras are in one file.
    """
    found = [name for name in (*ARMS, JOINED) if f"{name.upper()}_FLUX" in file]
    if JOINED in found and len(found) > 1:
        problem = f"arms {', '.join(found)}, which have the same light twice"
        remedy = f"leave either {JOINED.upper()}_* or the others in the file"
        raise InputError(file.path, problem, remedy=remedy)
    return found


def targets_of(file: FitsFile) -> str | None:
    """Return the name of the table of targets, if there is one."""
    return next((name for name in TARGETS if name in file), None)


def _facts(file: FitsFile, anonymous: bool, tileid, expid):
    images = {name: file.image(f"{name.upper()}_FLUX", 2) for name in _present(file)}
    counts = {name: hdu.shape[0] for name, hdu in images.items()}
    if len(set(counts.values())) > 1:
        problem = f"arms of {counts} spectra"
        raise InputError(file.path, problem, expected="as many in each")
    n, table = next(iter(counts.values())), targets_of(file)
    if table is not None:
        meta, keep = _fibermap(file, table, n)
    else:
        _refuse_nameless(file, anonymous)
        log.warning(
            "%s: no table of targets (%s): rows are numbered, and all are kept",
            *(file.path, " or ".join(TARGETS)),
        )
        unknown = np.full(n, -1)
        meta, keep = meta_table(np.arange(n), unknown, unknown), np.ones(n, dtype=bool)
    _complete(file.path, meta, "tileid", tileid)
    _complete(file.path, meta, "expid", expid)
    remedy = f"{table} columns TILEID and EXPID tell exposures apart"
    refuse_repeats(file.path, meta[keep], remedy)
    return meta, keep


def _refuse_nameless(file: FitsFile, anonymous: bool) -> None:
    """Refuse a file without a table of targets, or whose targets another one tells."""
    names = " or ".join(TARGETS)
    tables = [hdu for hdu in file if not hdu.is_image]
    told = [h for h in tables if file.has_column(h.number, "TARGETID")]
    if told:
        other = told[0].name or told[0].number
        problem = f"no HDU {names}, but {other} has TARGETIDs"
        remedy = f"name the table of targets {TARGETS[0]}"
        raise InputError(file.path, problem, remedy=remedy)
    if not anonymous:
        problem = f"no HDU {names}, so targets have no identity"
        remedy = "copy FIBERMAP from the released file, or add one with TARGETID"
        raise InputError(file.path, problem, expected="a row a spectrum", remedy=remedy)


def _present(file: FitsFile) -> list[str]:
    present = arms_of(file)
    if not present:
        problem = f"no HDU B_FLUX, R_FLUX, Z_FLUX or BRZ_FLUX among {file.names}"
        raise InputError(file.path, problem, expected="a DESI coadd")
    return present


def _spectra(
    file: FitsFile, rows: slice, meta: pd.DataFrame, keep: np.ndarray
) -> Spectra:
    chosen = keep[rows]
    arms = tuple(_arm(file, name, rows).rows(chosen) for name in _present(file))
    return Spectra(arms, meta.iloc[rows][chosen].reset_index(drop=True))


def _arm(file: FitsFile, name: str, rows: slice) -> Arm:
    path, arm = file.path, name.upper()
    wave_unit, *units = (
        file.cards(f"{arm}_{what}", "BUNIT").get("BUNIT")
        for what in ("WAVELENGTH", "FLUX", "IVAR")
    )
    where = f"HDU {arm}_WAVELENGTH"
    wave = angstroms(path, where, file.pixels(f"{arm}_WAVELENGTH", 1), wave_unit)
    wave = checked_wave(path, where, wave)
    flux, ivar = (file.pixels(f"{arm}_{what}", 2, rows) for what in ("FLUX", "IVAR"))
    masked = False
    if f"{arm}_MASK" in file:
        masked = file.pixels(f"{arm}_MASK", 2, rows) != 0
    if flux.shape[1] != len(wave):
        problem = f"{flux.shape[1]} pixels, but {len(wave)} wavelengths"
        raise InputError(path, problem, where=f"HDU {arm}_FLUX")
    where = f"arm {arm}"
    if flux.shape == ivar.shape:
        flux, ivar = fluxes(path, where, wave, flux, ivar, units)
    return Arm(name, wave, *cleaned(path, where, flux, ivar, masked))


def _fibermap(file: FitsFile, key: str, n: int) -> tuple[pd.DataFrame, np.ndarray]:
    path, where = file.path, f"HDU {key}"
    table = file.integers(key, ("TARGETID",), OF_EXPOSURE)
    table |= file.columns(key, (), ("OBJTYPE",))
    table |= file.numbers(key, (), ("TARGET_RA", "TARGET_DEC"))
    targetid = table["TARGETID"]
    if len(targetid) != n:
        problem = f"{len(targetid)} rows for {n} spectra"
        raise InputError(path, problem, where=where, expected="one row each")
    keep = targetid >= 0
    if "OBJTYPE" in table:
        keep &= words(table["OBJTYPE"]) == "TGT"
    if not keep.any():
        problem = f"no targets among {n} fibres"
        raise InputError(path, problem, where=where, expected="OBJTYPE TGT")
    tileid, expid, *ids = (_exposure(file, table, name) for name in OF_EXPOSURE)
    place = (table.get(name) for name in ("TARGET_RA", "TARGET_DEC"))
    known = dict(zip(("fiber", "petal_loc"), ids, strict=True))
    return meta_table(targetid, tileid, expid, *place, known), keep


def _exposure(file: FitsFile, table: dict, name: str) -> np.ndarray:
    unknown = np.full(len(table["TARGETID"]), -1, dtype=np.int64)
    own = table.get(name, unknown)
    # Coadds keep the exposures that went into them in a second table.
    if "EXP_FIBERMAP" not in file or not file.has_column("EXP_FIBERMAP", name):
        return own
    each = file.integers("EXP_FIBERMAP", ("TARGETID", name))
    grouped = pd.Series(each[name]).groupby(each["TARGETID"])
    one = grouped.first().where(grouped.nunique() == 1, -1).reindex(table["TARGETID"])
    return np.where(one.isna(), own, one.fillna(-1)).astype(np.int64)


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
