"""Scores recalibrated on other targets."""

import numpy as np
import pytest
from skyloom.quasars.evaluation import thresholds
from skyloom.stats import calibration as stats
from skyloom.stats.calibration import calibration_error, reliability


@pytest.fixture
def rng():
    return np.random.default_rng(12)


def drawn(rng, n=4000, power=1, repeats=1):
    """Return scores whose logit is that of the true probability, times `power`."""
    p = rng.random(n)
    truth = rng.random(n) < p
    score = np.repeat(p**power / (p**power + (1 - p) ** power), repeats)
    return thresholds.sample(
        np.repeat(np.arange(n), repeats), score, np.repeat(truth, repeats)
    )


def error(data, rng):
    return calibration_error(data, rng)


def test_true_probabilities_have_the_error_of_chance(rng):
    """As much as a perfect score has on so few targets."""
    found = error(drawn(rng), rng)
    assert found["low"] <= found["value"] <= found["high"] + 1e-9
    assert found["value"] < 2 * found["if_right"]


def test_overconfidence_is_seen_and_removed(rng):
    """The error of a logit three times too large falls to that of chance."""
    data = drawn(rng, power=3)
    before = error(data, rng)
    assert before["value"] > 5 * before["if_right"]
    after = error(thresholds.cross_calibrated(data, 5, rng), rng)
    assert after["value"] < before["value"] / 3


def test_a_target_is_one_trial():
    """Its exposures weigh 1 / k: in the diagram, and in the interval of the error."""
    data = thresholds.sample(
        [1, 1, 2, 3], [0.05, 0.07, 0.02, 1.0], [True, True, False, True]
    )
    table = reliability(data)
    assert table["n"].tolist() == [2, 1]
    assert table["value"].tolist() == [0.5, 1]
    once, often = (
        error(drawn(np.random.default_rng(3), 300, 3, k), np.random.default_rng(1))
        for k in (1, 20)
    )
    assert np.isclose(once["value"], often["value"])
    assert np.isclose(once["if_right"], often["if_right"])
    width = [f["high"] - f["low"] for f in (once, often)]
    assert np.isclose(*width, rtol=0.05)


def test_folds_part_targets_not_rows(rng, monkeypatch):
    """A score never comes from its own target, even by another of its exposures."""

    def by_heart(score, truth, weight):
        known = dict(zip(score, truth, strict=True))
        return lambda asked: np.array([known.get(one, 0.5) for one in asked], float)

    monkeypatch.setattr(stats, "fit_platt", by_heart)
    ids = np.repeat(np.arange(40), 5)
    truth = np.repeat(rng.random(40) < 0.5, 5)
    data = thresholds.sample(ids, np.repeat(rng.random(40), 5), truth)
    assert set(thresholds.cross_calibrated(data, 5, rng).probability) == {0.5}
