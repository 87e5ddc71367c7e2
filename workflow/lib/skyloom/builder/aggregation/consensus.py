"""The shape that a cluster of drawings agrees on, and their scatter about it.

The consensus minimises the sum of Jaccard distances to the members, a geometric median
in the space of shapes: like a median it is robust, and may coincide with a member,
where the sum has a kink. Positions are solved in units of the members' mean size.

Source: Lingard et al. 2020, ApJ 900, 178, section 4.1.
"""

from __future__ import annotations

import math

import numpy as np
from scipy.optimize import minimize

from skyloom.builder.aggregation.shapes import (
    FIELDS,
    jaccard,
    jaccard_gradient,
    jaccard_matrix,
)

# Axis ratios a consensus may take: those of the drawings themselves in the project.
N_STARTS = 4
Q_BOUNDS = {"disk": (0.25, 1.0), "bulge": (0.6, 1.0), "bar": (0.05, 0.5)}


def consensus(
    shapes: np.ndarray, kind: str, q_bounds: tuple[float, float] = (0.01, 1.0)
) -> tuple[np.ndarray, float]:
    """Return the shape with the least sum of Jaccard distances to the given ones.

    The minimiser (L-BFGS-B, exact gradients) starts from the mean of the members and
    from the members nearest to all others; the best end counts.

    Parameters
    ----------
    shapes : ndarray, shape (n, 5)
        Members, columns mux, muy, roll, q, Re [px, px, rad, 1, px]; one or more.
    kind : {"ellipse", "rectangle"}
        What every shape is.
    q_bounds : tuple of 2 floats
        Range of the axis ratio; widened to reach the members' own.

    Returns
    -------
    shape : ndarray, shape (5,)
        The consensus, its roll in [0, pi).
    total : float
        Its sum of Jaccard distances to the members.
    """
    starts = [mean_shape(shapes), *_central(shapes, kind)]
    ends = [_descend(start, shapes, kind, q_bounds) for start in starts]
    best = min(starts + ends, key=lambda shape: jaccard(shape, shapes, kind).sum())
    best = _major_first(best)
    return best, float(jaccard(best, shapes, kind).sum())


def mean_shape(shapes: np.ndarray) -> np.ndarray:
    """Return the mean of shapes (n, 5), roll by its two-fold circular mean."""
    mean = np.mean(shapes, axis=0)
    mean[2] = circular_mean(shapes[:, 2])
    return mean


def circular_mean(rolls: np.ndarray) -> float:
    """Return the mean of angles that repeat after pi, in [0, pi) [rad]."""
    return float(np.angle(np.exp(2j * np.asarray(rolls)).mean()) / 2 % math.pi)


def circular_std(rolls: np.ndarray) -> float:
    """Return the scatter (n - 1) of two or more angles that repeat after pi [rad].

    Each is taken on the turn where it lies nearest to their circular mean.
    """
    half = math.pi / 2
    away = (np.asarray(rolls) - circular_mean(rolls) + half) % math.pi - half
    return float(away.std(ddof=1))


def scatter(shapes: np.ndarray) -> dict[str, float | None]:
    """Return the scatter (n - 1) of members (n, 5) by `FIELDS`: the fit's prior widths.

    None, meaning no prior, with fewer than two members.
    """
    shapes = np.asarray(shapes, float)
    if len(shapes) < 2:
        return dict.fromkeys(FIELDS)
    values = shapes.std(axis=0, ddof=1)
    values[2] = circular_std(shapes[:, 2])
    return dict(zip(FIELDS, map(float, values), strict=True))


def _central(shapes: np.ndarray, kind: str) -> list[np.ndarray]:
    """Return points between the mean and each of the most central members.

    A member itself would be a poor start: the sum of distances has a kink there.
    """
    order = np.argsort(jaccard_matrix(shapes, kind).sum(axis=0), kind="stable")
    central = shapes[order[:N_STARTS]]
    starts = 0.1 * mean_shape(shapes) + 0.9 * central
    starts[:, 2] = central[:, 2]
    return list(starts)


def _major_first(shape: np.ndarray) -> np.ndarray:
    """Name the longer axis the major one, and keep roll in [0, pi)."""
    mux, muy, roll, q, size = shape
    if q > 1:
        roll, q, size = roll + math.pi / 2, 1 / q, q * size
    return np.array([mux, muy, roll % math.pi, q, size])


def _descend(start, shapes, kind, q_bounds) -> np.ndarray:
    """Minimise from one start; q may pass through 1, where the axes swap names."""
    size = float(np.mean(shapes[:, 4]))
    unit = np.array([size, size, 1.0, 1.0, size])

    def total(x):
        distances, gradients = jaccard_gradient(x * unit, shapes, kind)
        return distances.sum(), gradients.sum(axis=0) * unit

    low = min(q_bounds[0], shapes[:, 3].min())
    high = max(q_bounds[1], shapes[:, 3].max())
    high = 1 / low if high >= 1 else high
    bounds = [(None, None)] * 3 + [(low, high), (1e-3, None)]
    found = minimize(total, start / unit, jac=True, bounds=bounds, method="L-BFGS-B")
    return found.x * unit
