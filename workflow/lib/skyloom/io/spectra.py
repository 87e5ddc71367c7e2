"""Spectra in memory, and the checks that readers of SDSS and DESI files share."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from skyloom.io.errors import InputError

META = ("targetid", "tileid", "expid", "ra", "dec")
# What surveys call a spectrum: SDSS by the first three, DESI by the last two.
IDENTIFIERS = ("plate", "mjd", "fiberid", "fiber", "petal_loc")

RANGE = (900.0, 60000.0)  # Å; optical spectra in nm or µm lie outside

log = logging.getLogger(__name__)


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
        ``ra``, ``dec`` (degrees, NaN if unknown), index 0 to n - 1; of readers also
        `IDENTIFIERS` (int64, -1 where the file has none).
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


def meta_table(
    targetid, tileid, expid, ra=None, dec=None, identifiers: Mapping | None = None
) -> pd.DataFrame:
    """Return `Spectra.meta` of columns; `identifiers` are some of `IDENTIFIERS`.

    A position that is not given, or cannot be one (-9999), is unknown.
    """
    ids = {"targetid": targetid, "tileid": tileid, "expid": expid}
    table = {name: np.array(column, np.int64) for name, column in ids.items()}
    unknown = np.full(len(table["targetid"]), np.nan)
    for name, column in (("ra", ra), ("dec", dec)):
        table[name] = unknown if column is None else np.array(column, float)
    place = (np.abs(table["ra"]) <= 360) & (np.abs(table["dec"]) <= 90)
    for name in ("ra", "dec"):
        table[name] = np.where(place, table[name], np.nan)
    return identified(pd.DataFrame(table | dict(identifiers or {})))


def identified(meta: pd.DataFrame) -> pd.DataFrame:
    """Return a table of facts with all `IDENTIFIERS`, -1 where it had none."""
    own = {name: meta.get(name, -1) for name in IDENTIFIERS}
    whole = dict.fromkeys(IDENTIFIERS, np.int64)
    # In one order, whatever the file: batches of several kinds go into one table.
    return meta.drop(columns=list(own), errors="ignore").assign(**own).astype(whole)


def words(column) -> np.ndarray:
    """Return the text of cells without blanks around it; any byte is a letter."""
    column = np.asarray(column)
    text = np.char.decode(column, "latin-1") if column.dtype.kind == "S" else column
    return np.char.strip(text.astype(str))


def checked_wave(path: str | Path, where: str, wave: np.ndarray) -> np.ndarray:
    """Return wavelengths as float64; InputError unless increasing, and in Å."""
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
    if len(wave) and (wave[0] < RANGE[0] or wave[-1] > RANGE[1]):
        problem = f"wavelengths {wave[0]:.6g} to {wave[-1]:.6g}"
        expected = f"Å, within {RANGE[0]:g} to {RANGE[1]:g}"
        remedy = "convert them to Å (1 nm = 10 Å, 1 µm = 10000 Å), or state their unit"
        raise InputError(path, problem, where=where, expected=expected, remedy=remedy)
    return wave


def cleaned(
    path: str | Path, where: str, flux: np.ndarray, ivar: np.ndarray, masked=False
) -> tuple[np.ndarray, np.ndarray]:
    """Return flux and ivar as float32, ivar 0 where a pixel cannot be used.

    That is where it is not finite, `masked` by the file, of no ivar, or of a negative
    one, as the log says. All have the shape (n, npix); InputError for another shape, or
    where more than half of the ivars are negative.
    """
    if flux.shape != ivar.shape or np.shape(masked) not in ((), flux.shape):
        problem = f"flux {flux.shape}, ivar {ivar.shape}, mask {np.shape(masked)}"
        raise InputError(path, problem, where=where, expected="one shape")
    note_negative(path, where, np.where(masked, 0, ivar))
    # A number beyond float32 becomes infinite here, and masked with the others.
    with np.errstate(over="ignore", invalid="ignore"):
        flux, ivar = flux.astype(np.float32), ivar.astype(np.float32)
    bad = ~(np.isfinite(flux) & np.isfinite(ivar) & (ivar > 0)) | masked
    flux[bad & ~np.isfinite(flux)] = 0
    ivar[bad] = 0
    return flux, ivar


def note_negative(path: str | Path, where: str, noise: np.ndarray) -> None:
    """Log how many (inverse) variances are negative, to be masked.

    InputError if they are more than half.
    """
    negative = np.count_nonzero(noise < 0)
    if 2 * negative > noise.size:
        problem = f"{negative} of {noise.size} pixels have a negative variance"
        raise InputError(path, problem, where=where, expected="0 or more")
    if negative:
        masked = "%s: %s: %d pixels of negative variance are masked"
        log.warning(masked, path, where, negative)


def refuse_repeats(path: str | Path, meta: pd.DataFrame, remedy: str) -> None:
    """Raise InputError when a target stands twice in one exposure of one tile."""
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
