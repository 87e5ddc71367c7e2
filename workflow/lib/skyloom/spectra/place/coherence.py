"""Whether a map on the sky is coherent: neighbours alike, more than by chance."""

from __future__ import annotations

import numpy as np

PERMUTATIONS = 999


def morans_i(
    image: np.ndarray, rng: np.random.Generator, permutations: int = PERMUTATIONS
) -> dict[str, float]:
    """Return Moran's I of an image, with its null by permutation.

    Neighbours are the eight pixels about a pixel, each of weight 1. Pixels that are
    NaN take no part, and pixels without neighbours neither.

    Parameters
    ----------
    image : ndarray, shape (ny, nx)
        Values; NaN where there is none.
    rng : numpy.random.Generator
        Makes the permutations of values over the same pixels.
    permutations : int
        How many.

    Returns
    -------
    dict
        ``i``; ``null`` and ``null_sd``, mean and standard deviation of I under
        permutation; ``p``, the share of permutations, itself counted as one, with an I
        as large; ``pixels``. I and p are NaN of fewer than three pixels, or where all
        values are the same.

    Source: Moran 1950, Biometrika 37, 17.
    """
    first, second = _pairs(np.isfinite(image))
    place, pairs = np.unique(np.concatenate([first, second]), return_inverse=True)
    first, second = np.split(pairs, 2)
    value = np.asarray(image, np.float64).ravel()[place]
    n = len(value)
    apart = value - value.mean() if n else value
    spread = (apart**2).sum()
    if n < 3 or spread == 0:
        nothing = dict.fromkeys(("i", "null", "null_sd", "p"), float("nan"))
        return nothing | {"pixels": n}

    def index(apart: np.ndarray) -> float:
        return float(n / len(first) * (apart[first] @ apart[second]) / spread)

    found = index(apart)
    null = np.array([index(rng.permutation(apart)) for _ in range(permutations)])
    p = (1 + np.sum(null >= found)) / (1 + permutations)
    null_facts = {"null": float(null.mean()), "null_sd": float(null.std())}
    return {"i": found, **null_facts, "p": float(p), "pixels": n}


def _pairs(known: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the flat indices of all pairs of known neighbours, each pair once."""
    number = np.arange(known.size).reshape(known.shape)
    ny, nx = known.shape
    sides = []
    for dy, dx in ((0, 1), (1, 0), (1, 1), (1, -1)):
        rows, columns = slice(0, ny - dy), slice(max(0, -dx), nx - max(0, dx))
        other = slice(dy, ny), slice(max(0, dx), nx + min(0, dx))
        both = known[rows, columns] & known[other]
        sides.append((number[rows, columns][both], number[other][both]))
    first, second = (np.concatenate(side) for side in zip(*sides, strict=True))
    return first, second
