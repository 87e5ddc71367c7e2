"""Nodes: soft assignment, and weighted quantiles."""

import numpy as np
import pytest
from skyloom.som.model import Som
from skyloom.spectra.labels.nodes import (
    NEAREST,
    Shares,
    quantiles,
    shares,
    weights,
)


@pytest.fixture
def som():
    lot = np.random.default_rng(1)
    return Som(lot.normal(size=(4, 5, 3)).astype("f4"), "sheet")


def test_shares_are_the_kernel(som):
    """Against the formula, in float64, over all nodes that are kept."""
    z = np.random.default_rng(2).normal(size=(30, 3)).astype("f4")
    found = shares(som, z, 0.7)
    far = ((z[:, None].astype(float) - som.prototypes) ** 2).sum(axis=2)
    near = np.argsort(far, axis=1)[:, :NEAREST]
    kernel = np.exp(-np.take_along_axis(far, near, 1) / (2 * 0.7**2))
    np.testing.assert_array_equal(found.node, near)
    expected = kernel / kernel.sum(axis=1, keepdims=True)
    np.testing.assert_allclose(found.share, expected, atol=2e-5)


def test_a_narrow_kernel_is_the_best_unit_and_a_wide_one_all_alike(som):
    z = som.prototypes + np.float32(0.01)
    narrow, wide = shares(som, z, 1e-9), shares(som, z, 1e9)
    np.testing.assert_array_equal(narrow.node[:, 0], np.arange(20))
    np.testing.assert_allclose(narrow.share[:, 0], 1)
    np.testing.assert_allclose(wide.share, 1 / NEAREST)


def test_mix_is_a_weighted_mean(som):
    z = np.random.default_rng(2).normal(size=(9, 3)).astype("f4")
    found, table = shares(som, z, 1.0), np.arange(40.0).reshape(20, 2)
    by_hand = np.einsum("nk,nkl->nl", found.share, table[found.node])
    np.testing.assert_allclose(found.mix(table), by_hand)
    np.testing.assert_allclose(found.mix(np.ones(20)), 1)


def test_members_have_all_shares_once(som):
    z = np.random.default_rng(4).normal(size=(50, 3)).astype("f4")
    found = shares(som, z, 0.5)
    total = np.zeros(50)
    for _, rows, share in found.members(som.n_units):
        assert len(set(rows)) == len(rows)
        total[rows] += share
    np.testing.assert_allclose(total, 1, atol=1e-4)
    assert isinstance(found[:3], Shares)


def test_a_map_of_few_units_has_as_many_neighbours():
    som = Som(np.array([[[0.0], [1.0]]], "f4"), "sheet")
    found = shares(som, np.array([[0.25]], "f4"), 1.0)
    np.testing.assert_array_equal(found.node, [[0, 1]])


def test_galaxies_count_as_one():
    weight = weights(np.array(["a", "b", "a", "a"]))
    np.testing.assert_allclose(weight, [1 / 3, 1, 1 / 3, 1 / 3])


def test_quantiles_are_those_of_copies():
    """A spectrum of weight 3 is three spectra of weight 1."""
    lot = np.random.default_rng(0)
    value, counts = lot.normal(size=40), lot.integers(1, 5, 40)
    copies = np.repeat(value, counts)
    levels = (0.025, 0.16, 0.5, 0.84, 0.975)
    one = quantiles(value, counts, levels)
    np.testing.assert_allclose(one, quantiles(copies, np.ones(len(copies)), levels))
