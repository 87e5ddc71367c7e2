"""Overlap of maps, and of volunteers with each other."""

import numpy as np
import pytest
from skyloom.spirals.evaluation.overlap import (
    cut_iou,
    galaxy_overlaps,
    soft_iou,
    summary,
    volunteer_overlap,
)


@pytest.fixture
def rng():
    """Return a generator."""
    return np.random.default_rng(0)


def test_soft_iou_is_symmetric_bounded_and_one_of_equals(rng):
    one, other = rng.uniform(size=(2, 8, 16, 16)) ** 3
    found = soft_iou(one, other)
    np.testing.assert_allclose(found, soft_iou(other, one))
    assert ((found > 0) & (found < 1)).all()
    np.testing.assert_allclose(soft_iou(one, one), 1)
    blank = np.zeros((4, 4))
    assert soft_iou(blank, blank) == 1
    assert soft_iou(blank, blank + 0.1) == 0


def test_soft_iou_of_masks_is_the_usual_one(rng):
    one, other = rng.uniform(size=(2, 40, 40)) < 0.3
    expected = (one & other).sum() / (one | other).sum()
    assert soft_iou(one, other) == pytest.approx(expected)
    assert soft_iou(one, 0.5 * one) == pytest.approx(0.5)


def test_cuts_are_scaled_to_the_number_asked():
    counts = np.array([[[0, 2, 3, 4], [5, 6, 8, 9]]] * 2)
    shares = counts / 15
    assert cut_iou(shares, counts, np.array([15, 15]), 3).tolist() == [1, 1]
    # 6 of 30 is as much as 3 of 15.
    twice = cut_iou(shares[:1], 2 * counts[:1], np.array([30]), 3)
    assert twice.tolist() == [1]
    half = cut_iou(shares[:1], counts[:1], np.array([30]), 3)
    assert half.tolist() == [pytest.approx(3 / 6)]


def test_cuts_without_pixels_or_volunteers_are_not_known():
    blank = np.zeros((2, 4, 4))
    assert np.isnan(cut_iou(blank, blank, np.array([15, 0]), 1)).all()
    full = np.ones((2, 4, 4))
    found = cut_iou(full, blank, np.array([15, 0]), 1)
    assert found[0] == 0
    assert np.isnan(found[1])


def test_volunteers_overlap_as_counted_by_hand():
    marked = np.zeros((3, 1, 4), bool)
    marked[0, 0, :2] = marked[1, 0, 1:3] = True  # the third marks nothing
    found = volunteer_overlap(marked, np.array([[0.0, 0.5, 0.5, 0.0]]))
    # Each of the two: 0.5 on one common pixel, of 1 + 1 + 0.5.
    assert found["volunteers"] == pytest.approx(0.5 / 2.5)
    assert found["pairs"] == pytest.approx(1 / 3)
    # The map with the shares (0, .5, .5, 0) and (.5, .5, 0, 0).
    assert found["map"] == pytest.approx((1 + 0.5 / 1.5) / 2)
    assert found["halves"] == pytest.approx(0.5 / 2.5)


def test_equal_volunteers_agree_wholly_and_none_are_not_known(rng):
    one = rng.uniform(size=(12, 12)) < 0.4
    found = volunteer_overlap(np.stack([one] * 5), one)
    assert set(found.values()) == {1.0}
    assert np.isnan(list(volunteer_overlap(np.zeros((5, 4, 4), bool)).values())).all()
    assert np.isnan(volunteer_overlap(one[None])["pairs"])


def test_the_true_share_beats_the_volunteers_it_makes(rng):
    y, x = np.indices((32, 32)) - 15.5
    share = 0.7 * np.exp(-np.hypot(x, y) / 6)
    marked = rng.uniform(size=(15, 32, 32)) < share
    found = volunteer_overlap(marked, share)
    assert found["map"] > found["volunteers"] + 0.1
    assert found["halves"] > found["pairs"]


def test_the_table_of_galaxies_leaves_out_those_nobody_was_asked_of(rng):
    counts = rng.integers(0, 16, (3, 8, 8))
    asked = np.array([15, 15, 0])
    table = galaxy_overlaps(counts / 15, counts, asked, (1, 3))
    assert list(table) == ["soft", "at_1", "at_3", "most"]
    assert table.iloc[:2][["soft", "at_1", "at_3"]].to_numpy() == pytest.approx(1)
    assert table.iloc[2].isna().all()
    found = summary(table, rng, 100)
    assert found["soft"]["n"] == 2
    assert found["soft"]["value"] == pytest.approx(1)


def test_means_have_intervals_that_hold_the_truth(rng):
    values = {"soft": rng.normal(0.5, 0.1, 400)}
    found = summary(values, rng, 500)["soft"]
    assert found["low"] < 0.5 < found["high"]
    assert found["high"] - found["low"] == pytest.approx(4 * 0.1 / 20, rel=0.2)
    nothing = summary({"soft": np.full(3, np.nan)}, rng, 10)["soft"]
    assert nothing == {"value": None, "low": None, "high": None, "n": 0}
