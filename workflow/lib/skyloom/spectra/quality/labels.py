"""How well units tell spectra of different physical quantities, or classes, apart."""

from __future__ import annotations

import numpy as np
import pandas as pd

from skyloom.stats.bootstrap import bootstrap


def squares(values: np.ndarray, units: np.ndarray) -> np.ndarray:
    """Return squares about the unit and about the mean, each row's, shape (m, 2).

    Their means are the variances within units and of all, without the bias that a mean
    of few has; rows alone at their unit tell nothing of it, and are left out.
    """
    _, place, count = np.unique(units, return_inverse=True, return_counts=True)
    size = count[place]
    mean = (np.bincount(place, values) / count)[place]
    some = size > 1
    n = len(values)
    within = (values - mean)[some] ** 2 * (size / np.maximum(size - 1, 1))[some]
    whole = (values - np.mean(values))[some] ** 2 * (n / max(n - 1, 1))
    return np.stack([within, whole], axis=1)


def explained_by_units(parts: np.ndarray) -> float:
    """Return the share of the variance of a quantity that lies between units.

    It is eta² corrected for the number of units: units drawn by lot explain 0 on
    average, where eta² would be (units - 1) / (n - 1). NaN where nothing varies, or no
    unit has two spectra.

    Parameters
    ----------
    parts : ndarray, shape (m, 2)
        Of `squares`.

    Source: Kelley 1935, PNAS 21, 554 (epsilon²).
    """
    within, whole = parts.sum(axis=0)
    return float(1 - within / whole) if whole > 0 else np.nan


def quantity(values, units, galaxies, draw) -> dict:
    """Return `explained_by_units` with its interval, and how many values are known.

    The interval is that of the galaxies, with the means of the units as they are.
    """
    known = np.isfinite(values)
    values, units, galaxies = values[known], units[known], galaxies[known]
    _, place, count = np.unique(units, return_inverse=True, return_counts=True)
    parts, some = squares(values, units), count[place] > 1
    found = bootstrap(explained_by_units, parts, draw, objects=galaxies[some])
    return found | {"n": len(values)}


def by_galaxy(values, units, galaxies) -> tuple[np.ndarray, ...]:
    """Return one mean value a galaxy and unit, with its unit and its galaxy.

    Spectra of a galaxy are alike and fall on the same units, and have one redshift: as
    rows of their own they would make units seem to know it.
    """
    table = pd.DataFrame({"unit": units, "galaxy": galaxies, "value": values})
    mean = table.groupby(["unit", "galaxy"], sort=True)["value"].mean()
    where = mean.index.get_level_values
    return mean.to_numpy(), where("unit").to_numpy(), where("galaxy").to_numpy(str)


def purity(classes: np.ndarray, units: np.ndarray) -> float:
    """Return the share of spectra that are of the most frequent class of their unit."""
    from sklearn.metrics.cluster import contingency_matrix  # noqa: PLC0415 - heavy

    return float(contingency_matrix(classes, units).max(axis=0).sum() / len(units))


def classification(classes: np.ndarray, units: np.ndarray) -> dict[str, float]:
    """Return how well units agree with classes.

    ``purity``, which rises with the number of units; ``nmi`` and ``ami``, mutual
    information normalised by the mean of both entropies, plain and less its expectation
    by chance; ``ari``, the adjusted Rand index.
    """
    from sklearn import metrics  # noqa: PLC0415 - heavy

    return {
        "purity": purity(classes, units),
        "nmi": float(metrics.normalized_mutual_info_score(classes, units)),
        "ami": float(metrics.adjusted_mutual_info_score(classes, units)),
        "ari": float(metrics.adjusted_rand_score(classes, units)),
        "n": len(units),
    }
