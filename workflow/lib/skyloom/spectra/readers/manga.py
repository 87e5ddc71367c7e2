"""MaNGA: a galaxy's LOGCUBE of the DRP, binned as in its MAPS of the DAP.

The spectrum of a bin is the mean of its spaxels, pixel by pixel over the good ones. The
noise of neighbouring spaxels is correlated, so the error of the mean of N is larger
than independent errors would give: by 1 + 1.62 log10(N), and 4.2 above 100 (Law et al.
2016, AJ 152, 83, section 9.3), which the inverse variance has. Flux is per spaxel, and
freed of the Milky Way's dust as the DAP does it, by the cube's EBVGAL.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

import numpy as np
import pandas as pd
from scipy.sparse import csr_array

from skyloom.io.errors import DatumError, InputError
from skyloom.io.fits import FitsFile, opened
from skyloom.io.spectra import cleaned
from skyloom.run import log
from skyloom.spectra.readers.dust import cleared, left_in
from skyloom.spectra.readers.observed import (
    BATCH,
    NAME,
    Observed,
    batches,
    redshift_of,
    wavelengths,
)
from skyloom.spectra.rest.resample import C

# MANGA_DRP3PIXMASK: NOCOV, LOWCOV, DEADFIBER, FORESTAR, DONOTUSE.
UNUSABLE = 1 << 0 | 1 << 1 | 1 << 2 | 1 << 3 | 1 << 10
CRITICAL = 1 << 30  # of DRP3QUAL and of DAPQUAL
SPAXEL = 0.25  # arcsec2
SLAB = 128  # wavelengths read at once


@dataclass(frozen=True, eq=False)
class _Bins:
    # `spaxels` are flat indices; `bins` has one row a bin and one column a spaxel.
    names: np.ndarray
    spaxels: np.ndarray
    bins: csr_array
    shape: tuple[int, int]

    def mean(self, values: np.ndarray, weights: np.ndarray | None = None):
        """Return the mean of finite values of an image over each bin, NaN if none."""
        picked = values.ravel()[self.spaxels].astype(np.float64)
        weight = np.ones(len(picked)) if weights is None else weights
        weight = np.where(np.isfinite(picked), weight, 0.0)
        total = self.bins @ (np.nan_to_num(picked) * weight)
        norm = self.bins @ weight
        return np.divide(total, norm, out=np.full(len(norm), np.nan), where=norm > 0)


def read_galaxy(
    cube: str | Path,
    maps: str | Path | None,
    redshift: float | None = None,
    otherwise: float | None = None,
    size: int = BATCH,
) -> Iterator[Observed]:
    """Yield the spectra of a galaxy's bins, `size` at a time.

    Parameters
    ----------
    cube, maps : str or Path
        LOGCUBE and MAPS. Without `maps` each spaxel is a spectrum, and radii and
        velocities are unknown.
    redshift, otherwise : float, optional
        Instead of that of `maps` (SCINPVEL), and where they tell none.

    Raises
    ------
    DatumError
        A cube or maps that their quality flag calls critical.
    InputError
        A damaged file, a missing HDU, maps of another galaxy or of another shape.
    """
    with opened(cube) as file:
        _need(file, "FLUX", "IVAR", "MASK", "WAVE")
        name = _card(file, "PLATEIFU")
        _refuse_critical(file, name, "DRP3QUAL")
        ebv = file.cards(0, "EBVGAL").get("EBVGAL")
        if ebv is None:
            left_in(cube)
            ebv = 0.0
        wave = wavelengths(cube, "HDU 'WAVE'", file.pixels("WAVE", 1))
        shape = file.image("FLUX", 3).shape
        if shape[0] != len(wave):
            _refuse(file, "FLUX", f"{shape[0]} planes", f"{len(wave)}, as in WAVE")
        bins, info = _laid_out(file, maps, (redshift, otherwise), name, shape[1:])
        flux, ivar = _spaxels(file, bins.spaxels)
    light = np.maximum(np.where(ivar > 0, flux, 0).mean(axis=1, dtype=np.float64), 0)
    if maps is not None:
        info |= _measured(maps, bins, light)
    table = pd.DataFrame(info)
    rows, columns = np.divmod(bins.spaxels, bins.shape[1])
    number = np.diff(bins.bins.indptr)
    for label, place in (("row", rows), ("column", columns)):
        table[label] = np.where(number == 1, (bins.bins @ place) / number, np.nan)
    table["area"] = SPAXEL * number
    table["light"] = bins.bins @ light * SPAXEL
    unknown = int(table["v_star"].isna().sum()) if "v_star" in table else len(table)
    logging.getLogger(log.NAME).info(
        "%s: %d spectra of %d spaxels, ivar of bins for correlated spaxels; %d without "
        "a stellar velocity are brought to rest by the galaxy's redshift",
        *(name, len(table), len(bins.spaxels), unknown),
    )
    for some in batches(len(table), size):
        mean, weight = stacked(flux, ivar, bins.bins[some])
        info = table.iloc[some].reset_index(drop=True)
        yield cleared(Observed(wave, mean, weight, info), cube, "EBVGAL", ebv)


def stacked(flux, ivar, bins: csr_array) -> tuple[np.ndarray, np.ndarray]:
    """Return mean flux of the spaxels of each bin and its ivar, float32.

    `flux` and `ivar` have the shape (spaxels, p); `bins` is 1 for a spaxel of a bin.
    """
    used = np.unique(bins.indices)
    flux, ivar, bins = flux[used], ivar[used], bins[:, used]
    good = ivar > 0
    number = bins @ good.astype(np.float64)
    total = bins @ np.where(good, flux, 0).astype(np.float64)
    exact = ivar.astype(np.float64)  # float32 cannot hold one over its smallest
    variance = bins @ np.divide(1.0, exact, out=np.zeros(ivar.shape), where=good)
    some = number > 0
    many = np.maximum(number, 1)
    factor = np.where(many > 100, 4.2, 1 + 1.62 * np.log10(many))
    mean = np.where(some, total / many, 0)
    spread = np.where(some, variance * factor**2, np.inf)
    return mean.astype(np.float32), (many**2 / spread).astype(np.float32)


def _laid_out(file: FitsFile, maps, told, name: str, shape) -> tuple[_Bins, dict]:
    """Return the bins, and what the headers tell of all of them."""
    if maps is None:
        remedy = "give the galaxy's MAPS file, or its redshift"
        z = redshift_of(file.path, told, remedy)
        bins = _bins(np.arange(np.prod(shape)).reshape(shape))
    else:
        with opened(maps) as other:
            z, bins = _of_maps(other, file.path, told, name, shape)
    info = {"fname": np.full(len(bins.names), Path(file.path).name)}
    info |= {"plateifu": name, "mangaID": _card(file, "MANGAID"), "redshift": z}
    return bins, info | {"bin": bins.names}


def _of_maps(maps: FitsFile, cube, told, name: str, shape) -> tuple[float, _Bins]:
    _need(maps, "BINID", "SPX_SKYCOO", "SPX_ELLCOO", "STELLAR_VEL", "STELLAR_VEL_MASK")
    if (theirs := _card(maps, "PLATEIFU")) != name:
        remedy = "give LOGCUBE and MAPS of one galaxy"
        problem = f"maps of {theirs}, and a cube of {name} ({Path(cube).name})"
        raise InputError(maps.path, problem, where="HDU 0", remedy=remedy)
    _refuse_critical(maps, name, "DAPQUAL")
    plane = bins_of(maps)
    if plane.shape != shape:
        expected = f"{shape}, as {Path(cube).name} has"
        _refuse(maps, "BINID", f"shape {plane.shape}", expected)
    if not (plane >= 0).any():
        msg = f"{name}: no spaxel is in a bin ({maps.path})"
        raise DatumError(msg)
    velocity = maps.cards(0, "SCINPVEL").get("SCINPVEL")
    number = isinstance(velocity, int | float) and not isinstance(velocity, bool)
    own = velocity / C if number else velocity
    remedy = "its header has SCINPVEL = c z [km/s]; or give the redshift"
    return redshift_of(maps.path, (told[0], own, told[1]), remedy), _bins(plane)


def bins_of(maps: FitsFile) -> np.ndarray:
    """Return the number of each spaxel's bin, (ny, nx), negative for none."""
    planes = _whole(maps, "BINID", maps.pixels("BINID"))
    return planes[0] if planes.ndim == 3 else planes


def _whole(file: FitsFile, key: str, array: np.ndarray) -> np.ndarray:
    if array.dtype.kind not in "iu":
        _refuse(file, key, f"values of type {array.dtype}", "whole numbers")
    return array


def _bins(plane: np.ndarray) -> _Bins:
    spaxels = np.flatnonzero(plane.ravel() >= 0)
    names, member = np.unique(plane.ravel()[spaxels], return_inverse=True)
    ones = np.ones(len(spaxels))
    grouped = csr_array((ones, (member, np.arange(len(spaxels)))))
    return _Bins(names, spaxels, grouped, plane.shape)


def _measured(path, bins: _Bins, light: np.ndarray) -> dict[str, np.ndarray]:
    """Return position, radius and stellar kinematics of each bin."""
    with opened(path) as maps:
        place = _image(maps, "SPX_SKYCOO", bins.shape, 2)
        radius = _image(maps, "SPX_ELLCOO", bins.shape, 2)
        found = {"x": bins.mean(place[0]), "y": bins.mean(place[1])}
        # Channel 1 is R/Re in all releases; what follows it is not.
        found["r_re_light"] = bins.mean(radius[1], light)
        found["v_star"] = bins.mean(_unmasked(maps, "STELLAR_VEL", bins.shape))
        if "STELLAR_SIGMA" in maps:
            found["sigma_star"] = bins.mean(_dispersion(maps, bins.shape))
    return found


def _unmasked(maps: FitsFile, key: str, shape) -> np.ndarray:
    masked = _image(maps, f"{key}_MASK", shape) != 0
    return np.where(masked, np.nan, _image(maps, key, shape).astype(np.float64))


def _dispersion(maps: FitsFile, shape) -> np.ndarray:
    """Return the stars' dispersion, NaN where no more is seen than the instrument's.

    STELLAR_SIGMA has the difference of resolution to the templates in it, which is
    STELLAR_SIGMACORR: a plane, or the first of two in later releases.
    """
    seen, key = _unmasked(maps, "STELLAR_SIGMA", shape), "STELLAR_SIGMACORR"
    if key not in maps:
        logging.getLogger(log.NAME).warning(
            "%s: no HDU %s, without which sigma_star is unknown", maps.path, key
        )
        return np.full(shape, np.nan)
    image = _image(maps, key, shape).astype(np.float64)
    more = image[0] if image.ndim == 3 else image
    return np.sqrt(np.where(seen > more, seen**2 - more**2, np.nan))


def _image(maps: FitsFile, key: str, shape, channels: int = 0) -> np.ndarray:
    image = maps.pixels(key)
    missing = channels and (image.ndim != 3 or len(image) < channels)
    if missing or image.shape[-2:] != shape:
        expected = f"{shape} at its end" + f", {channels} channels" * bool(channels)
        _refuse(maps, key, f"shape {image.shape}", expected)
    return image


def _spaxels(file: FitsFile, spaxels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return flux and ivar of the spaxels, shape (n, p), read in slabs."""
    shape, picked = file.image("FLUX", 3).shape, {}
    # astropy goes back after each slab, which unpacks a packed file again.
    size = shape[0] if file.path.suffix == ".gz" else SLAB
    for key, kind in (("FLUX", np.float32), ("IVAR", np.float32), ("MASK", np.int32)):
        if file.image(key, 3).shape != shape:
            _refuse(file, key, f"shape {file[key].shape}", f"{shape}, as FLUX has")
        out = np.empty((len(spaxels), shape[0]), kind)
        for slab in batches(shape[0], size):
            pixels = file.pixels(key, window=np.s_[slab])
            if kind is np.int32:
                _whole(file, key, pixels)
            with np.errstate(over="ignore"):  # infinite pixels are masked
                out[:, slab] = pixels.reshape(len(pixels), -1)[:, spaxels].T
        picked[key] = out
    masked = (picked["MASK"] & UNUSABLE) != 0
    where = "HDU 'FLUX', 'IVAR'"
    return cleaned(file.path, where, picked["FLUX"], picked["IVAR"], masked)


def _refuse_critical(file: FitsFile, name: str, key: str) -> None:
    flags = file.cards(0, key).get(key, 0)
    if not isinstance(flags, int):
        _refuse(file, 0, f"{key} is {flags!r}", "a whole number")
    if flags & CRITICAL:
        msg = f"{name}: {key} is {flags}, of which bit 30 is CRITICAL ({file.path})"
        raise DatumError(msg)


def _refuse(file: FitsFile, key: str | int, problem: str, expected: str) -> NoReturn:
    where = f"HDU {key!r}"
    raise InputError(file.path, problem, where=where, expected=expected)


def _need(file: FitsFile, *names: str) -> None:
    missing = [name for name in names if name not in file]
    if missing:
        problem = f"no HDU {', '.join(missing)} among {', '.join(file.names)}"
        remedy = "give a LOGCUBE or MAPS; if it is one, it is cut: copy it again"
        raise InputError(file.path, problem, remedy=remedy)


def _card(file: FitsFile, key: str) -> str:
    value = file.cards(0, key).get(key)
    if not isinstance(value, str) or not value.strip() or not NAME.fullmatch(value):
        problem, where = f"{key} is {value!r}", "HDU 0"
        remedy = "give a file of MaNGA's DRP or DAP"
        raise InputError(file.path, problem, where=where, remedy=remedy)
    return value.strip()
