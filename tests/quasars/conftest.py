"""A tiny survey, a labelled sample and an ensemble of chance, made once."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from skyloom.quasars.ensemble.bootstrap import draw, held_out, save_draw
from skyloom.quasars.network.model import save_member
from skyloom.quasars.simulation.sample import write_sample
from skyloom.quasars.simulation.survey import write_survey
from skyloom.quasars.spectra.grid import LOG
from skyloom.quasars.spectra.store import Store
from skyloom.quasars.spectra.truth import match, read_truth
from skyloom.quasars.tasks.spectra import ingest_exposure
from skyloom.run.provenance import Recipe
from small_quasars import BRIGHT, MEMBERS, PLAN, SEED, network


@dataclass(frozen=True)
class Survey:
    """Raw files of a survey, and the store of each exposure, ``<tile>/<expid>``."""

    raw: Path
    stores: dict[str, Path]


@dataclass(frozen=True)
class Sample:
    """A training sample."""

    store: Path
    labels: Path


@dataclass(frozen=True)
class Members:
    """Networks and the bootstrap samples that they claim to have seen."""

    networks: list[Path]
    draws: list[Path]


@pytest.fixture(scope="session")
def small_survey(tmp_path_factory) -> Survey:
    """Return two tiles of two exposures each."""
    folder = tmp_path_factory.mktemp("survey")
    write_survey(folder / "raw", PLAN, BRIGHT, SEED)
    found = sorted((folder / "raw").glob("*/*/coadd-*.fits"))
    files = {"/".join(path.parts[-3:-1]): [path] for path in found}
    stores = {name: folder / "spectra" / f"{name}.h5" for name in files}
    given = {"files": files, "grid": LOG, "recipe": Recipe({}, "c0de")}
    for name, path in stores.items():
        ingest_exposure(name, {"store": path}, **given)
    return Survey(folder / "raw", stores)


@pytest.fixture(scope="session")
def small_sample(tmp_path_factory) -> Sample:
    """Return seventy labelled spectra, some of BOSS."""
    folder = tmp_path_factory.mktemp("sample")
    sample = Sample(folder / "training.h5", folder / "round1.csv")
    write_sample(sample.store, sample.labels, 70, 0.4, BRIGHT, LOG, SEED)
    return sample


@pytest.fixture(scope="session")
def small_members(tmp_path_factory, small_sample) -> Members:
    """Return an ensemble of chance with draws from the sample, a tenth held out."""
    folder = tmp_path_factory.mktemp("ensemble")
    with Store(small_sample.store) as store:
        meta = store.meta
    stratum = match(meta, read_truth(small_sample.labels))["klass"].to_numpy()
    ids = meta["targetid"].to_numpy()
    usable = ~held_out(ids, 0.1, SEED)
    found = Members([], [])
    for i in range(MEMBERS):
        found.networks.append(folder / f"net_{i}.keras")
        found.draws.append(folder / f"net_{i}.npz")
        save_member(found.networks[-1], network(i), {"member": i})
        save_draw(found.draws[-1], draw(ids, np.array(stratum), usable, SEED, i))
    return found
