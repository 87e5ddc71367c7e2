"""The noise of real MaNGA spectra, measured: it makes ``resources/spectra/noise.json``.

What fits of stellar populations leave of real spectra tells how far the noise is from
what the inverse variance claims. The table is measured on half of the spectra
(`halves`), so that it can be judged on the others.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy.ndimage import binary_dilation, median_filter
from scipy.optimize import nnls
from skyloom.io.documents import write_json
from skyloom.run.seeds import rng
from skyloom.spectra.simulation.frame import LOGLAM, PIXELS
from skyloom.spectra.simulation.noise import FILE, NODES, Noise, line_runs, runs_of

from spectra_noise.fit import (
    FILES,
    Observed,
    Residuals,
    autocorrelation,
    read_observed,
    residuals,
    templates,
)

BRIGHT = 40.0  # S/N from which the flux dominates errors
LAGS = 4  # pixels over which photon noise is correlated
DRAWS = 3  # simulated twins of a spectrum
LONG = 30  # pixels over which the share of the flux that models miss is


def halves(spectra: Sequence[Observed]) -> tuple[list[Observed], list[Observed]]:
    """Return every second spectrum by S/N to measure on, and the others to judge by."""
    ranked = sorted(spectra, key=lambda s: s.sn)
    return ranked[::2], ranked[1::2]


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
    table = {
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
    hidden = _hidden(full, high, plain, Noise(table), (populations, loglam))
    return table | {"missed": np.round(hidden * missed, 4)}


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


def _hidden(spectra, left, plain, noise: Noise, templates) -> float:
    """Return by how much the share that is missed is larger than it was found to be.

    Fits take some of it: those of simulated twins of the spectra, too.
    """
    real = made = 0.0
    for i, (one, fitted) in enumerate(zip(spectra, left, strict=True)):
        model = np.nan_to_num(fitted.model)
        covered = (one.ivar > 0) & (model > 0)
        for draw in range(DRAWS):
            lots = (rng(draw, kind, i) for kind in ("shared", "own"))
            drawn = noise.add(model[None], covered[None], np.array([one.sn]), *lots)
            flux, ivar = (values[0].astype(float) for values in drawn)
            twin = Observed(flux, ivar, one.resolution, one.redshift)
            again = residuals(twin, *templates)
            made += _excess(again, plain) / DRAWS
        real += _excess(fitted, plain)
    return float(np.sqrt(real / made))


def _excess(left: Residuals, where: np.ndarray) -> float:
    """Return the mean square of residuals above that of noise."""
    return float(np.mean(np.clip(left.value[left.used & where], -6, 6) ** 2) - 1)


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
        runs = runs_of(one.ivar == 0)
        end = [r for r in runs if r.stop == PIXELS]
        tail.append(sum(r.stop - r.start for r in end))
        gaps.append([r.stop - r.start for r in runs if r.stop < PIXELS])
    return tail, gaps


def write_noise() -> None:
    """Write ``resources/spectra/noise.json``."""
    spectra = halves(read_observed())[0]
    about = {
        "what": "noise of MaNGA's spectra; tests/spectra_noise/measure.py says "
        "what each row holds",
        "made_by": "python -m spectra_noise",
        "source": f"{', '.join(FILES)} of the PyPI package sdss-mangadap 4.5.0, BSD-3",
        "redshifts": [round(float(s.redshift), 6) for s in spectra],
    }
    write_json(FILE, {"about": about, "table": measure(spectra, *templates())})
