"""Errors of a map on spectra that it was not trained on."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from skyloom.som.grid import grid_distances, steps
from skyloom.som.matching import two_best
from skyloom.spectra.mapping.model import SpectralMap
from skyloom.spectra.rest.files import RestSpectra
from skyloom.spectra.rest.galaxy import galaxy_of
from skyloom.stats.bootstrap import bootstrap
from skyloom.stats.intervals import one_share

BINS = 8  # of S/N and of redshift, of equal numbers of spectra


@dataclass(frozen=True, eq=False)
class Placed:
    """Spectra and what a map makes of them.

    Attributes
    ----------
    spectra : RestSpectra
        Of n rows, scaled as the map's.
    units : ndarray of int, shape (n,)
        Best-matching units.
    distance : ndarray, shape (n,)
        To their prototypes, in latent space.
    latent : ndarray, shape (n, latent)
    model : ndarray, shape (n, pixels)
        Reconstructions.
    """

    spectra: RestSpectra
    units: np.ndarray
    distance: np.ndarray
    latent: np.ndarray
    model: np.ndarray

    @property
    def galaxies(self) -> np.ndarray:
        """Whose spectrum it is: bootstraps draw galaxies."""
        return galaxy_of(self.spectra.info)


def placed(made: SpectralMap, spectra: RestSpectra) -> Placed:
    """Place spectra on a map, and reconstruct them."""
    units, distance, latent = made.place(spectra.flux, spectra.ivar)
    return Placed(spectra, units, distance, latent, made.reconstruct(latent))


def topographic(made: SpectralMap, latent: np.ndarray) -> dict[str, dict]:
    """Return topographic errors by adjacency, with intervals.

    The share of spectra whose two best units do not touch: of a rectangular lattice
    with 8 neighbours (sides and corners) and with 4 (sides alone, as SOMperf), of a
    hexagonal one with 6.
    """
    som = made.som
    first, second = two_best(som, latent).T
    apart = {"6": steps(som.shape, som.topology, som.lattice)}
    if som.lattice == "rectangular":
        apart = {
            "8": grid_distances(som.shape, som.topology, "chebyshev"),
            "4": grid_distances(som.shape, som.topology, "manhattan"),
        }
    return {
        name: one_share(int((by[first, second] > 1).sum()), len(first))
        for name, by in apart.items()
    }


def dead(units: np.ndarray, n_units: int) -> dict:
    """Return the share of units that no spectrum falls on."""
    used = len(np.unique(units))
    return one_share(n_units - used, n_units)


def pixel_errors(spectra: RestSpectra, model: np.ndarray) -> pd.DataFrame:
    """Return how far models are from spectra, over the good pixels of each.

    Columns are ``rms`` and ``bias`` (mean of model less data) in the units of the
    scaled flux, ``chi2`` a good pixel, and ``residual`` and ``total``: sums of squares
    about the model and about the mean of each pixel over the spectra.
    """
    good = spectra.ivar > 0
    count = np.maximum(good.sum(axis=1), 1)
    off = np.where(good, model - spectra.flux, 0).astype(np.float64)
    mean = np.where(good, spectra.flux, 0).sum(axis=0) / np.maximum(good.sum(axis=0), 1)
    about = np.where(good, spectra.flux - mean, 0).astype(np.float64)
    squares = (off**2).sum(axis=1)
    return pd.DataFrame(
        {
            "rms": np.sqrt(squares / count),
            "bias": off.sum(axis=1) / count,
            "chi2": (off**2 * spectra.ivar).sum(axis=1) / count,
            "residual": squares,
            "total": (about**2).sum(axis=1),
        }
    )


def explained(errors: pd.DataFrame, galaxies, draw) -> dict:
    """Return the share of the variance of good pixels that models explain."""
    sums = errors[["residual", "total"]].to_numpy()

    def share(rows: np.ndarray) -> float:
        residual, total = rows.sum(axis=0)
        return 1 - residual / total

    return bootstrap(share, sums, draw, objects=galaxies)


def trend(values: np.ndarray, against: np.ndarray, galaxies, draw) -> pd.DataFrame:
    """Return medians of values, with intervals, in bins of equal numbers of spectra.

    Columns are ``from, to, centre`` (a median) of what they are against, ``n``,
    ``value, low, high``; no rows where nothing is known.
    """
    known = np.isfinite(against) & np.isfinite(values)
    columns = ["from", "to", "centre", "n", "value", "low", "high"]
    order = np.flatnonzero(known)[np.argsort(against[known], kind="stable")]
    rows = []
    for part in np.array_split(order, min(BINS, len(order))) if len(order) else []:
        place = against[part]
        found = bootstrap(np.median, values[part], draw, objects=galaxies[part])
        ends = {"from": place[0], "to": place[-1], "centre": np.median(place)}
        rows.append(ends | {"n": len(part)} | found)
    return pd.DataFrame(rows, columns=columns)
