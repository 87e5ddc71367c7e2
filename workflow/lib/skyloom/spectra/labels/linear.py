"""A label as a function of amplitudes: in each node a plane, drawn to a common one.

Source: local linear maps, Ritter, Martinetz & Schulten 1992, "Neural Computation and
Self-Organizing Maps", chapter 11; here each is fitted by ridge regression.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from skyloom.spectra.labels.nodes import Shares

RIDGE = 1e-6  # of the common plane, of the number of galaxies
OFFSET = 0.1  # of the penalty of slopes: what an offset is penalised by


def fit_planes(
    x: np.ndarray,
    y: np.ndarray,
    weight: np.ndarray,
    near: Shares,
    units: int,
    penalties: Sequence[float],
) -> np.ndarray:
    """Return the planes of all nodes: slopes and offset.

    A node's plane is the common one and a correction, fitted to the spectra that share
    in the node. The correction's slopes are penalised: without spectra there is none.

    Parameters
    ----------
    x : ndarray, shape (n, width)
        Amplitudes, of variance about 1.
    y, weight : ndarray, shape (n,)
        The label, and what a spectrum counts: 1 for all spectra of a galaxy together.
    near : Shares
        Of the spectra among nodes.
    units : int
        Nodes.
    penalties : sequence of float
        Of slopes of variance 1, in galaxies; each is tried.

    Returns
    -------
    ndarray, shape (len(penalties), units, width + 1)
    """
    unit = np.append(np.ones(x.shape[1]), OFFSET)
    (common,) = _ridge(x, y, weight, unit, [RIDGE * weight.sum()])
    left = y - apply_plane(common, x)
    planes = np.tile(common, (len(penalties), units, 1))
    for k, rows, share in near.members(units):
        counts = weight[rows] * share
        planes[:, k] += _ridge(x[rows], left[rows], counts, unit, penalties)
    return planes


def apply_plane(plane: np.ndarray, x: np.ndarray) -> np.ndarray:
    """Return the values of one plane, or of each row's own, at amplitudes x."""
    return (x * plane[..., :-1]).sum(axis=-1) + plane[..., -1]


def _ridge(x, y, weight, unit, penalties) -> np.ndarray:
    """Return slopes and offset about the mean of x for each penalty, times `unit`."""
    centre = np.average(x, axis=0, weights=weight)
    terms = np.hstack([x - centre, np.ones((len(x), 1))])
    weighted = terms * weight[:, None]
    moments, drawn = weighted.T @ terms, weighted.T @ y
    found = np.stack(
        [np.linalg.solve(moments + np.diag(p * unit), drawn) for p in penalties]
    )
    found[:, -1] -= found[:, :-1] @ centre
    return found
