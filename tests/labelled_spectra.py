"""Galaxies of two populations each, with dust, noise and gaps; and a map of them.

This is no survey: it has labels that are exact, gradients within galaxies, and a noise
that is known. Populations are those of sdss-mangadap.
"""

from __future__ import annotations

import functools

import numpy as np
import pandas as pd
from skyloom.som.training import train
from skyloom.spectra.mapping.codecs import Principal
from skyloom.spectra.mapping.model import SpectralMap
from skyloom.spectra.rest.files import RestSpectra
from skyloom.spectra.rest.grid import RestGrid
from skyloom.spectra.rest.scale import scale
from skyloom.spectra.simulation.populations import read_library

GRID = RestGrid(3650.0, 8e-4, 480)
NAMES = ("log_age", "z_h", "ebv_stars")


@functools.cache
def populations():
    """Return ages, metallicities and spectra, each of median 1, on the grid."""
    library = read_library()
    flat = library.flux.reshape(-1, library.flux.shape[-1])
    flux = np.array([np.interp(GRID.wave, library.wave, row) for row in flat])
    flux /= np.median(flux, axis=1, keepdims=True)
    shape = (*library.flux.shape[:2], GRID.pixels)
    return library.log_age, library.z_h, flux.reshape(shape)


def mixed(log_age, z_h):
    """Return spectra between those of the four nearest populations."""
    ages, metals, flux = populations()
    i, u = _between(ages, log_age)
    j, v = _between(metals, z_h)
    lower = (1 - v) * flux[i, j] + v * flux[i, j + 1]
    upper = (1 - v) * flux[i + 1, j] + v * flux[i + 1, j + 1]
    return (1 - u) * lower + u * upper


def _between(knots, value):
    i = np.clip(np.searchsorted(knots, value) - 1, 0, len(knots) - 2)
    return i, ((value - knots[i]) / (knots[i + 1] - knots[i]))[:, None]


def galaxies(count, spectra, seed, first=0):
    """Return scaled spectra of so many galaxies, with their labels."""
    lot = np.random.default_rng(seed)
    of = np.repeat(np.arange(count), spectra)
    radius = lot.uniform(0.05, 2.5, len(of))

    def drawn(draw, *numbers):
        return getattr(lot, draw)(*numbers, count)[of]

    old = drawn("uniform", 0, 1.1) + drawn("normal", -0.15, 0.1) * radius
    z_h = drawn("normal", -0.2, 0.3) + drawn("normal", -0.15, 0.1) * radius
    old, z_h = np.clip(old, -0.3, 1.14), np.clip(z_h, -1.3, 0.34)
    ebv = np.clip(drawn("exponential", 0.12) * (1 - 0.2 * radius), 0, 1)
    share = np.clip(drawn("beta", 0.5, 2) * (0.5 + 0.3 * radius), 0, 0.9)
    young = lot.uniform(-1.8, -0.5, len(of))
    flux = mixed(old, z_h) * (1 - share)[:, None] + mixed(young, z_h) * share[:, None]
    flux *= 10 ** (-0.4 * ebv[:, None] * 4.05 * (5500 / GRID.wave) ** 0.9)
    sn = 100 * 20 ** -np.clip(radius / 2.5 + drawn("normal", 0, 0.15), 0, 1)
    noise = np.median(flux, axis=1) / sn * 1.5
    sigma = noise[:, None] * (0.6 + np.exp((3650 - GRID.wave) / 800))
    flux += sigma * lot.normal(size=flux.shape)
    redshift = drawn("uniform", 0.01, 0.15)
    gaps = GRID.wave * (1 + redshift[:, None]) > 8600
    gaps |= lot.random(flux.shape) < 0.005
    ivar = np.where(gaps, 0, sigma**-2.0)
    flux, ivar, _ = scale(np.where(gaps, 0, flux), ivar, GRID, "median")
    info = {
        "plateifu": [f"{8000 + first + g}-1901" for g in of],
        "redshift": redshift,
        "r_re_light": radius,
        "meansn2": sn,
        "log_age": (1 - share) * old + share * young,
        "z_h": z_h,
        "ebv_stars": ebv,
    }
    return RestSpectra(flux, ivar, pd.DataFrame(info), GRID, "median")


def map_of(spectra, shape=(7, 7), width=8, seed=0):
    """Return a map of spectra in the space of a few principal components."""
    good = spectra.ivar > 0
    mean = spectra.flux.sum(axis=0) / np.maximum(good.sum(axis=0), 1)
    filled = np.where(good, spectra.flux, mean)
    axes = np.linalg.svd(filled - mean, full_matrices=False)[2][:width]
    codec = Principal(mean.astype("f4"), axes.astype("f4"))
    lot = np.random.default_rng(seed)
    som = train(codec.encode(filled), shape, "sheet", 8, lot)
    return SpectralMap("pca_som", codec, som, GRID, "median", mean.astype("f4"))
