"""Planes in nodes: exact where labels are planes, common where nothing is known."""

import numpy as np
import pytest
from skyloom.spectra.labels.linear import apply_plane, fit_planes
from skyloom.spectra.labels.nodes import Shares


def hard(node):
    """Return the assignment to one node each."""
    node = np.asarray(node)[:, None]
    return Shares(node, np.ones(node.shape))


def test_planes_of_nodes_are_found_exactly():
    lot = np.random.default_rng(0)
    x, node = lot.normal(size=(600, 3)), lot.integers(0, 3, 600)
    true = lot.normal(size=(3, 4))
    y = apply_plane(true[node], x)
    (planes,) = fit_planes(x, y, np.ones(600), hard(node), 3, [1e-9])
    np.testing.assert_allclose(planes, true, atol=1e-6)


def test_a_node_without_spectra_has_the_common_plane():
    lot = np.random.default_rng(1)
    x, node = lot.normal(size=(300, 2)), lot.integers(0, 2, 300)
    y = x @ [1, 2] + 0.5 + 0.1 * node
    (planes,) = fit_planes(x, y, np.ones(300), hard(node), 4, [0.1])
    np.testing.assert_allclose(planes[2], planes[3])
    np.testing.assert_allclose(planes[2][:2], [1, 2], atol=0.01)


@pytest.mark.parametrize("seed", range(3))
def test_penalties_lead_from_own_planes_to_the_common_one(seed):
    lot = np.random.default_rng(seed)
    x, node = lot.normal(size=(400, 2)), lot.integers(0, 4, 400)
    y = lot.normal(size=4)[node] * x[:, 0]
    found = fit_planes(x, y, np.ones(400), hard(node), 4, [1e-6, 1, 1e3, 1e9])
    spread = found[:, :, 0].std(axis=1)
    assert (np.diff(spread) < 0).all()
    assert spread[-1] < 1e-6


def test_copies_of_spectra_that_count_as_one_change_nothing():
    lot = np.random.default_rng(2)
    x, node = lot.normal(size=(90, 2)), lot.integers(0, 3, 90)
    y = lot.normal(size=90)
    copies = np.repeat(np.arange(90), 3)
    one = fit_planes(x, y, np.ones(90), hard(node), 3, [0.3])
    args = x[copies], y[copies], np.full(270, 1 / 3), hard(node[copies])
    np.testing.assert_allclose(fit_planes(*args, 3, [0.3]), one, atol=1e-10)


def test_the_order_of_spectra_and_the_names_of_nodes_do_not_matter():
    lot = np.random.default_rng(3)
    x, node = lot.normal(size=(200, 2)), lot.integers(0, 5, 200)
    y, order, other = lot.normal(size=200), lot.permutation(200), lot.permutation(5)
    (one,) = fit_planes(x, y, np.ones(200), hard(node), 5, [0.3])
    args = x[order], y[order], np.ones(200), hard(other[node][order])
    (two,) = fit_planes(*args, 5, [0.3])
    np.testing.assert_allclose(two[other], one, atol=1e-10)
