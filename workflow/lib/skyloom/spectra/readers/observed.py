"""Spectra as observed, and how they are brought to rest."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from numbers import Real
from pathlib import Path

import numpy as np
import pandas as pd

from skyloom.io.errors import InputError
from skyloom.io.spectra import checked_wave
from skyloom.spectra.rest.cuts import REDSHIFTS, has_redshift
from skyloom.spectra.rest.files import RestSpectra
from skyloom.spectra.rest.grid import RestGrid
from skyloom.spectra.rest.resample import stretch, to_rest

BATCH = 256  # spectra that a reader gives at once
NAME = re.compile(r"[\w.+ -]*")  # of a galaxy, which its files are named by


@dataclass(frozen=True, eq=False)
class Observed:
    """Spectra as observed.

    Attributes
    ----------
    wave : ndarray of float64, shape (p,) or (n, p)
        Vacuum wavelengths, increasing [Å].
    flux, ivar : ndarray of float32, shape (n, p)
        Flux density and inverse variance, finite; `ivar` is 0 where masked.
    info : DataFrame of n rows
        What is known of each spectrum, index 0 to n - 1; always ``fname``,
        ``plateifu`` and ``redshift`` (NaN where unknown).
    """

    wave: np.ndarray
    flux: np.ndarray
    ivar: np.ndarray
    info: pd.DataFrame

    def __post_init__(self):
        n, p = self.flux.shape
        if self.ivar.shape != (n, p) or self.wave.shape not in ((p,), (n, p)):
            msg = f"wave {self.wave.shape}, flux {(n, p)}, ivar {self.ivar.shape}"
            raise ValueError(msg)
        if len(self.info) != n:
            msg = f"{len(self.info)} rows of info for {n} spectra"
            raise ValueError(msg)

    def __len__(self) -> int:
        return len(self.info)

    def rows(self, index) -> Observed:
        """Return the chosen spectra, by numbers or by a mask."""
        info = self.info.iloc[np.arange(len(self))[index]].reset_index(drop=True)
        wave = self.wave if self.wave.ndim == 1 else self.wave[index]
        return Observed(wave, self.flux[index], self.ivar[index], info)


def at_rest(observed: Observed, grid: RestGrid) -> RestSpectra:
    """Bring spectra to rest by redshift and, where it is known, stellar velocity.

    Those without a redshift (see `has_redshift`) come out fully masked.
    """
    info = observed.info
    weights = np.where(has_redshift(info)[:, None], observed.ivar, 0)
    factor = _factor(info)
    flux, ivar = to_rest(observed.wave, observed.flux, weights, factor, grid)
    return RestSpectra(flux, ivar, info, grid)


def off_grid(observed: Observed, grid: RestGrid) -> np.ndarray:
    """Return which spectra have good pixels, all off one end of a grid, in words.

    The words are empty for other spectra, and the same for all off one end, so that
    spectra can be counted by them.
    """
    good = observed.ivar > 0
    wave = observed.wave / _factor(observed.info)[:, None]
    low = np.where(good, wave, np.inf).min(axis=1)
    high = np.where(good, wave, -np.inf).max(axis=1)
    first, last = grid.edges[[0, -1]]
    found = np.full(len(observed), "", object)
    for off, what in ((high < first, "shorter"), (low > last, "longer")):
        found[off & good.any(axis=1)] = (
            f"all its wavelengths at rest are {what} than those of the map, "
            f"{first:.0f} to {last:.0f} Angstrom"
        )
    return found


def _factor(info: pd.DataFrame) -> np.ndarray:
    """Return what wavelengths are divided by; 1 where there is no redshift."""
    velocity = info["v_star"].to_numpy(float) if "v_star" in info else None
    factor = stretch(info["redshift"].to_numpy(float), velocity)
    return np.where(has_redshift(info), factor, 1.0)


def batches(n: int, size: int = BATCH) -> Iterator[slice]:
    """Yield the slices of `n` rows."""
    return (slice(i, min(i + size, n)) for i in range(0, n, size))


def wavelengths(path: str | Path, where: str, wave: np.ndarray) -> np.ndarray:
    """Return two wavelengths or more; InputError of `checked_wave`, or for fewer."""
    wave = checked_wave(path, where, wave)
    if len(wave) < 2:
        raise InputError(path, f"{len(wave)} pixel", where=where, expected="2 or more")
    return wave


def redshift_of(path: str | Path, told: Iterable[object], remedy: str) -> float:
    """Return the first of `told` that is not None, a redshift that a galaxy can have.

    InputError for what no galaxy can have, or where all are None.
    """
    value = next((one for one in told if one is not None), None)
    number = isinstance(value, Real) and not isinstance(value, bool)
    z = float(value) if number else np.nan
    if not REDSHIFTS[0] < z < REDSHIFTS[1]:
        told = f"{z}" if number else repr(value)
        problem = "no redshift" if value is None else f"redshift {told}"
        expected = f"a number between {REDSHIFTS[0]:g} and {REDSHIFTS[1]:g}"
        raise InputError(path, problem, expected=expected, remedy=remedy)
    return z


def numbers(path: str | Path, where: str, column: np.ndarray) -> np.ndarray:
    """Return a column as float64; InputError unless it has a number in each row."""
    if column.ndim != 1:
        problem = f"cells of shape {column.shape[1:]}"
        raise InputError(path, problem, where=where, expected="one value a row")
    if column.dtype.kind not in "fiub":
        remedy = "write it as numbers; NaN where unknown"
        problem = f"{column.tolist()[0]!r} in row 0"
        raise InputError(path, problem, where=where, expected="numbers", remedy=remedy)
    return column.astype(np.float64)
