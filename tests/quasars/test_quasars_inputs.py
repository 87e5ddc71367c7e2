"""Which spectra, labels and networks a run has, and the files that hold them."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest
from skyloom.quasars import inputs
from skyloom.quasars.config_simulation import SimulatedSurvey
from skyloom.quasars.simulation.survey import write_survey
from skyloom.run.config import ConfigError
from small_quasars import BRIGHT, SEED, config

TRUTHS = {"training_truth": "vi.csv", "survey_truth": "truth.csv"}


@pytest.fixture
def data(tmp_path, monkeypatch):
    """Return the folder of the data: two coadds, two samples and their truths."""
    monkeypatch.setenv("SKYLOOM_DATA", str(tmp_path))
    monkeypatch.chdir(tmp_path)  # for the listing
    for name in ("70/9/coadd-0-70-9.fits", "70/9/coadd-1-70-9.fits.gz"):
        touch(tmp_path / "fuji" / name)
    for name in ("boss/spPlate-1-2.fits", "eboss/9/spec-1-2-3.fits"):
        touch(tmp_path / name)
    for name in ("vi.csv", "truth.csv", "more.csv"):
        touch(tmp_path / name)
    return tmp_path


def touch(path):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch()
    return str(path)


def files(rounds=2, evaluate=None, ensemble=None, **paths) -> dict:
    named = {"survey": "fuji", "training": "boss"} | TRUTHS | paths
    return config(
        source="files",
        rounds=rounds,
        paths=named,
        evaluate=evaluate or {},
        ensemble=ensemble or {},
    )


def test_planned_exposures_are_those_written(tmp_path):
    """Rules know the simulated survey's files before it is there."""
    plan = {"tiles": 2, "targets": 2, "exposures": 2, "first_tile": 17}
    whole = config(simulate={"survey": plan})
    write_survey(tmp_path, SimulatedSurvey(**plan), BRIGHT, SEED)
    planned = inputs.exposures(whole)
    assert list(planned) == ["17/80001", "17/80002", "18/80003", "18/80004"]
    written = {f"{inputs.RAW}/{p.relative_to(tmp_path)}" for p in _files(tmp_path)}
    named = {path for paths in planned.values() for path in paths}
    named |= {f"{inputs.RAW}/vi_{who}.csv" for who in inputs.INSPECTORS}
    named |= set(inputs.survey_truth(whole)) | {f"{inputs.RAW}/targets.parquet"}
    assert named == written


def _files(folder):
    return (path for path in folder.rglob("*") if path.is_file())


def test_a_survey_of_one_target_has_all_inspectors(tmp_path):
    """One whom nobody asked leaves a table without rows; the rule names it."""
    write_survey(
        tmp_path, SimulatedSurvey(tiles=1, targets=1, exposures=1), BRIGHT, SEED
    )
    for who in inputs.INSPECTORS:
        rows = (tmp_path / f"vi_{who}.csv").read_text().splitlines()
        assert rows[0] == "TARGETID,VI_Z,VI_QUALITY,VI_CLASS,VI_BY"


def test_exposures_are_found(data):
    """By tile and exposure, all files of one together; other folders are left alone."""
    for name in ("71/x/coadd-1.fits", "71/8/redrock-1.fits", "71/8/coadd-1.fits.tmp"):
        touch(data / "fuji" / name)
    place = data / "fuji" / "70" / "9"
    assert inputs.exposures(files()) == {
        "70/9": [str(place / "coadd-0-70-9.fits"), str(place / "coadd-1-70-9.fits.gz")]
    }


def test_exposures_with_zeros_before_them_are_numbers(data):
    """As DESI's own folders are called; two folders of one exposure are refused."""
    path = touch(data / "fuji" / "070" / "00083716" / "coadd-7-1-exp00083716.fits")
    assert inputs.exposures(files())["70/83716"] == [path]
    touch(data / "fuji" / "70" / "83716" / "coadd-7-1.fits")
    with pytest.raises(ConfigError, match=r"00083716 and .* are both exposure"):
        inputs.exposures(files())


def test_spectra_are_found_under_any_name(data):
    """In linked folders too; hidden files, packed twins and companions are none."""
    mine, archive = data / "mine", data / "archive"
    found = [touch(mine / name) for name in ("coadd-1.fits", "night1/mycoadd.fits.gz")]
    for name in ("._coadd-1.fits", "coadd-1.fits.gz", "redrock-1.fits", "notes.txt"):
        touch(mine / name)
    touch(mine / "night1" / "spectra-1.fits")
    touch(archive / "redux.fits")
    (mine / "night2").symlink_to(archive)
    found.append(str(mine / "night2" / "redux.fits"))
    assert inputs.spectra("mine") == found
    truth = touch(mine / "truth.fits")
    assert inputs.spectra("mine", [truth]) == found


def test_without_rounds_nothing_is_needed(data):
    """No survey, no sample, no truth: only spectra to classify."""
    whole = config(source="files", rounds=0)
    assert inputs.exposures(whole) == {}
    assert inputs.survey_truth(whole) == []
    assert inputs.sample(whole) == {"spectra": [], "truths": [], "counts": []}
    assert inputs.exposures(config(rounds=0)) == {}
    assert inputs.survey_truth(files(rounds=0)) == []


def test_missing_paths_are_named(data):
    """All keys that are missing, at once."""
    with pytest.raises(ConfigError, match=r"paths\.survey, quasars\.paths\.training, "):
        config(source="files")
    with pytest.raises(ConfigError, match=r"paths: .* set `supplement_truth`"):
        files(supplement="eboss")


def test_jobs_of_a_run_read_its_listing(data, monkeypatch):
    """They list no folder; without a listing, or in another run, they do."""
    monkeypatch.chdir(data)
    found = inputs.exposures(files())
    touch(data / "fuji" / "70" / "10" / "coadd-1.fits")
    assert inputs.exposures(files(), fresh=False) == found
    assert set(inputs.exposures(files())) == {"70/9", "70/10"}
    assert set(inputs.exposures(files(), fresh=False)) == {"70/9", "70/10"}
    (data / "other" / "1" / "2").mkdir(parents=True)
    touch(data / "other" / "1" / "2" / "coadd-1.fits")
    assert set(inputs.exposures(files(survey="other"), fresh=False)) == {"1/2"}


def test_a_folder_without_coadds_is_refused(data):
    """The message has the folder and what to do."""
    (data / "empty").mkdir()
    with pytest.raises(ConfigError, match=r"no <tile>/<expid>/.*empty; set SKYLOOM_"):
        inputs.exposures(files(survey="empty"))


def test_sample_has_its_supplement(data):
    """Files, truths and limits stand in the same order; no limit on the first."""
    assert inputs.sample(files())["counts"] == [[1, None]]
    touch(data / "eboss" / "8" / "spec-1-2-4.fits.gz")
    some = {"supplement": "eboss", "supplement_truth": "more.csv"}
    found = inputs.sample(files(**some))
    assert found == {
        "spectra": [
            [str(data / "boss" / "spPlate-1-2.fits")],
            [
                str(data / "eboss" / n)
                for n in ("8/spec-1-2-4.fits.gz", "9/spec-1-2-3.fits")
            ],
        ],
        "truths": [str(data / "vi.csv"), str(data / "more.csv")],
        "counts": [[1, None], [2, 16_000]],
    }
    assert inputs.sample(files(training="boss/spPlate-1-2.fits")) == {
        "spectra": [[str(data / "boss" / "spPlate-1-2.fits")]],
        "truths": [str(data / "vi.csv")],
        "counts": [[1, None]],
    }


def test_a_sample_without_spectra_is_refused(data):
    """While the rules are read, with the folder."""
    (data / "empty").mkdir()
    with pytest.raises(ConfigError, match=r"no spectra .*empty; set SKYLOOM_DATA"):
        inputs.sample(files(training="empty"))


EXPOSURES = [f"{tile}/{expid}" for tile in range(20) for expid in range(20)]


def with_share(share):
    return config(som={"share": share})


def test_the_map_is_of_a_share_of_the_exposures():
    """About as many as told, sorted, whatever the order of the exposures."""
    some = inputs.mapped(with_share(0.3), EXPOSURES)
    assert 90 < len(some) < 150
    assert some == sorted(some)
    assert some == inputs.mapped(with_share(0.3), EXPOSURES[::-1])
    assert inputs.mapped(config(), EXPOSURES) == sorted(EXPOSURES)


def test_a_new_exposure_seldom_makes_a_new_map():
    """Each has a lot of its own: the others stay in or out."""
    chosen = set(inputs.mapped(with_share(0.3), EXPOSURES))
    for name in EXPOSURES[:50]:
        fewer = [other for other in EXPOSURES if other != name]
        assert set(inputs.mapped(with_share(0.3), fewer)) == chosen - {name}
    assert set(inputs.mapped(with_share(0.6), EXPOSURES)) > chosen


def test_a_map_has_an_exposure():
    """One, if the lots leave none; none of none."""
    for names in (EXPOSURES, EXPOSURES[:1]):
        assert len(inputs.mapped(with_share(1e-9), names)) == 1
    assert inputs.mapped(with_share(0.5), []) == []


def test_spectra_of_a_place(data):
    """A file is itself; a folder all spectra below it, and nothing else."""
    names = ("1/spec-1-2-3.fits", "8/9/coadd-8-9.fits.gz", "spPlate-1-2.fits")
    wanted = [touch(data / "s" / name) for name in names]
    for name in ("spAll-1.fits", "truth.csv", ".part.spec-1.fits"):
        touch(data / "s" / name)
    assert inputs.spectra("s") == wanted
    assert inputs.spectra("s/1/spec-1-2-3.fits") == wanted[:1]
    (data / "empty").mkdir()
    for place in ("empty", "nowhere"):
        with pytest.raises(ConfigError, match=rf"no spectra .*{place}; set SKYLOOM_DA"):
            inputs.spectra(place)


def test_answers_of_a_round(data):
    """All CSV files of the round's folder, sorted; the simulation's by its people."""
    wanted = [touch(data / "a" / "2" / name) for name in ("x.csv", "y.csv")]
    touch(data / "a" / "2" / "notes.txt")
    assert inputs.answers(files(rounds=3, answers="a/{round}"), 2) == wanted
    assert inputs.answers(config(), 4)[0] == "<results>/answers/round4/vi_AB.csv"


def test_answers_that_are_missing(data):
    """Which round, where they belong, and what else to do."""
    expected = r"rounds is 3, but .* of round 2: put .* into .*/a/2, or set rounds to 2"
    with pytest.raises(ConfigError, match=expected):
        inputs.answers(files(rounds=3, answers="a/{round}"), 2)
    (data / "a" / "2").mkdir(parents=True)
    with pytest.raises(ConfigError, match=expected):
        inputs.answers(files(rounds=3, answers="a/{round}"), 2)
    with pytest.raises(ConfigError, match=r"the folder that quasars\.paths\.answers n"):
        inputs.answers(files(rounds=3), 2)


def test_decisions_are_optional(data):
    """One file if it is there."""
    whole = files(decisions="d{round}.csv")
    assert inputs.decisions(whole, 1) == []
    assert inputs.decisions(files(), 1) == []
    path = touch(data / "d1.csv")
    assert inputs.decisions(whole, 1) == [path]


def test_truth_of_the_survey(data):
    """Simulated, or what is given, or none."""
    assert inputs.survey_truth(files()) == [str(data / "truth.csv")]
    assert inputs.survey_truth(files(survey_truth=None)) == []
    assert inputs.survey_truth(config()) == ["<results>/raw/truth.csv"]


def test_a_round_without_a_truth_is_not_judged(data):
    """The key that names one is told, before anything is trained."""
    for given in (files(), files(rounds=0)):
        assert inputs.survey_truth(given, needed=True) == [str(data / "truth.csv")]
    assert inputs.survey_truth(files(rounds=0)) == []
    with pytest.raises(ConfigError, match=r"set quasars\.paths\.survey_truth"):
        inputs.survey_truth(files(survey_truth=None), needed=True)


def test_templates_of_a_simulation(data):
    """Those of the family eigen, packed where only that is there."""
    objects = {"families": ["eigen", "baldwin"], "templates": "redrock"}
    stems = [f"redrock/rrtemplate-QSO-{name}-v1.1.fits" for name in ("LOZ", "HIZ")]
    assert inputs.templates(objects) == [str(data / stem) for stem in stems]
    packed = touch(data / f"{stems[1]}.gz")
    assert inputs.templates(objects) == [str(data / stems[0]), packed]
    assert inputs.templates(objects | {"families": ["baldwin"]}) == []


def members(folder, *names):
    for name in (*names, inputs.CALIBRATION):
        touch(folder / name)
    return folder


def test_ensemble_among_the_data(data):
    """Networks in the order of their numbers, and nothing else of the folder."""
    place = members(data / "e", "net_10.keras", "net_2.keras", "net_3.h5", "best.keras")
    names = [str(place / n) for n in ("net_2.keras", "net_3.h5", "net_10.keras")]
    found = inputs.ensemble(config(evaluate={"ensemble": "e"}))
    assert found == {
        "networks": names,
        "calibration": [str(place / "calibration.json")],
    }


def test_ensemble_of_the_repository_is_relative(data, tmp_path, monkeypatch):
    """A moved checkout classifies nothing again; it goes before the data's."""
    monkeypatch.setattr(inputs, "ROOT", tmp_path / "checkout")
    monkeypatch.chdir(tmp_path)
    members(tmp_path / "checkout" / "models", "net_0.keras")
    members(data / "models", "net_0.keras", "net_1.keras")
    found = inputs.ensemble(config(evaluate={"ensemble": "models"}))
    assert found["networks"] == ["checkout/models/net_0.keras"]


def test_ensemble_of_the_last_round(data):
    """Null is the run's own."""
    whole = config(rounds=3, ensemble={"members": 2}, evaluate={"ensemble": None})
    assert inputs.ensemble(whole) == {
        "networks": [f"<results>/ensemble/round3/net_{i}.keras" for i in range(2)],
        "calibration": ["<results>/ensemble/round3/calibration.json"],
    }
    with pytest.raises(ConfigError, match="null, and with 0 rounds none is trained"):
        inputs.ensemble(whole | {"rounds": 0})


def test_a_folder_that_is_no_ensemble_is_refused(data):
    """Missing, without networks, or without a calibration."""
    (data / "none").mkdir()
    touch(data / "bare" / "net_0.keras")
    touch(data / "file")
    for name in ("nowhere", "none", "bare", "file"):
        with pytest.raises(ConfigError, match=rf"'{name}' is no folder with net_<i>"):
            inputs.ensemble(config(evaluate={"ensemble": name}))


def test_a_member_in_two_formats_is_one(data):
    """The same network counts once."""
    place = members(data / "e", "net_0.keras", "net_0.h5")
    found = inputs.ensemble(config(evaluate={"ensemble": "e"}))
    assert found["networks"] == [str(place / "net_0.keras")]


def test_reading_the_rules_loads_nothing_heavy():
    """No table, network or file library."""
    heavy = {"pandas", "h5py", "torch", "keras", "astropy", "scipy"}
    code = "import sys, skyloom.quasars.inputs; print(*sys.modules)"
    found = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=True,
        env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)},
    )
    assert heavy.isdisjoint(found.stdout.split())


def test_a_round_learns_from_all_labels_before():
    """The training sample, then what was labelled since; the labels are its own."""
    assert inputs.learned_from(1) == {
        "stores": ["<results>/spectra/training.h5"],
        "labels": "<results>/labels/round1.csv",
    }
    assert inputs.learned_from("3") == {
        "stores": ["<results>/spectra/training.h5", "<results>/spectra/labelled3.h5"],
        "labels": "<results>/labels/round3.csv",
    }


def test_members_of_a_round():
    """All of them, or those of a chunk; the same files that `ensemble` reads."""
    whole = config(ensemble={"members": 3}, evaluate={"ensemble": None})
    assert inputs.members(whole, 2, "keras") == inputs.ensemble(whole)["networks"]
    assert inputs.members(whole, "1", "npz", [2]) == [
        "<results>/ensemble/round1/net_2.npz"
    ]


def test_labels_are_made_of_answers_and_decisions(data):
    """About the query of a round, each where its pattern says."""
    answered = touch(data / "a" / "1" / "x.csv")
    decided = touch(data / "d1.csv")
    whole = files(answers="a/{round}", decisions="d{round}.csv")
    assert inputs.answers(whole, 1) == [answered]
    assert inputs.decisions(whole, 1) == [decided]
