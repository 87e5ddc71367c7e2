"""Whole simulated surveys and their inspectors."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from skyloom.quasars.config_simulation import Objects, SimulatedSurvey
from skyloom.quasars.simulation.inspectors import evident, inspect
from skyloom.quasars.simulation.sample import BATCH, batches
from skyloom.quasars.simulation.survey import write_survey
from skyloom.quasars.spectra.inspect import read_answers
from skyloom.quasars.spectra.quality import signal_to_noise
from skyloom.quasars.spectra.readers import spectra_of
from skyloom.quasars.spectra.truth import match, read_truth

PLAN = SimulatedSurvey(tiles=2, targets=30, exposures=2)


@pytest.fixture(scope="module")
def survey(tmp_path_factory):
    """Return a small survey's folder and targets."""
    folder = tmp_path_factory.mktemp("survey")
    return folder, write_survey(folder, PLAN, Objects(), 7)


def test_files_lie_where_desi_puts_them(survey):
    """One coadd an exposure, in the folder of its tile, readable, with its numbers."""
    folder, _ = survey
    files = sorted(folder.glob("*/*/coadd-*.fits"))
    assert [f.name for f in files] == [
        f"coadd-{t}-{e}.fits"
        for t, e in ((1001, 80001), (1001, 80002), (1002, 80003), (1002, 80004))
    ]
    (spectra,) = spectra_of(files[-1])
    assert set(spectra.meta["tileid"]) == {1002}
    assert set(spectra.meta["expid"]) == {80004}
    assert len(spectra) == 33


def test_targets_are_seen_again(survey):
    """A tenth of the first tile stands on the second too."""
    folder, targets = survey
    (last,) = spectra_of(folder / "1002" / "80003" / "coadd-1002-80003.fits")
    first = set(targets["targetid"][:30])
    assert len(first & set(last.meta["targetid"])) == 3
    assert targets["targetid"].is_unique


def test_truth_matches_every_observation(survey):
    """The truth that is written is read back, for each row of each coadd."""
    folder, targets = survey
    truth = read_truth(folder / "truth.csv")
    (spectra,) = spectra_of(folder / "1002" / "80004" / "coadd-1002-80004.fits")
    found = match(spectra.meta, truth)
    known = targets.set_index("targetid").loc[spectra.meta["targetid"]]
    assert (found["klass"].to_numpy() == known["klass"].to_numpy()).all()
    both = known["z"].notna().to_numpy()
    assert found["z"][both].to_numpy() == pytest.approx(known["z"][both].to_numpy())


def test_light_agrees_between_exposures(survey):
    """Two exposures of the same target differ by noise and calibration only."""
    folder, targets = survey
    one, two = (
        spectra.arms[1]
        for e in (80001, 80002)
        for spectra in spectra_of(folder / "1001" / str(e) / f"coadd-1001-{e}.fits")
    )
    bright = (targets["sn"][:30] > 5).to_numpy()
    ratio = np.median(one.flux, axis=1) / np.median(two.flux, axis=1)
    assert ratio[bright] == pytest.approx(1, abs=0.2)


def test_inspectors_answers_are_read(survey):
    """Every target was seen by two or three people."""
    folder, targets = survey
    answers = read_answers(sorted(folder.glob("vi_*.csv")))
    seen = answers.groupby("TARGETID").size()
    assert set(seen.index) == set(targets["targetid"])
    assert set(seen) <= {2, 3}


def test_same_seed_same_bytes(survey, tmp_path):
    """A survey written twice has the same bytes in every file."""
    folder, _ = survey
    write_survey(tmp_path, PLAN, Objects(), 7)
    names = sorted(p.relative_to(folder) for p in folder.rglob("*") if p.is_file())
    assert names == sorted(
        p.relative_to(tmp_path) for p in tmp_path.rglob("*") if p.is_file()
    )
    for name in names:
        assert (folder / name).read_bytes() == (tmp_path / name).read_bytes(), name


def test_a_tile_does_not_depend_on_the_number_of_tiles(survey, tmp_path):
    """Adding a tile leaves the files of the tiles before as they were."""
    folder, _ = survey
    more = SimulatedSurvey(tiles=1, targets=30, exposures=2)
    write_survey(tmp_path, more, Objects(), 7)
    name = "1001/80002/coadd-1001-80002.fits"
    assert (folder / name).read_bytes() == (tmp_path / name).read_bytes()


def test_batches_are_plates():
    """Batches come in one size and do not depend on how many follow."""
    few = list(batches("boss", BATCH + 10, Objects(), 3))
    assert [len(s) for s, _ in few] == [BATCH, 10]
    (spectra, truth), *_ = batches("boss", BATCH, Objects(), 3)
    assert (few[0][0].arms[0].flux == spectra.arms[0].flux).all()
    ids = np.concatenate([t["targetid"] for _, t in few])
    assert len(np.unique(ids)) == BATCH + 10
    assert truth["sn"].to_numpy() == pytest.approx(signal_to_noise(spectra))


def test_desi_batches_have_three_arms():
    """Single exposures without files."""
    spectra, truth = next(batches("desi", 5, Objects(), 3))
    assert len(spectra.arms) == 3
    assert len(truth) == 5


def _sample(n, klass="QSO"):
    return pd.DataFrame(
        {"targetid": np.arange(n), "z": np.full(n, 1.5), "klass": np.full(n, klass)}
    )


def test_people_are_right_where_there_is_signal():
    """At S/N 10 nearly all classes are right and certain; at 0.2 few are certain."""
    rng = np.random.default_rng(1)
    clear = inspect(_sample(400), np.full(400, 10.0), rng)
    dark = inspect(_sample(400), np.full(400, 0.2), rng)
    assert (clear["VI_CLASS"] == "QSO").mean() > 0.98
    assert clear["VI_QUALITY"].mean() > 3.5
    assert dark["VI_QUALITY"].mean() < 1.5
    near = clear[clear["VI_CLASS"] == "QSO"]["VI_Z"] - 1.5
    assert near.abs().median() < 0.004


def test_evidence_rises_with_signal_and_empty_sky_has_no_class():
    """The chance to be right rises with S/N; nobody is certain of empty sky."""
    chance = evident(_sample(20), np.geomspace(0.1, 20, 20))
    assert (np.diff(chance) > 0).all()
    sky = inspect(_sample(200, ""), np.full(200, 0.05), np.random.default_rng(2))
    assert sky["VI_QUALITY"].mean() < 1.2


def test_doubtful_targets_are_seen_by_three():
    """Two people suffice where it is clear."""
    rng = np.random.default_rng(3)
    clear = inspect(_sample(300), np.full(300, 20.0), rng)
    doubt = inspect(_sample(300), np.full(300, 0.8), rng)
    assert len(clear) < 640
    assert len(doubt) > 700
