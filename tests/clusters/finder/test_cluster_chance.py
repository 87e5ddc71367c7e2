"""Probabilities by what null skies show, on counts whose truth is known."""

from __future__ import annotations

import numpy as np
import pytest
from skyloom.clusters.finder.chance import excess, fit_above_chance, pure_from

RNG = np.random.default_rng


def noise(rng, n: int) -> np.ndarray:
    """Return scores of chance: their number falls by e each unit."""
    return 3 + rng.exponential(1.0, n)


def test_the_sum_is_what_was_put_in():
    """100 clusters among 300 chance detections, by four null skies."""
    rng = RNG(1)
    clusters = 3 + rng.gamma(4.0, 1.5, 100)
    real = np.concatenate([noise(rng, rng.poisson(300)), clusters])[:, None]
    null = noise(rng, 1200)[:, None]
    known = fit_above_chance(real, null, 4)
    found = known(real)
    assert found.sum() == pytest.approx(100, abs=30)
    assert found[-100:].mean() > 4 * found[:-100].mean()
    told = excess(len(real), len(null), 4, rng)
    assert told["low"] < found.sum() < told["high"]
    sure = found > 0.8
    assert sure.sum() > 20
    assert np.mean(np.arange(len(real))[sure] >= len(real) - 100) > 0.8


def test_probability_rises_with_each_score():
    """Also where a score tells nothing, or the contrary."""
    rng = RNG(2)
    null = np.stack([noise(rng, 500), rng.normal(1.0, 1.0, 500)], axis=1)
    real = np.stack([noise(rng, 300) + 1.0, rng.normal(0.0, 1.0, 300)], axis=1)
    known = fit_above_chance(real, null, 2)
    assert known.slopes[0] > 0
    assert known.slopes[1] == 0
    steps = known(np.stack([np.linspace(3, 12, 9), np.zeros(9)], axis=1))
    assert (np.diff(steps) >= 0).all()
    assert ((steps >= 0) & (steps < 1)).all()


def test_a_null_sky_has_no_clusters():
    """Judged by others, its sum is within the interval of its excess."""
    rng, inside = RNG(3), 0
    for _ in range(40):
        real = noise(rng, rng.poisson(200))[:, None]
        null = noise(rng, rng.poisson(800))[:, None]
        told = excess(len(real), len(null), 4, rng)
        assert told["low"] < told["value"] < told["high"]
        inside += (
            told["low"] < fit_above_chance(real, null, 4)(real).sum() < told["high"]
        )
    assert inside >= 34


def test_finite_where_all_high_scores_are_real():
    """Scores that part the skies are sure, not infinitely so."""
    known = fit_above_chance([[5.0], [9.0], [10.0]], [[3.0], [4.0]], 1)
    assert np.isfinite([*known.slopes, known.intercept]).all()
    assert known([[10.0]])[0] > known([[5.0]])[0]


@pytest.mark.parametrize("real", [[[4.0]], np.zeros((0, 1))])
def test_nothing_to_compare_with_is_refused(real):
    """Without detections in the null skies, or in the real one."""
    null = np.zeros((0, 1)) if len(real) else [[4.0]]
    with pytest.raises(ValueError, match="expected some in both"):
        fit_above_chance(real, null, 1)


def test_purity_is_the_mean_of_what_is_listed():
    """Down to 0.8, the mean of 1, 0.9, 0.8 is 0.9."""
    assert pure_from([0.2, 0.8, 1.0, 0.9], 0.9) == 0.8
    assert pure_from([0.2, 0.5], 0.9) is None
    assert pure_from([], 0.9) is None
