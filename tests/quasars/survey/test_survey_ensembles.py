"""An ensemble on disk, and its rows on what members have not seen."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from skyloom.io.documents import read_json, write_json
from skyloom.io.errors import InputError
from skyloom.quasars.config import Survey
from skyloom.quasars.ensemble.data import read_labelled
from skyloom.quasars.network.run_numpy import Runner
from skyloom.quasars.survey.classify import calibrate, classifier
from skyloom.quasars.survey.classify import classify as classified
from skyloom.quasars.survey.consensus import Calibration
from skyloom.quasars.survey.ensembles import read_ensemble, write_calibration
from skyloom.quasars.tasks import calibration as module
from skyloom.quasars.tasks.calibration import (
    calibrated_redshifts,
    out_of_bag,
    scores,
)
from skyloom.stats.calibration import Platt
from small_quasars import ARCH, network

FOUND = Calibration((1e-3, 0, 0, 0, 0, -2e-3), (2e-3,) * 6, 1.3, 4e-4, -0.4, -0.2)
CHANCE = Platt(0.9, -2.0)
HOW = {"n_detect": 2, "c_th": 0.7, "shifts": 3, "runner": "numpy", "device": "cpu"}
THRESHOLD = {"value": 0.7, "purity": 1.0}


@pytest.fixture
def calibration(tmp_path):
    """Return the path of a calibration."""
    made = FOUND, CHANCE, THRESHOLD, HOW, {"targets": 7}
    write_calibration(tmp_path / "c.json", *made)
    return tmp_path / "c.json"


def test_an_ensemble_is_read_as_written(small_members, calibration):
    """Members in the order given, calibration and threshold; the rest is kept."""
    ensemble = read_ensemble(small_members.networks[::-1], calibration)
    assert (ensemble.redshift, ensemble.threshold) == (FOUND, 0.7)
    assert ensemble.probability == CHANCE
    assert [m.arch for m in ensemble.members] == [ARCH] * 3
    last = network(2).arrays["conv_1/kernel"]
    first = ensemble.members[0].arrays["conv_1/kernel"]
    np.testing.assert_array_equal(first, last)
    tree = read_json(calibration)
    assert tree["targets"] == 7
    assert tree["threshold"] == THRESHOLD


def test_the_settings_are_kept_but_for_the_machine(small_members, calibration):
    """A threshold holds for a number of lines, on any runner and device."""
    ensemble = read_ensemble(small_members.networks, calibration)
    assert ensemble.survey == {"n_detect": 2, "c_th": 0.7, "shifts": 3}


def changed(path, change):
    tree = read_json(path)
    change(tree)
    write_json(path, tree)
    return path


def test_a_calibration_of_other_lines_is_refused(small_members, calibration):
    """Of biases or of scatters."""
    changed(calibration, lambda tree: tree["redshift"].update(bias=[0, 0]))
    expected = r"c\.json: calibrates 2 lines; expected 6, as the networks have"
    with pytest.raises(InputError, match=expected):
        read_ensemble(small_members.networks, calibration)
    six = {"bias": [0] * 6, "scatter": [1] * 5}
    changed(calibration, lambda tree: tree["redshift"].update(six))
    with pytest.raises(InputError, match=r"c\.json: calibrates"):
        read_ensemble(small_members.networks, calibration)


@pytest.mark.parametrize(
    "change",
    [
        lambda tree: tree.pop("threshold"),
        lambda tree: tree["threshold"].pop("value"),
        lambda tree: tree.update(threshold=0.7),
        lambda tree: tree["threshold"].update(value=None),
        lambda tree: tree["threshold"].update(value=-5),
        lambda tree: tree["threshold"].update(value=1e308),
        lambda tree: tree["redshift"].pop("floor"),
        lambda tree: tree["redshift"].pop("sn"),
        lambda tree: tree["redshift"].update(odds=99),
        lambda tree: tree["redshift"].update(sn=None),
        lambda tree: tree.pop("probability"),
        lambda tree: tree["probability"].update(numbers=[[-1, 0]]),
        lambda tree: tree["probability"].update(kind="isotonic"),
        lambda tree: tree["redshift"].update(scale="much"),
        lambda tree: tree["redshift"].update(bias=3),
        lambda tree: tree["redshift"].update(bias=[9] * 6),
        lambda tree: tree["redshift"].update(scatter=[0] * 6),
        lambda tree: tree["redshift"].update(scale=-1),
        lambda tree: tree["threshold"].update(value=99),
        lambda tree: tree["threshold"].update(value=10**400),
        lambda tree: tree.pop("survey"),
        lambda tree: tree.update(survey=3),
    ],
)
def test_a_calibration_that_is_none_is_refused(small_members, calibration, change):
    """The file is named, with what belongs into it."""
    changed(calibration, change)
    expected = r"c\.json: .*expected redshift \{bias, scatter, scale, floor, sn, odds"
    with pytest.raises(InputError, match=expected):
        read_ensemble(small_members.networks, calibration)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"c_th": 7}, "survey: .*c_th: got 7"),
        ({"n_detect": 99}, "survey: .*n_detect: got 99"),
        ({"shifts": -3}, "survey: .*shifts: got -3"),
        ({"shift": 3}, "survey: .*shift: unknown key"),
        ({"power": 3.0}, "survey: .*power: unknown key"),
    ],
)
def test_impossible_settings_are_refused(small_members, calibration, change, said):
    """A value that none can have, and one that can no longer be set."""
    changed(calibration, lambda tree: tree["survey"].update(change))
    with pytest.raises(InputError, match=rf"c\.json: {said}.*calibrate"):
        read_ensemble(small_members.networks, calibration)


def test_missing_settings_are_named(small_members, calibration):
    """No default takes their place."""
    changed(calibration, lambda tree: tree["survey"].pop("shifts"))
    with pytest.raises(InputError, match=r"c\.json: survey: no shifts"):
        read_ensemble(small_members.networks, calibration)


@pytest.mark.parametrize("form", [None, "skyloom.quasars.calibration 1"])
def test_an_older_calibration_is_refused(small_members, calibration, form):
    """With what it is, and how to make it again."""
    changed(calibration, lambda tree: tree.update(format=form))
    said = rf"c\.json: format {form!r}; expected 'skyloom.*2'; calibrate this ensemble"
    with pytest.raises(InputError, match=said):
        read_ensemble(small_members.networks, calibration)


def test_a_damaged_member_is_named(small_members, calibration, tmp_path):
    """Whichever it is."""
    bad = tmp_path / "net_9.keras"
    bad.write_bytes(small_members.networks[0].read_bytes()[:900])
    with pytest.raises(InputError, match=r"net_9\.keras"):
        read_ensemble([*small_members.networks, bad], calibration)


@pytest.fixture(scope="module")
def known(small_sample):
    return read_labelled([small_sample.store], small_sample.labels, ARCH)


@pytest.fixture(scope="module")
def by():
    plain = Calibration.unknown(6)
    members = [network(k) for k in range(2)]
    return classifier(Runner, members, plain, Survey(shifts=1))


@pytest.fixture(scope="module")
def use(known):
    """Return who has not seen what: nobody the first ten, the first not the last."""
    use = np.ones((2, len(known)), bool)
    use[:, :10] = False
    use[0, -5:] = False
    return use


def test_rows_are_the_same_by_pieces(known, by, use, monkeypatch):
    """A thousand at a time or seven; those whom all have seen are left out."""
    whole = out_of_bag(known, by, use)
    assert whole["TARGETID"].tolist() == known.targetid[10:].tolist()
    expected = classified(known.meta, known.flux, known.ivar, by, use)
    pd.testing.assert_frame_equal(whole, expected)
    monkeypatch.setattr(module, "BATCH", 7)
    pieces = out_of_bag(known, by, use)
    pd.testing.assert_frame_equal(pieces, whole, rtol=1e-4, atol=1e-5)


def test_redshifts_are_calibrated_on_unseen_quasars(known, by, use, monkeypatch):
    """All of them; or as many as are wanted, by lot."""
    rows = np.flatnonzero(known.is_qso & use.any(axis=0))
    z = known.truth["z"].to_numpy()
    flux, ivar = known.flux, known.ivar
    found = calibrated_redshifts(known, by, use, np.random.default_rng(1))
    sn = known.meta["sn"].to_numpy()
    expected = flux[rows], ivar[rows], z[rows], by, use[:, rows], sn[rows]
    assert found == calibrate(*expected)
    drawn = []
    monkeypatch.setattr(module, "calibrate", lambda *given: drawn.append(given[2]))
    monkeypatch.setattr(module, "MOST_REDSHIFTS", 20)
    for seed in (1, 1, 2):
        calibrated_redshifts(known, by, use, np.random.default_rng(seed))
    one, same, other = (some.tolist() for some in drawn)
    assert one == same != other
    assert len(one) == 20
    assert set(one) <= set(z[rows])


def test_scores_know_confident_truths_only(known, by, use):
    """A doubtful or unknown target is left out."""
    rows = out_of_bag(known, by, use)
    truth = known.truth.assign(confident=known.truth["klass"] != "")
    unsure = truth["targetid"].isin(rows["TARGETID"][:4])
    truth.loc[unsure, "confident"] = False
    data = scores(rows, truth, 1)
    kept = rows[~rows["TARGETID"].isin(truth["targetid"][~truth["confident"]])]
    assert data.objects.tolist() == kept["TARGETID"].tolist()
    quasars = set(truth["targetid"][truth["klass"] == "QSO"])
    assert data.truth.tolist() == kept["TARGETID"].isin(quasars).tolist()
    assert data.probability.tolist() == kept["C_BEST"].tolist()
