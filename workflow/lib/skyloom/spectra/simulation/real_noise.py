"""The noise of real MaNGA spectra, measured: it makes ``resources/spectra/noise.json``.

The package sdss-mangadap (BSD-3) ships eleven spectra of MaNGA's cubes for its tests.
They are fitted with stellar populations; what is left tells how far the noise is from
what the inverse variance claims. The table is measured on half of the spectra
(`halves`), so that it can be judged on the others.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.ndimage import (
    binary_dilation,
    gaussian_filter1d,
    median_filter,
    percentile_filter,
)
from scipy.optimize import nnls

from skyloom.io.documents import write_json
from skyloom.io.fits import opened
from skyloom.run.places import ROOT
from skyloom.spectra.simulation.frame import LOGLAM, PIXELS, STEP, C
from skyloom.spectra.simulation.populations import read_library, template_files

FILE = ROOT / "resources" / "spectra" / "noise.json"
FILES = ("MaNGA_test_spectra.fits.gz", "MaNGA_multicomp_test_spectra.fits.gz")
NODES = np.linspace(LOGLAM[0], LOGLAM[-1], 16)  # of what varies slowly
LINES = (  # Å, vacuum: emission lines that the fit passes over
    *(3727.1, 3729.9, 3836.5, 3869.9, 3890.2, 3968.6, 3971.2, 4102.9, 4341.7, 4364.4),
    *(4687.0, 4862.7, 4960.3, 5008.2, 5201.7, 5877.3, 6302.0, 6313.8, 6365.5, 6549.9),
    *(6564.6, 6585.3, 6718.3, 6732.7, 7067.1, 7137.8, 7321.5, 7332.2, 9071.1, 9533.2),
)
BROAD = (6549.9, 6564.6, 6585.3)
LINE = 1.7  # variance over that of the continuum, in a sky line
BRIGHT = 40.0  # S/N from which the flux dominates errors
LAGS = 4  # pixels over which photon noise is correlated
LONG = 30  # pixels over which the share of the flux that models miss is
WINDOW = 151  # pixels of the running median that residuals are taken from
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


def halves(spectra: Sequence[Observed]) -> tuple[list[Observed], list[Observed]]:
    """Return every second spectrum by S/N to measure on, and the others to judge by."""
    ranked = sorted(spectra, key=lambda s: s.sn)
    return ranked[::2], ranked[1::2]


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


def line_runs(sky: np.ndarray) -> list[slice]:
    """Return the runs of pixels, 4 or more, where lines outshine the sky's continuum.

    `sky` is a variance, shape (4563,).
    """
    floor = gaussian_filter1d(percentile_filter(sky, 25, WINDOW), 20)
    return [run for run in _runs(sky > LINE * floor) if run.stop - run.start >= 4]


def measure(spectra: Sequence[Observed], populations, loglam) -> dict:
    """Return the table of the noise, as ``noise.json`` holds it, from some spectra.

    sky : log10 of the variance of the faintest spectrum, in 1/1000 dex.
    photon : at `NODES`, what the variance of bright ones rises by with their flux.
    resolution : at `NODES`, λ/FWHM.
    tail, gaps : masked pixels at the red end; and lengths of other gaps, by spectrum.
    correlation : of noise beside sky lines, from the faintest spectrum.
    missed, missed_correlation, missed_spread : share of the flux that a fit misses, at
    `NODES`, and its correlation, from spectra of S/N > 40; and how uneven it is, as the
    standard deviation of ln(share) that makes its kurtosis.
    lines : of each spectrum, the rms of residuals in each sky line, in claimed errors.
    """
    left = [residuals(s, populations, loglam) for s in spectra]
    faintest = int(np.argmin([s.sn for s in spectra]))
    faint = spectra[faintest]
    good = np.flatnonzero(faint.ivar > 0)
    claimed = np.interp(np.arange(PIXELS), good, 1 / faint.ivar[good])
    rounded = np.round(1000 * np.log10(claimed)).astype(int)
    sky = 10 ** (rounded / 1000)
    runs = line_runs(sky)
    lines = np.zeros(PIXELS, bool)
    lines[np.r_[*runs]] = True
    plain = ~binary_dilation(lines, iterations=2)
    bright = [i for i, s in enumerate(spectra) if s.sn > BRIGHT]
    full, high = [spectra[i] for i in bright], [left[i] for i in bright]
    first = left[faintest]
    correlation = autocorrelation(first.value, first.used & plain, LAGS)
    missed, far, spread = _missed(high, plain, correlation)
    tail, gaps = _masks(spectra)
    return {
        "sky": rounded,
        "photon": _photon(full, sky),
        "resolution": np.round(_at_nodes([s.resolution for s in spectra])),
        "tail": tail,
        "gaps": gaps,
        "correlation": np.round(correlation, 3),
        "missed": np.round(missed, 4),
        "missed_correlation": np.round(far, 3),
        "missed_spread": round(spread, 3),
        "lines": [_line_errors(r, runs, missed) for r in left],
    }


def _runs(mask: np.ndarray) -> list[slice]:
    """Return the runs of True."""
    edges = np.flatnonzero(np.diff(np.r_[False, mask, False].astype(int)))
    return [slice(a, b) for a, b in edges.reshape(-1, 2)]


def _at_nodes(rows) -> np.ndarray:
    """Return medians in windows around the nodes, over all rows."""
    half = (NODES[1] - NODES[0]) / 2
    near = [np.abs(LOGLAM - node) <= half for node in NODES]
    rows = np.asarray(rows)
    return np.array([np.nanmedian(rows[:, w]) for w in near])


def _photon(spectra: Sequence[Observed], sky: np.ndarray) -> np.ndarray:
    """Fit 1/ivar = k sky + g(λ) flux to each spectrum; return the median g."""
    hats = np.array([np.interp(LOGLAM, NODES, row) for row in np.eye(len(NODES))])
    found = []
    for one in spectra:
        smooth = median_filter(one.flux, 51)
        good = (one.ivar > 0) & (smooth > 0)
        terms = np.vstack([sky, hats * smooth])[:, good] * one.ivar[good]
        found.append(nnls(terms.T, np.ones(good.sum()))[0][1:])
    return np.array([float(f"{g:.2e}") for g in np.median(found, axis=0)])


def _missed(left, plain, short) -> tuple[np.ndarray, np.ndarray, float]:
    """Return the share of the flux that fits miss, its correlation, its spread.

    They are medians over the spectra, of what residuals have beyond the noise.
    """
    step = NODES[1] - NODES[0]
    noise = np.r_[short, np.zeros(LONG - len(short))]
    shares, far, kurtosis = [], [], []
    for r in left:
        used = r.used & plain
        power = np.clip(r.value, -6, 6) ** 2 - 1
        near = [used & (np.abs(LOGLAM - node) <= step) for node in NODES]
        squares = [power[w].mean() / (r.ratio[w] ** 2).mean() for w in near]
        shares.append(np.sqrt(np.maximum(squares, 0.0)))
        total = np.mean(np.clip(r.value[used], -5, 5) ** 2)
        lagged = total * autocorrelation(r.value, used, LONG) - noise
        excess = max(total - 1, 0.1)
        far.append(lagged / excess)
        square = np.clip(r.value[used], -8, 8) ** 2
        fourth = np.mean(square**2) / np.mean(square) ** 2 - 3
        kurtosis.append(fourth * (total / excess) ** 2)
    share, correlation = (np.median(x, axis=0) for x in (shares, far))
    # A normal value times exp(normal s), as `noise` draws it: 3 exp(4 s²) - 3.
    spread = np.sqrt(np.log1p(max(np.median(kurtosis), 0.0) / 3) / 4)
    return share, np.clip(correlation, -1, 1), float(spread)


def _line_errors(left: Residuals, runs, missed) -> np.ndarray:
    """Return the rms of residuals in each sky line, over what is expected there.

    1 in lines of which fewer than 4 pixels are used.
    """
    expected = np.hypot(1, np.interp(LOGLAM, NODES, missed) * left.ratio)
    relative = left.value / np.where(left.used, expected, 1.0)
    rms = np.ones(len(runs))
    for i, run in enumerate(runs):
        if left.used[run].sum() >= 4:
            rms[i] = np.sqrt(np.mean(relative[run][left.used[run]] ** 2))
    return np.round(rms, 2)


def _masks(spectra) -> tuple[list[int], list[list[int]]]:
    """Return the lengths of the masked red end and of the gaps, of each spectrum."""
    tail, gaps = [], []
    for one in spectra:
        runs = _runs(one.ivar == 0)
        end = [r for r in runs if r.stop == PIXELS]
        tail.append(sum(r.stop - r.start for r in end))
        gaps.append([r.stop - r.start for r in runs if r.stop < PIXELS])
    return tail, gaps


def write_noise() -> None:
    """Write ``resources/spectra/noise.json``; python -m calls it."""
    spectra = halves(read_observed())[0]
    about = {
        "what": "noise of MaNGA's spectra; skyloom.spectra.simulation.real_noise says "
        "what each row holds",
        "made_by": "python -m skyloom.spectra.simulation.real_noise",
        "source": f"{', '.join(FILES)} of the PyPI package sdss-mangadap 4.5.0, BSD-3",
        "redshifts": [round(float(s.redshift), 6) for s in spectra],
    }
    write_json(FILE, {"about": about, "table": measure(spectra, *templates())})


def templates() -> tuple[np.ndarray, np.ndarray]:
    """Return 36 populations to fit with, each of median 1, and their log10 of Å."""
    flux = read_library().flux[::3, ::3].astype(float)
    flux = flux.reshape(-1, flux.shape[-1])
    return flux / np.median(flux, axis=1)[:, None], LOGLAM[: flux.shape[-1]]


if __name__ == "__main__":
    write_noise()
