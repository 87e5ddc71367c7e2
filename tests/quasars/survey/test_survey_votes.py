"""Votes against counting by hand, doubt against its definitions."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import entr
from simulated_outputs import ARCH, outputs_of, redshifts
from skyloom.quasars.network.decode import Lines, decode
from skyloom.quasars.network.lines import Heads
from skyloom.quasars.survey.votes import (
    class_probabilities,
    quantiles,
    summarise_lines,
    vote,
)

HEADS = Heads(("LYA", "CIV"), ("CIV",))
PLAIN = 0.95, 1  # c_th, n_detect


def said(confidence, z):
    """Return Lines of given confidences and redshifts (members, n, heads)."""
    confidence = np.asarray(confidence, np.float32)
    z = np.broadcast_to(np.asarray(z, float), confidence.shape)
    return Lines(HEADS, confidence, z, np.zeros(confidence.shape, int))


def test_votes_by_hand():
    """Four members: one no, one low, two high; the BAL head has no say."""
    lines = said(
        [[[0.9, 0.1, 0.99]], [[0.1, 0.96, 0]], [[0.97, 0.1, 0]], [[0.99, 0.98, 0]]],
        [[[3, 1, 9]], [[3, 1, 9]], [[3, 1, 9]], [[2.1, 1, 9]]],
    )
    found = vote(lines, *PLAIN)
    assert (found.c_not, found.c_low, found.c_high) == (0.25, 0.25, 0.5)
    assert found.entropy == pytest.approx(1.5 * np.log(2))
    strict = vote(lines, 0.95, 2)
    assert strict.c_not == 0.75
    loose = vote(lines, 0.5, 1)
    assert (loose.c_low, loose.c_high) == (0.25, 0.75)


def test_out_of_bag_counts_only_the_allowed():
    """A member that trained on a spectrum is not asked; without any, NaN."""
    lines = said([[[0.99, 0, 0]] * 3, [[0, 0, 0]] * 3], 1.0)
    use = np.array([[True, True, False], [True, False, False]])
    found = vote(lines, *PLAIN, use)
    np.testing.assert_array_equal(found.c_low, [0.5, 1.0, np.nan])
    np.testing.assert_array_equal(found.c_not, [0.5, 0.0, np.nan])


@given(st.lists(st.integers(0, 2), min_size=1, max_size=30))
def test_shares_are_shares(labels):
    """They sum to 1; entropy lies between 0 and ln 3, 0 where all agree."""
    labels = np.array(labels)
    c = np.where(labels[:, None, None] > 0, 0.99, 0.0) * [1, 0, 0]
    z = np.where(labels == 2, 3.0, 1.0)[:, None, None] * np.ones(3)
    found = vote(said(c, z), *PLAIN)
    total = found.c_not + found.c_low + found.c_high
    assert total == pytest.approx(1)
    assert found.c_high == pytest.approx((labels == 2).mean())
    assert -1e-12 <= found.entropy[0] <= np.log(3) + 1e-12
    assert (found.entropy[0] < 1e-9) == (len(set(labels)) == 1)


def test_bald_tells_disagreement_from_doubt():
    """Members sure of different things, against members in the same doubt."""
    at_odds = said([[[1.0, 0, 0]], [[0.0, 0, 0]]], 1.0)
    in_doubt = said([[[0.5, 0, 0]], [[0.5, 0, 0]]], 1.0)
    assert vote(at_odds, *PLAIN).bald == pytest.approx(np.log(2))
    assert vote(in_doubt, *PLAIN).bald == pytest.approx(0, abs=1e-12)


def test_the_border_of_redshifts_is_no_disagreement():
    """Two sure members at 2.09 and 2.11 agree; at 1 and 3 they do not."""
    c = [[[1.0, 0, 0]], [[1.0, 0, 0]]]
    near = said(c, [[[2.09, 0, 0]], [[2.11, 0, 0]]])
    far = said(c, [[[1.0, 0, 0]], [[3.0, 0, 0]]])
    assert vote(near, *PLAIN).bald < 0.01
    assert vote(far, *PLAIN).bald == pytest.approx(np.log(2))
    assert vote(near, *PLAIN).c_high == 0.5


@given(st.integers(1, 6), st.integers(1, 5), st.integers(0, 99))
def test_bald_is_never_more_than_the_entropy_of_the_mean(members, n, seed):
    """And never negative."""
    rng = np.random.default_rng(seed)
    lines = said(rng.random((members, n, 3)), rng.uniform(0, 5, (members, n, 3)))
    mean = class_probabilities(lines, 1).mean(axis=1)
    bald = vote(lines, *PLAIN).bald
    assert (bald >= 0).all()
    assert (bald <= entr(mean).sum(axis=0) + 1e-12).all()


def test_line_summary_resists_one_wild_member():
    """The redshift of a line stays where the confident members are."""
    z = redshifts(20)
    outputs = outputs_of(z, members=9, noise=0.01)
    tame = summarise_lines(decode(outputs, ARCH))
    outputs[0] = np.roll(outputs[0], 4, axis=-1)
    wild = summarise_lines(decode(outputs, ARCH))
    seen = tame.confidence > 0.9
    np.testing.assert_allclose(wild.z[seen], tame.z[seen], rtol=3e-3)
    assert tame.z.shape == (20, 6)
    assert (tame.confidence_sd >= 0).all()


@given(
    st.lists(st.tuples(st.floats(-5, 5), st.integers(1, 5)), min_size=1, max_size=12),
    st.floats(0.01, 1.0),
)
def test_weighted_quantiles_are_those_of_repeated_values(pairs, level):
    """A weight of 3 is the value thrice."""
    values, weight = (np.array(part, float) for part in zip(*pairs, strict=True))
    (got,) = quantiles(values[:, None], weight[:, None], (level,))
    repeated = np.sort(np.repeat(values, weight.astype(int)))
    at = int(np.ceil(level * len(repeated) * (1 - 1e-12))) - 1
    assert got[0] == repeated[max(at, 0)]


@pytest.mark.parametrize(("c_th", "quasar"), [(0.49, 1), (0.5, 0), (0.51, 0)])
def test_a_line_counts_above_its_threshold(c_th, quasar):
    """Not at it; with two lines needed, the second one decides."""
    lines = said([[[0.5, 0.25, 0]]], 1.0)
    assert vote(lines, c_th, 1).c_low == quasar
    assert vote(lines, c_th / 2, 2).c_low == quasar


def test_a_quasar_is_as_likely_as_the_line_that_decides():
    """The n_detect-th most confident one, whichever it is."""
    lines = said([[[0.9, 0.3, 1.0]]], 1.0)
    for n_detect, chance in ((1, 0.9), (2, 0.3)):
        found = class_probabilities(lines, n_detect)[:, 0, 0]
        np.testing.assert_allclose(found, [1 - chance, chance, 0], atol=1e-6)


def test_doubt_is_that_of_the_allowed_members():
    """One who may not vote adds none, however many there are."""
    lines = said([[[1.0, 0, 0]], [[0.5, 0, 0]], [[0.5, 0, 0]]], 1.0)
    use = np.array([[False], [True], [True]])
    assert vote(lines, *PLAIN, use).bald == pytest.approx(0, abs=1e-12)
    use[0] = True
    assert vote(lines, *PLAIN, use).bald > 0.05


def test_scatter_of_a_line_is_a_standard_deviation():
    """Of members that scatter as a normal distribution, in redshift."""
    z = 2 + 0.01 * np.random.default_rng(0).standard_normal((4000, 1, 3))
    found = summarise_lines(said(np.full(z.shape, 0.9), z))
    np.testing.assert_allclose(found.z_sd, 0.01, rtol=0.05)
