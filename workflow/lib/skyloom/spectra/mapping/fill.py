"""Masked pixels, filled for methods that know no masks.

A spectrum is filled with the one of several templates, such as the prototypes of a map,
that is nearest over its good pixels. Filled with one mean spectrum, spectra whose ends
are masked by redshift would be alike for that alone, and a map be ordered by redshift.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from skyloom.spectra.rest.files import CHUNK, RestSpectra, taken


def fill(flux: np.ndarray, good: np.ndarray, templates: np.ndarray) -> np.ndarray:
    """Return float32 spectra whose bad pixels are those of the nearest template.

    Parameters
    ----------
    flux : ndarray, shape (n, pixels)
        Pixels that are not good play no part, whatever they hold.
    good : ndarray of bool, shape (n, pixels)
    templates : ndarray of float32, shape (k, pixels), or (pixels,) for one
    """
    templates = np.atleast_2d(templates)
    # Taken from the templates' mean, so that a common level costs no digits.
    centre = templates.mean(axis=0)
    off = templates - centre
    about = np.where(good, flux - centre, 0).astype(np.float32)
    brackets = about @ off.T - 0.5 * (good.astype(np.float32) @ (off**2).T)
    return np.where(good, flux, templates[brackets.argmax(axis=1)]).astype(np.float32)


def filled(spectra: RestSpectra, templates: np.ndarray) -> Iterator[np.ndarray]:
    """Yield the spectra of a set without gaps, a chunk at a time; see `fill`."""
    for piece in spectra.pieces(np.arange(len(spectra))):
        yield fill(piece.flux, piece.ivar > 0, templates)


def mean_spectrum(flux: np.ndarray, ivar: np.ndarray) -> np.ndarray:
    """Return the mean of good pixels, float32, shape (pixels,); spectra count alike.

    A pixel that is masked in all of them is interpolated.

    Raises
    ------
    ValueError
        No pixel is good.
    """
    total, count = np.zeros(flux.shape[1]), np.zeros(flux.shape[1])
    for first in range(0, len(flux), CHUNK):
        part = slice(first, first + CHUNK)
        good = taken(ivar, part) > 0
        total += np.where(good, taken(flux, part), 0.0).sum(axis=0, dtype=np.float64)
        count += good.sum(axis=0)
    seen = np.flatnonzero(count)
    if not len(seen):
        msg = "no spectrum has a good pixel"
        raise ValueError(msg)
    mean = np.interp(np.arange(len(total)), seen, total[seen] / count[seen])
    return mean.astype(np.float32)
