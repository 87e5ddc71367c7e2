"""Spectra in memory: arms of pixels, and one row of facts a spectrum.

The second half is what the readers of SDSS and DESI files share.
"""

from __future__ import annotations

import warnings
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from astropy.io import fits
from astropy.io.fits.verify import VerifyWarning
from astropy.utils.exceptions import AstropyWarning

from skyloom.io.errors import InputError, existing_file

META = ("targetid", "tileid", "expid", "ra", "dec")


@dataclass(frozen=True, slots=True, eq=False)
class Arm:
    """The spectra of one camera, or of one whole spectrograph.

    Attributes
    ----------
    name : str
        ``"b"``, ``"r"``, ``"z"`` for DESI; ``"sdss"`` for a joined spectrum.
    wave : ndarray, shape (npix,), float64, Å
        Vacuum wavelengths, strictly increasing.
    flux : ndarray, shape (n, npix), float32, 1e-17 erg/s/cm2/Å
        Finite; 0 where it was not.
    ivar : ndarray, shape (n, npix), float32
        Inverse variance of `flux`, finite and not negative; 0 where masked.

    Raises
    ------
    ValueError
        When the shapes disagree.
    """

    name: str
    wave: np.ndarray
    flux: np.ndarray
    ivar: np.ndarray

    def __post_init__(self):
        shape = (len(self.flux), len(self.wave))
        if self.flux.shape != shape or self.ivar.shape != shape:
            msg = (
                f"arm {self.name!r}: flux {self.flux.shape} and ivar "
                f"{self.ivar.shape} must be (n, {len(self.wave)})"
            )
            raise ValueError(msg)

    def rows(self, index) -> Arm:
        """Return the same arm with the chosen spectra only."""
        return Arm(self.name, self.wave, self.flux[index], self.ivar[index])


@dataclass(frozen=True, slots=True, eq=False)
class Spectra:
    """Spectra of n observations, each by one or more arms.

    Attributes
    ----------
    arms : tuple of Arm
        Each of n spectra, in order of wavelength.
    meta : DataFrame of n rows
        ``targetid`` (int64), ``tileid`` (plate for SDSS), ``expid`` (MJD for SDSS),
        ``ra``, ``dec`` (degrees, NaN if unknown), index 0 to n - 1.

    Raises
    ------
    ValueError
        No arm, another number of rows in an arm than in `meta`, or a missing column.
    """

    arms: tuple[Arm, ...]
    meta: pd.DataFrame

    def __post_init__(self):
        missing = [name for name in META if name not in self.meta]
        if missing:
            msg = f"meta has no column {missing}"
            raise ValueError(msg)
        counts = {arm.name: len(arm.flux) for arm in self.arms}
        if not counts or set(counts.values()) != {len(self.meta)}:
            msg = f"{len(self.meta)} rows of meta, but arms of {counts} spectra"
            raise ValueError(msg)

    def __len__(self) -> int:
        return len(self.meta)

    def rows(self, index) -> Spectra:
        """Return the chosen observations, in the order of `index` (or of a mask)."""
        meta = self.meta.iloc[np.arange(len(self))[index]].reset_index(drop=True)
        return Spectra(tuple(arm.rows(index) for arm in self.arms), meta)


@contextmanager
def opened(path: str | Path, *, verify: bool = True) -> Iterator[fits.HDUList]:
    """Open a FITS file, gzipped or not, with one error for all that can be wrong.

    Pixels are mapped from the disk where the file is not compressed, so that a
    section of a large image costs its own size only.

    Parameters
    ----------
    path : str or Path
        The file.
    verify : bool
        Whether to compare the checksums that the file has.

    Yields
    ------
    HDUList
        Its HDUs.

    Raises
    ------
    InputError
        No file, not FITS, cut short, or a wrong checksum; also when this shows only
        inside the block.
    """
    path = existing_file(path)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", AstropyWarning)
            # Old headers break rules of FITS that do not touch the numbers.
            warnings.simplefilter("ignore", VerifyWarning)
            # Our own handle: astropy leaves its own open when the checksum is wrong.
            with (
                path.open("rb") as handle,
                fits.open(handle, memmap=True, checksum=verify) as file,
            ):
                yield file
    except InputError:
        raise
    except (OSError, TypeError, ValueError, EOFError, zlib.error, AstropyWarning) as e:
        problem = f"not a readable FITS file ({e})"
        raise InputError(path, problem, remedy="fetch or make it again") from None


def hdu_names(file: fits.HDUList) -> list[str]:
    """Return the names of the HDUs, or their numbers where they have none."""
    return [hdu.name or str(i) for i, hdu in enumerate(file)]


def image(path: str | Path, file: fits.HDUList, key: str | int, ndim: int):
    """Return an image HDU.

    Raises
    ------
    InputError
        No such HDU, a table, no pixels, or another number of axes than `ndim`.
    """
    expected = f"an image of {ndim} axes"
    try:
        hdu = file[key]
    except (KeyError, IndexError):
        problem = f"no such HDU among {hdu_names(file)}"
        raise InputError(
            path, problem, where=f"HDU {key!r}", expected=expected
        ) from None
    shape = hdu.shape if hdu.is_image else ()
    if len(shape) != ndim or 0 in shape:
        problem = f"shape {shape}" if hdu.is_image else "a table"
        raise InputError(path, problem, where=f"HDU {key!r}", expected=expected)
    return hdu


def columns(
    path: str | Path,
    file: fits.HDUList,
    key: str | int,
    required: tuple[str, ...],
    optional: tuple[str, ...] = (),
) -> dict[str, np.ndarray]:
    """Return columns of a table HDU in native byte order, by name.

    Parameters
    ----------
    path : str or Path
        For the error.
    file : HDUList
        The open file.
    key : str or int
        Name or number of the HDU.
    required, optional : tuple of str
        Names; in the file they can have another case.

    Raises
    ------
    InputError
        No such HDU, an image, no rows, or a required column is missing.
    """
    names = hdu_columns(path, file, key)
    missing = [name for name in required if name.upper() not in names]
    where, expected = f"HDU {key!r}", f"the columns {', '.join(required)}"
    if missing:
        problem = f"no column {', '.join(missing)}"
        raise InputError(path, problem, where=where, expected=expected)
    data = file[key].data
    if len(data) == 0:
        raise InputError(path, "no rows", where=where, expected="one or more")
    wanted = [name for name in (*required, *optional) if name.upper() in names]
    return {name: _native(data[names[name.upper()]]) for name in wanted}


def hdu_columns(path: str | Path, file: fits.HDUList, key: str | int) -> dict[str, str]:
    """Return the column names of a table HDU by their upper-case form.

    Raises
    ------
    InputError
        No such HDU, or an image.
    """
    where, expected = f"HDU {key!r}", "a table"
    try:
        hdu = file[key]
    except (KeyError, IndexError):
        problem = f"no such HDU among {hdu_names(file)}"
        raise InputError(path, problem, where=where, expected=expected) from None
    if hdu.is_image:
        raise InputError(path, "an image", where=where, expected=expected)
    return {name.upper(): name for name in hdu.columns.names}


def checked_wave(path: str | Path, where: str, wave: np.ndarray) -> np.ndarray:
    """Return wavelengths as float64.

    Raises
    ------
    InputError
        When they are not finite, positive and strictly increasing.
    """
    wave = np.asarray(wave, dtype=np.float64)
    expected = "finite positive wavelengths"
    bad = np.flatnonzero(~(np.isfinite(wave) & (wave > 0)))
    if bad.size:
        problem = f"wavelength {wave[bad[0]]} at pixel {bad[0]}"
        raise InputError(path, problem, where=where, expected=expected)
    back = np.flatnonzero(np.diff(wave) <= 0)
    if back.size:
        i = int(back[0])
        problem = f"wavelengths {wave[i]:.4f}, {wave[i + 1]:.4f} at pixels {i}, {i + 1}"
        expected = "strictly increasing wavelengths"
        raise InputError(path, problem, where=where, expected=expected)
    return wave


def cleaned(
    path: str | Path, where: str, flux: np.ndarray, ivar: np.ndarray, masked=False
) -> tuple[np.ndarray, np.ndarray]:
    """Return flux and ivar as float32, both 0 where a pixel cannot be used.

    Parameters
    ----------
    path, where : str or Path, str
        For the error.
    flux, ivar : ndarray, shape (n, npix)
        As the file has them.
    masked : bool ndarray, shape (n, npix), optional
        Pixels that the file calls bad.

    Raises
    ------
    InputError
        Different shapes, or a negative ivar.
    """
    if flux.shape != ivar.shape or np.shape(masked) not in ((), flux.shape):
        problem = f"flux {flux.shape}, ivar {ivar.shape}, mask {np.shape(masked)}"
        raise InputError(path, problem, where=where, expected="one shape")
    negative = np.argwhere(ivar < 0)
    if len(negative):
        row, pixel = negative[0]
        problem = f"inverse variance {ivar[row, pixel]} in row {row}, pixel {pixel}"
        raise InputError(path, problem, where=where, expected="0 or more")
    # A number beyond float32 becomes infinite here, and masked with the others.
    with np.errstate(over="ignore"):
        flux, ivar = flux.astype(np.float32), ivar.astype(np.float32)
    bad = ~(np.isfinite(flux) & np.isfinite(ivar) & (ivar > 0)) | masked
    flux[bad & ~np.isfinite(flux)] = 0
    ivar[bad] = 0
    return flux, ivar


def refuse_repeats(path: str | Path, meta: pd.DataFrame, remedy: str) -> None:
    """Raise when a target stands twice in one exposure of one tile.

    Raises
    ------
    InputError
        With the rows.
    """
    exposure = ["targetid", "tileid", "expid"]
    again = np.flatnonzero(meta.duplicated(exposure))
    if again.size:
        targetid = meta["targetid"].iloc[again[0]]
        rows = np.flatnonzero(
            (meta[exposure] == meta[exposure].iloc[again[0]]).all(axis=1)
        )
        problem = f"TARGETID {targetid} stands in rows {', '.join(map(str, rows))}"
        expected = "a target once an exposure"
        raise InputError(path, problem, expected=expected, remedy=remedy)


def _native(column: np.ndarray) -> np.ndarray:
    column = np.asarray(column)
    return column.astype(column.dtype.newbyteorder("="))
