"""How good labels are: bias, scatter, R² and coverage, by S/N, redshift and radius."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise

import numpy as np
import pandas as pd

from skyloom.spectra.labels.nodes import quantiles, weights
from skyloom.spectra.rest.galaxy import galaxy_of
from skyloom.stats.bootstrap import interval, times

DRAWS = 300
# Column, and edges of bins; None for four bins of as many spectra.
BINS = {
    "meansn2": (0.0, 5.0, 10.0, 20.0, 40.0, np.inf),
    "redshift": None,
    "r_re_light": (0.0, 0.5, 1.0, 1.5, np.inf),
}
GOOD = 20.0  # S/N of spectra whose labels have goals


def scores(
    truth: np.ndarray, ends: np.ndarray, galaxies: np.ndarray, rng: np.random.Generator
) -> dict:
    """Return what estimates are worth; all spectra of a galaxy count as one.

    Parameters
    ----------
    truth : ndarray, shape (n,)
        The label, finite.
    ends : ndarray, shape (3, n)
        Lower end, median and upper end.
    galaxies : ndarray, shape (n,)
        Whose spectrum it is.
    rng : Generator
        For the bootstrap of galaxies.

    Returns
    -------
    dict
        ``n, galaxies, nmad, half_width`` (mean) and, each with its 95 % interval,
        ``bias, rms, r2, coverage``.
    """
    names, place = np.unique(galaxies, return_inverse=True)
    weight, low, median, high = weights(galaxies), *ends
    error = median - truth
    inside = (truth >= low) & (truth <= high)
    centred = truth - np.average(truth, weights=weight)
    parts = (np.ones(len(error)), error, error**2, centred, centred**2, inside)
    sums = np.stack(
        [np.bincount(place, weight * part, len(names)) for part in parts], axis=1
    )
    drawn = _statistics(times(len(names), DRAWS, rng) @ sums)
    known = _statistics(sums.sum(axis=0))
    middle = quantiles(error, weight, [0.5])[0]
    return {
        "n": len(truth),
        "galaxies": len(names),
        "nmad": 1.4826 * quantiles(np.abs(error - middle), weight, [0.5])[0],
        "half_width": np.average((high - low) / 2, weights=weight),
    } | {name: interval(known[name], drawn[name]) for name in known}


def _statistics(sums: np.ndarray) -> dict[str, np.ndarray]:
    weight, error, square, value, spread, inside = np.moveaxis(sums, -1, 0)
    with np.errstate(divide="ignore", invalid="ignore"):
        variance = spread / weight - (value / weight) ** 2
        return {
            "bias": error / weight,
            "rms": np.sqrt(square / weight),
            "r2": 1 - square / weight / variance,
            "coverage": inside / weight,
        }


def report(
    truth: np.ndarray,
    methods: Mapping[str, np.ndarray],
    info: pd.DataFrame,
    rng: np.random.Generator,
) -> dict:
    """Return the `scores` of each method: of all, of good spectra, and by `BINS`.

    Parameters
    ----------
    truth : ndarray, shape (n,)
        The label; spectra where it or an estimate is NaN are left out.
    methods : mapping of str to ndarray, shape (3, n)
        Lower end, median and upper end.
    info : DataFrame
        Galaxies, and the columns of `BINS`; those absent are left out.
    rng : Generator
        For the bootstrap.
    """
    ok = np.isfinite(truth) & np.all(
        [np.isfinite(e).all(0) for e in methods.values()], 0
    )
    groups, galaxies = {"all": ok}, galaxy_of(info)
    if "meansn2" in info:
        groups["good"] = ok & (info["meansn2"] >= GOOD).to_numpy()
    places = {name: _bins(info, name, ok) for name in BINS if name in info}

    def of(rows, ends):
        return scores(truth[rows], ends[:, rows], galaxies[rows], rng)

    return {
        method: {name: of(rows, ends) for name, rows in groups.items() if rows.any()}
        | {
            name: [about | of(rows, ends) for about, rows in bins]
            for name, bins in places.items()
        }
        for method, ends in methods.items()
    }


def _bins(info: pd.DataFrame, name: str, ok: np.ndarray) -> list[tuple]:
    """Return (what it is, its rows) of each bin that has any."""
    value, edges = info[name].to_numpy(np.float64), BINS[name]
    ok = ok & np.isfinite(value)
    if edges is None:
        edges = (
            np.unique(np.quantile(value[ok], np.linspace(0, 1, 5))) if ok.any() else []
        )
        edges = [*edges[:-1], np.inf]
    found = []
    for low, high in pairwise(edges):
        rows = ok & (value >= low) & (value < high)
        if rows.any():
            about = {"from": low, "to": high, "median": float(np.median(value[rows]))}
            found.append((about, rows))
    return found
