"""Training of the baselines: a plain map, a map of principal components, k-means.

None of them knows masks. In each epoch of a plain map, masked pixels are filled with
the prototype nearest over the good ones; for principal components, with those of a
coarse plain map. Filled with the mean spectrum alone, the ends of the spectra, which
are masked by redshift, would order the map by redshift.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from skyloom.run.seeds import rng
from skyloom.som.model import Som
from skyloom.som.rows import Batches
from skyloom.som.start import SAMPLE, sample
from skyloom.som.start import principal as directions
from skyloom.som.training import epoch, first_radius, shrinking, train
from skyloom.spectra.baselines.fill import filled, mean_spectrum
from skyloom.spectra.config_map import Units
from skyloom.spectra.mapping.codecs import Identity, Principal
from skyloom.spectra.mapping.model import SpectralMap
from skyloom.spectra.rest.files import RestSpectra

EPOCHS = 20  # of a map, from a wide neighbourhood to a narrow one
COARSE = Units(rows=10, columns=10)  # a plain map, to fill masked pixels with
FITTED = 20_000  # spectra that principal components are found from, at most


def plain_som(spectra: RestSpectra, units: Units, latent: int, seed: int):
    """Return a map trained on the spectra themselves; `latent` plays no part."""
    del latent
    mean, draw = mean_spectrum(spectra), rng(seed, "baseline", "som")
    shape, topology = _shape(units), units.topology
    start = sample(Batches(lambda: filled(spectra, mean)), SAMPLE, draw)
    som = directions(start, shape, topology, units.lattice)
    for radius in shrinking(EPOCHS, first_radius(shape, topology)):
        by = _made("som", Identity(), som, spectra, mean)
        som = epoch(som, Batches(lambda by=by: filled(spectra, by)), radius)
    return _made("som", Identity(), som, spectra, mean)


def pca_som(spectra: RestSpectra, units: Units, latent: int, seed: int) -> SpectralMap:
    """Return a map trained on `latent` principal amplitudes."""
    parts = principal(spectra, latent, seed)
    how = (_shape(units), units.topology, EPOCHS, rng(seed, "baseline", "pca_som"))
    som = train(parts.amplitudes, *how, lattice=units.lattice)
    return _made("pca_som", parts.codec, som, spectra, parts.mean)


def kmeans(spectra: RestSpectra, units: Units, latent: int, seed: int) -> SpectralMap:
    """Return the centres of k-means of `latent` principal amplitudes.

    They have no order: which centre has which place on the grid says nothing.
    """
    from sklearn.cluster import MiniBatchKMeans  # noqa: PLC0415 - heavy

    parts = principal(spectra, latent, seed)
    luck = _luck(seed, "kmeans")
    rows, columns = _shape(units)
    found = MiniBatchKMeans(rows * columns, random_state=luck, n_init=3)
    found.fit(parts.amplitudes)
    centres = found.cluster_centers_.reshape(rows, columns, -1).astype(np.float32)
    som = Som(centres, units.topology, units.lattice)
    return _made("kmeans", parts.codec, som, spectra, parts.mean)


BASELINES: dict[str, Callable[..., SpectralMap]] = {
    "som": plain_som,
    "pca_som": pca_som,
    "kmeans": kmeans,
}


@dataclass(frozen=True, eq=False)
class Parts:
    """Principal components of spectra, their amplitudes, and the mean spectrum."""

    codec: Principal
    amplitudes: np.ndarray
    mean: np.ndarray


def principal(spectra: RestSpectra, latent: int, seed: int) -> Parts:
    """Return the principal components of spectra whose gaps a plain map fills.

    Both are found from `FITTED` spectra at most, drawn by lot; fewer than `latent`
    components where there are fewer spectra or pixels.
    """
    from sklearn.decomposition import PCA  # noqa: PLC0415 - heavy

    chosen = rng(seed, "baseline", "principal").permutation(len(spectra))[:FITTED]
    some = spectra.rows(np.sort(chosen))
    coarse = plain_som(some, COARSE, latent, seed)
    width = min(latent, *some.flux.shape)
    luck = _luck(seed, "principal")
    found = PCA(width, svd_solver="randomized", random_state=luck)
    found.fit(np.concatenate(list(filled(some, coarse))))
    parts = (part.astype(np.float32) for part in (found.mean_, found.components_))
    codec = Principal(*parts)
    codes = [codec.encode(flux) for flux in filled(spectra, coarse)]
    return Parts(codec, np.concatenate(codes), mean_spectrum(spectra))


def _shape(units: Units) -> tuple[int, int]:
    return units.rows, units.columns


def _luck(seed: int, name: str) -> int:
    """Return a seed of scikit-learn, which takes 32 bits."""
    return int(rng(seed, "baseline", name).integers(2**32))


def _made(kind, codec, som: Som, spectra: RestSpectra, mean) -> SpectralMap:
    return SpectralMap(kind, codec, som, spectra.grid, spectra.scaled, mean)
