"""How volunteers agree, on drawings whose overlap is known."""

from __future__ import annotations

import numpy as np
import pytest
from skyloom.spirals.segmaps.agreement import agreement

SIZE = 524.0  # two units a cell of the default grid
BOW = np.array([[10.0, 10], [50, 50], [50, 10], [10, 50]])


def box(x, y, width, height):
    return np.array([[x, y], [x + width, y], [x + width, y + height], [x, y + height]])


def test_boxes_of_known_overlap():
    """Halves, thirds and nothing in common; who drew nothing has no area."""
    one, half, apart = (
        box(100, 100, 80, 40),
        box(100, 100, 40, 40),
        box(400, 400, 80, 40),
    )
    found = agreement(((one,), (half,), (apart,), ()), SIZE, least=1)
    assert found.drew == 3
    assert found.areas * SIZE**2 == pytest.approx([3200, 1600, 3200])
    assert found.pairs == pytest.approx([0.5, 0, 0])
    # Each against all that any other marked.
    assert found.others == pytest.approx([1600 / 6400, 1600 / 6400, 0])
    assert list(found.counts[1:] * 4) == [1600 + 3200, 1600, 0, 0]
    assert found.counts.sum() == 262**2


def test_a_volunteers_strokes_are_one():
    """Twice the same is not twice as much."""
    one = box(100, 100, 80, 40)
    found = agreement(((one, one), (one,)), SIZE)
    assert found.pairs == pytest.approx([1])
    assert list(found.strokes) == [2, 1]
    assert np.isnan(found.others).all()  # three others there are not


def test_consensus_leaves_out_oneself():
    """Three others make it; with three in all nobody has it."""
    same = (box(100, 100, 80, 40),)
    assert agreement((same,) * 4, SIZE).others == pytest.approx([1] * 4)
    assert np.isnan(agreement((same,) * 3, SIZE).others).all()


def test_strokes_vertices_and_crossings():
    """Clicks are no strokes, and lines neither; those off the frame are."""
    click, line = np.array([[5.0, 5.0]]), np.array([[5.0, 5.0], [90, 90]])
    off = box(-400, 0, 100, 100)
    found = agreement(((BOW, click), (line, box(0, 0, 50, 50)), (off,)), SIZE)
    assert found.drew == 2
    assert list(found.strokes) == [1, 1]
    assert list(found.vertices) == [4, 4, 4]
    assert list(found.crossing) == [True, False, False]


@pytest.mark.parametrize("n", [0, 1, 4])
def test_nobody_drew(n):
    """Nothing to compare, and nothing is made up."""
    found = agreement(((),) * n, SIZE)
    assert (found.drew, len(found.areas), len(found.pairs)) == (0, 0, 0)
    assert len(found.others) == len(found.vertices) == len(found.crossing) == 0
    assert found.counts[0] == 262**2
