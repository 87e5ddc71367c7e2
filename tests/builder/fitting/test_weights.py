"""What each set of components is worth."""

import math
import types

import pytest
from skyloom.builder.fitting.weights import ODDS, Odds, Scale, probability, weighted

FULL = frozenset({"bulge", "bar", "spiral.0"})


def end(objective):
    """Return what a scale reads of a fit."""
    return types.SimpleNamespace(objective=objective)


def scale(least=100.0, inflation=1.0, **odds):
    return Scale(
        {"bulge": 1.0, "bar": -1.0, "spiral.0": 2.0} | odds, least, inflation, 0.0
    )


def test_votes_and_signs_move_the_odds_their_way():
    """More votes or a clearer sign is never evidence against a component."""
    for odds in ODDS.values():
        assert odds.of(0.8, 0.5) >= odds.of(0.2, 0.5)
        assert odds.of(0.5, 0.9) >= odds.of(0.5, 0.1)
    one = Odds(0.3, 1.0, 0.5)
    assert one.of(0.5, 1.0) == pytest.approx(0.3)
    assert one.of(0.8, 1.0) == pytest.approx(0.3 + math.log(4.0))
    assert math.isfinite(one.of(0.5, 0.0))


def test_a_set_that_fits_worse_weighs_less():
    """By the noise that a smooth model leaves; one that fits better gains nothing."""
    plain, rough = scale(), scale(inflation=10.0)
    best, worse = (plain.log_weight(FULL, x) for x in (100.0, 400.0))
    assert worse < best
    assert rough.log_weight(FULL, 400.0) > worse
    assert rough.log_weight(FULL, 100.0) == best
    assert plain.log_weight(FULL, 50.0) == best


def test_the_components_odds_add_up():
    """With equal fits, sets differ by the odds of what one has more."""
    s = scale()
    gain = s.log_weight(FULL, 100.0) - s.log_weight(FULL - {"bar"}, 100.0)
    assert gain == pytest.approx(s.odds["bar"])


def test_weights_sum_to_one_and_the_largest_is_first():
    """Whatever the order in which they were fitted."""
    fits = {FULL: end(100.0), FULL - {"bar"}: end(101.0), frozenset(): end(900.0)}
    found = weighted(fits, scale())
    assert sum(one.weight for one in found) == pytest.approx(1.0)
    weights = [one.weight for one in found]
    assert weights == sorted(weights, reverse=True)
    again = weighted(dict(reversed(fits.items())), scale())
    assert [one.terms for one in again] == [one.terms for one in found]


def test_a_probability_is_the_weight_of_the_sets_that_have_it():
    """Between 0 and 1; of a component that no set lacks it is that of its odds."""
    fits = {FULL: end(100.0), FULL - {"bar"}: end(101.0)}
    s = scale()
    found = weighted(fits, s)
    (with_bar,) = (one.weight for one in found if "bar" in one.terms)
    assert probability(found, s, "bar") == with_bar
    assert probability(found, s, "bulge") == pytest.approx(1 / (1 + math.exp(-1.0)))
    assert probability(found, s, "spiral.7") == 0.0


def test_the_next_set_is_the_one_that_could_weigh_most():
    """First the component of the lowest odds goes; none where no set could count."""
    s = scale()
    fits = {FULL: end(100.0)}
    assert s.next_step(fits, {FULL}) == (FULL, "bar")
    tried = {FULL, FULL - {"bar"}}
    assert s.next_step(fits, tried) in ((FULL, "bulge"), None)
    sure = scale(bulge=50.0, bar=50.0, **{"spiral.0": 50.0})
    assert sure.next_step(fits, {FULL}) is None
    assert s.next_step({frozenset(): end(100.0)}, {frozenset()}) is None


def test_the_steps_come_to_an_end():
    """Every set is tried at most once, down to the disk alone."""
    s = scale(bulge=0.0, bar=0.0, **{"spiral.0": 0.0})
    fits, tried = {FULL: end(100.0)}, {FULL}
    while step := s.next_step(fits, tried):
        terms = step[0] - {step[1]}
        assert terms not in tried
        tried.add(terms)
        fits[terms] = end(100.0)
    assert len(fits) == 8


def test_a_set_that_leaves_out_what_everybody_sees_has_no_weight():
    """No odds make up for what exceeds the misfit ten thousand times."""
    votes = scale(bar=-3.0)
    gain = votes.log_weight(FULL - {"bar"}, 3e4) - votes.log_weight(FULL, 100.0)
    assert gain < -5


def test_a_weight_is_the_same_in_every_process():
    """The sum of odds does not follow the order of a set, which differs by process."""
    odds = {f"spiral.{i}": 0.1 * 3**i for i in range(12)}
    s = scale(**odds)
    terms = sorted(s.odds)
    found = {s.log_weight(order, 100.0) for order in (terms, terms[::-1])}
    assert len(found) == 1
