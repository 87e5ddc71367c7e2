"""How well galaxies fit the red sequence at each redshift, and how common that is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.ndimage import gaussian_filter, map_coordinates
from scipy.stats import chi2

from skyloom.clusters.bands import BANDS
from skyloom.clusters.baselines.profiles import FAINTEST, luminosity
from skyloom.clusters.catalogue.colours import RedSequence

COLOURS = len(BANDS) - 1
CHI2_MOST = 20.0  # farther from the ridge is no member, as in redMaPPer
CHI2_STEP, MAG_STEP = 1.0, 0.25
BRIGHTEST = -4.0  # magnitudes above m* where the background's table begins


@dataclass(frozen=True, slots=True)
class Ridge:
    """The red sequence that the filter expects.

    Attributes
    ----------
    z : tuple of 3 float
        First and last redshift, and step.
    scatter : tuple of 3 float
        Intrinsic scatter of g-r, r-i and i-z [mag].
    tilt : tuple of 3 float
        Change of a colour per magnitude below m*.
    band : str
        Where luminosities are compared.

    Notes
    -----
    The scatter of early types in clusters is 0.03 to 0.05 mag, and fainter ones are
    bluer (Bower, Lucey & Ellis 1992, MNRAS 254, 601; Hao et al. 2009, ApJ 702, 745).
    """

    z: tuple[float, float, float] = (0.08, 0.92, 0.01)
    scatter: tuple[float, float, float] = (0.05, 0.03, 0.03)
    tilt: tuple[float, float, float] = (-0.025, -0.01, -0.006)
    band: str = "i"

    def __post_init__(self):
        first, last, step = self.z
        if not 0 < first < last or step <= 0:
            msg = f"redshifts {self.z}: expected 0 < first < last and a step above 0"
            raise ValueError(msg)
        if min(self.scatter) <= 0:
            msg = f"intrinsic scatter {self.scatter}: expected above 0"
            raise ValueError(msg)
        if self.band not in BANDS:
            msg = f"band {self.band!r}: expected one of {', '.join(BANDS)}"
            raise ValueError(msg)

    @property
    def grid(self) -> np.ndarray:
        """Return the redshifts, shape (nz,)."""
        first, last, step = self.z
        return first + step * np.arange(round((last - first) / step) + 1)


@dataclass(frozen=True, slots=True, eq=False)
class Fit:
    """Galaxies against the red sequence at each redshift of a grid.

    Attributes
    ----------
    z : ndarray, shape (nz,)
        Redshifts.
    chi2 : ndarray, shape (nz, n)
        Of the three colours.
    relative : ndarray, shape (nz, n)
        Magnitude less m*(z).
    """

    z: np.ndarray
    chi2: np.ndarray
    relative: np.ndarray

    @property
    def usable(self) -> np.ndarray:
        """Return which galaxies can be members at each redshift, shape (nz, n)."""
        bright = (self.relative > BRIGHTEST) & (self.relative <= FAINTEST)
        return bright & (self.chi2 < CHI2_MOST)

    def signal(self) -> np.ndarray:
        """Return luminosity filter times colour filter, shape (nz, n)."""
        return luminosity(self.relative) * chi2.pdf(self.chi2, COLOURS)


@dataclass(frozen=True, slots=True, eq=False)
class Background:
    """How many galaxies of the field look like members.

    Attributes
    ----------
    z : ndarray, shape (nz,)
        Redshifts.
    density : ndarray, shape (nz, n_mag, n_chi2)
        Galaxies in a square arcminute, a magnitude and a unit of chi2; bins of
        `MAG_STEP` from `BRIGHTEST`, and of `CHI2_STEP` from 0.
    """

    z: np.ndarray
    density: np.ndarray

    def at(self, fit: Fit) -> np.ndarray:
        """Return the density at each galaxy and redshift, shape (nz, n) [arcmin^-2].

        Raises
        ------
        ValueError
            When it was measured on other redshifts.
        """
        if len(self.z) != len(fit.z) or not np.allclose(self.z, fit.z):
            msg = "the background was measured on other redshifts; measure it again"
            raise ValueError(msg)
        rows = (fit.relative - BRIGHTEST) / MAG_STEP - 0.5
        columns = fit.chi2 / CHI2_STEP - 0.5
        each = [
            map_coordinates(table, [row, column], order=1, mode="nearest")
            for table, row, column in zip(self.density, rows, columns, strict=True)
        ]
        return np.stack(each)


def fit_ridge(
    mag: np.ndarray, mag_err: np.ndarray, red_sequence: RedSequence, ridge: Ridge
) -> Fit:
    """Compare galaxies with the red sequence at each redshift.

    Parameters
    ----------
    mag, mag_err : ndarray, shape (n, 4)
        g, r, i, z and their errors [AB mag].
    red_sequence : RedSequence
        Colours and m*.
    ridge : Ridge
        Redshifts, scatter, tilt, and the band of the luminosities.

    Returns
    -------
    Fit
        chi2 counts that neighbouring colours share a band's error.
        Source: Rykoff et al. 2014, section 3.
    """
    band = BANDS.index(ridge.band)
    grid = ridge.grid
    relative = mag[:, band] - red_sequence.m_star(grid)[:, band, None]
    precision = _precision(mag_err, ridge)
    colours, tilt = -np.diff(mag, axis=1), np.array(ridge.tilt)
    values = np.empty_like(relative)
    for k, expected in enumerate(red_sequence.colours(grid)):
        away = colours - expected - tilt * relative[k][:, None]
        values[k] = np.einsum("ni,nij,nj->n", away, precision, away)
    return Fit(grid, values, relative)


def measure_background(
    fits: Sequence[Fit],
    areas: Sequence[float],
    weights: Sequence[np.ndarray] | None = None,
) -> Background:
    """Measure how common galaxies that look like members are.

    Parameters
    ----------
    fits : sequence of Fit
        Of one or more fields. A single small field holds its own cluster, which then
        hides itself: give many.
    areas : sequence of float
        Of the fields [arcmin^2].
    weights : sequence of ndarray, shape (n,), optional
        Share of each galaxy that is not in a cluster known so far; 1 if not given.

    Returns
    -------
    Background
        Smoothed over neighbouring bins and redshifts, at least a tenth of a galaxy a
        bin in all fields.

    Raises
    ------
    ValueError
        No field, or an area that is not positive.
    """
    total = float(np.sum(areas))
    if not len(fits) or total <= 0 or min(areas) <= 0:
        msg = f"{len(fits)} fields of {total:g} square arcminutes: expected above 0"
        raise ValueError(msg)
    weights = weights or [np.ones(fit.chi2.shape[1]) for fit in fits]
    counts = sum(_counts(f, w) for f, w in zip(fits, weights, strict=True))
    smooth = gaussian_filter(counts, (1.0, 1.0, 0.7), mode="nearest")
    density = np.maximum(smooth, 0.1) / (total * MAG_STEP * CHI2_STEP)
    return Background(fits[0].z, density)


def _counts(fit: Fit, weight: np.ndarray) -> np.ndarray:
    mags = np.arange(BRIGHTEST, FAINTEST + MAG_STEP, MAG_STEP)
    chi2s = np.arange(0.0, CHI2_MOST + CHI2_STEP, CHI2_STEP)
    return np.stack(
        [
            np.histogram2d(m, c, (mags, chi2s), weights=weight)[0]
            for m, c in zip(fit.relative, fit.chi2, strict=True)
        ]
    )


def _precision(mag_err: np.ndarray, ridge: Ridge) -> np.ndarray:
    """Return inverse covariances of the colours, shape (n, 3, 3)."""
    variance = mag_err**2
    covariance = np.zeros((len(mag_err), COLOURS, COLOURS))
    for k in range(COLOURS):
        own = variance[:, k] + variance[:, k + 1] + ridge.scatter[k] ** 2
        covariance[:, k, k] = own
    for k in range(COLOURS - 1):
        covariance[:, k, k + 1] = covariance[:, k + 1, k] = -variance[:, k + 1]
    return np.linalg.inv(covariance)
