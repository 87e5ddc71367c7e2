"""An ensemble over a survey's exposures, and over given spectra, noisier if asked."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd

from skyloom.io.spectra import Arm, Spectra
from skyloom.quasars.config import Survey
from skyloom.quasars.evaluation.thresholds import score_of
from skyloom.quasars.network.runners import runner
from skyloom.quasars.spectra.noise import louder
from skyloom.quasars.spectra.rejects import Rejects
from skyloom.quasars.spectra.store import Batch, Store, batch, gathered
from skyloom.quasars.spectra.templates import read_template
from skyloom.quasars.survey.classify import Classifier, classifier, classify
from skyloom.quasars.survey.ensembles import BATCH, read_ensemble
from skyloom.quasars.survey.exposures import run_exposure
from skyloom.quasars.survey.refine import Template
from skyloom.quasars.survey.target_classes import refuse_absent, row_thresholds
from skyloom.run.provenance import Recipe
from skyloom.run.seeds import rng
from skyloom.som.matching import bmu
from skyloom.som.model import load

log = logging.getLogger(__name__)


def classifier_of(
    networks: Sequence[str],
    calibration: str,
    som: str | None,
    settings: Survey,
    threads: int = 1,
    template: str | None = None,
) -> Classifier:
    """Return the classifier of an ensemble on disk, on `threads` cores.

    For `networks` and `calibration` see
    `skyloom.quasars.survey.ensembles.read_ensemble`; the cells of `som`, a map of
    spectra if one is named, become ``BMU``; `template`, a file of redrock's layout,
    refines redshifts.
    """
    ensemble = read_ensemble(networks, calibration)
    make = runner(settings.runner, settings.device, threads)
    trained = None if som is None else load(som)
    cell = None if trained is None else lambda x: bmu(trained, x)[0]
    near = None if template is None else Template(*read_template(template))
    given = make, ensemble.members, ensemble.redshift, settings, cell, near
    return classifier(*given, ensemble.probability)


@dataclass
class Run:
    """Classifies exposures with one ensemble.

    `stores` has the store of each ``<tile>/<expid>``; `inputs` the checksums of
    networks, calibration and map.
    """

    by: Classifier
    stores: Mapping[str, str]
    recipe: Recipe
    inputs: Mapping[str, str]

    def __call__(self, exposure: str, paths: Mapping[str, Path]) -> dict:
        """Classify an exposure and write its rows."""
        place = self.stores[exposure]
        record = self.recipe.record([place])
        record["inputs"] = {**self.inputs, **record["inputs"]}
        with Store(place) as store:
            rows, without = run_exposure(
                paths["rows"], store.batches(BATCH), self.by, record
            )
        if without:
            msg = "%s: %d spectra without signal have no row (see spectra/rejected)"
            log.warning(msg, exposure, without)
        return {"rows": rows, "without signal": without}


def classify_files(
    files: Sequence[str | Path],
    by: Classifier,
    threshold: float,
    noise: float = 1.0,
    seed: int = 1,
    rejects: Rejects | None = None,
    by_class: Mapping[str, float] | None = None,
) -> pd.DataFrame:
    """Classify all spectra of some files of any kind that `spectra_of` reads.

    Column ``IS_QSO``, beside those of `skyloom.quasars.survey.classify.columns`, says
    whether the score is above `threshold`, or above that of the target's class in
    `by_class` (`skyloom.quasars.survey.target_classes.row_thresholds`). For `noise` and
    `seed` see `noisier`. Files that cannot be read, and targets without signal, are
    noted in `rejects`.

    Raises
    ------
    InputError
        None of the files can be read, or `by_class` names classes and no target says
        its own.
    """
    rejects = Rejects() if rejects is None else rejects

    def batches() -> Iterator[Batch]:
        for path, spectra in rejects.spectra(files, anonymous=True):
            one = batch(noisier(spectra, noise, seed), by.runner.arch.grid)
            rejects.note_silent(path, one)
            yield one

    parts = [classify(*some, by) for some in gathered(batches(), BATCH)]
    rows = pd.concat([part for part in parts if len(part)] or parts, ignore_index=True)
    if by_class:
        place = Path(files[0])
        refuse_absent(place if len(files) == 1 else place.parent, rows, by_class)
    limit = row_thresholds(rows, threshold, by_class or {})
    return rows.assign(IS_QSO=score_of(rows, by.settings.n_detect) > limit)


def noisier(spectra: Spectra, noise: float, seed: int) -> Spectra:
    """Return spectra whose noise is larger: σ → `noise` σ, ivar → ivar / noise².

    The noise added is drawn from `seed` and each target's number, exposure and row.

    Raises
    ------
    ValueError
        `noise` below 1.
    """
    if noise < 1:
        msg = f"noise {noise}: spectra can be made noisier only, expected 1 or more"
        raise ValueError(msg)
    if noise == 1:
        return spectra
    names = spectra.meta[["targetid", "expid"]].itertuples(index=False)
    rngs = [rng(seed, "noise", int(t), int(e), i) for i, (t, e) in enumerate(names)]
    arms = tuple(_noisier(arm, noise, rngs) for arm in spectra.arms)
    return replace(spectra, arms=arms)


def _noisier(arm: Arm, noise: float, rngs: list[np.random.Generator]) -> Arm:
    normal = np.stack([each.standard_normal(len(arm.wave)) for each in rngs])
    return Arm(arm.name, arm.wave, *louder(arm.flux, arm.ivar, noise, normal))
