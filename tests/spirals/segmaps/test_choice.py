"""Whose drawings count."""

from __future__ import annotations

import numpy as np
import pytest
from skyloom.spirals.geometry import Canvas
from skyloom.spirals.segmaps.choice import (
    STEP,
    choose,
    crosses_itself,
    reliability,
    unions,
)
from skyloom.spirals.segmaps.counts import segmap
from skyloom.spirals.segmaps.marks import Marks

BOW = np.array([[10.0, 10], [90, 90], [90, 10], [10, 90]])
SQUARE = np.array([[10.0, 10], [90, 10], [90, 90], [10, 90]])


def box(x, y, width, height):
    return np.array([[x, y], [x + width, y], [x + width, y + height], [x, y + height]])


def crowd(seed=0, n=14):
    """Return volunteers who box about the same place, and one who scribbles."""
    rng = np.random.default_rng(seed)
    good = [(box(*(200 + 8 * rng.normal(size=2)), 120.0, 60.0),) for _ in range(n)]
    return (*good, (rng.uniform(0, 525, (60, 2)),))


def test_cleaned_drops_strokes_that_cross_themselves():
    """Clicks stay; they cover nothing."""
    click = np.array([[5.0, 5.0]])
    assert [crosses_itself(c) for c in (BOW, SQUARE, click)] == [True, False, False]
    kept, weights = choose(((BOW, SQUARE, click), (BOW,)), "cleaned", 525)
    assert [len(one) for one in kept] == [2, 0]
    assert list(weights) == [2, 0]  # of the second we do not know what was meant


def test_where_all_cross_themselves_all_count():
    """Or it would look as if nobody had marked anything."""
    kept, weights = choose(((BOW,), (BOW, BOW)), "cleaned", 525)
    assert [len(one) for one in kept] == [1, 2]
    assert list(weights) == [1, 1]


def test_who_scribbles_counts_less():
    """Less than half of the others; weights have mean 1 and sum exactly."""
    weights = reliability(crowd(), 525)
    assert weights[-1] < 0.5 * weights[:-1].min()
    assert weights.mean() == pytest.approx(1, abs=1e-6)
    assert (weights % STEP == 0).all()


def test_equals_weigh_the_same():
    """Also where all drew the same, nothing, or are one or two."""
    same = (box(200.0, 200.0, 90.0, 50.0),)
    for volunteers in ((same,) * 5, ((),) * 5, (same,), (same, ()), ()):
        assert list(reliability(volunteers, 525)) == [1] * len(volunteers)


def test_blank_volunteers_keep_a_say():
    """Who drew nothing has a weight, near that of the others if many did."""
    same = (box(200.0, 200.0, 90.0, 50.0),)
    weights = reliability((same,) * 5 + ((),) * 5, 525)
    assert list(weights) == [1] * 10
    few = reliability((same,) * 8 + ((),) * 2, 525)
    assert 0 < few[-1] < few[0]


def test_reliable_counts_lie_within_the_number_asked():
    """No dust of rounding where nobody drew."""
    frame = Canvas(10.0, 0.0)
    counts, asked = segmap(
        Marks(frame, crowd(), None), "spiral", frame.stamp, "reliable"
    )
    plain, _ = segmap(Marks(frame, crowd(), None), "spiral", frame.stamp)
    assert counts.max() <= asked + 1e-5
    assert ((counts == 0) == (plain == 0)).all()
    alone = unions((crowd()[-1],), 525, 525)[0][::-1] & (plain == 1)
    assert alone.any()
    assert counts[alone].max() < 0.5  # where only the scribbler drew
