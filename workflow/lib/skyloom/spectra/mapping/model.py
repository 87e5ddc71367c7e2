"""A trained map of spectra, whatever trained it: DESOM, a plain SOM, or a baseline."""

from __future__ import annotations

from collections.abc import Mapping as Tree
from dataclasses import dataclass, field
from functools import cached_property
from hashlib import sha256
from typing import Protocol

import numpy as np

from skyloom.io.record import digest_of
from skyloom.som.matching import bmu
from skyloom.som.model import Som
from skyloom.spectra.mapping.fill import fill
from skyloom.spectra.rest.grid import RestGrid
from skyloom.spectra.rest.scale import METHODS

CHUNK = 1024  # spectra at a time


class Codec(Protocol):
    """From spectra without gaps to latent vectors, and back.

    Both take and return float32 arrays with one row a spectrum. The identity and a
    principal component analysis are codecs as an autoencoder is.
    """

    def encode(self, flux: np.ndarray) -> np.ndarray:
        """Return latent vectors, shape (n, latent), of spectra (n, pixels)."""

    def decode(self, latent: np.ndarray) -> np.ndarray:
        """Return spectra, shape (n, pixels), of latent vectors (n, latent)."""


@dataclass(frozen=True, eq=False)
class SpectralMap:
    """Prototypes on a grid, in the latent space of a codec.

    Attributes
    ----------
    kind : str
        ``"desom"``, ``"ae_som"``, ``"som"``, ``"pca_som"`` or ``"kmeans"``.
    codec : Codec
        Trained encoder and decoder.
    som : Som
        Prototypes in latent space, float32, shape (rows, columns, latent).
    grid : RestGrid
        The pixels it was trained on.
    scaled : str
        How its spectra were scaled, a method of `skyloom.spectra.rest.scale`.
    mean : ndarray of float32, shape (pixels,)
        Mean scaled training spectrum.
    about : dict
        Settings, history, code digest and metrics, JSON-plain.
    """

    kind: str
    codec: Codec
    som: Som
    grid: RestGrid
    scaled: str
    mean: np.ndarray
    about: Tree = field(default_factory=dict)

    def __post_init__(self):
        if self.scaled not in METHODS:
            msg = f"a map of spectra scaled by {self.scaled!r}, not {METHODS}"
            raise ValueError(msg)
        if self.mean.shape != (self.grid.pixels,):
            msg = f"mean spectrum {self.mean.shape}, not of {self.grid.pixels} pixels"
            raise ValueError(msg)

    @property
    def digest(self) -> str:
        """SHA-256 of prototypes, grid and scaling: what labels of the map are of."""
        som = self.som
        facts = [self.grid.to_json(), self.scaled, som.shape, som.topology, som.lattice]
        return digest_of([*facts, sha256(som.weights.tobytes()).hexdigest()])

    def encode(self, flux: np.ndarray, ivar: np.ndarray) -> np.ndarray:
        """Return the latent vectors of scaled spectra, shape (n, latent).

        Masked pixels (`ivar` 0) take no part: they are filled with the prototype that
        is nearest over the good pixels.
        """
        parts = [
            self._encode(
                np.asarray(flux[i : i + CHUNK]), np.asarray(ivar[i : i + CHUNK])
            )
            for i in range(0, len(flux), CHUNK)
        ]
        return np.concatenate(parts) if parts else np.zeros((0, self.som.width), "f4")

    def place(
        self, flux: np.ndarray, ivar: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Return best-matching units, distances to them, and latent vectors."""
        latent = self.encode(flux, ivar)
        return *bmu(self.som, latent), latent

    def reconstruct(self, latent: np.ndarray) -> np.ndarray:
        """Return the spectra that latent vectors stand for, scaled, (n, pixels).

        Of a codec that is the identity these are the best-matching prototypes.
        """
        if getattr(self.codec, "identity", False):
            return self.som.prototypes[bmu(self.som, latent)[0]]
        return self.codec.decode(latent)

    def prototypes(self) -> np.ndarray:
        """Return the decoded prototypes, scaled spectra, shape (n_units, pixels)."""
        return self.codec.decode(self.som.prototypes)

    def _encode(self, flux: np.ndarray, ivar: np.ndarray) -> np.ndarray:
        good = ivar > 0
        gaps = ~good.all(axis=1)
        whole = np.array(flux, np.float32)
        if gaps.any():
            whole[gaps] = fill(flux[gaps], good[gaps], self._decoded)
        return self.codec.encode(whole)

    @cached_property
    def _decoded(self) -> np.ndarray:
        return self.prototypes()
