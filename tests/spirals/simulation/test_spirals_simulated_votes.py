"""Simulated votes are spread as real ones are, and go down the tree."""

import numpy as np
import pandas as pd
import pytest
from skyloom.spirals.config_simulation import Simulate
from skyloom.spirals.questions import question, questions
from skyloom.spirals.simulation.shapes import draw
from skyloom.spirals.simulation.votes import count, served, shares, visible
from volunteer_statistics import spread

HOW = Simulate().population
GALAXIES = [draw(HOW, 21, f"1-{i}") for i in range(500)]
EXPECTED = np.array([shares(one, visible(one)) for one in GALAXIES])
COUNTS = np.array(
    [count(e, 21, g.key, (20, 40)) for e, g in zip(EXPECTED, GALAXIES, strict=True)]
)


def test_shares_of_a_question_sum_to_one():
    for one in questions():
        assert EXPECTED[:, one.columns].sum(axis=1) == pytest.approx(1)
    assert (EXPECTED > 0).all()


def test_questions_are_asked_of_those_who_answered_the_one_before():
    for one in questions():
        asked = COUNTS[:, one.columns].sum(axis=1)
        if one.after is None:
            assert asked.min() >= 20
            assert asked.max() <= 40
        else:
            assert np.array_equal(asked, COUNTS[:, one.after])


def test_votes_scatter_about_the_expected_shares_more_than_by_chance():
    own = question("smooth-or-featured")
    n = COUNTS[:, own.columns].sum(axis=1)
    p = EXPECTED[:, own.first]
    z = (COUNTS[:, own.first] - n * p) / np.sqrt(n * p * (1 - p))
    assert abs(z.mean()) < 0.2
    # Dirichlet precision 25 and 30 votes: a variance of 1 + 29 / 26.
    assert z.var() == pytest.approx(2.1, abs=0.5)


def test_what_is_seen_is_voted_for_and_drawn():
    kinds = np.array([one.kind for one in GALAXIES])
    arms, bars = np.array([served(row) for row in COUNTS]).T
    barred = np.array([one.bar is not None for one in GALAXIES])
    assert arms[kinds == "spiral"].mean() > 0.7
    assert arms[kinds == "smooth"].mean() < 0.1
    assert bars[barred].mean() > bars[~barred].mean() + 0.3
    assert not arms.all()


def test_nothing_is_asked_without_votes():
    assert served(np.zeros(34, int)) == (False, False)


def test_spread_finds_the_precision():
    r = np.random.default_rng(1)
    p = r.dirichlet([1.0, 2.0, 3.0], 2000)
    counts = np.array([r.multinomial(30, one) for one in p])
    mean, precision = spread(counts, question("bar"))
    assert mean == pytest.approx([1 / 6, 2 / 6, 3 / 6], abs=0.02)
    assert precision == pytest.approx(6, rel=0.1)


@pytest.mark.real
def test_votes_are_spread_as_real_ones(real):
    """The constants were chosen beside the other half of the real galaxies."""
    path = real / "spirals/gz_decals_votes/full_tree_votes_with_coords.csv"
    theirs = pd.read_csv(path).iloc[1::2]
    assert len(theirs) == 370
    for one in questions():
        if one.name == "merging":
            continue  # the real votes are of an older question
        names = [f"{one.name}_{answer}" for answer in one.answers]
        real_mean, real_precision = spread(theirs[names].to_numpy(), one)
        mean, precision = spread(COUNTS[:, one.columns], one)
        assert mean == pytest.approx(real_mean, abs=0.17), one.name
        assert 0.5 < precision / real_precision < 2, one.name
