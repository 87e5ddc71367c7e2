"""A trained map of galaxies, whatever trained it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from skyloom.som.matching import bmu
from skyloom.som.model import Som
from skyloom.spectra.galaxies.files import Layout
from skyloom.spectra.galaxy_map.scaling import Scaler
from skyloom.spectra.mapping.model import Codec


@dataclass(frozen=True, eq=False)
class GalaxyMap:
    """Prototypes of galaxies on a grid, in the latent space of a codec.

    Attributes
    ----------
    codec : Codec
        Encoder and decoder of scaled fingerprints, shape (n, n_units).
    som : Som
        Prototypes in latent space.
    scaler : Scaler
        Fitted on the training galaxies.
    layout : Layout
        Of the map of spectra that fingerprints are of.
    novelty : ndarray of float32, sorted
        Distances of the training galaxies to their units.
    about : mapping
        Settings and metrics, JSON-plain.
    """

    codec: Codec
    som: Som
    scaler: Scaler
    layout: Layout
    novelty: np.ndarray
    about: Mapping = field(default_factory=dict)

    def encode(self, shares: np.ndarray) -> np.ndarray:
        """Return latent vectors of fingerprints, shape (n, latent)."""
        if shares.ndim != 2 or shares.shape[1] != self.layout.n_units:
            msg = (
                f"fingerprints of shape {shares.shape}, not (n, {self.layout.n_units})"
            )
            raise ValueError(msg)
        if not len(shares):
            return np.zeros((0, self.som.width), np.float32)
        return self.codec.encode(self.scaler(shares))

    def place(self, shares: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Return best-matching units, distances to them, and latent vectors."""
        latent = self.encode(shares)
        if not len(latent):
            return np.zeros(0, int), np.zeros(0, np.float32), latent
        return *bmu(self.som, latent), latent

    def percentile(self, distance: np.ndarray) -> np.ndarray:
        """Return the share of training galaxies that lie nearer to their unit [%]."""
        return 100 * np.searchsorted(self.novelty, distance) / len(self.novelty)

    def prototypes(self) -> np.ndarray:
        """Return decoded prototypes, scaled fingerprints, shape (units, n_units)."""
        return self.codec.decode(self.som.prototypes)


@dataclass(frozen=True, eq=False)
class Placed:
    """A map of galaxies with a run's galaxies on it: no network is needed to read it.

    Attributes
    ----------
    som : Som
        Prototypes in latent space.
    layout : Layout
        Of the map of spectra.
    decoded : ndarray of float32, shape (units, n_units)
        The prototypes as scaled fingerprints.
    latent : ndarray of float32, shape (n, latent)
        Galaxies in the order of the fingerprints.
    unit : ndarray of int, shape (n,)
        Their units; -1 of a galaxy without spectra.
    distance, novelty : ndarray of float, shape (n,)
        To the unit, and training galaxies that are nearer to theirs [%]; NaN without.
    """

    som: Som
    layout: Layout
    decoded: np.ndarray
    latent: np.ndarray
    unit: np.ndarray
    distance: np.ndarray
    novelty: np.ndarray


def placed(made: GalaxyMap, shares: np.ndarray) -> Placed:
    """Place fingerprints on a map; those of nothing have no unit."""
    some = shares.any(axis=1)
    latent = np.zeros((len(shares), made.som.width), np.float32)
    unit = np.full(len(shares), -1)
    distance, novelty = (np.full(len(shares), np.nan) for _ in range(2))
    unit[some], near, latent[some] = made.place(shares[some])
    distance[some], novelty[some] = near, made.percentile(near)
    decoded = made.prototypes()
    return Placed(made.som, made.layout, decoded, latent, unit, distance, novelty)
