"""Labels without a map: neighbours and a ridge regression, over the same amplitudes.

They are given the same amplitudes, galaxies, folds, limits and way to an interval as
the map's labels, so that what differs is what the nodes add.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from skyloom.spectra.labels.amplitudes import Amplitudes, Basis
from skyloom.spectra.labels.fit import CALIBRATION
from skyloom.spectra.labels.intervals import Errors, fit_interval
from skyloom.spectra.labels.nodes import Shares, weights

NEIGHBOURS = (5, 10, 20, 40)
ALPHAS = tuple(10.0**k for k in range(-3, 4))  # of the ridge


@dataclass(frozen=True, eq=False)
class Known:
    """Spectra with a label: amplitudes, the label, whose they are, and their folds."""

    known: Amplitudes
    value: np.ndarray
    galaxies: np.ndarray
    fold: np.ndarray

    def rows(self, chosen: np.ndarray) -> Known:
        """Return the chosen spectra."""
        parts = (self.known, self.value, self.galaxies, self.fold)
        return Known(*(part[chosen] for part in parts))


class Ridge:
    """A linear function of all amplitudes; the penalty by the folds of galaxies."""

    def __init__(self, data: Known, _basis: Basis):
        # Imported here: light jobs need no scikit-learn.
        from sklearn.linear_model import RidgeCV  # noqa: PLC0415
        from sklearn.model_selection import PredefinedSplit  # noqa: PLC0415

        # By itself it would leave out a spectrum, whose galaxy has others.
        how = {"cv": PredefinedSplit(data.fold), "scoring": "neg_mean_squared_error"}
        weight = weights(data.galaxies)
        model = RidgeCV(ALPHAS, **how)
        self.model = model.fit(data.known.value, data.value, weight)

    def __call__(self, known: Amplitudes) -> tuple[np.ndarray, np.ndarray]:
        """Return labels, and the variance that noise makes of them."""
        slope = self.model.coef_
        noise = np.einsum("i,nij,j->n", slope, known.covariance, slope, optimize=True)
        return self.model.predict(known.value), noise


class Neighbours:
    """The mean of the nearest spectra; how many, by other galaxies."""

    def __init__(self, data: Known, basis: Basis):
        # Amplitudes of variance 1 are given back their share in the flux.
        self.size = np.sqrt((basis.axes**2).sum(axis=1))
        first = data.fold == data.fold.min()
        own = data.rows(first)
        value, weight = self._near(data.rows(~first), own.known, max(NEIGHBOURS))
        loss = {
            k: np.average(
                (own.value - np.average(value[:, :k], axis=1, weights=weight[:, :k]))
                ** 2,
                weights=weights(own.galaxies),
            )
            for k in NEIGHBOURS
        }
        self.data, self.count = data, min(loss, key=loss.get)

    def __call__(self, known: Amplitudes) -> tuple[np.ndarray, np.ndarray]:
        """Return labels, and their variance among the neighbours."""
        value, weight = self._near(self.data, known, self.count)
        mean = np.average(value, axis=1, weights=weight)
        return mean, np.average((value - mean[:, None]) ** 2, axis=1, weights=weight)

    def _near(self, data: Known, known: Amplitudes, count: int) -> tuple:
        """Return labels and weights of the nearest spectra, nearest first."""
        from sklearn.neighbors import NearestNeighbors  # noqa: PLC0415

        tree = NearestNeighbors(n_neighbors=min(count, len(data.value)))
        tree.fit(data.known.value * self.size)
        near = tree.kneighbors(known.value * self.size, return_distance=False)
        return data.value[near], weights(data.galaxies)[near]


METHODS = {"ridge": Ridge, "neighbours": Neighbours}


def baseline(method: type, data: Known, basis: Basis, unseen: Amplitudes) -> np.ndarray:
    """Return lower end, median and upper end for unseen spectra, shape (3, n)."""
    learning = data.fold != CALIBRATION
    some, held = data.rows(learning), data.rows(~learning)
    value, noise = np.zeros(len(some.value)), np.zeros(len(some.value))
    for fold in np.unique(some.fold):
        own = some.fold == fold
        value[own], noise[own] = method(some.rows(~own), basis)(some.known[own])
    model = method(some, basis)
    interval = fit_interval(
        _errors(some, value, noise), _errors(held, *model(held.known)), 1
    )
    value, noise = model(unseen)
    ends = value + interval.offsets(noise, _one_node(len(value)))
    return np.clip(ends, some.value.min(), some.value.max())


def _errors(data: Known, value, noise) -> Errors:
    return Errors(data.value - value, noise, _one_node(len(value)), data.galaxies)


def _one_node(count: int) -> Shares:
    return Shares(np.zeros((count, 1), int), np.ones((count, 1)))
