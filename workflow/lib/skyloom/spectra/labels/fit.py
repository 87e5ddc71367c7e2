"""Learn the labels of a map from training spectra; unseen galaxies make all choices."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from skyloom.learn.splits import split
from skyloom.run.log import NAME, progress
from skyloom.run.seeds import rng
from skyloom.spectra.labels.amplitudes import (
    Amplitudes,
    amplitudes,
    gathered,
    learn_basis,
)
from skyloom.spectra.labels.intervals import (
    FEWEST,
    Errors,
    fit_interval,
    fit_scale,
    scale,
)
from skyloom.spectra.labels.linear import fit_planes
from skyloom.spectra.labels.model import Label, LabelModel, predict
from skyloom.spectra.labels.nodes import (
    Shares,
    distributions,
    quantiles,
    shares,
    weights,
)
from skyloom.spectra.mapping.model import SpectralMap
from skyloom.spectra.mapping.novelty import fit_novelty
from skyloom.spectra.rest.files import CHUNK, RestSpectra
from skyloom.spectra.rest.galaxy import galaxy_of

log = logging.getLogger(NAME)

MOST = 50_000  # spectra; more cost memory and teach little
WIDTHS = (0.5, 1.0, 2.0)  # of the kernel, of the typical distance to a prototype
PENALTIES = (0.003, 0.03, 0.3, 3.0)  # in galaxies
BASIS = 8192  # spectra that shapes are learned from
FOLDS = 8
TRIED = 3  # of the folds, that choices are made by
CALIBRATION = -1  # fold of the galaxies that intervals are calibrated on


@dataclass(frozen=True, eq=False)
class Seen:
    """Training spectra as the map and the shapes see them; arrays of n rows."""

    galaxies: np.ndarray
    fold: np.ndarray
    bmu: np.ndarray
    near: dict[float, Shares]  # by width of the kernel
    known: Amplitudes

    def rows(self, chosen: np.ndarray) -> Seen:
        """Return the chosen spectra."""
        near = {width: found[chosen] for width, found in self.near.items()}
        parts = (self.galaxies, self.fold, self.bmu)
        return Seen(*(part[chosen] for part in parts), near, self.known[chosen])


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
        The labels.
    share : float
        Of the galaxies, for the calibration of intervals [fraction].
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
        _enough(name, galaxies[learning & np.isfinite(value)])
    basis, widths = _prepare(made, spectra, rows[learning], galaxies[learning], seed)
    seen = _see(made, basis, widths, spectra, rows, galaxies, fold)
    width, penalties = choose(seen, values, made.som.n_units)
    log.info("kernel of %.3g, penalties %s", width, penalties)
    found = {
        name: _label(made, seen, width, value, penalties[name])
        for name, value in values.items()
    }
    about = {"penalties": penalties, "spectra": len(rows)}
    about["galaxies"] = len(np.unique(seen.galaxies))
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


def _enough(name: str, galaxies: np.ndarray) -> None:
    count = len(np.unique(galaxies))
    if count < FEWEST:
        msg = f"{count} galaxies to learn {name} from; {FEWEST} are the fewest"
        raise ValueError(msg)


def folds(galaxies, share: float, seed: int) -> np.ndarray:
    """Return the fold of each spectrum, by its galaxy; `CALIBRATION` for a share."""
    each = (1 - share) / FOLDS
    parts = {CALIBRATION: share} | dict.fromkeys(range(1, FOLDS), each)
    dealt = split(np.unique(galaxies).tolist(), parts, seed)
    dealt[0] = dealt.pop("train")
    of = {name: fold for fold, names in dealt.items() for name in names}
    return np.array([of[name] for name in galaxies], int)


def choose(seen: Seen, values: dict, units: int) -> tuple[float, dict[str, float]]:
    """Return the kernel's width, and each label's penalty, of least error on folds."""
    loss = {}
    for name, value in values.items():
        ok = np.isfinite(value) & (seen.fold != CALIBRATION)
        some, weight = seen.rows(ok), weights(seen.galaxies[ok])
        middle = quantiles(value[ok], weight, [0.5])[0]
        spread = np.average(np.abs(value[ok] - middle), weights=weight)
        for width in seen.near:
            how = (some, width, value[ok], PENALTIES, units)
            errors, _ = unseen_errors(*how, tried=TRIED)
            for penalty, error in zip(PENALTIES, errors, strict=True):
                known = np.isfinite(error)
                size = np.average(np.abs(error[known]), weights=weight[known])
                loss[width, name, penalty] = size / max(spread, 1e-12)
    least = {
        width: sum(min(loss[width, name, p] for p in PENALTIES) for name in values)
        for width in seen.near
    }
    best = min(least, key=least.get)
    return best, {n: min(PENALTIES, key=lambda p: loss[best, n, p]) for n in values}


def unseen_errors(
    seen: Seen, width: float, value, penalties, units: int, trust=None, tried=FOLDS
) -> tuple[np.ndarray, np.ndarray]:
    """Return errors of a label, and what noise makes of them, from the other folds.

    Both are of shape (penalties, n), NaN but for the first `tried` folds. `trust` is
    what a spectrum counts beside its `weights`, if not 1.
    """
    error, noise = np.full((2, len(penalties), len(value)), np.nan)
    trust = np.ones(len(value)) if trust is None else trust
    for fold in np.unique(seen.fold)[:tried]:
        own = seen.fold == fold
        rest, some = seen.rows(~own), seen.rows(own)
        planes = _planes(rest, width, value[~own], penalties, units, trust[~own])
        for i, plane in enumerate(planes):
            found, noise[i, own] = predict(plane, some.near[width], some.known)
            error[i, own] = value[own] - found
    return error, noise


def _prepare(made: SpectralMap, spectra: RestSpectra, rows, galaxies, seed: int):
    """Return shapes of training spectra, and widths of the kernel that are tried."""
    weight = weights(galaxies)
    if len(rows) > BASIS:
        chosen = rng(seed, "labels", "basis").choice(len(rows), BASIS, replace=False)
        rows, weight = rows[np.sort(chosen)], weight[np.sort(chosen)]
    some = spectra.rows(rows)
    basis = learn_basis(some.flux, some.ivar, weight, rng(seed, "labels", "axes"))
    _, distance, _ = made.place(some.flux, some.ivar)
    typical = max(float(quantiles(distance, weight, [0.5])[0]), 1e-6)
    return basis, [factor * typical for factor in WIDTHS]


def _see(made, basis, widths, spectra: RestSpectra, rows, galaxies, fold) -> Seen:
    parts = []
    for piece in progress(
        spectra.pieces(rows), "labels: placing spectra", -(-len(rows) // CHUNK)
    ):
        bmu, _, latent = made.place(piece.flux, piece.ivar)
        near = [shares(made.som, latent, width) for width in widths]
        known = amplitudes(basis, piece.flux, piece.ivar)
        parts.append((bmu, near, known))
    bmus, nears, known = zip(*parts, strict=True)
    near = {
        width: Shares(
            np.concatenate([one[i].node for one in nears]),
            np.concatenate([one[i].share for one in nears]),
        )
        for i, width in enumerate(widths)
    }
    return Seen(galaxies, fold, np.concatenate(bmus), near, gathered(known))


def _label(made, seen: Seen, width: float, value, penalty: float) -> Label:
    """Return what is learned of one label from the spectra that have it."""
    seen, value = seen.rows(np.isfinite(value)), value[np.isfinite(value)]
    units, learning = made.som.n_units, seen.fold != CALIBRATION
    some, truth = seen.rows(learning), value[learning]
    weight, near = weights(some.galaxies), some.near[width]
    tried = (some, width, truth, [penalty], units)
    (error,), (noise,) = unseen_errors(*tried)
    # Again, with spectra trusted by how well they tell the label.
    trust = 1 / scale(fit_scale(error, noise, weight), noise) ** 2
    trust /= np.average(trust, weights=weight)
    (error,), (noise,) = unseen_errors(*tried, trust)
    known = Errors(error, noise, near, some.galaxies)
    (planes,) = _planes(*tried, trust)
    held = seen.rows(~learning)
    apart, noise = predict(planes, held.near[width], held.known)
    apart = value[~learning] - apart
    unseen = Errors(apart, noise, held.near[width], held.galaxies)
    interval = fit_interval(known, unseen, units)
    table, borrowed = distributions(made.som, some.bmu, truth, weight)
    limits = np.array([truth.min(), truth.max()])
    return Label(planes, interval, limits, table, borrowed)


def _planes(seen: Seen, width, value, penalties, units, trust) -> np.ndarray:
    near, counts = seen.near[width], weights(seen.galaxies) * trust
    return fit_planes(seen.known.value, value, counts, near, units, penalties)
