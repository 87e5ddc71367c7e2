"""Bins of spaxels."""

import numpy as np
import pytest
from skyloom.spectra.simulation.bins import divide, gain

GRID = np.transpose(np.mgrid[:24, :18].reshape(2, -1)).astype(float)


@pytest.mark.parametrize("bins", [1, 2, 3, 7, 50, 431, 432])
def test_each_bin_has_a_spaxel(bins):
    weight = np.random.default_rng(bins).exponential(size=len(GRID))
    found = divide(GRID, weight, bins)
    assert np.array_equal(np.unique(found), np.arange(bins))


@pytest.mark.parametrize("bins", [4, 13, 40])
def test_bins_of_even_weight_are_of_one_size(bins):
    found = divide(GRID, np.ones(len(GRID)), bins)
    sizes = np.bincount(found)
    assert sizes.max() <= 1.35 * sizes.min()


def test_bins_share_the_weight():
    distance = np.linalg.norm(GRID - [12, 9], axis=1)
    weight = np.exp(-distance / 6)
    found = divide(GRID, weight, 32)
    shares = np.bincount(found, weight) / weight.sum()
    assert shares.max() < 2 / 32
    sizes, middle = np.bincount(found), np.bincount(found, distance)
    assert np.corrcoef(sizes, middle / sizes)[0, 1] > 0.8  # larger, the further out


def test_bins_are_compact():
    found = divide(GRID, np.ones(len(GRID)), 36)
    for one in range(36):
        spans = np.ptp(GRID[found == one], axis=0) + 1
        assert spans.max() <= 2.6 * spans.min()
        assert spans.prod() <= 2 * (found == one).sum()


def test_one_bright_spaxel_leaves_others_their_bins():
    weight = np.full(len(GRID), 1e-6)
    weight[200] = 1.0
    assert len(np.unique(divide(GRID, weight, 100))) == 100


def test_the_order_of_equal_spaxels_is_fixed():
    weight = np.ones(len(GRID))
    assert np.array_equal(divide(GRID, weight, 11), divide(GRID, weight, 11))


@pytest.mark.parametrize("bins", [0, 433])
def test_as_many_bins_as_spaxels_at_most(bins):
    with pytest.raises(ValueError, match="of 432 spaxels"):
        divide(GRID, np.ones(len(GRID)), bins)


def test_correlated_spaxels_gain_less_than_independent_ones():
    number = np.array([1, 4, 25, 100, 400])
    assert gain(number)[0] == 1
    assert (gain(number)[1:] < np.sqrt(number[1:])).all()
    assert gain(np.array([100])) == pytest.approx(10 / 4.24)
    assert gain(number)[4] / gain(number)[3] == pytest.approx(2)
