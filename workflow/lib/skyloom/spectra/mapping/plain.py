"""A map trained on spectra themselves: a baseline, and what fills gaps for others."""

from __future__ import annotations

import numpy as np

from skyloom.run.seeds import rng
from skyloom.som.rows import Batches
from skyloom.som.start import SAMPLE, principal, sample
from skyloom.som.training import epoch, first_radius, shrinking
from skyloom.spectra.mapping.codecs import Identity
from skyloom.spectra.mapping.fill import filled, mean_spectrum
from skyloom.spectra.mapping.model import SpectralMap
from skyloom.spectra.rest.files import RestSpectra

EPOCHS = 20  # from a wide neighbourhood to a narrow one
COARSE = (10, 10)  # rows and columns of the map that gaps are filled with
FITTED = 20_000  # spectra that it is trained on, at most


def plain_map(
    spectra: RestSpectra,
    shape: tuple[int, int],
    draw: np.random.Generator,
    topology: str = "sheet",
    lattice: str = "rectangular",
) -> SpectralMap:
    """Return a map of kind ``som``; in each epoch its prototypes fill the gaps."""
    mean = mean_spectrum(spectra.flux, spectra.ivar)
    rows = sample(Batches(lambda: filled(spectra, mean)), SAMPLE, draw)
    som = principal(rows, shape, topology, lattice)
    for radius in shrinking(EPOCHS, first_radius(shape, topology)):
        by = som.prototypes
        som = epoch(som, Batches(lambda by=by: filled(spectra, by)), radius)
    return SpectralMap("som", Identity(), som, spectra.grid, spectra.scaled, mean)


def templates(spectra: RestSpectra, seed: int) -> np.ndarray:
    """Return spectra to fill gaps with, float32, (k, pixels): a coarse plain map's.

    It is trained on `FITTED` spectra at most, drawn by lot.
    """
    draw = rng(seed, "templates")
    chosen = draw.permutation(len(spectra))[:FITTED]
    return plain_map(spectra.rows(np.sort(chosen)), COARSE, draw).som.prototypes
