"""Spectra of two parameters, and a short training on them."""

import numpy as np
from skyloom.spectra.config_map import Temperature, Training, Units
from skyloom.spectra.rest.grid import RestGrid

PIXELS, LATENT = 64, 5
GRID = RestGrid(3600.0, 1e-3, PIXELS)
UNITS = Units(rows=5, columns=6)


def sheet_of_spectra(n_spectra, seed, pixels=PIXELS):
    """Return spectra of two parameters, with noise and masks."""
    rng = np.random.default_rng(seed)
    age, dust = rng.uniform(-1, 1, (2, n_spectra, 1))
    place = np.linspace(-1, 1, pixels)
    lines = np.exp(-0.5 * ((place - 0.3 * age) / 0.1) ** 2)
    flux = 1 + dust * place + age * place**2 + lines * (1.5 + age)
    ivar = np.where(rng.random(flux.shape) < 0.03, 0, 400.0).astype(np.float32)
    flux = np.where(ivar > 0, flux + 0.05 * rng.normal(size=flux.shape), 0)
    return flux.astype(np.float32), ivar


def how(**changes):
    """Return settings of a short training."""
    heat = Temperature(first=4, last=0.7)
    few = {"iterations": 60, "decay": 40, "batch": 32, "rate": 3e-3, "log_every": 20}
    return Training(**({"temperature": heat, "gamma": 1e-3} | few | changes))
