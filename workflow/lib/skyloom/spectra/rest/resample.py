"""Spectra brought to rest, on one grid, with their flux conserved.

The flux density of a pixel of the grid is the mean over the good input pixels that it
overlaps, weighted by the overlap, so that its integral over wavelength is conserved
where all input is good. Input edges lie midway between centres, in the logarithm.

At rest a wavelength is divided by (1 + z)(1 + v/c), and the flux density multiplied by
it, so that the flux of a line stays what it was (luminosity distance apart).

The inverse variance is that of the single pixel: the weighted mean's, for input pixels
whose errors are independent. Errors of neighbours are not: they share input pixels. Of
a mean over many pixels the S/N is therefore smaller than independent errors would give,
its variance larger by the overlap-weighted sum, 1.5 times on average over all offsets
where both grids have the same step, 1 where the grid is much coarser than the input.

Spectral resolutions are not matched: each spectrum keeps that of its instrument.
"""

from __future__ import annotations

import numpy as np
from scipy.sparse import csr_array

from skyloom.spectra.rest.grid import RestGrid

C = 299792.458  # km/s
COVERED = 0.5  # share of a pixel's width that good input must cover


def edges_of(wave: np.ndarray) -> np.ndarray:
    """Return edges [Å], shape (p + 1,), of pixels with increasing centres (p >= 2,)."""
    loglam = np.log(wave)
    middle = (loglam[1:] + loglam[:-1]) / 2
    first, last = 2 * loglam[0] - middle[0], 2 * loglam[-1] - middle[-1]
    return np.exp(np.concatenate([[first], middle, [last]]))


def overlaps(source: np.ndarray, target: np.ndarray) -> csr_array:
    """Return how much of each target pixel lies in each source pixel [Å].

    Parameters
    ----------
    source, target : ndarray, shapes (p + 1,) and (m + 1,)
        Edges, increasing [Å].

    Returns
    -------
    csr_array, shape (m, p)
    """
    low, high = target[:-1], target[1:]
    last = len(source) - 2
    within = np.clip(np.searchsorted(source, target, "right") - 1, 0, last)
    begin, reach = within[:-1], int(np.diff(within).max()) + 1
    index = begin[:, None] + np.arange(reach)
    inside = index <= last
    index = np.where(inside, index, last)
    length = np.minimum(high[:, None], source[index + 1])
    length -= np.maximum(low[:, None], source[index])
    length[~inside] = 0
    starts = np.arange(0, index.size + 1, reach)
    parts = (np.maximum(length, 0).ravel(), index.ravel(), starts)
    return csr_array(parts, shape=(len(low), len(source) - 1))


def resample(
    flux: np.ndarray, ivar: np.ndarray, part: csr_array, width: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return mean flux density and its inverse variance on the target's pixels.

    Parameters
    ----------
    flux, ivar : ndarray, shape (n, p)
        Pixels of `ivar` 0 take no part, whatever their flux.
    part : csr_array, shape (m, p)
        Of `overlaps`.
    width : ndarray, shape (m,)
        Of the target's pixels [Å].

    Returns
    -------
    flux, ivar : ndarray of float64, shape (n, m)
        Both 0 where good input covers less than half of a pixel.
    """
    good = ivar > 0
    clean = np.where(good, flux, 0.0)
    exact = ivar.astype(np.float64)  # float32 cannot hold one over its smallest
    variance = np.divide(1.0, exact, out=np.zeros(ivar.shape), where=good)
    covered = part @ good.T.astype(np.float64)
    total = part @ clean.T.astype(np.float64)
    squared = csr_array((part.data**2, part.indices, part.indptr), part.shape)
    noise = squared @ variance.T
    usable = (covered >= COVERED * width[:, None]) & (noise > 0)
    mean = np.divide(total, covered, out=np.zeros(total.shape), where=usable)
    weight = np.divide(covered**2, noise, out=np.zeros(total.shape), where=usable)
    return mean.T, weight.T


def to_rest(
    wave: np.ndarray,
    flux: np.ndarray,
    ivar: np.ndarray,
    factor: np.ndarray,
    grid: RestGrid,
) -> tuple[np.ndarray, np.ndarray]:
    """Return spectra on the grid at rest, by one matrix for each distinct redshift.

    Parameters
    ----------
    wave : ndarray, shape (p,) or (n, p)
        Vacuum wavelengths as observed, increasing [Å].
    flux, ivar : ndarray, shape (n, p)
        Flux density and inverse variance; 0 of `ivar` is a mask.
    factor : ndarray, shape (n,)
        (1 + z)(1 + v/c), as of `stretch`.
    grid : RestGrid
        Where to.

    Returns
    -------
    flux, ivar : ndarray of float32, shape (n, pixels)
        Flux density at rest; both 0 where masked.
    """
    shape = (len(flux), grid.pixels)
    out, weight = np.zeros(shape, np.float32), np.zeros(shape, np.float32)
    edges, shared = grid.edges, np.ndim(wave) == 1
    width = np.diff(edges)
    seen = edges_of(wave) if shared else None
    for rows in _alike(factor) if shared else np.arange(len(flux))[:, None]:
        by = factor[rows[0]]
        source = seen if shared else edges_of(wave[rows[0]])
        part = overlaps(source / by, edges)
        mean, inverse = resample(flux[rows], ivar[rows], part, width)
        with np.errstate(over="ignore", under="ignore"):
            out[rows], weight[rows] = mean * by, inverse / by**2
    lost = ~(np.isfinite(out) & np.isfinite(weight) & (weight > 0))
    out[lost] = weight[lost] = 0
    return out, weight


def stretch(redshift: np.ndarray, v_star: np.ndarray | None = None) -> np.ndarray:
    """Return (1 + z)(1 + v/c); velocities [km/s] that are not known count as 0."""
    moved = 1 + np.asarray(redshift, np.float64)
    if v_star is not None:
        moved = moved * (1 + np.nan_to_num(np.asarray(v_star, np.float64)) / C)
    return moved


def _alike(factor: np.ndarray) -> list[np.ndarray]:
    """Return the rows of each distinct value."""
    _, group = np.unique(factor, return_inverse=True)
    order = np.argsort(group, kind="stable")
    return np.split(order, np.flatnonzero(np.diff(group[order])) + 1)
