"""Seeds: one number and a name give one stream."""

from __future__ import annotations

import numpy as np
from skyloom.run.seeds import rng


def test_same_name_same_stream():
    """The stream depends on the arguments only."""
    first, second = (rng(1, "volunteer", 7).random(5) for _ in range(2))
    np.testing.assert_array_equal(first, second)


def test_other_names_other_streams():
    """Seed, each key and where one key ends and the next begins all count."""
    names = [
        (1, "a", 7),
        (2, "a", 7),
        (1, "b", 7),
        (1, "a", 8),
        (1, "a7"),
        (1, "a7", ""),
    ]
    assert len({rng(*name).random() for name in names}) == len(names)


def test_numpy_integers_name_the_same_object():
    """An id read from a table is the id given by hand."""
    assert rng(1, np.int64(7)).random() == rng(1, 7).random()


def test_streams_of_neighbours_are_independent():
    """Neighbouring ids are uncorrelated: 200 x 200 draws, |r| below 0.3."""
    draws = np.array([rng(3, i).normal(size=200) for i in range(200)])
    correlation = np.corrcoef(draws) - np.eye(200)
    assert np.abs(correlation).max() < 0.35
