"""A small map of spectra with labels, for tests of what is placed on it."""

from __future__ import annotations

import numpy as np
import pandas as pd
from skyloom.run.seeds import rng
from skyloom.som.training import train
from skyloom.spectra.labels.fit import fit_labels
from skyloom.spectra.mapping.codecs import Principal
from skyloom.spectra.mapping.model import SpectralMap
from skyloom.spectra.mapping.novelty import novelty_from
from skyloom.spectra.place.spectra import Model
from skyloom.spectra.readers.observed import Observed, at_rest
from skyloom.spectra.rest.files import RestSpectra
from skyloom.spectra.rest.grid import RestGrid
from skyloom.spectra.rest.scale import scale
from skyloom.spectra.simulation.emission import Gas
from skyloom.spectra.simulation.frame import WAVE
from skyloom.spectra.simulation.history import star_formation
from skyloom.spectra.simulation.labels import labels as labels_of
from skyloom.spectra.simulation.populations import read_library
from skyloom.spectra.simulation.render import Component, render

GRID = RestGrid(3600.0, 1e-3, 448)
LABELS = ("log_age", "z_h")
LINES = (3934, 3969, 4102, 4341, 4862, 5176, 5270, 5893, 6564)  # Å


def invented(log_age, z_h, grid=GRID):
    """Return spectra that grow redder with age, and whose lines grow with both."""
    wave = grid.wave / 5000
    age, metals = (np.asarray(v, float)[:, None] for v in (log_age, z_h))
    flux = wave ** (1.2 * age - 1) * (1 + 0.15 * age * np.tanh((wave - 0.8) / 0.01))
    for i, line in enumerate(LINES):
        depth = 0.15 + (0.1 * age if i % 2 else 0.12 * metals)
        flux = flux * (1 - depth * np.exp(-0.5 * ((grid.wave - line) / 12) ** 2))
    return flux


def noisy(flux, sn, lot, masked=0.02):
    """Return flux and ivar, float32, at a S/N a pixel and with some pixels masked."""
    sigma = flux / np.broadcast_to(sn, len(flux))[:, None]
    ivar = np.where(lot.random(flux.shape) < masked, 0, sigma**-2.0)
    flux = np.where(ivar > 0, flux + sigma * lot.normal(size=flux.shape), 0)
    return flux.astype("f4"), ivar.astype("f4")


def population(n, lot, grid=GRID):
    """Return physical spectra of galaxies of ten spectra each, with their labels."""
    galaxy = np.arange(n) // 10
    middle = lot.uniform([-0.5, -0.8], [1.0, 0.3], (galaxy[-1] + 1, 2))[galaxy]
    labels = middle + lot.normal(0, [0.15, 0.08], (n, 2))
    flux, ivar = noisy(invented(*labels.T, grid), lot.uniform(8, 60, n), lot)
    info = pd.DataFrame(labels, columns=list(LABELS))
    info["plateifu"] = [f"{8000 + g}-1901" for g in galaxy]
    return RestSpectra(flux, ivar, info, grid)


def trained(spectra, labels=LABELS, shape=(5, 5), method="median", width=6):
    """Return a PCA + SOM map of physical spectra, with their labels and novelty."""
    flux, ivar, _ = scale(spectra.flux, spectra.ivar, spectra.grid, method)
    mean = (flux.sum(axis=0) / np.maximum((ivar > 0).sum(axis=0), 1)).astype("f4")
    filled = np.where(ivar > 0, flux, mean)
    axes = np.linalg.svd(filled - mean, full_matrices=False)[2][:width]
    codec = Principal(mean, axes.astype("f4"))
    som = train(codec.encode(filled), shape, "sheet", 10, rng(1, "som"))
    made = SpectralMap("pca_som", codec, som, spectra.grid, method, mean)
    scaled = RestSpectra(flux, ivar, spectra.info, spectra.grid, method)
    known = fit_labels(made, scaled, labels, 0.15, 1)
    return Model(made, known, novelty_from(known.about["novelty"]))


def simulated(n, grid, seed=0):
    """Return spectra of simulated stars and gas at rest, with labels, at many S/N.

    Two spectra a galaxy; redshifts of 0.01 to 0.1, dust of up to 0.8 mag.
    """
    lot, stars = np.random.default_rng(seed), read_library()
    even = lot.uniform
    old = lot.random(n) < 0.4
    history = star_formation(
        stars,
        even(4, 13.5, n),
        np.where(old, even(0.3, 1.5, n), even(1, 15, n)),
        burst=np.where(lot.random(n) < 0.25, 10 ** even(-3, -0.7, n), 0),
        burst_age=10 ** even(-1.5, 0.5, n),
        quenched=np.where(lot.random(n) < 0.3, even(0.1, 3, n), 0),
        z_young=even(-0.9, 0.35, n),
        z_old=even(-1.2, 0.3, n),
    )
    ebv = even(0, 0.8, n) * np.where(old, 0.5, 1)
    still = np.zeros(n)
    part = Component(np.full(n, 1e9), history, still, even(40, 280, n), ebv)
    gas = Gas(still, even(40, 150, n), ebv, even(8, 8.8, n), ew_old=even(0.3, 2.4, n))
    z = even(0.01, 0.1, n)
    seen = render(stars, [part], gas, z)
    level = np.array(
        [np.median(f[c]) for f, c in zip(seen.flux, seen.covered, strict=True)]
    )
    # Noise grows to the ends of the range, as MaNGA's does.
    shape = np.interp(WAVE, [3600, 4000, 5000, 7000, 9000, 10400], [3.5, 2, 1, 1, 1, 2])
    sigma = (level / 10 ** even(0.5, 2, n))[:, None] * shape
    good = seen.covered & (lot.random(seen.flux.shape) > 0.01)
    ivar = np.where(good, sigma**-2.0, 0)
    flux = np.where(good, seen.flux + sigma * lot.normal(size=good.shape), 0)
    info = labels_of(stars, [part]).drop(columns="v_star")
    info["plateifu"] = [f"{7000 + i // 2}-1901" for i in range(n)]
    info["redshift"], info["fname"] = z, "simulated"
    return at_rest(Observed(WAVE, flux.astype("f4"), ivar.astype("f4"), info), grid)
