"""Training of the baselines: a plain map, a map of principal components, k-means.

None of them knows masks: gaps are filled by `skyloom.spectra.mapping.fill`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from skyloom.run.seeds import rng
from skyloom.som.model import Som
from skyloom.som.training import train
from skyloom.spectra.config_map import Units
from skyloom.spectra.mapping.codecs import Principal
from skyloom.spectra.mapping.fill import filled, mean_spectrum
from skyloom.spectra.mapping.model import SpectralMap
from skyloom.spectra.mapping.plain import EPOCHS, FITTED, plain_map, templates
from skyloom.spectra.rest.files import RestSpectra


def plain_som(spectra: RestSpectra, units: Units, latent: int, seed: int):
    """Return a map trained on the spectra themselves; `latent` plays no part."""
    del latent
    shape, how = (units.rows, units.columns), (units.topology, units.lattice)
    return plain_map(spectra, shape, rng(seed, "baseline", "som"), *how)


def pca_som(spectra: RestSpectra, units: Units, latent: int, seed: int) -> SpectralMap:
    """Return a map trained on `latent` principal amplitudes."""
    parts = principal(spectra, latent, seed)
    draw = rng(seed, "baseline", "pca_som")
    som = map_of(parts.amplitudes, units, draw)
    return _made("pca_som", parts.codec, som, spectra)


def kmeans(spectra: RestSpectra, units: Units, latent: int, seed: int) -> SpectralMap:
    """Return the centres of k-means of `latent` principal amplitudes.

    They have no order: which centre has which place on the grid says nothing.
    """
    from sklearn.cluster import MiniBatchKMeans  # noqa: PLC0415 - heavy

    parts = principal(spectra, latent, seed)
    luck, count = _luck(seed, "kmeans"), units.rows * units.columns
    found = MiniBatchKMeans(count, random_state=luck, n_init=3).fit(parts.amplitudes)
    centres = found.cluster_centers_.reshape(units.rows, units.columns, -1)
    som = Som(centres.astype(np.float32), units.topology, units.lattice)
    return _made("kmeans", parts.codec, som, spectra)


BASELINES: dict[str, Callable[..., SpectralMap]] = {
    "som": plain_som,
    "pca_som": pca_som,
    "kmeans": kmeans,
}


@dataclass(frozen=True, eq=False)
class Parts:
    """Principal components of spectra, and their amplitudes."""

    codec: Principal
    amplitudes: np.ndarray


def principal(spectra: RestSpectra, latent: int, seed: int) -> Parts:
    """Return the principal components of spectra without gaps.

    Found from `FITTED` spectra at most, drawn by lot; fewer than `latent` components
    where there are fewer spectra or pixels.
    """
    from sklearn.decomposition import PCA  # noqa: PLC0415 - heavy

    by = templates(spectra, seed)
    chosen = rng(seed, "baseline", "principal").permutation(len(spectra))[:FITTED]
    some = np.concatenate(list(filled(spectra.rows(np.sort(chosen)), by)))
    width, luck = min(latent, *some.shape), _luck(seed, "principal")
    found = PCA(width, svd_solver="randomized", random_state=luck).fit(some)
    parts = (part.astype(np.float32) for part in (found.mean_, found.components_))
    codec = Principal(*parts)
    codes = [codec.encode(flux) for flux in filled(spectra, by)]
    return Parts(codec, np.concatenate(codes))


def map_of(codes: np.ndarray, units: Units, draw: np.random.Generator) -> Som:
    """Return a map trained on latent vectors."""
    shape = (units.rows, units.columns)
    return train(codes, shape, units.topology, EPOCHS, draw, lattice=units.lattice)


def _luck(seed: int, name: str) -> int:
    """Return a seed of scikit-learn, which takes 32 bits."""
    return int(rng(seed, "baseline", name).integers(2**32))


def _made(kind: str, codec, som: Som, spectra: RestSpectra) -> SpectralMap:
    mean = mean_spectrum(spectra.flux, spectra.ivar)
    return SpectralMap(kind, codec, som, spectra.grid, spectra.scaled, mean)
