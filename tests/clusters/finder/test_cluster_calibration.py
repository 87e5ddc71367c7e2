"""Calibration: scores become the frequencies that they stand for."""

import json

import numpy as np
import pytest
from scipy import special
from skyloom.clusters.finder.calibration import (
    Calibration,
    calibration_error,
    calibration_from_json,
    fit_platt,
)


@pytest.fixture
def simulated():
    """Return a function that draws scores which are too sure, and their truths."""

    def draw(n, seed):
        rng = np.random.default_rng(seed)
        logit = rng.normal(-1, 2, n)
        truth = rng.random(n) < special.expit(logit)
        return special.expit(2.0 * logit + 1.0), truth

    return draw


def test_scores_are_calibrated_on_other_candidates(simulated):
    """Error from above 0.08 to below 0.02; the order stays."""
    known = fit_platt(*simulated(10_000, 1))
    score, truth = simulated(10_000, 2)
    made = known.apply(score)
    assert calibration_error(score, truth) > 0.08
    assert calibration_error(made, truth) < 0.02
    assert (np.diff(made[np.argsort(score)]) >= 0).all()


def test_platt_finds_the_line_that_made_the_scores(simulated):
    """Logit of the truth = (logit of the score - 1) / 2."""
    known = fit_platt(*simulated(10_000, 3))
    assert known.slope == pytest.approx(0.5, abs=0.03)
    assert known.intercept == pytest.approx(-0.5, abs=0.05)


def test_plain_numbers_keep_a_calibration(simulated):
    """Through JSON and back."""
    known = fit_platt(*simulated(200, 4))
    assert calibration_from_json(json.loads(json.dumps(known.to_json()))) == known


def test_the_calibration_that_ships_is_read(checkout):
    """The form of the file stays: a kind and one row of numbers."""
    shipped = checkout / "resources/models/clusters/calibration.json"
    tree = json.loads(shipped.read_text())["calibration"]
    assert calibration_from_json(tree).to_json() == tree


def test_scores_that_part_the_classes_stay_finite():
    """Ten candidates, all told apart: no certainty from so few."""
    score = np.linspace(0.1, 0.9, 10)
    made = fit_platt(score, score > 0.5).apply([0.0, 0.05, 0.95, 1.0])
    assert np.isfinite(made).all()
    assert 0 <= made[0] < 0.5 < made[-1] <= 1


def test_calibration_error_by_hand():
    """Two bins: |1 - 0.3 - 0.3| and |1 - 0.8|, over three."""
    error = calibration_error([0.3, 0.3, 0.8], [1, 0, 1], bins=2)
    assert error == pytest.approx((0.4 + 0.2) / 3)


@pytest.mark.parametrize(
    ("score", "truth", "message"),
    [
        ([], [], "not none"),
        ([0.5], [1, 0], "expected one each"),
        ([0.5, 1.5], [1, 0], "from 0 to 1"),
        ([0.5, np.nan], [1, 0], "from 0 to 1"),
        ([0.5, 0.6], [1, 1], "all 2 candidates are True"),
    ],
)
def test_bad_samples_are_refused(score, truth, message):
    """Nothing is fitted to them."""
    with pytest.raises(ValueError, match=message):
        fit_platt(score, truth)


@pytest.mark.parametrize(
    "tree",
    [
        {},
        {"kind": "beta", "numbers": [[1, 0]]},
        {"kind": "platt", "numbers": [[1, 0, 2]]},
        {"kind": "platt", "numbers": [[-1, 0]]},
        {"kind": "platt", "numbers": [[1, None]]},
        {"kind": "platt", "numbers": [["nan", 0]]},
        {"kind": "platt", "numbers": [1, 0]},
        {"kind": "platt", "numbers": [[1, 0], [1, 0]]},
    ],
)
def test_bad_calibrations_are_refused(tree):
    """Another kind, or numbers that are no rising function."""
    with pytest.raises(ValueError, match="calibration"):
        calibration_from_json(tree)


def test_nan_stays_nan():
    """A score that is not there has no probability."""
    assert np.isnan(Calibration(1.0, 0.0).apply(np.nan))
