"""A small map of spectra without a network, and galaxies whose spectra fall on it."""

import numpy as np
import pandas as pd
from skyloom.som.model import Som
from skyloom.spectra.mapping.codecs import Identity
from skyloom.spectra.mapping.model import SpectralMap
from skyloom.spectra.rest.files import RestSpectra
from skyloom.spectra.rest.grid import RestGrid

GRID = RestGrid(4400.0, 1e-3, 64)
SHAPE = (3, 4)
N_UNITS = SHAPE[0] * SHAPE[1]


def bumps() -> np.ndarray:
    """Return the spectrum of each unit: flat, with a line at a place of its own."""
    pixel = np.arange(GRID.pixels)
    centre = 4 + 4.8 * np.arange(N_UNITS)[:, None]
    return (1 + 3 * np.exp(-(((pixel - centre) / 2) ** 2))).astype(np.float32)


def spectral_map() -> SpectralMap:
    """Return a map whose prototypes are the `bumps`, divided by their medians."""
    flux = bumps()
    flux /= np.median(flux, axis=1, keepdims=True)
    som = Som(flux.reshape(*SHAPE, -1), "sheet")
    return SpectralMap("som", Identity(), som, GRID, "median", flux.mean(axis=0))


def galaxy(plateifu: str, manga: str, units, rng, **columns) -> RestSpectra:
    """Return a galaxy with one spectrum on each of `units`, at a level by chance."""
    n = len(units)
    flux = bumps()[units] * rng.uniform(0.5, 2, (n, 1))
    flux = (flux + rng.normal(0, 0.01, flux.shape)).astype(np.float32)
    ivar = np.full_like(flux, 1e4)
    ivar[:, 7] = 0
    flux[:, 7] = 0
    info = {
        "plateifu": np.full(n, plateifu),
        "mangaID": np.full(n, manga),
        "redshift": np.full(n, 0.03),
        "x": rng.uniform(-5, 5, n),
        "y": rng.uniform(-5, 5, n),
        "r_re_light": rng.uniform(0.1, 1.5, n),
        "area": np.full(n, 0.25),
        "light": flux.sum(axis=1),
        "meansn2": rng.uniform(5, 50, n),
        "log_age": rng.normal(0.5, 0.1, n),
    }
    return RestSpectra(flux, ivar, pd.DataFrame(info | columns), GRID)


def joined(sets) -> RestSpectra:
    """Return several sets as one, as a chunk holds them."""
    flux = np.concatenate([one.flux for one in sets])
    ivar = np.concatenate([one.ivar for one in sets])
    info = pd.concat([one.info for one in sets], ignore_index=True)
    return RestSpectra(flux, ivar, info, GRID)
