"""Probabilities from scores."""

import numpy as np
import pytest
from skyloom.quasars.evaluate import calibration, thresholds


@pytest.fixture
def rng():
    return np.random.default_rng(12)


def drawn(rng, n=4000, distort=lambda p: p, repeats=1):
    """Return scores that are `distort` of the true probability."""
    chance = rng.random(n)
    truth = rng.random(n) < chance
    score = np.repeat(distort(chance), repeats)
    return thresholds.sample(
        np.repeat(np.arange(n), repeats), score, np.repeat(truth, repeats)
    )


def sharper(p):
    return p**3 / (p**3 + (1 - p) ** 3)  # logit times 3: too sure of itself


def test_true_probabilities_have_the_error_of_chance(rng):
    """As much as a perfect score has on so few targets."""
    found = calibration.calibration_error(drawn(rng), rng)
    assert found["low"] <= found["value"] <= found["high"] + 1e-9
    assert found["value"] < 2 * found["if_right"]


def test_overconfidence_is_seen_and_removed(rng):
    """The known temperature is found, and the error falls to that of chance."""
    data = drawn(rng, distort=sharper)
    before = calibration.calibration_error(data, rng)
    assert before["value"] > 5 * before["if_right"]
    assert np.isclose(calibration.fit_temperature(data).kelvin, 3, rtol=0.1)
    crossed = calibration.cross_calibrated(data, calibration.fit_temperature, 5, rng)
    after = calibration.calibration_error(crossed, rng)
    assert after["value"] < before["value"] / 3


def test_temperature_of_parted_classes_is_finite():
    """No overlap would drive it to zero without end."""
    data = thresholds.sample(
        range(20), [0.9] * 10 + [0.1] * 10, [True] * 10 + [False] * 10
    )
    fit = calibration.fit_temperature(data)
    assert 0 < fit.kelvin < 1
    assert fit(np.array([0.0, 1.0, np.nan]))[:2] == pytest.approx([0, 1], abs=1e-3)
    assert set(fit.to_json()) == {"kelvin", "shift"}


def test_reliability_by_hand():
    """Bins of equal width, empty ones left out, exposures of one target once."""
    data = thresholds.sample(
        [1, 1, 2, 3], [0.05, 0.07, 0.02, 1.0], [True, True, False, True]
    )
    table = calibration.reliability(data)
    assert table["from"].tolist() == [0, 0.9]
    assert table["rows"].tolist() == [3, 1]
    assert table["targets"].tolist() == [2, 1]
    assert table["value"].tolist() == [0.5, 1]
    assert np.isclose(table["score"][0], 0.04)
    assert np.all(table["low"] <= table["value"])


def test_repeats_do_not_narrow_the_interval(rng):
    """The error's interval is that of as many targets."""
    seeds = [np.random.default_rng(3) for _ in range(2)]
    once, often = (
        calibration.calibration_error(
            drawn(r, 300, sharper, k), np.random.default_rng(1)
        )
        for r, k in zip(seeds, (1, 20), strict=True)
    )
    assert np.isclose(once["value"], often["value"])
    width = [f["high"] - f["low"] for f in (once, often)]
    assert np.isclose(*width, rtol=0.05)


@pytest.mark.parametrize("folds", [1, 31])
def test_impossible_folds_are_refused(folds, rng):
    """At least two, at most one a target."""
    with pytest.raises(ValueError, match=f"{folds} folds of 30 targets"):
        calibration.cross_calibrated(
            drawn(rng, 30), calibration.fit_temperature, folds, rng
        )


def by_heart(data):
    """Return what knows each score that it has seen, and nothing of others."""
    known = dict(zip(data.score, data.truth, strict=True))
    return lambda score: np.array([known.get(one, 0.5) for one in score], float)


def test_folds_part_targets_not_rows(rng):
    """A score never comes from its own target, even by another of its exposures."""
    ids = np.repeat(np.arange(40), 5)
    truth = np.repeat(rng.random(40) < 0.5, 5)
    data = thresholds.sample(ids, np.repeat(rng.random(40), 5), truth)
    crossed = calibration.cross_calibrated(data, by_heart, 5, rng)
    assert set(crossed.score) == {0.5}
