"""Runs of an ensemble over the stores of a survey."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest
from skyloom.io.record import checksum, checksums
from skyloom.quasars.config import Som, Survey
from skyloom.quasars.network.run_numpy import Runner
from skyloom.quasars.spectra.grid import normalise
from skyloom.quasars.spectra.store import Store
from skyloom.quasars.survey import ensembles
from skyloom.quasars.survey.classify import classify
from skyloom.quasars.survey.consensus import Calibration
from skyloom.quasars.survey.ensembles import write_calibration
from skyloom.quasars.tasks.som import train_map
from skyloom.quasars.tasks.spectra import by_exposure
from skyloom.quasars.tasks.survey import Run, classifier_of
from skyloom.run.provenance import Recipe
from skyloom.som.matching import bmu
from skyloom.som.model import save
from skyloom.stats.calibration import Platt
from small_quasars import SEED

CHANCE = Platt(0.9, -2.0)
SOM = Som(rows=2, columns=3, epochs=2)


@pytest.fixture(scope="module")
def som(small_survey):
    return train_map(list(small_survey.stores.values()), SOM, SEED)


@pytest.fixture(scope="module")
def files(small_members, som, tmp_path_factory):
    """Return what a run reads: networks, calibration and map."""
    folder = tmp_path_factory.mktemp("run")
    found = Calibration.unknown(6), CHANCE, {"value": 0.5}
    write_calibration(folder / "c.json", *found, how().model_dump(), {})
    save(folder / "som.npz", som[0], {})
    return small_members.networks, folder / "c.json", folder / "som.npz"


def how(**changes):
    return Survey(**{"runner": "numpy", "shifts": 2} | changes)


def test_a_run_says_what_the_classifier_says(small_survey, files, tmp_path):
    """Row for row; every exposure; with the checksums of all that it used."""
    networks, calibration, _ = files
    by = classifier_of(*files, how())
    used = checksums([*networks, calibration])
    run = Run(by, small_survey.stores, Recipe({}, "c0de"), used)
    for name, path in small_survey.stores.items():
        target = tmp_path / f"{name}.parquet"
        counts = run(name, {"rows": target})
        with Store(path) as store:
            expected = classify(store.meta, *store.rows(np.arange(len(store))), by)
            assert counts == {
                "rows": len(expected),
                "without signal": len(store) - len(expected),
            }
        pd.testing.assert_frame_equal(pd.read_parquet(target), expected)
    record = json.loads(pq.read_schema(target).metadata[b"skyloom"])
    assert record["inputs"][path.name] == checksum(path)
    assert record["inputs"].items() > used.items()
    assert "net_0.keras" in used


def test_cells_are_those_of_the_map(small_survey, files, som):
    """BMU is the unit of the normalised spectrum; -1 where there is no map."""
    (path, *_) = small_survey.stores.values()
    with Store(path) as store:
        facts = store.meta, *store.rows(np.arange(len(store)))
    mapped = classify(*facts, classifier_of(*files, how(shifts=1)))
    x, good = normalise(*facts[1:])
    assert mapped["BMU"].tolist() == bmu(som[0], x[good])[0].tolist()
    plain = classify(*facts, classifier_of(*files[:2], None, how(shifts=1)))
    assert set(plain["BMU"]) == {-1}


def test_a_classifier_is_made_as_told(files):
    """Runner, settings of votes and shifts, and the calibration of the file."""
    by = classifier_of(*files[:2], None, how(n_detect=2, shifts=3))
    assert isinstance(by.runner, Runner)
    assert by.settings.n_detect == 2
    assert by.calibration == Calibration.unknown(6)
    assert by.probability == CHANCE
    assert by.shifted is not None
    assert classifier_of(*files[:2], None, how(shifts=1)).shifted is None


def test_exposures_are_named_by_their_place():
    """Tile and exposure, whatever the folder and the suffix."""
    one, two = "results/spectra/1001/80001.h5", "a/b/1002/80004.h5"
    assert by_exposure([one, two]) == {"1001/80001": one, "1002/80004": two}


def test_a_map_counts_every_spectrum(small_survey, som):
    """Each with a signal lies in one unit; the same map from the same seed."""
    trained, quality, counts = som
    stores = list(small_survey.stores.values())
    alive = 0
    for path in stores:
        with Store(path) as store:
            alive += normalise(*store.rows(np.arange(len(store))))[1].sum()
    assert quality["spectra"] == counts.sum() == alive
    assert trained.shape == counts.shape == (2, 3)
    assert quality["empty"] == (counts == 0).sum()
    assert 0 <= quality["topographic_error"] <= 1
    again = train_map(stores, SOM, SEED)[0]
    np.testing.assert_array_equal(again.weights, trained.weights)


def test_constant_memory_gives_the_same_rows(
    small_survey, files, tmp_path, monkeypatch
):
    """A store is read some spectra at a time; that changes nothing."""
    name, *_ = small_survey.stores
    by, recipe = classifier_of(*files[:2], None, how(shifts=1)), Recipe({}, "c0de")
    run = Run(by, small_survey.stores, recipe, {})
    for size in (5, 1000):
        monkeypatch.setattr("skyloom.quasars.tasks.survey.BATCH", size)
        run(name, {"rows": tmp_path / f"{size}"})
    one, other = (pd.read_parquet(tmp_path / f"{size}") for size in (5, 1000))
    pd.testing.assert_frame_equal(one, other, rtol=1e-4, atol=1e-5)
    assert ensembles.BATCH == 1000
