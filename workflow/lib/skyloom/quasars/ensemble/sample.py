"""Labelled spectra: stores joined with the truth that is known of their targets."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from skyloom.io.errors import InputError
from skyloom.quasars.ensemble.data import TrainingData, noise_of
from skyloom.quasars.network.architecture import Architecture
from skyloom.quasars.network.lines import targets
from skyloom.quasars.spectra.grid import normalise
from skyloom.quasars.spectra.store import Store
from skyloom.quasars.spectra.truth import match, read_truth

REMEDY = "make the spectra again, on the grid of the network"


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
