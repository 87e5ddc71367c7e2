"""Intervals hold 68 % of what was not seen, whatever the noise."""

import numpy as np
import pytest
from skyloom.spectra.labels.intervals import (
    FEWEST,
    Errors,
    Interval,
    calibrate,
    fit_interval,
    fit_scale,
    scale,
)
from skyloom.spectra.labels.nodes import Shares, weights

UNITS = 4


def errors(galaxies, seed, skewed=False):
    """Return errors that grow with the noise, and differ by node; 12 a galaxy."""
    lot = np.random.default_rng(seed)
    of = np.repeat([f"{seed}-{k}" for k in range(galaxies)], 12)
    noise = 10 ** lot.uniform(-4, 0, len(of))
    node = lot.integers(0, UNITS, len(of))
    shape = lot.gamma(2, 1, len(of)) - 1.5 if skewed else lot.normal(size=len(of))
    shape += np.repeat(lot.normal(0, 0.3, galaxies), 12)
    error = np.sqrt(0.02**2 + noise) * shape * (1 + 0.5 * node)
    near = Shares(node[:, None], np.ones((len(of), 1)))
    return Errors(error, noise, near, of)


@pytest.mark.parametrize("skewed", [False, True])
def test_coverage_of_new_galaxies_is_68_percent_at_any_noise(skewed):
    """With noise of four decades, nodes of other scatter, and skewed errors."""
    made = fit_interval(errors(150, 0, skewed), errors(40, 1, skewed), UNITS)
    new = errors(500, 2, skewed)
    low, _, high = made.offsets(new.noise, new.near)
    inside = (new.error >= low) & (new.error <= high)
    assert inside.mean() == pytest.approx(0.68, abs=0.03)
    for noise in np.array_split(np.argsort(new.noise), 4):
        assert inside[noise].mean() == pytest.approx(0.68, abs=0.06)
    for k in range(UNITS):
        node = new.near.node[:, 0] == k
        assert inside[node].mean() == pytest.approx(0.68, abs=0.06)
    for tail in (new.error < low, new.error > high):
        assert tail.mean() == pytest.approx(0.16, abs=0.04)


def test_coverage_is_68_percent_with_few_galaxies_as_with_many():
    """Over many surveys of so few: neither too wide nor too narrow on average."""
    new = errors(300, 999)
    for galaxies in (25, 150):
        found = []
        for seed in range(12):
            known, held = errors(galaxies, 2 * seed), errors(8, 2 * seed + 1)
            low, _, high = fit_interval(known, held, UNITS).offsets(new.noise, new.near)
            found.append(((new.error >= low) & (new.error <= high)).mean())
        assert np.mean(found) == pytest.approx(0.68, abs=0.03)


def test_the_scale_is_the_one_that_errors_were_drawn_with():
    lot = np.random.default_rng(0)
    noise = 10 ** lot.uniform(-4, 1, 20000)
    error = np.sqrt(0.05**2 + 4 * noise) * lot.laplace(size=20000)
    floor, factor, power = fit_scale(error, noise, np.ones(20000))
    assert floor == pytest.approx(0.05, rel=0.1)
    assert factor == pytest.approx(2, rel=0.1)
    assert power == pytest.approx(1, abs=0.05)
    assert (np.diff(scale((floor, factor, power), np.sort(noise))) > 0).all()


def test_large_galaxies_do_not_dominate_the_calibration():
    """One galaxy of many far-off spectra is one galaxy."""
    lot = np.random.default_rng(0)
    score = np.abs(lot.normal(size=400))
    of = np.arange(400).astype(str)
    alone = calibrate(score, of)
    score, of = np.append(score, np.full(5000, 9.0)), np.append(of, ["huge"] * 5000)
    assert calibrate(score, of) == pytest.approx(alone, rel=0.05)


def test_a_few_galaxies_calibrate_nothing():
    with pytest.raises(ValueError, match=f"need {FEWEST} galaxies"):
        calibrate(np.ones(50), np.repeat(["a", "b"], 25))


def test_errors_of_zero_give_an_interval_of_zero():
    data = errors(20, 0)
    zero = Errors(0 * data.error, data.noise, data.near, data.galaxies)
    made = fit_interval(zero, zero, UNITS)
    assert np.abs(made.offsets(data.noise, data.near)).max() < 1e-4


def test_offsets_are_in_order():
    data = errors(50, 3, skewed=True)
    made = fit_interval(data, data, UNITS)
    low, middle, high = made.offsets(data.noise, data.near)
    assert (low < middle).all()
    assert (middle < high).all()
    assert isinstance(made, Interval)
    assert weights(data.galaxies).sum() == pytest.approx(50)
