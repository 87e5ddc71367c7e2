"""Learn the labels of a map from training spectra; unseen galaxies make all choices."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, fields

import numpy as np

from skyloom.learn.splits import split
from skyloom.run.log import progress
from skyloom.run.seeds import rng
from skyloom.spectra.labels.amplitudes import (
    Amplitudes,
    amplitudes,
    gathered,
    learn_basis,
)
from skyloom.spectra.labels.intervals import FEWEST, Errors, fit_interval
from skyloom.spectra.labels.linear import fit_planes
from skyloom.spectra.labels.model import Label, LabelModel, predict
from skyloom.spectra.labels.nodes import Shares, quantiles, shares, weights
from skyloom.spectra.mapping.model import SpectralMap
from skyloom.spectra.mapping.novelty import fit_novelty
from skyloom.spectra.rest.files import CHUNK, RestSpectra
from skyloom.spectra.rest.galaxy import galaxy_of

MOST = 50_000  # spectra; more cost memory and teach little
WIDTH = 3.0  # of the kernel, of the typical distance to a prototype
PENALTIES = (0.003, 0.03, 0.3, 3.0)  # in galaxies
BASIS = 8192  # spectra that shapes are learned from
FOLDS = 8
CALIBRATION = -1  # fold of the galaxies that are held out of the fit


@dataclass(frozen=True, eq=False)
class Seen:
    """Training spectra as the map and the shapes see them; arrays of n rows."""

    galaxies: np.ndarray
    fold: np.ndarray
    near: Shares
    known: Amplitudes

    def __getitem__(self, rows: np.ndarray) -> Seen:
        """Return the chosen spectra."""
        return Seen(*(getattr(self, one.name)[rows] for one in fields(self)))


def fit_labels(
    made: SpectralMap,
    spectra: RestSpectra,
    names: Iterable[str],
    share: float,
    seed: int,
) -> LabelModel:
    """Return the labels of a map.

    Parameters
    ----------
    made : SpectralMap
        The map.
    spectra : RestSpectra
        Training spectra, scaled as the map's, with galaxies and the columns
        `names`. A label that is NaN leaves its spectrum out, for that label alone.
    names : iterable of str
        The labels; none makes a model without labels.
    share : float
        Of the galaxies, held out of the fit for the calibration of intervals
        [fraction].
    seed : int
        Of the run.

    Raises
    ------
    ValueError
        Too few galaxies have a label.
    """
    rows = some_rows(spectra, seed)
    info = spectra.info.iloc[rows]
    galaxies = galaxy_of(info)
    fold = folds(galaxies, share, seed)
    values = {name: info[name].to_numpy(np.float64) for name in names}
    learning = fold != CALIBRATION
    for name, value in values.items():
        count = len(np.unique(galaxies[learning & np.isfinite(value)]))
        if count < FEWEST:
            msg = f"{count} galaxies to learn {name} from; {FEWEST} are the fewest"
            raise ValueError(msg)
    basis, width = _prepare(made, spectra, rows[learning], galaxies[learning], seed)
    seen = _see(made, basis, width, spectra, rows, galaxies, fold)
    units = made.som.n_units
    found = {name: _label(units, seen, value) for name, value in values.items()}
    about = {"spectra": len(rows), "galaxies": len(np.unique(galaxies))}
    draw = rng(seed, "labels", "novelty")
    about["novelty"] = fit_novelty(made, spectra, draw).to_json()
    usual = np.quantile(seen.known[learning].strange, 0.99, axis=0)
    return LabelModel(found, basis, usual, width, made.digest, about)


def some_rows(spectra: RestSpectra, seed: int) -> np.ndarray:
    """Return the rows that are learned from: with good pixels, `MOST` at most."""
    rows = np.flatnonzero([np.any(row > 0) for row in spectra.ivar])
    if len(rows) <= MOST:
        return rows
    return np.sort(rng(seed, "labels", "rows").choice(rows, MOST, replace=False))


def folds(galaxies, share: float, seed: int) -> np.ndarray:
    """Return the fold of each spectrum, by its galaxy; `CALIBRATION` for a share."""
    each = (1 - share) / FOLDS
    parts = {CALIBRATION: share} | dict.fromkeys(range(1, FOLDS), each)
    dealt = split(np.unique(galaxies).tolist(), parts, seed)
    dealt[0] = dealt.pop("train")
    of = {name: fold for fold, names in dealt.items() for name in names}
    return np.array([of[name] for name in galaxies], int)


def unseen_errors(seen: Seen, value: np.ndarray, units: int) -> tuple:
    """Return errors of a label, and what noise makes of them, from the other folds.

    Both are of shape (penalties, n).
    """
    error, noise = np.zeros((2, len(PENALTIES), len(value)))
    for fold in np.unique(seen.fold):
        own = seen.fold == fold
        some = seen[own]
        for i, plane in enumerate(_planes(seen[~own], value[~own], units, PENALTIES)):
            found, noise[i, own] = predict(plane, some.near, some.known)
            error[i, own] = value[own] - found
    return error, noise


def _prepare(made: SpectralMap, spectra: RestSpectra, rows, galaxies, seed: int):
    """Return shapes of training spectra, and the width of the kernel."""
    weight = weights(galaxies)
    if len(rows) > BASIS:
        chosen = rng(seed, "labels", "basis").choice(len(rows), BASIS, replace=False)
        rows, weight = rows[np.sort(chosen)], weight[np.sort(chosen)]
    some = spectra.rows(rows)
    basis = learn_basis(some.flux, some.ivar, weight, rng(seed, "labels", "axes"))
    _, distance, _ = made.place(some.flux, some.ivar)
    typical = quantiles(distance, weight, [0.5])[0]
    return basis, WIDTH * max(float(typical), 1e-6)


def _see(made, basis, width, spectra: RestSpectra, rows, galaxies, fold) -> Seen:
    near, known = [], []
    for piece in progress(
        spectra.pieces(rows), "labels: placing spectra", -(-len(rows) // CHUNK)
    ):
        latent = made.place(piece.flux, piece.ivar)[2]
        near.append(shares(made.som, latent, width))
        known.append(amplitudes(basis, piece.flux, piece.ivar))
    node, share = (
        np.concatenate([getattr(one, part) for one in near])
        for part in ("node", "share")
    )
    return Seen(galaxies, fold, Shares(node, share), gathered(known))


def _label(units: int, seen: Seen, value: np.ndarray) -> Label:
    """Return what is learned of one label from the spectra that have it."""
    seen, value = seen[np.isfinite(value)], value[np.isfinite(value)]
    learning = seen.fold != CALIBRATION
    some, truth, held = seen[learning], value[learning], seen[~learning]
    weight = weights(some.galaxies)
    error, noise = unseen_errors(some, truth, units)
    best = int(np.argmin(np.average(np.abs(error), axis=1, weights=weight)))
    (planes,) = _planes(some, truth, units, [PENALTIES[best]])
    found, more = predict(planes, held.near, held.known)
    interval = fit_interval(
        Errors(error[best], noise[best], some.near, some.galaxies),
        Errors(value[~learning] - found, more, held.near, held.galaxies),
        units,
    )
    limits = np.array([truth.min(), truth.max()])
    return Label(planes, interval, limits)


def _planes(seen: Seen, value, units: int, penalties) -> np.ndarray:
    counts = weights(seen.galaxies)
    return fit_planes(seen.known.value, value, counts, seen.near, units, penalties)
