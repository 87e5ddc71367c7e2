"""Choosing from scores, units and features."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from skyloom.quasars.query import strategies


@pytest.fixture
def rng():
    return np.random.default_rng(5)


def test_top_takes_the_highest(rng):
    """In order, and all of them if there are fewer."""
    score = np.array([0.1, 0.9, 0.5])
    assert strategies.top(score, 2, rng).tolist() == [1, 2]
    assert strategies.top(score, 9, rng).tolist() == [1, 2, 0]


def test_ties_are_drawn_by_lot(rng):
    """Every one of many equals is first at times; last digits break no tie."""
    score = np.full(4, 0.3) + np.array([0, 1e-15, -1e-15, 0])
    first = {int(strategies.top(score, 1, rng)[0]) for _ in range(100)}
    assert first == {0, 1, 2, 3}


def test_random_is_without_repeats(rng):
    """A part of a permutation."""
    some = strategies.random(10, 4, rng)
    assert len(set(some.tolist())) == 4
    assert sorted(strategies.random(5, 9, rng).tolist()) == list(range(5))


@given(
    st.lists(st.tuples(st.integers(1, 9), st.integers(0, 6)), min_size=1, max_size=12),
    st.integers(0, 40),
)
def test_apportion_fills_seats_and_none_is_lost(parties, n):
    """All seats, none above its limit, and none lost when there are more."""
    weight = np.array([w for w, _ in parties], float)
    most = np.array([m for _, m in parties])
    seats = strategies.apportion(weight, most, n)
    assert seats.sum() == min(n, most.sum())
    assert np.all((seats >= 0) & (seats <= most))
    assert np.all(strategies.apportion(weight, most, n + 1) >= seats)


def test_apportion_is_proportional():
    """Votes of 53, 24, 23 thousand and 7 seats: the textbook's 3, 2, 2."""
    seats = strategies.apportion(np.array([53.0, 24, 23]), np.full(3, 9), 7)
    assert seats.tolist() == [3, 2, 2]


def test_som_quota_reaches_rare_units(rng):
    """A unit of one dull target gets its seat; the top scores alone do not."""
    score = np.r_[np.full(50, 0.5), 0.01]
    unit = np.r_[np.full(50, 7), 3]
    chosen = strategies.som_quota(score, unit, 10, rng)
    assert 50 in chosen.tolist()
    assert len(set(chosen.tolist())) == 10
    assert 50 not in strategies.top(score, 10, rng).tolist()


def test_som_quota_takes_the_doubtful_of_a_unit(rng):
    """Within a unit the scores decide, and the order is theirs."""
    score = np.array([0.1, 0.9, 0.3, 0.8])
    chosen = strategies.som_quota(score, np.array([0, 0, 1, 1]), 2, rng)
    assert chosen.tolist() == [1, 3]


def test_som_quota_without_any_doubt(rng):
    """Zeros everywhere still fill the seats."""
    chosen = strategies.som_quota(np.zeros(6), np.array([0, 0, 0, 1, 1, 2]), 4, rng)
    assert len(set(chosen.tolist())) == 4


@given(st.integers(0, 2**32 - 1), st.integers(1, 30), st.integers(1, 35))
def test_som_quota_chooses_each_once(seed, size, n):
    """As many as asked for, no target twice."""
    rng = np.random.default_rng(seed)
    chosen = strategies.som_quota(rng.random(size), rng.integers(0, 5, size), n, rng)
    assert len(chosen) == len(set(chosen.tolist())) == min(n, size)


def test_k_centre_covers_clusters(rng):
    """Three far groups: one of each, before a second of any."""
    place = np.repeat([[0.0, 0], [10, 0], [0, 10]], 5, axis=0) + rng.normal(
        0, 0.1, (15, 2)
    )
    score = np.r_[np.full(5, 0.9), np.full(10, 0.5)]
    chosen = strategies.k_centre(place, score, np.zeros((0, 2)), 3, rng)
    assert {int(i) // 5 for i in chosen} == {0, 1, 2}
    assert chosen[0] < 5  # the most doubtful first


def test_k_centre_avoids_what_is_known(rng):
    """The group that is labelled comes last."""
    place = np.array([[0.0, 0], [10, 0], [0, 10]])
    known = np.array([[0.0, 0.1]])
    chosen = strategies.k_centre(place, np.ones(3), known, 3, rng)
    assert chosen[-1] == 0


def test_k_centre_stays_in_its_pool(rng):
    """A far target of no doubt is left alone."""
    place = np.array([[0.0], [1], [2], [3], [4], [99]])
    score = np.array([0.9, 0.8, 0.7, 0.6, 0.5, 0.0])
    known = np.array([[0.0]])
    assert strategies.k_centre(place, score, known, 1, rng).tolist() == [4]
    every = strategies.k_centre(place, score, known, 9, rng)
    assert sorted(every.tolist()) == [0, 1, 2, 3, 4, 5]


def test_k_centre_of_identical_targets(rng):
    """No target twice where all distances are 0."""
    chosen = strategies.k_centre(np.zeros((5, 2)), np.ones(5), np.zeros((1, 2)), 4, rng)
    assert len(set(chosen.tolist())) == 4
