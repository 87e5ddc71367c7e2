"""Noise, sky residuals and masks of simulated spectra, as measured on real ones."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy import fft
from scipy.ndimage import gaussian_filter1d, percentile_filter

from skyloom.io.documents import read_json
from skyloom.run.places import ROOT
from skyloom.spectra.simulation.frame import LOGLAM, PIXELS

FILE = ROOT / "resources" / "spectra" / "noise.json"
NODES = np.linspace(LOGLAM[0], LOGLAM[-1], 16)  # of what varies slowly
LINE = 1.7  # variance over that of the continuum, in a sky line
WINDOW = 151  # pixels over which the continuum of the sky is steady
CURVE = 0.02  # rms of the relative flux calibration (Yan et al. 2016, AJ 151, 8)
ORDERS = range(3, 9)  # of the polynomial that calibration errors follow
GAP = 0.5  # added to the number of gaps that were seen, for the rate of further ones


@dataclass(frozen=True, eq=False)
class Noise:
    """The noise of MaNGA's spectra; `read_noise` reads the measured one.

    Attributes
    ----------
    table : dict
        What ``tests/spectra_noise`` measures and explains.
    """

    table: dict

    @cached_property
    def sky(self) -> np.ndarray:
        """Variance of a spaxel without flux [(1e-17 erg/s/cm²/Å)²], shape (4563,)."""
        return 10 ** (np.array(self.table["sky"]) / 1000)

    def _wide(self, key: str) -> np.ndarray:
        return np.interp(LOGLAM, NODES, self.table[key])

    @cached_property
    def photon(self) -> np.ndarray:
        """What the variance rises by with the flux, shape (4563,)."""
        return self._wide("photon")

    @cached_property
    def missed(self) -> np.ndarray:
        """Share of the flux that models of populations miss, shape (4563,)."""
        return self._wide("missed")

    @cached_property
    def resolution(self) -> np.ndarray:
        """λ/FWHM, shape (4563,)."""
        return self._wide("resolution")

    @cached_property
    def runs(self) -> list[slice]:
        """The runs of pixels in lines of the sky."""
        return line_runs(self.sky)

    def variance(self, flux: np.ndarray) -> np.ndarray:
        """Return what MaNGA would claim for a spaxel of that flux, of one shape."""
        return self.sky + self.photon * np.maximum(flux, 0.0)

    def add(self, flux, covered, sn, shared, own, blend=None):
        """Return spectra with noise, their inverse variance, 0 where masked.

        Parameters
        ----------
        flux : ndarray, shape (n, 4563)
            Without noise [1e-17 erg/s/cm²/Å/spaxel]; it sets the shares of the noise
            that are the sky's and the galaxy's.
        covered : ndarray of bool, shape (n, 4563)
            Where there is a flux.
        sn : ndarray, shape (n,)
            Median S/N a pixel that they get, of pixels that are good.
        shared : Generator
            Of what the spectra of one galaxy have in common: calibration, errors of
            the sky, masked ends.
        own : Generator
            Of what each has of its own.
        blend : callable, optional
            Makes of independent noise of spaxels, (n, 4563), that of a cube, in which
            neighbours are alike.

        Returns
        -------
        flux, ivar : ndarray of float32, shape (n, 4563)
            0 where masked.
        """
        good = covered & ~self._masks(len(flux), shared, own)
        error = np.sqrt(self.variance(flux))
        ratio = np.where(good, flux / error, np.nan)
        error *= (np.nanmedian(ratio, axis=1) / sn)[:, None]
        noise = _correlated(self.table["correlation"], flux.shape, own)
        noise = noise if blend is None else blend(noise)
        noise *= self._sky_errors(shared)
        curve = _curve(shared) * (1 + self.missed * self._uneven(flux.shape, own))
        seen = flux * curve + error * noise
        values = np.where(good, seen, 0.0), np.where(good, error**-2, 0.0)
        return tuple(value.astype(np.float32) for value in values)

    def _uneven(self, shape, rng) -> np.ndarray:
        """Draw values of variance 1 that are large in few places: products of two."""
        spread = self.table["missed_spread"]
        draws = (
            _correlated(self.table["missed_correlation"], shape, rng) for _ in "12"
        )
        value, size = draws
        return value * np.exp(spread * size - spread**2)

    def _sky_errors(self, rng) -> np.ndarray:
        """Return the true over the claimed error, of one galaxy's plate."""
        factor, measured = np.ones(PIXELS), self.table["lines"]
        plate = measured[rng.integers(len(measured))]
        for run, rms in zip(self.runs, plate, strict=True):
            factor[run] = rms
        return factor

    def _masks(self, n: int, shared, own) -> np.ndarray:
        """Return which pixels are masked: the red end, and few gaps."""
        tail, gaps = self.table["tail"], self.table["gaps"]
        masked = np.zeros((n, PIXELS), bool)
        masked[:, PIXELS - shared.choice(tail) :] = True
        lengths = [length for seen in gaps for length in seen] or [max(tail)]
        rate = (sum(map(len, gaps)) + GAP) / len(gaps)
        for row in np.repeat(np.arange(n), own.poisson(rate, n)):
            start = own.integers(PIXELS)
            masked[row, start : start + own.choice(lengths)] = True
        return masked


def read_noise() -> Noise:
    """Return the noise that was measured on real spectra."""
    return Noise(read_json(FILE)["table"])


def line_runs(sky: np.ndarray) -> list[slice]:
    """Return the runs of pixels, 4 or more, where lines outshine the sky's continuum.

    `sky` is a variance, shape (4563,).
    """
    floor = gaussian_filter1d(percentile_filter(sky, 25, WINDOW), 20)
    return [run for run in runs_of(sky > LINE * floor) if run.stop - run.start >= 4]


def runs_of(mask: np.ndarray) -> list[slice]:
    """Return the runs of True in a mask, in their order."""
    edges = np.flatnonzero(np.diff(np.r_[False, mask, False].astype(int)))
    return [slice(a, b) for a, b in edges.reshape(-1, 2)]


def _correlated(correlation, shape, rng) -> np.ndarray:
    """Draw normal noise of variance 1 with a correlation at lags 1, 2, ... of axis 1.

    Its power spectrum is the correlation's, negative power set to 0.
    """
    circle = np.zeros(shape[1])
    circle[: len(correlation) + 1] = [1, *correlation]
    circle[-len(correlation) :] = correlation[::-1]
    root = np.sqrt(np.maximum(fft.rfft(circle).real, 0.0))
    # A frequency counts twice, for its negative, but for the first and maybe the last.
    power = (2 * root[1:] ** 2).sum() + root[0] ** 2
    power -= root[-1] ** 2 if shape[1] % 2 == 0 else 0
    root *= np.sqrt(shape[1] / power)
    white = rng.standard_normal(shape, dtype=np.float32)
    return fft.irfft(
        fft.rfft(white, axis=1) * root.astype(np.float32), shape[1], axis=1
    )


def _curve(rng) -> np.ndarray:
    """Return a plate's error of the relative calibration, around 1."""
    size = rng.normal(0, CURVE, len(ORDERS)) / np.sqrt(len(ORDERS))
    coefficients = np.zeros(max(ORDERS) + 1)
    coefficients[list(ORDERS)] = size * np.sqrt(2 * np.array(ORDERS) + 1)
    return 1 + np.polynomial.legendre.legval(np.linspace(-1, 1, PIXELS), coefficients)
