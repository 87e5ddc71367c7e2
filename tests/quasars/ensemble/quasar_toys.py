"""Spectra with gaussian lines on a flat continuum: enough to learn from in seconds."""

import numpy as np
from skyloom.quasars.ensemble.data import TrainingData, noise_of
from skyloom.quasars.network.architecture import Architecture
from skyloom.quasars.network.lines import targets

ARCH = Architecture(n_layers=4, filters=12, dense=24)
SIGMA = 0.3


def toys(n, seed=0, arch=ARCH):
    """Return TrainingData, redshifts, and which are quasars."""
    rng = np.random.default_rng(seed)
    z, quasar = rng.uniform(0.8, 4.0, n), rng.random(n) < 0.6
    log_wave = np.log10(arch.grid.wave)
    flux = 2 + SIGMA * rng.standard_normal((n, arch.grid.size))
    for i in np.flatnonzero(quasar):
        for rest in arch.heads.rest[: len(arch.lines)]:
            away = log_wave - np.log10(rest * (1 + z[i]))
            flux[i] += 3 * np.exp(-0.5 * (away / 0.004) ** 2)
    flux = flux.astype(np.float32)
    x, sigma = noise_of(flux, np.full_like(flux, SIGMA**-2))
    unknown = np.zeros(n)
    known = np.ones(n, bool)
    y, weight = targets(z, quasar, unknown, known, arch.heads, arch.grid)
    return TrainingData(x, sigma, y, weight), z, quasar
