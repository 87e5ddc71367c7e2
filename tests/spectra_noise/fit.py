"""Real MaNGA spectra, fitted with stellar populations.

The package sdss-mangadap (BSD-3) ships eleven spectra of MaNGA's cubes for its tests.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.ndimage import gaussian_filter1d, median_filter
from scipy.optimize import nnls
from skyloom.io.fits import opened
from skyloom.spectra.simulation.frame import LOGLAM, PIXELS, STEP, C
from skyloom.spectra.simulation.noise import WINDOW
from skyloom.spectra.simulation.populations import read_library, template_files

FILES = ("MaNGA_test_spectra.fits.gz", "MaNGA_multicomp_test_spectra.fits.gz")
LINES = (  # Å, vacuum: emission lines that the fit passes over
    *(3727.1, 3729.9, 3836.5, 3869.9, 3890.2, 3968.6, 3971.2, 4102.9, 4341.7, 4364.4),
    *(4687.0, 4862.7, 4960.3, 5008.2, 5201.7, 5877.3, 6302.0, 6313.8, 6365.5, 6549.9),
    *(6564.6, 6585.3, 6718.3, 6732.7, 7067.1, 7137.8, 7321.5, 7332.2, 9071.1, 9533.2),
)
BROAD = (6549.9, 6564.6, 6585.3)
MODEL = 0.01  # share of the flux that a fit may miss


@dataclass(frozen=True, eq=False)
class Observed:
    """A spectrum of a real cube, on MaNGA's grid.

    Attributes
    ----------
    flux, ivar : ndarray, shape (4563,)
        1e-17 erg/s/cm²/Å/spaxel; `ivar` is 0 where the pixel is masked.
    resolution : ndarray, shape (4563,)
        λ/FWHM; NaN where the file has no positive number.
    redshift : float
    """

    flux: np.ndarray
    ivar: np.ndarray
    resolution: np.ndarray
    redshift: float

    @property
    def sn(self) -> float:
        """Median S/N of the good pixels; 0 without any."""
        good = self.ivar > 0
        return (
            float(np.median((self.flux * np.sqrt(self.ivar))[good]))
            if good.any()
            else 0.0
        )


def read_observed() -> list[Observed]:
    """Return the spectra of the package's two files that have good pixels."""
    folder = template_files()[0].parents[2] / "tests"
    found = []
    for name in FILES:
        with opened(folder / name) as file:
            flux, ivar, mask, resolution = (
                file.pixels(k, 2) for k in ("FLUX", "IVAR", "MASK", "SRES")
            )
            redshift = file.pixels("Z", 1)
        ivar = np.where(mask == 0, ivar, 0.0).astype(float)
        resolution = np.where(resolution > 0, resolution, np.nan)
        rows = zip(flux.astype(float), ivar, resolution, redshift, strict=True)
        found += [Observed(*row) for row in rows if row[1].any()]
    return found


def templates() -> tuple[np.ndarray, np.ndarray]:
    """Return 36 populations to fit with, each of median 1, and their log10 of Å."""
    flux = read_library().flux[::3, ::3].astype(float)
    flux = flux.reshape(-1, flux.shape[-1])
    return flux / np.median(flux, axis=1)[:, None], LOGLAM[: flux.shape[-1]]


def fit(spectrum: Observed, templates, loglam):
    """Fit populations times a polynomial of order 10, beside emission lines.

    Parameters
    ----------
    spectrum : Observed
    templates : ndarray, shape (k, p)
        Spectra of populations at rest.
    loglam : ndarray, shape (p,)
        Their wavelengths, log10 of Å in vacuum.

    Returns
    -------
    model : ndarray, shape (4563,)
        NaN where the templates end.
    used : ndarray of bool, shape (4563,)
        Good pixels away from emission lines.
    """
    rest = LOGLAM - np.log10(1 + spectrum.redshift)
    used = (spectrum.ivar > 0) & (rest > loglam[0]) & (rest < loglam[-1])
    for line in LINES:
        half = 900.0 if line in BROAD else 500.0  # km/s
        used &= np.abs(rest - np.log10(line)) > half / C / np.log(10)
    error2 = 1 / np.where(used, spectrum.ivar, 1) + (MODEL * spectrum.flux) ** 2
    weight = np.where(used, error2**-0.5, 0.0)
    best = (np.inf, None)
    for width in (1.0, 1.8, 2.6, 3.5, 4.5):  # pixels of 69 km/s
        broad = gaussian_filter1d(templates, width, axis=1)
        for shift in (-0.7, 0.0, 0.7):
            at = rest + shift * STEP
            moved = np.array([np.interp(at, loglam, row) for row in broad])
            model = _alternating(spectrum.flux, weight, moved)
            chi2 = float((((spectrum.flux - model) * weight) ** 2).sum())
            if chi2 < best[0]:
                best = (chi2, model)
    return best[1], used


def _alternating(flux, weight, templates) -> np.ndarray:
    """Fit weights >= 0 of templates and a polynomial that multiplies them, in turn."""
    x = np.linspace(-1, 1, PIXELS)
    curve = np.ones(PIXELS)
    for _ in range(3):
        matrix = templates * (curve * weight)
        gram = matrix @ matrix.T
        gram[np.diag_indices_from(gram)] *= 1 + 1e-9
        root = np.linalg.cholesky(gram)
        share = nnls(root.T, np.linalg.solve(root, matrix @ (flux * weight)))[0]
        smooth = share @ templates
        polynomial = np.polynomial.legendre.legfit(
            x, flux / smooth, 10, w=weight * smooth
        )
        curve = np.polynomial.legendre.legval(x, polynomial)
    return smooth * curve


@dataclass(frozen=True, eq=False)
class Residuals:
    """What a fit leaves, in units of the claimed error.

    Attributes
    ----------
    value : ndarray, shape (4563,)
        (flux - model) √ivar, less its running median; 0 where not used.
    used : ndarray of bool
    model : ndarray
        The fit.
    ratio : ndarray
        S/N of the model in each pixel.
    """

    value: np.ndarray
    used: np.ndarray
    model: np.ndarray
    ratio: np.ndarray


def residuals(spectrum: Observed, templates, loglam) -> Residuals:
    """Return what the best fit of populations leaves of a spectrum."""
    model, used = fit(spectrum, templates, loglam)
    root = np.sqrt(spectrum.ivar)
    value = np.where(used, (spectrum.flux - model) * root, 0.0)
    value = np.where(used, value - median_filter(value, WINDOW), 0.0)
    return Residuals(value, used, model, model * root)


def autocorrelation(value: np.ndarray, used: np.ndarray, lags: int) -> np.ndarray:
    """Return the autocorrelation at lags 1 ... of pixels used; beyond 5 σ clipped."""
    value = np.clip(value, -5, 5)
    power = np.mean(value[used] ** 2)
    found = []
    for lag in range(1, lags + 1):
        both = used[:-lag] & used[lag:]
        found.append(np.mean((value[:-lag] * value[lag:])[both]) / power)
    return np.array(found)
