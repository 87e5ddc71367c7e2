"""How well galaxies fit the red sequence at each redshift, and how common that is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.ndimage import gaussian_filter, map_coordinates

from skyloom.clusters.bands import BANDS
from skyloom.clusters.baselines.profiles import FAINTEST, luminosity
from skyloom.clusters.catalogue.colours import RedSequence

I_BAND = BANDS.index("i")  # where luminosities are compared
COLOURS = len(BANDS) - 1
# Intrinsic scatter of g-r, r-i and i-z, and their change per magnitude below m*: early
# types in clusters scatter by 0.03 to 0.05 mag, and fainter ones are bluer (Bower,
# Lucey & Ellis 1992, MNRAS 254, 601; Hao et al. 2009, ApJ 702, 745).
SCATTER = np.array([0.05, 0.03, 0.03])
TILT = np.array([-0.025, -0.01, -0.006])
# Central galaxies scatter more. Of redMaPPer DR8's (every second cluster; z 0.1 to 0.5)
# 6.6 % lie beyond `CENTRE_CHI2` with the members' scatter and 2.0 % with twice that; of
# the other half 7.5 and 2.3 %.
CENTRE_SCATTER = 2.0 * SCATTER
CENTRE_CHI2 = 11.3  # 1 % of three normal deviates' squares add up to more
CHI2_MOST = 20.0  # farther from the ridge is no member, as in redMaPPer
CHI2_STEP, MAG_STEP = 1.0, 0.25
BRIGHTEST = -4.0  # magnitudes above m* where the background's table begins


@dataclass(frozen=True, slots=True, eq=False)
class Fit:
    """Galaxies against the red sequence at each redshift of a grid."""

    z: np.ndarray  # (nz,), evenly spaced
    chi2: np.ndarray  # (nz, n), of the three colours
    relative: np.ndarray  # (nz, n), i magnitude less m*(z)
    central: np.ndarray  # (nz, n) bool, may be a central galaxy

    @property
    def step(self) -> float:
        """The step of the grid."""
        return float(self.z[1] - self.z[0])

    @property
    def usable(self) -> np.ndarray:
        """Return which galaxies can be members at each redshift, shape (nz, n)."""
        bright = (self.relative > BRIGHTEST) & (self.relative <= FAINTEST)
        return bright & (self.chi2 < CHI2_MOST)

    def signal(self) -> np.ndarray:
        """Return luminosity filter times colour filter, shape (nz, n)."""
        # The density of chi2 of three colours; scipy.stats takes a second to load.
        density = np.sqrt(self.chi2 / (2 * np.pi)) * np.exp(-self.chi2 / 2)
        return luminosity(self.relative) * density


@dataclass(frozen=True, slots=True, eq=False)
class Background:
    """How many galaxies of the field look like members.

    ``density`` is in galaxies a square arcminute, magnitude and unit of chi2, in bins
    of `MAG_STEP` from `BRIGHTEST` and of `CHI2_STEP` from 0.
    """

    density: np.ndarray  # (nz, n_mag, n_chi2)

    def at(self, fit: Fit) -> np.ndarray:
        """Return the density at each galaxy and redshift, shape (nz, n) [arcmin^-2]."""
        rows = (fit.relative - BRIGHTEST) / MAG_STEP - 0.5
        columns = fit.chi2 / CHI2_STEP - 0.5
        each = [
            map_coordinates(table, [row, column], order=1, mode="nearest")
            for table, row, column in zip(self.density, rows, columns, strict=True)
        ]
        return np.stack(each)


def fit_ridge(
    mag: np.ndarray, mag_err: np.ndarray, red_sequence: RedSequence, z: np.ndarray
) -> Fit:
    """Compare galaxies with the red sequence at each redshift of a grid.

    chi2 counts that neighbouring colours share a band's error (Rykoff et al. 2014,
    ApJ 785, 104, section 3).

    Parameters
    ----------
    mag, mag_err : ndarray, shape (n, 4)
        g, r, i, z and their errors [AB mag].
    red_sequence : RedSequence
        Colours and m*.
    z : ndarray, shape (nz,)
        The grid.
    """
    relative = mag[:, I_BAND] - red_sequence.m_star(z)[:, I_BAND, None]
    colours, values = -np.diff(mag, axis=1), np.empty_like(relative)
    precision, wide = (_precision(mag_err, s) for s in (SCATTER, CENTRE_SCATTER))
    central = (relative > BRIGHTEST) & (relative < 0.0)
    for k, expected in enumerate(red_sequence.colours(z)):
        away = colours - expected - TILT * relative[k][:, None]
        values[k] = _chi2(away, precision)
        central[k] &= _chi2(away, wide) < CENTRE_CHI2
    return Fit(z, values, relative, central)


def measure_background(
    fits: Sequence[Fit],
    areas: Sequence[float],
    weights: Sequence[np.ndarray] | None = None,
) -> Background:
    """Measure how common galaxies that look like members are.

    Smoothed over neighbouring bins and redshifts; at least a tenth of a galaxy a bin in
    all fields. A single small field holds its own cluster, which then hides itself.

    Parameters
    ----------
    fits : sequence of Fit
        Of one or more fields.
    areas : sequence of float
        Of the fields [arcmin^2].
    weights : sequence of ndarray, shape (n,), optional
        Share of each galaxy that is not in a cluster known so far.
    """
    weights = weights or [np.ones(fit.chi2.shape[1]) for fit in fits]
    counts = sum(_counts(f, w) for f, w in zip(fits, weights, strict=True))
    smooth = gaussian_filter(counts, (1.0, 1.0, 0.7), mode="nearest")
    total = float(np.sum(areas))
    return Background(np.maximum(smooth, 0.1) / (total * MAG_STEP * CHI2_STEP))


def _counts(fit: Fit, weight: np.ndarray) -> np.ndarray:
    mags = np.arange(BRIGHTEST, FAINTEST + MAG_STEP, MAG_STEP)
    chi2s = np.arange(0.0, CHI2_MOST + CHI2_STEP, CHI2_STEP)
    return np.stack(
        [
            np.histogram2d(m, c, (mags, chi2s), weights=weight)[0]
            for m, c in zip(fit.relative, fit.chi2, strict=True)
        ]
    )


def _chi2(away: np.ndarray, precision: np.ndarray) -> np.ndarray:
    return np.einsum("ni,nij,nj->n", away, precision, away)


def _precision(mag_err: np.ndarray, scatter: np.ndarray) -> np.ndarray:
    """Return inverse covariances of the colours, shape (n, 3, 3)."""
    variance = mag_err**2
    covariance = np.zeros((len(mag_err), COLOURS, COLOURS))
    for k in range(COLOURS):
        covariance[:, k, k] = variance[:, k] + variance[:, k + 1] + scatter[k] ** 2
    for k in range(COLOURS - 1):
        covariance[:, k, k + 1] = covariance[:, k + 1, k] = -variance[:, k + 1]
    return np.linalg.inv(covariance)
