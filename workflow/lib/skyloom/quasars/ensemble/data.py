"""What a member learns from: labelled spectra, their noise, and what to answer."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from skyloom.io.errors import InputError
from skyloom.quasars.config_training import Train
from skyloom.quasars.network.architecture import Architecture
from skyloom.quasars.network.lines import targets
from skyloom.quasars.spectra.grid import normalise
from skyloom.quasars.spectra.store import Store
from skyloom.quasars.spectra.truth import match, read_truth
from skyloom.run.seeds import rng

REMEDY = "make the spectra again, on the grid of the network"


@dataclass(frozen=True)
class TrainingData:
    """Spectra with their answers; the rows of all arrays agree.

    `x` (n, pixels) are normalised spectra and `sigma` their noise in the same units, 0
    where masked; `y` and `weight` are `skyloom.quasars.network.lines.targets`.

    Raises
    ------
    ValueError
        Nothing weighs anything.
    """

    x: np.ndarray
    sigma: np.ndarray
    y: np.ndarray
    weight: np.ndarray

    def __post_init__(self):
        if not (self.weight > 0).any():
            msg = "no answer weighs anything: no spectrum has a confident truth"
            raise ValueError(msg)


def noisy(
    x: np.ndarray, sigma: np.ndarray, added: np.ndarray, draws: np.ndarray
) -> np.ndarray:
    """Return spectra with more noise, normalised again, float32.

    `added` (n,) is the noise to add in units of `sigma`, so that the total is
    √(1 + added²) of it; `draws` (n, pixels) are standard normal. A masked pixel keeps
    its flux of 0 before normalisation.
    """
    raw = x + added[:, None] * sigma * draws
    weight = np.divide(1.0, sigma**2, out=np.zeros_like(sigma), where=sigma > 0)
    weight /= weight.sum(axis=1, keepdims=True)
    raw -= (raw * weight).sum(axis=1, keepdims=True)
    raw /= np.sqrt((raw**2 * weight).sum(axis=1, keepdims=True))
    return raw.astype(np.float32)


def noise_of(flux: np.ndarray, ivar: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return normalised spectra and their noise, `x` and `sigma` of `TrainingData`.

    All can be normalised, see `skyloom.quasars.spectra.grid.normalise`.
    """
    x, _ = normalise(flux, ivar)
    weight = ivar.astype(np.float64)
    total = weight.sum(axis=1)
    mean = (flux * weight).sum(axis=1) / total
    scatter = np.sqrt(((flux - mean[:, None]) ** 2 * weight).sum(axis=1) / total)
    sigma = np.zeros_like(weight)
    np.divide(1.0, np.sqrt(weight) * scatter[:, None], out=sigma, where=weight > 0)
    return x, sigma.astype(np.float32)


def epoch_rows(
    rows: np.ndarray, steps: int, settings: Train, seed: int, epoch: int
) -> np.ndarray:
    """Return the rows of each batch of an epoch, (steps, batch).

    All of `rows` in a random order; what is missing to full batches begins again.
    """
    order = rng(seed, "batches", epoch).permutation(rows)
    return np.resize(order, (steps, settings.batch))


def added_noise(n: int, settings: Train, draw: np.random.Generator) -> np.ndarray:
    """Return how much noise each of n spectra gets, float32, (n,)."""
    chosen = draw.random(n) < settings.noise_share
    return (settings.noise * chosen * draw.random(n)).astype(np.float32)


@dataclass(frozen=True)
class Labelled:
    """Spectra with signal whose targets somebody has looked at; rows agree.

    `meta` are the facts of the store, `truth` has the columns of
    `skyloom.quasars.spectra.truth.COLUMNS`, `flux` and `ivar` are (n, pixels).
    """

    meta: pd.DataFrame
    truth: pd.DataFrame
    flux: np.ndarray
    ivar: np.ndarray

    def __len__(self) -> int:
        return len(self.meta)

    @property
    def targetid(self) -> np.ndarray:
        """Return the target of each spectrum, (n,)."""
        return self.meta["targetid"].to_numpy()

    @property
    def is_qso(self) -> np.ndarray:
        """Return which are confident quasars, bool, (n,)."""
        return ((self.truth["klass"] == "QSO") & self.truth["confident"]).to_numpy()

    def training(self, arch: Architecture) -> TrainingData:
        """Return what a network learns from them."""
        x, sigma = noise_of(self.flux, self.ivar)
        z, bal = (self.truth[name].to_numpy() for name in ("z", "bal"))
        known = self.truth["confident"].to_numpy()
        y, weight = targets(
            z, self.is_qso, bal, known, arch.heads, arch.grid, arch.boxes
        )
        return TrainingData(x, sigma, y, weight)


def read_labelled(
    stores: Iterable[str | Path], labels: str | Path, arch: Architecture
) -> Labelled:
    """Read stores and keep the spectra of labelled targets that have a signal.

    Raises
    ------
    InputError
        A store on another grid than the network's, or no labelled spectrum in any.
    """
    truth = read_truth(labels)
    known = truth["targetid"].to_numpy()
    tables, spectra = [], []
    for path in stores:
        with Store(path) as store:
            if store.grid != arch.grid:
                raise InputError(path, f"on {store.grid}", remedy=REMEDY)
            meta = store.meta
            rows = np.flatnonzero(meta["targetid"].isin(known))
            flux, ivar = store.rows(rows)
        good = normalise(flux, ivar)[1]
        tables.append(meta.iloc[rows[good]])
        spectra.append((flux[good], ivar[good]))
    meta = pd.concat(tables, ignore_index=True)
    if meta.empty:
        expected = "a target of the spectra, with a signal"
        raise InputError(labels, "labels none of the spectra", expected=expected)
    flux, ivar = (np.concatenate(parts) for parts in zip(*spectra, strict=True))
    return Labelled(meta, match(meta, truth), flux, ivar)
