"""The seed's survey chunks: ``spec<i>.npy``, ``wave<i>.npy``, ``datatab<i>.fits``.

An ``ivar<i>.npy`` may lie beside them. Where there is none, the noise of a spectrum is
taken as one number, its median flux divided by the table's ``meansn2``, and the log
says so.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd

from skyloom.io.errors import InputError
from skyloom.io.fits import opened
from skyloom.io.spectra import cleaned
from skyloom.run import log
from skyloom.spectra.readers.observed import (
    BATCH,
    NAME,
    Observed,
    batches,
    numbers,
    wavelengths,
)
from skyloom.spectra.rest.cuts import has_redshift
from skyloom.spectra.rest.files import map_array

PLATEIFU = re.compile(r"(?<!\d)\d{4,5}-\d{3,5}(?!\d)")
TEXTS = ("fname", "plateifu", "mangaID", "bpt")
NUMBERS = (
    *("redshift", "v_star", "x", "y", "r_re_light", "area", "light", "meansn2"),
    *("ngoodpixels", "signal", "chi2", "log_age", "z_h", "ebv_stars", "logMs_dens"),
    *("logSFR_dens", "log_ssfr", "ML_r", "sigma_star", "BPTdist_Ka03", "dn4000"),
    *("ew_ha", "inclination"),
)
SAME = 0.003  # redshifts of one galaxy differ by less: 900 km/s


def read_chunk(
    flux: str | Path,
    wave: str | Path,
    table: str | Path,
    ivar: str | Path | None = None,
    size: int = BATCH,
) -> Iterator[Observed]:
    """Yield the spectra of a chunk, `size` at a time.

    Parameters
    ----------
    flux, wave, ivar : str or Path
        ``.npy`` of shapes (n, p), (p,) or (n, p), and (n, p); wavelengths in vacuum, as
        observed [Å]. Pixels that are not finite, or of `ivar` 0, are masked.
    table : str or Path
        FITS table of n rows, of `read_table`.

    Raises
    ------
    InputError
        A file that is damaged, of another shape, or of Python objects; wavelengths
        that do not increase, or are not in Å; a negative ivar; no spectrum with a
        redshift; no noise at all.
    """
    info = read_table(table)
    values = mapped(flux)
    if values.ndim != 2 or len(values) != len(info):
        expected = f"(n, pixels), with n = {len(info)} as in {Path(table).name}"
        _refuse_shape(flux, values, expected)
    waves = mapped(wave)
    if waves.shape not in (values.shape, values.shape[1:]):
        expected = f"{values.shape[1:]} or {values.shape}, as {Path(flux).name} needs"
        _refuse_shape(wave, waves, expected)
    weights = None
    if ivar is not None:
        weights = mapped(ivar)
        if weights.shape != values.shape:
            _refuse_shape(ivar, weights, f"{values.shape}, as {Path(flux).name} has")
    elif "meansn2" not in info:
        remedy = f"add an ivar file beside {Path(flux).name}, or this column"
        raise InputError(table, "no column meansn2, and no ivar file", remedy=remedy)
    else:
        logging.getLogger(log.NAME).warning(
            "%s: no ivar file; the noise is the median flux divided by meansn2", flux
        )
    shared = wavelengths(wave, "the array", waves) if waves.ndim == 1 else None
    for rows in log.progress(list(batches(len(info), size)), f"batches of {flux}"):
        where = f"rows {rows.start} to {rows.stop - 1}"
        some = info.iloc[rows].reset_index(drop=True)
        with np.errstate(invalid="ignore"):
            light = np.array(values[rows], np.float64)
        weight = _noise(light, some) if weights is None else np.array(weights[rows])
        light, weight = cleaned(flux if ivar is None else ivar, where, light, weight)
        grid = shared if shared is not None else _each(wave, waves, rows)
        yield Observed(grid, light, weight, some)


def read_table(path: str | Path) -> pd.DataFrame:
    """Return the known columns of a chunk's table, in any case; others are left out.

    A plate-IFU is taken from its column, else from ``fname``, else it is the mangaID.

    Raises
    ------
    InputError
        No rows; no redshift or no name; text where a number is expected; two galaxies
        of one name; no redshift that a galaxy can have.
    """
    with opened(path) as file:
        found = file.columns(1, ("redshift",), (*TEXTS, *NUMBERS))
    info = pd.DataFrame({k: _checked(path, k, found[k]) for k in found})
    if "fname" not in info:
        info["fname"] = Path(path).name
    info["plateifu"] = _plates(path, info)
    _check_galaxies(path, info)
    if not has_redshift(info).any():
        told = info.filter(["redshift", "v_star"]).iloc[0].items()
        problem = ", ".join(f"{name} {value:g}" for name, value in told)
        remedy = "give z, not cz or a placeholder, and km/s"
        where, expected = "row 0 and all others", "z, and velocities of a galaxy"
        raise InputError(path, problem, where=where, expected=expected, remedy=remedy)
    return info


def names_of(path: str | Path) -> dict[str, str]:
    """Return the mangaID (or "") of each galaxy of a chunk's table, by plate-IFU."""
    info = read_table(path)
    first = info.drop_duplicates("plateifu")
    manga = first["mangaID"] if "mangaID" in first else [""] * len(first)
    return dict(zip(first["plateifu"], manga, strict=True))


def mapped(path: str | Path) -> np.ndarray:
    """Map an array of numbers from the disk; InputError for what is none."""
    remedy = "write it again, with numpy.save and one length for all spectra"
    array = map_array(path, remedy)
    if array.dtype.kind not in "fiu":
        remedy = "write it again as float32"
        problem = f"values of type {array.dtype}"
        raise InputError(path, problem, expected="numbers", remedy=remedy)
    if array.size == 0:
        problem = f"no values: shape {array.shape}"
        raise InputError(path, problem, expected="one spectrum or more")
    return array


def _refuse_shape(path, array: np.ndarray, expected: str) -> None:
    remedy = "these files are not of one chunk: check their numbers"
    problem = f"shape {array.shape}"
    raise InputError(path, problem, expected=expected, remedy=remedy)


def _noise(flux: np.ndarray, info: pd.DataFrame) -> np.ndarray:
    """Return the ivar of a constant noise; 0 of pixels without flux."""
    seen = np.isfinite(flux) & (flux != 0)
    level = np.zeros(len(flux))
    some = seen.any(axis=1)
    level[some] = np.nanmedian(np.where(seen, flux, np.nan)[some], axis=1)
    sn = info["meansn2"].to_numpy(float)
    usable = (level > 0) & (sn > 0) & np.isfinite(sn)
    ivar = np.divide(sn, level, out=np.zeros(len(flux)), where=usable) ** 2
    return np.where(seen, ivar[:, None], 0.0)


def _each(path, waves: np.ndarray, rows: slice) -> np.ndarray:
    numbered = enumerate(waves[rows], start=rows.start)
    return np.array([wavelengths(path, f"row {i}", row) for i, row in numbered])


def _checked(path, name: str, column: np.ndarray) -> np.ndarray:
    where = f"column {name}"
    if name not in TEXTS:
        return numbers(path, where, column)
    try:
        texts = np.char.strip(column.astype(str))
    except UnicodeDecodeError:
        raise InputError(path, "text that is not ASCII", where=where) from None
    named = name in ("plateifu", "mangaID")
    odd = [text for text in np.unique(texts) if not NAME.fullmatch(text)]
    if column.ndim != 1 or (named and (odd or column.dtype.kind not in "SUiu")):
        problem = f"{(odd or texts.tolist())[0]!r}"
        expected = "text of letters, digits, dots and dashes"
        raise InputError(path, problem, where=where, expected=expected)
    return texts


def _plates(path, info: pd.DataFrame) -> np.ndarray:
    for name in ("plateifu", "fname", "mangaID"):
        if name not in info:
            continue
        values = info[name].to_numpy(str)
        if name == "fname":
            found = [PLATEIFU.search(value) for value in values]
            if not all(found):
                continue
            values = np.array([match[0] for match in found])
        empty = np.flatnonzero(values == "")
        if empty.size:
            where = f"row {empty[0]}, column {name}"
            raise InputError(path, "no name of the galaxy", where=where)
        if name == "mangaID":
            logging.getLogger(log.NAME).warning(
                "%s: no plate-IFU; galaxies are told apart by mangaID, so that "
                "repeated observations count as one",
                path,
            )
        return values
    expected = "a plate-IFU in column plateifu or fname, or a column mangaID"
    raise InputError(path, "no name of the galaxies", expected=expected)


def _check_galaxies(path, info: pd.DataFrame) -> None:
    by = info.groupby("plateifu")
    spread = by["redshift"].max() - by["redshift"].min()
    usable = by["redshift"].min() > -1  # placeholders of missing ones are below
    unlike = (spread > SAME) & usable
    if "mangaID" in info:
        unlike |= by["mangaID"].nunique() > 1
    if unlike.any():
        name = unlike.index[unlike][0]
        rows = np.flatnonzero(info["plateifu"] == name)
        where = f"rows {rows[0]} to {rows[-1]}"
        problem = f"{name} stands for galaxies of several redshifts or mangaIDs"
        remedy = "give each galaxy a name of its own in column plateifu"
        raise InputError(path, problem, where=where, remedy=remedy)
