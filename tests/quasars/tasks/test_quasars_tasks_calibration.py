"""What an ensemble of chance is worth, from what its members have not seen."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from skyloom.quasars.config import Calibrate, Survey
from skyloom.quasars.ensemble.bootstrap import Draw, held_out, read_draw, save_draw
from skyloom.quasars.ensemble.data import read_labelled
from skyloom.quasars.evaluation.thresholds import threshold_for_purity
from skyloom.quasars.spectra.store import Store
from skyloom.quasars.spectra.truth import read_truth, write_truth
from skyloom.quasars.survey import classify
from skyloom.quasars.survey.ensembles import read_ensemble, write_calibration
from skyloom.quasars.tasks import calibration
from skyloom.quasars.tasks.calibration import (
    NOISE,
    calibrate_round,
    joined,
    noisier_copies,
    scores,
)
from small_quasars import ARCH, SEED

PURITY = {"purity": 0.5, "most": 1000}


def calibrated(sample, networks, draws, labels=None, **options):
    labels = labels or sample.labels
    settings = Calibrate(**PURITY | options.pop("calibrate", {}))
    survey = Survey(**{"runner": "numpy", "shifts": 1} | options)
    given = networks, draws, [sample.store], labels, survey, settings
    return calibrate_round(*given, held=0.1, seed=SEED)


@pytest.fixture(scope="module")
def found(small_sample, small_members):
    return calibrated(small_sample, small_members.networks, small_members.draws)


def unseen_targets(sample, members):
    with Store(sample.store) as store:
        ids = store.meta["targetid"].to_numpy()
    use = np.stack([read_draw(path).unseen for path in members.draws])
    return set(ids[use.any(axis=0) | held_out(ids, 0.1, SEED)])


def test_rows_are_those_that_somebody_has_not_seen(found, small_sample, small_members):
    """Held-out targets included, which all members speak of."""
    unseen = unseen_targets(small_sample, small_members)
    assert set(found.rows["TARGETID"]) <= unseen
    assert len(unseen) - len(found.rows) < 8  # spectra without signal


def test_threshold_is_that_of_the_rows(found, small_sample):
    """As found from the rows that are kept beside it."""
    known = read_labelled([small_sample.store], small_sample.labels, ARCH)
    data = scores(found.rows, known.truth, 1)
    assert found.threshold == threshold_for_purity(data, 0.5)
    assert found.curve["called"].is_monotonic_decreasing


def test_it_is_read_as_written(found, small_members, tmp_path):
    """By whoever classifies with it, on as many lines as the networks have."""
    path = tmp_path / "calibration.json"
    how = dict(Survey(n_detect=2))
    about = {"targets": found.rows["TARGETID"].nunique()}
    made = found.redshift, found.probability, found.threshold._asdict()
    write_calibration(path, *made, how, about)
    ensemble = read_ensemble(small_members.networks, path)
    assert ensemble.redshift == found.redshift
    assert ensemble.probability == found.probability
    assert ensemble.threshold == found.threshold.value
    assert how.items() > ensemble.survey.items()
    assert ensemble.survey["n_detect"] == 2


def test_a_fresh_sample_needs_no_draws(small_sample, small_members):
    """All members speak of all spectra."""
    found = calibrated(small_sample, small_members.networks, [])
    known = read_labelled([small_sample.store], small_sample.labels, ARCH)
    assert len(found.rows) == len(known)


def test_rows_have_the_probability_of_their_score(found):
    """Fitted with the noisier copies, of which there is no row."""
    expected = found.probability(found.rows["C_BEST"])
    np.testing.assert_array_equal(found.rows["PROBABILITY"], expected)
    assert not found.rows["TARGETID"].duplicated().any()
    assert set(found.errors) == {"score", "probability"}


def test_copies_are_noisier(small_sample):
    """Half of the spectra, by factors up to `NOISE`; S/N falls as the ivar says."""
    known = read_labelled([small_sample.store], small_sample.labels, ARCH)
    again, of = noisier_copies(known, np.random.default_rng(1))
    assert 0.3 < len(of) / len(known) < 0.7
    assert again.targetid.tolist() == known.targetid[of].tolist()
    alive = known.ivar[of] > 0
    factor = (known.meta["sn"].to_numpy()[of] / again.meta["sn"]).to_numpy()
    assert ((factor >= 1) & (factor <= NOISE)).all()
    assert factor.max() > 2
    ratio = known.ivar[of][alive] / again.ivar[alive]
    every = np.broadcast_to(factor[:, None] ** 2, alive.shape)[alive]
    np.testing.assert_allclose(ratio, every, rtol=1e-5)
    added = ((again.flux - known.flux[of]) * np.sqrt(known.ivar[of]))[alive]
    pull = added / np.sqrt(np.maximum(every - 1, 1e-6))
    assert np.std(pull) == pytest.approx(1, abs=0.05)
    whole = joined(known, again)
    assert len(whole) == len(known) + len(of)


def test_copies_are_judged_by_who_has_not_seen_them(
    small_sample, small_members, monkeypatch
):
    """Nor the spectra that they are copies of."""
    used, copied = [], []
    judge, copy = calibration.out_of_bag, calibration.noisier_copies

    def judging(known, by, use):
        used.append(use)
        return judge(known, by, use)

    def copying(known, rng):
        again, of = copy(known, rng)
        copied.append(of)
        return again, of

    monkeypatch.setattr(calibration, "out_of_bag", judging)
    monkeypatch.setattr(calibration, "noisier_copies", copying)
    calibrated(small_sample, small_members.networks, small_members.draws)
    (first, second), (of,) = used, copied
    assert np.array_equal(second, first[:, of])
    assert not np.array_equal(second, first[:, : len(of)])


def test_fewer_targets_are_drawn_by_lot(small_sample, small_members):
    """As many as told, the same each time."""
    given = small_sample, small_members.networks, small_members.draws
    one, other = (calibrated(*given, calibrate={"most": 20}) for _ in range(2))
    assert 10 < one.rows["TARGETID"].nunique() <= 20
    pd.testing.assert_frame_equal(one.rows, other.rows)
    assert one.redshift == other.redshift


def test_all_members_calibrate_where_nothing_is_shifted(
    small_sample, small_members, monkeypatch
):
    """`SHIFT_MEMBERS` bounds who looks at shifted copies, and nobody else."""
    given = small_sample, small_members.networks, small_members.draws
    plain, shifted = calibrated(*given), calibrated(*given, shifts=2)
    monkeypatch.setattr(classify, "SHIFT_MEMBERS", 2)
    assert calibrated(*given).redshift == plain.redshift
    assert calibrated(*given, shifts=2).redshift != shifted.redshift


def test_members_that_saw_everything_say_nothing(small_sample, small_members, tmp_path):
    """Only the held-out targets are left then: too few, and the message counts them."""
    with Store(small_sample.store) as store:
        n = len(store)
    draws = [tmp_path / f"net_{i}.npz" for i in range(len(small_members.networks))]
    for path in draws:
        save_draw(path, Draw(np.arange(n), np.zeros(n, bool)))
    with pytest.raises(ValueError, match="quasars of known redshift: at least 8 are"):
        calibrated(small_sample, small_members.networks, draws)


def test_a_sample_without_quasars_is_refused(small_sample, small_members, tmp_path):
    """Neither redshifts nor a threshold can be found."""
    truth = read_truth(small_sample.labels)
    write_truth(tmp_path / "l.csv", truth.assign(klass="STAR"))
    given = small_sample, small_members.networks, small_members.draws
    with pytest.raises(ValueError, match="0 quasars of known redshift"):
        calibrated(*given, labels=tmp_path / "l.csv")
