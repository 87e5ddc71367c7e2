"""Amplitudes of spectra in a few common shapes, each pixel by its inverse variance.

A spectrum is ``mean + a @ axes`` and noise, and amplitudes are a priori normal, of mean
0 and variance 1. What the spectrum then says of its amplitudes is a normal distribution
too: gaps cost precision and nothing else, and noise draws amplitudes towards 0 by what
it leaves unknown. A function that is linear in the amplitudes thus needs no other
coefficients for noisy spectra than for good ones.

Sources: Tipping & Bishop 1999, J. R. Statist. Soc. B 61, 611; with pixels of unequal
noise, Bailey 2012, PASP 124, 1015.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

WIDTH = 32  # shapes
PASSES = 3  # of expectation and maximisation
FLOOR = 0.01  # standard deviation that no pixel is better than, of scaled flux
CHUNK = 1024  # spectra at a time


@dataclass(frozen=True, eq=False)
class Basis:
    """Shapes: ``mean``, (pixels,), and ``axes``, (width, pixels), both float32."""

    mean: np.ndarray
    axes: np.ndarray


@dataclass(frozen=True, eq=False)
class Amplitudes:
    """What spectra say of their amplitudes.

    Attributes
    ----------
    value : ndarray, shape (n, width)
        Expected.
    covariance : ndarray of float32, shape (n, width, width)
        Where the shapes fit the spectrum badly, larger by the reduced χ².
    chi2 : ndarray, shape (n,)
        Reduced χ² of the shapes.
    """

    value: np.ndarray
    covariance: np.ndarray
    chi2: np.ndarray

    def __getitem__(self, rows) -> Amplitudes:
        return Amplitudes(self.value[rows], self.covariance[rows], self.chi2[rows])

    @property
    def strange(self) -> np.ndarray:
        """Misfit and size of the amplitudes, each about 1 of usual spectra, (n, 2)."""
        return np.stack([self.chi2, (self.value**2).mean(axis=1)], axis=1)


def gathered(parts: Iterable[Amplitudes]) -> Amplitudes:
    """Return the amplitudes of several sets of spectra as one."""
    found = zip(*((p.value, p.covariance, p.chi2) for p in parts), strict=True)
    return Amplitudes(*map(np.concatenate, found))


def amplitudes(basis: Basis, flux, ivar) -> Amplitudes:
    """Return the amplitudes of scaled spectra, (n, pixels); ivar 0 is a gap."""
    width = len(basis.axes)
    value = np.zeros((len(flux), width))
    covariance = np.zeros((len(flux), width, width), np.float32)
    chi2 = np.zeros(len(flux))
    products = _products(basis.axes)
    for i in range(0, len(flux), CHUNK):
        some = slice(i, i + CHUNK)
        weight = _weight(np.asarray(ivar[some]))
        apart = np.asarray(flux[some]) - basis.mean
        precision = _square(weight @ products, width) + np.eye(width)
        drawn = (apart * weight) @ basis.axes.T
        spread = np.linalg.inv(precision)
        value[some] = np.einsum("nij,nj->ni", spread, drawn)
        left = apart - (value[some] @ basis.axes).astype(np.float32)
        chi2[some] = (weight * left**2).sum(1) / np.maximum((weight > 0).sum(1), 1)
        covariance[some] = spread * np.maximum(chi2[some], 1)[:, None, None]
    return Amplitudes(value, covariance, chi2)


def learn_basis(flux, ivar, counts: np.ndarray, rng: np.random.Generator) -> Basis:
    """Return the shapes of scaled spectra, as many as spectra and pixels allow.

    Parameters
    ----------
    flux, ivar : ndarray, shape (n, pixels)
        Training spectra.
    counts : ndarray, shape (n,)
        What each spectrum counts.
    rng : Generator
        Starts the search for shapes.
    """
    counts = counts / counts.mean()
    weight = _weight(ivar) * counts[:, None].astype(np.float32)
    basis = _start(flux, ivar, weight, rng)
    for _ in range(PASSES):
        known = amplitudes(basis, flux, ivar)
        basis = _maximise(flux, weight, counts, known)
    return basis


def _start(flux, ivar, weight, rng) -> Basis:
    """Return principal components of the better half of the spectra, gaps filled."""
    from sklearn.decomposition import PCA  # noqa: PLC0415

    total = weight.sum(axis=0)
    mean = (weight * flux).sum(axis=0) / np.maximum(total, 1e-30)
    depth = ivar.mean(axis=1)
    rows = depth >= np.median(depth)
    filled = np.where(ivar[rows] > 0, flux[rows], mean)
    width = min(WIDTH, *(np.array(filled.shape) - 1))
    state = int(rng.integers(2**31))
    found = PCA(max(width, 1), svd_solver="randomized", random_state=state).fit(filled)
    spread = np.sqrt(np.maximum(found.explained_variance_, 1e-12))
    axes = found.components_ * spread[:, None]
    return Basis(found.mean_.astype(np.float32), axes.astype(np.float32))


def _maximise(flux, weight, counts, known: Amplitudes) -> Basis:
    """Return the most likely shapes given amplitudes, scaled to their variance."""
    width = known.value.shape[1]
    spread = np.average(known.covariance, axis=0, weights=counts).astype(np.float64)
    terms = np.hstack([known.value, np.ones((len(flux), 1))])
    moments = _square(weight.T @ _products(terms.T).astype(np.float32), width + 1)
    total = weight.sum(axis=0, dtype=np.float64)
    moments[:, :width, :width] += total[:, None, None] * spread
    # A pixel that few spectra have is drawn to 0.
    moments += 1e-6 * max(total.max(), 1e-30) * np.eye(width + 1)
    drawn = (weight * flux).T @ terms.astype(np.float32)
    shapes = np.linalg.solve(moments, drawn[..., None].astype(np.float64))[..., 0].T
    centre = np.average(known.value, axis=0, weights=counts)
    apart = known.value - centre
    variance = (apart * counts[:, None]).T @ apart / counts.sum() + spread
    axes = np.linalg.cholesky(variance + 1e-9 * np.eye(width)).T @ shapes[:-1]
    mean = shapes[-1] + centre @ shapes[:-1]
    return Basis(mean.astype(np.float32), axes.astype(np.float32))


def _weight(ivar: np.ndarray) -> np.ndarray:
    return (ivar / (1 + ivar * FLOOR**2)).astype(np.float32)


def _products(axes: np.ndarray) -> np.ndarray:
    """Return the products of any two axes, (pixels, width (width + 1) / 2)."""
    one, other = np.triu_indices(len(axes))
    return (axes[one] * axes[other]).T


def _square(packed: np.ndarray, width: int) -> np.ndarray:
    """Return symmetric matrices of the numbers above and on their diagonals."""
    one, other = np.triu_indices(width)
    full = np.zeros((len(packed), width, width))
    full[:, one, other] = full[:, other, one] = packed
    return full
