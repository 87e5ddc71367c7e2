"""Judgements on invented catalogues: what is written is what is said."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest
from skyloom.io.documents import read_json
from skyloom.quasars.network.lines import LINES
from skyloom.quasars.tasks.evaluation import (
    LEAST,
    compared,
    judge,
    pile_ups,
    without_row,
    write_judgement,
)
from skyloom.quasars.tasks.metrics import HEADLINES
from small_quasars import ARCH, SEED

HOW = 1, SEED  # n_detect, seed
N = 120


@pytest.fixture(scope="module")
def results():
    """Return two exposures of sixty targets, quasars scored higher; and their truth."""
    rng = np.random.default_rng(1)
    truth = pd.DataFrame({"targetid": np.arange(N // 2)})
    quasar = rng.random(N // 2) < 0.6
    truth["z"] = np.where(quasar, rng.uniform(0.8, 3.5, N // 2), 0.0)
    truth["klass"] = np.where(quasar, "QSO", "STAR")
    truth = truth.assign(confident=True, quality=4.0, bal=0, source="us")
    rows = pd.DataFrame({"TARGETID": np.tile(truth["targetid"], 2), "TILEID": 1})
    rows["EXPID"] = np.repeat([1, 2], N // 2)
    twice, z = np.tile(quasar, 2), np.tile(truth["z"], 2)
    score = np.clip(rng.normal(np.where(twice, 0.8, 0.2), 0.15), 0.01, 0.99)
    rows["C_BEST"], rows["Z"] = score, z + rng.normal(0, 0.001, N)
    rows["Z_ERR"], rows["SN"] = 0.002, rng.lognormal(0, 1, N)
    votes = np.stack([1 - score, score / 3, 2 * score / 3], axis=1)
    rows[["C_NOT", "C_QSO_LZ", "C_QSO_HZ"]] = votes
    for name in LINES:
        rows[f"C_{name}"] = np.where(name == "MGII", score, 0.01)
        rows[f"Z_{name}"] = rows["Z"] + 0.01
    return rows, truth


@pytest.fixture(scope="module")
def judgement(results):
    return judge(*results, 0.5, ARCH, *HOW)


def test_a_judgement_says_what_it_promises(judgement, results):
    """Figures of merit, repeats and pile-ups of what was called."""
    rows, truth = results
    report = judgement.report
    called = (rows["C_BEST"] > 0.5).to_numpy()
    is_qso = np.tile(truth["klass"] == "QSO", 2)
    found = called[is_qso].mean()
    assert report["completeness"]["value"] == pytest.approx(found)
    assert report["threshold"] == 0.5
    assert report["repeats"]["targets"] == N // 2
    assert set(report["calibration"]) == {"score", "recalibrated"}
    assert report["pile_up"]["n"] == (called & is_qso).sum()
    assert set(report["pile_up"]) == {"n", "best_line", "consensus", "truth"}
    # The headline numbers of a round are there under their names.
    others = {"flips", "gain", "without_row", "redshift_refined"}
    assert set(HEADLINES) - others <= set(report)


def test_a_judgement_repeats_itself(judgement, results):
    """Bootstraps included; another order of nothing changes it."""
    again = judge(*results, 0.5, ARCH, *HOW)
    assert again.report == judgement.report
    pd.testing.assert_frame_equal(again.table, judgement.table)


def test_what_is_written(judgement, tmp_path):
    """The report with its provenance, the table, and all the figures."""
    paths = {"report": tmp_path / "r.json", "table": tmp_path / "r.csv"}
    paths |= {name: tmp_path / f"{name}.pdf" for name in judgement.drawn}
    write_judgement(judgement, paths, {"code": "c0de"})
    report = read_json(paths["report"])
    assert report.pop("provenance") == {"code": "c0de"}
    assert report == json.loads(json.dumps(judgement.report))
    assert len(pd.read_csv(paths["table"])) == len(judgement.table)
    assert set(judgement.drawn) == {"rates", "redshifts", "reliability", "pile_up"}
    for name in judgement.drawn:
        assert paths[name].read_bytes()[:5] == b"%PDF-"


def test_two_lines_needed(results):
    """With more lines the score is another one: hardly a row has two."""
    report = judge(*results, 0.5, ARCH, 2, SEED).report
    assert report["completeness"]["value"] == 0
    assert report["repeats"]["pairs"] == 0


@pytest.mark.parametrize("threshold", [1.0, 0.0])
def test_nothing_or_everything_called(results, threshold):
    """Both are judged; without found quasars nothing piles up."""
    found = judge(*results, threshold, ARCH, *HOW)
    assert bool(found.report["pile_up"]) == (threshold == 0)
    assert found.report["completeness"]["value"] == 1 - threshold
    assert len(found.drawn) == 4


def test_one_class_alone(results):
    """Without a star no probability is fitted; the score as it is remains."""
    rows, truth = results
    only = truth[truth["klass"] == "QSO"]
    report = judge(rows, only, 0.5, ARCH, *HOW).report
    assert set(report["calibration"]) == {"score"}


def test_a_single_spectrum(results):
    """A folder of one spectrum is judged too, and says nothing of pile-ups."""
    rows, truth = results
    place = int(np.flatnonzero(truth["klass"] == "QSO")[0])
    report = judge(rows[place : place + 1], truth, 0.0, ARCH, *HOW).report
    assert report["completeness"]["value"] == 1
    assert report["pile_up"] == {}


def test_pile_ups_need_a_number(results):
    """Of fewer than `LEAST` found quasars, none is given."""
    rows, truth = results
    twice = np.tile(truth["z"], 2)
    known = rows.assign(called=True, is_qso=twice > 0, z_true=twice)
    known = known[known["is_qso"]]
    assert pile_ups(known[: LEAST - 1], ARCH) == {}
    found = pile_ups(known, ARCH)
    assert found["n"] == len(known)
    assert found["consensus"]["wiggle"] < 300
    assert 0 <= found["best_line"]["strength"] <= 1


def test_a_truth_of_other_targets_is_refused(results):
    """And one that nobody is sure of; both say how many rows there were."""
    rows, truth = results
    with pytest.raises(ValueError, match="none of 120 observations has a truth"):
        judge(rows, truth.assign(targetid=truth["targetid"] + 999), 0.5, ARCH, *HOW)
    with pytest.raises(ValueError, match="none of 120 rows has a confident truth"):
        judge(rows, truth.assign(confident=False), 0.5, ARCH, *HOW)


def test_targets_without_a_row_are_counted(results):
    """Confident ones only, and the quasars among them; none where all have one."""
    rows, truth = results
    assert without_row(truth, rows) == {"targets": 0, "quasars": 0}
    lost = truth["targetid"].isin(range(10))
    quasars = int((truth["klass"][lost] == "QSO").sum())
    few = rows[~rows["TARGETID"].isin(range(10))]
    assert without_row(truth, few) == {"targets": 10, "quasars": quasars}
    unsure = truth.assign(confident=~lost)
    assert without_row(unsure, few) == {"targets": 0, "quasars": 0}
    assert 0 < quasars < 10


def test_the_same_twice_has_no_flips(results):
    """Nothing changes, nobody gains."""
    rows, truth = results
    report, flips, drawn = compared((rows, 0.5), (rows, 0.5), truth, *HOW)
    assert flips.empty
    assert report["flips"]["value"] == 0
    assert (report["gain"]["won"], report["gain"]["lost"]) == (0, 0)
    assert len(drawn.axes) == 3


def test_flips_are_counted_and_listed(results):
    """A higher threshold loses what lies between; without truth nobody is right."""
    rows, _ = results
    between = ((rows["C_BEST"] > 0.5) & (rows["C_BEST"] <= 0.8)).sum()
    report, flips, _ = compared((rows, 0.5), (rows, 0.8), None, *HOW)
    assert len(flips) == between > 0
    assert report["calls"]["value"] == pytest.approx(between / N)
    assert "gain" not in report


def test_rounds_on_other_exposures_are_refused(results):
    """There is nothing to compare."""
    rows, _ = results
    with pytest.raises(ValueError, match="no exposure of 120 and 120 in common"):
        compared((rows, 0.5), (rows.assign(TILEID=2), 0.5), None, *HOW)
