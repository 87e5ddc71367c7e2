"""How much an ensemble doubts."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from skyloom.quasars.query import strategies

VOTES = np.array([[1, 0, 0], [0.5, 0.5, 0], [1 / 3, 1 / 3, 1 / 3]])


def table(shares, **columns):
    return pd.DataFrame(np.asarray(shares, float), columns=strategies.VOTES).assign(
        **columns
    )


def test_entropy_and_margin_of_known_votes():
    """One, two and three classes of equal shares."""
    assert np.allclose(strategies.doubt(table(VOTES), "entropy"), np.log([1, 2, 3]))
    assert np.allclose(strategies.doubt(table(VOTES), "margin"), [0, 1, 1])


@given(st.lists(st.integers(0, 50), min_size=3, max_size=3).filter(any))
def test_entropy_is_within_its_limits(counts):
    """0 to ln 3, 0 only where all agree; the margin 0 to 1."""
    shares = np.array([counts]) / sum(counts)
    entropy = strategies.doubt(table(shares), "entropy")[0]
    assert 0 <= entropy <= strategies.MAX_ENTROPY + 1e-12
    assert (entropy < 1e-12) == (max(counts) == sum(counts))
    assert 0 <= strategies.doubt(table(shares), "margin")[0] <= 1


@pytest.mark.parametrize("strategy", ["bald", "som_quota", "k_centre"])
def test_strategies_of_models_rank_by_bald(strategy):
    """The column as it is."""
    assert strategies.doubt(table(VOTES, BALD=[3, 2, 1]), strategy).tolist() == [
        3,
        2,
        1,
    ]
    with pytest.raises(ValueError, match=r"no column \['BALD'\]"):
        strategies.doubt(table(VOTES), strategy)


def test_lots_have_no_opinion():
    """All are alike."""
    assert strategies.doubt(table(VOTES), "random").tolist() == [0, 0, 0]


@pytest.mark.parametrize("bad", [[1.1, 0, 0], [-0.1, 1, 0.1]])
def test_votes_that_are_no_shares_are_refused(bad):
    """The row is named; the last digits of a sum are forgiven."""
    with pytest.raises(ValueError, match="row 1: votes"):
        strategies.votes(table([[1, 0, 0], bad]))
    assert strategies.votes(table([[1 + 1e-15, 0, 0]])).shape == (1, 3)


def test_missing_votes_are_refused():
    """A column by name."""
    with pytest.raises(ValueError, match=r"no column \['C_QSO_LZ'\]"):
        strategies.votes(table(VOTES).drop(columns="C_QSO_LZ"))
