"""Whether unusual spectra are as frequent everywhere: by IFU, and within the IFU."""

from __future__ import annotations

import re
from collections.abc import Iterable

import numpy as np
from scipy.special import chdtrc

PERMUTATIONS = 999
IFU = re.compile(r"\d+-(\d+)\d\d")
DIAMETERS = {19: 12.5, 37: 17.5, 61: 22.5, 91: 27.5, 127: 32.5}  # arcsec
RINGS = (0.25, 0.5, 0.75)  # of the radius of the IFU, between rings


def fibres(plateifus: Iterable[str]) -> np.ndarray:
    """Return the fibres of each spectrum's IFU, 0 where its name tells none."""
    found = [IFU.fullmatch(name) for name in plateifus]
    counts = [int(match[1]) if match else 0 for match in found]
    return np.array([count if count in DIAMETERS else 0 for count in counts], int)


def rings(x: np.ndarray, y: np.ndarray, count: np.ndarray) -> np.ndarray:
    """Return the ring of each position [arcsec] in an IFU of `count` fibres, 0 to 3.

    -1 where the position or the IFU is not known.
    """
    radius = np.array([DIAMETERS.get(n, np.nan) for n in count]) / 2
    place = np.hypot(x, y) / radius
    return np.where(np.isfinite(place), np.searchsorted(RINGS, place), -1)


def flatness(
    odd: np.ndarray, group: np.ndarray, galaxy: np.ndarray, rng: np.random.Generator
) -> dict:
    """Return the rate of unusual spectra in each group, and whether it is one rate.

    Parameters
    ----------
    odd : ndarray of bool, shape (n,)
        Which spectra are unusual.
    group : ndarray of int, shape (n,)
        Their groups; either all spectra of a galaxy are of one, or groups are parts of
        galaxies. Negative ones are left out.
    galaxy : ndarray of str, shape (n,)
        Their galaxies: spectra of one are alike, and are no independent proof.
    rng : numpy.random.Generator
        Makes the permutations.

    Returns
    -------
    dict
        ``groups``: number and rate by group; ``chi2`` of one rate with its degrees of
        freedom ``dof``; ``p_independent``, of as many independent spectra; ``p``, the
        share of permutations with a χ² as large, of groups among galaxies, or of
        places within each galaxy. NaN where there is one group, or one outcome.
    """
    known = group >= 0
    odd, group, galaxy = odd[known], group[known], galaxy[known]
    names, member = np.unique(group, return_inverse=True)
    number = np.bincount(member, minlength=len(names))
    count = np.bincount(member, odd, minlength=len(names))
    table = {
        str(name): {"spectra": int(n), "rate": float(k / n)}
        for name, n, k in zip(names, number, count, strict=True)
    }
    rates = {"groups": table, "dof": max(len(names) - 1, 0)}
    nothing = dict.fromkeys(("chi2", "p_independent", "p"), float("nan"))
    if len(names) < 2 or odd.all() or not odd.any():
        return rates | nothing
    found = _chi2(odd, member)
    null = [_chi2(odd, other) for other in _permuted(member, galaxy, rng)]
    p = (1 + np.sum(np.array(null) >= found - 1e-9)) / (1 + PERMUTATIONS)
    told = {"chi2": found, "p_independent": float(chdtrc(len(names) - 1, found))}
    return rates | told | {"p": float(p)}


def _permuted(member: np.ndarray, galaxy: np.ndarray, rng: np.random.Generator):
    """Yield groups, permuted among galaxies if each has one, else within them."""
    _, first, of = np.unique(galaxy, return_index=True, return_inverse=True)
    whole = np.array_equal(member[first][of], member)
    order = np.argsort(of, kind="stable")
    for _ in range(PERMUTATIONS):
        if whole:
            yield rng.permutation(member[first])[of]
        else:
            shuffled = np.empty_like(member)
            shuffled[order] = member[np.lexsort((rng.random(len(of)), of))]
            yield shuffled


def _chi2(odd: np.ndarray, member: np.ndarray) -> float:
    number = np.bincount(member)
    count = np.bincount(member, odd)
    rate = odd.mean()
    some = number > 0
    apart = (count - number * rate)[some] ** 2
    return float((apart / (number[some] * rate * (1 - rate))).sum())
