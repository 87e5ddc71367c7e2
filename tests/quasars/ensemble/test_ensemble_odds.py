"""Confidences of broad absorption that are probabilities."""

import numpy as np
import pytest
from quasar_toys import ARCH
from skyloom.quasars.ensemble.data import TrainingData
from skyloom.quasars.ensemble.odds import with_true_odds
from skyloom.quasars.network.parameters import Parameters, expected_shapes
from skyloom.quasars.network.run_numpy import Runner

BAL = ARCH.heads.is_bal
N = 200


def sample(bals, unknown=0):
    """Return spectra of which some are BALs, in the third box, some of them unknown."""
    x = np.zeros((N, ARCH.grid.size), np.float32)
    y = np.zeros((N, len(ARCH.heads), 2 * ARCH.boxes), np.float32)
    y[:bals, :, 2] = 1
    weight = np.ones(y.shape[:2], np.float32)
    weight[N - unknown :, BAL] = 0
    return TrainingData(x, x, y, weight)


@pytest.fixture(scope="module")
def undecided():
    """Return a network that says 0.5 to all: the loss's optimum without input."""
    shapes = expected_shapes(ARCH)
    return Parameters(ARCH, {k: np.zeros(shape) for k, shape in shapes.items()})


def confidences(network):
    return Runner([network]).predict(sample(1).x[:1])[0][0, :, : ARCH.boxes]


def test_a_constant_answer_becomes_the_share_of_boxes(undecided):
    """Of BAL heads; lines keep the odds of the loss. Unknown ones do not count."""
    found = confidences(with_true_odds(undecided, sample(10, unknown=50)))
    assert found[BAL] == pytest.approx(10 / (150 * ARCH.boxes))
    assert found[~BAL] == pytest.approx(0.5)


def test_a_head_without_examples_stays(undecided):
    """Neither BALs, nor anything known."""
    for data in (sample(0), sample(10, unknown=N)):
        assert confidences(with_true_odds(undecided, data)) == pytest.approx(0.5)


def test_nothing_else_changes(undecided):
    """Only the bias of boxes does."""
    found = with_true_odds(undecided, sample(10))
    names = found.arrays.keys() - {"box/bias"}
    assert all(np.array_equal(found.arrays[k], undecided.arrays[k]) for k in names)
