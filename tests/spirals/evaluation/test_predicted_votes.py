"""Predicted votes: calibration, PIT, likelihood, answers."""

import numpy as np
import pytest
from scipy import stats
from skyloom.spirals.evaluation.votes import (
    accuracy,
    base_rate,
    forecast,
    log_likelihood,
    per_vote,
    pit,
    pit_distance,
)
from skyloom.spirals.questions import columns, expected_shares, question, questions
from skyloom.stats.calibration import calibration_error


@pytest.fixture
def rng():
    """Return a generator."""
    return np.random.default_rng(0)


@pytest.fixture
def votes(rng):
    """Return predictions and votes drawn from them: a network that is right."""
    n = 300
    concentrations = np.exp(rng.normal(1.0, 0.8, (n, len(columns()))))
    counts = np.zeros(concentrations.shape, int)
    for one in questions():
        for row in range(n):
            shares = rng.dirichlet(concentrations[row, one.columns])
            counts[row, one.columns] = rng.multinomial(rng.integers(0, 40), shares)
    return concentrations, counts


def test_right_predictions_are_calibrated_and_wrong_ones_are_not(votes, rng):
    concentrations, counts = votes
    right = calibration_error(forecast(concentrations, counts), rng)
    assert right["value"] < 0.02
    wrong = calibration_error(forecast(concentrations**2, counts), rng)
    assert wrong["value"] > 0.08


def test_forecasts_weigh_each_vote_once(votes):
    concentrations, counts = votes
    one = question("bar")
    data = forecast(concentrations, counts, (one,))
    true = data.trials[data.truth].sum()
    assert true == counts[:, one.columns].sum()
    assert data.trials.sum() == 3 * true  # each vote says no to two answers
    assert len(np.unique(data.objects)) == (counts[:, one.columns].sum(1) > 0).sum()


def test_the_transform_of_right_predictions_is_uniform(votes, rng):
    concentrations, counts = votes
    table = pit(concentrations, counts, rng)
    assert table["value"].between(0, 1).all()
    assert pit_distance(table, rng, 50)["value"] < 0.025
    weak = table.loc[table["question"] == "bar", "value"].iloc[1::3]
    assert stats.kstest(weak, "uniform").pvalue > 0.001


def test_too_sure_and_shifted_predictions_are_not_uniform(votes, rng):
    concentrations, counts = votes
    sure = pit_distance(pit(20 * concentrations, counts, rng), rng, 50)
    assert sure["value"] > 0.08 > 3 * sure["if_right"]
    assert sure["low"] > sure["if_right"]
    none = pit(concentrations[:2], 0 * counts[:2], rng)
    assert pit_distance(none, rng, 10)["value"] is None


def test_the_likelihood_is_the_dirichlet_multinomials(votes):
    concentrations, counts = votes
    found = log_likelihood(concentrations[:5], counts[:5])
    for place, one in enumerate(questions()):
        for row in range(5):
            k, a = counts[row, one.columns], concentrations[row, one.columns]
            law = stats.dirichlet_multinomial(a, k.sum()).logpmf(k)
            orders = stats.multinomial(k.sum(), np.full(len(k), 1 / len(k))).logpmf(k)
            orders += k.sum() * np.log(len(k))
            assert found[row, place] == pytest.approx(law - orders, abs=1e-8)


def test_the_base_rate_is_what_the_votes_were_drawn_from(rng):
    truth = np.linspace(0.5, 6, len(columns()))
    counts = np.zeros((800, len(truth)), int)
    for one in questions():
        shares = rng.dirichlet(truth[one.columns], 800)
        counts[:, one.columns] = [rng.multinomial(30, s) for s in shares]
    found = base_rate(counts)
    np.testing.assert_allclose(found, truth, rtol=0.25)
    assert np.median(np.abs(found / truth - 1)) < 0.08


def test_a_question_nobody_answered_has_a_base_rate_of_one_each(votes):
    counts = votes[1].copy()
    counts[:, question("bar").columns] = 0
    assert base_rate(counts)[question("bar").columns].tolist() == [1, 1, 1]


def test_knowing_galaxies_gains_likelihood_and_knowing_none_does_not(votes, rng):
    concentrations, counts = votes
    base = base_rate(counts[:150])
    table = per_vote(concentrations[150:], counts[150:], base, rng, 200)
    whole = table.set_index("question").loc["all"]
    assert whole["low"] > 0
    assert whole["gain"] == pytest.approx(whole["predicted"] - whole["base"])
    assert whole["votes"] == counts[150:].sum()
    same = per_vote(np.broadcast_to(base, (150, 34)), counts[150:], base, rng, 50)
    assert (same["gain"] == 0).all()
    bad = per_vote(1 / concentrations[150:], counts[150:], base, rng, 50)
    assert bad.set_index("question").loc["all", "high"] < 0


def test_accuracy_counts_only_clear_answers():
    counts = np.zeros((4, len(columns())), int)
    bar = question("bar")
    counts[:, bar.columns] = [[9, 1, 0], [0, 1, 9], [5, 5, 0], [1, 0, 0]]
    concentrations = np.ones((4, len(columns())))
    concentrations[:, bar.first] = 5.0  # strong, of all galaxies
    table = accuracy(concentrations, counts).set_index("question")
    assert (table.loc["bar", "k"], table.loc["bar", "n"]) == (1, 2)
    assert table.loc["bar", "common"] == 0.5
    single = accuracy(concentrations, counts, least=1).set_index("question")
    assert single.loc["bar", "n"] == 3
    assert list(single.index) == ["bar"]


def test_shares_of_answers_are_means_of_the_dirichlet(votes):
    shares, _ = expected_shares(votes[0])
    one = question("merging")
    a = votes[0][:, one.columns]
    np.testing.assert_allclose(shares[:, one.columns], a / a.sum(1, keepdims=True))
