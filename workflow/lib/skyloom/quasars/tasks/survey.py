"""The survey run: an ensemble over exposures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from skyloom.quasars.config import Survey
from skyloom.quasars.network.runners import runner
from skyloom.quasars.spectra.store import Store
from skyloom.quasars.survey.classify import Classifier, classifier
from skyloom.quasars.survey.ensembles import BATCH, read_ensemble
from skyloom.quasars.survey.exposures import run_exposure
from skyloom.run.provenance import Recipe
from skyloom.som.matching import bmu
from skyloom.som.model import load


def classifier_of(
    networks: Sequence[str],
    calibration: str,
    som: str | None,
    settings: Survey,
    threads: int = 1,
) -> Classifier:
    """Return the classifier of an ensemble on disk, on `threads` cores.

    For `networks` and `calibration` see
    `skyloom.quasars.survey.ensembles.read_ensemble`; the cells of `som`, a map of
    spectra if one is named, become ``BMU``.
    """
    ensemble = read_ensemble(networks, calibration)
    make = runner(settings.runner, settings.device, threads)
    trained = None if som is None else load(som)
    cell = None if trained is None else lambda x: bmu(trained, x)[0]
    return classifier(make, ensemble.members, ensemble.redshift, settings, cell)


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
                paths["rows"], store.tables(BATCH), self.by, record
            )
        return {"rows": rows, "without signal": without}
