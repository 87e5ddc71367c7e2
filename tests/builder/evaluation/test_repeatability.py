"""Two measurements of the same galaxies."""

import numpy as np
import pandas as pd
import pytest
from skyloom.builder.evaluation.repeatability import (
    difference,
    presence,
    repeatability,
)


def test_difference_finds_offset_scatter_and_pull():
    """Planted offset, scatter and error come back; right errors have pulls of one."""
    rng = np.random.default_rng(1)
    truth = rng.normal(10, 5, 4000)
    a, b = truth + rng.normal(0, 3, 4000), truth + 0.5 + rng.normal(0, 4, 4000)
    found = difference(a, b, (np.full(4000, 3.0), np.full(4000, 4.0)))
    assert found["median"] == pytest.approx(0.5, abs=4 * found["median_err"])
    assert found["scatter"] == pytest.approx(5, rel=0.05)
    assert found["pull_sd"] == pytest.approx(1, rel=0.05)
    assert found["correlation"] == pytest.approx(25 / np.sqrt(34 * 41), abs=0.05)


def test_too_few_pairs_say_nothing():
    """NaN pairs do not count; below three pairs there is no number."""
    found = difference([1, 2, np.nan], [1, np.nan, 3])
    assert found["n"] == 1
    assert found["median"] is None


def test_least_number_of_pairs():
    """Three are enough, two are not; nor for pulls, of which one may lack an error."""
    errors = (np.array([1.0, 1.0, 1.0]), np.array([1.0, 1.0, 0.0]))
    found = difference([1, 2, 3], [2, 4, 4], errors)
    assert (found["n"], found["median"]) == (3, 1)
    assert found["scatter"] == 0
    assert found["pull_sd"] == pytest.approx(1.4826 * (1 - 0.5**0.5), rel=1e-4)
    none = difference([1, 2, 3], [2, 4, 4], (errors[1] * 0, errors[1] * 0))
    assert none["pull_sd"] is None
    assert difference([1, 2], [2, 4])["median"] is None


def test_difference_is_second_less_first_with_both_errors():
    """Errors 3 and 4 make 5; the error of the median is 1.25 scatter / sqrt n."""
    first = np.array([10.0, 20.0, 30.0, 40.0, 50.0])
    gap = np.array([-10.0, -5.0, 0.0, 5.0, 20.0])
    found = difference(first, first + gap, (np.full(5, 3.0), np.full(5, 4.0)))
    assert found["median"] == 0
    assert found["scatter"] == pytest.approx(1.4826 * 5, rel=1e-4)
    assert found["median_err"] == pytest.approx(1.2533 * 1.4826 * 5 / 5**0.5, rel=1e-4)
    assert found["pull_sd"] == pytest.approx(1.4826, rel=1e-4)
    assert (found["far"]["k"], found["far"]["n"]) == (1, 5)
    assert difference(first, first - 2)["median"] == -2


def test_pairs_need_both_subjects():
    """A pair of which one subject is missing is left out, order is first, second."""
    table = pd.DataFrame({"subject_id": [12, 11, 1, 2, 3], "x": [4.0, 3, 1, 1, 9]})
    more = pd.DataFrame({"first": [1, 2, 3, 1], "second": [11, 12, 99, 12]})
    found = repeatability(table, more, ["x"], {})
    assert found["n_pairs"] == found["same_components"]["n_pairs"] == 3
    assert found["different_components"]["n_pairs"] == 0
    assert found["parameters"]["x"]["median"] == 3


def test_presence_counts_the_four_cases():
    """Both, either and neither; kappa 1 for the same verdicts."""
    found = presence([1, 1, 0, 0], [1, 0, 1, 0])
    cases = [found[k] for k in ("both", "first_only", "second_only", "neither")]
    assert cases == [1, 1, 1, 1]
    assert found["agree"]["value"] == 0.5
    assert presence([1, 0], [1, 0])["kappa"] == pytest.approx(1)


def test_repeatability_of_a_small_table():
    """Parameters and presence by subject pairs, errors used where given."""
    rng = np.random.default_rng(2)
    n = 60
    ids = np.arange(2 * n)
    x = np.tile(rng.normal(10, 2, n), 2) + rng.normal(0, 0.1, 2 * n)
    bar = np.where(ids % 3 == 0, np.nan, 0.1)
    table = pd.DataFrame({"subject_id": ids, "x": x, "x_err": 0.1, "bar": bar})
    pairs = pd.DataFrame({"first": ids[:n], "second": ids[n:]})
    tree = repeatability(table, pairs, ["x", "bar"], {"bar": "bar"})
    assert tree["n_pairs"] == n
    assert tree["parameters"]["x"]["scatter"] == pytest.approx(0.14, abs=0.05)
    assert tree["parameters"]["x"]["pull_sd"] == pytest.approx(1, abs=0.3)
    assert tree["presence"]["bar"]["agree"]["value"] == 1


def test_each_of_the_four_cases_has_its_count():
    first = np.array([True] * 7 + [False] * 3)
    second = np.array([True] * 4 + [False] * 3 + [True] + [False] * 2)
    found = presence(first, second)
    names = ("both", "first_only", "second_only", "neither")
    assert [found[name] for name in names] == [4, 3, 1, 2]
    assert (found["agree"]["k"], found["agree"]["n"]) == (6, 10)


def test_sets_with_other_numbers_of_arms_differ():
    """The same components, one arm more: not the same set; nor with a bar more."""
    table = pd.DataFrame({"subject_id": [1, 2, 3, 11, 12, 13], "x": 1.0})
    table = table.assign(bar=[0.1, 0.1, np.nan, 0.2, 0.2, 0.2])
    table = table.assign(arms=[2, 2, 2, 2, 3, 2])
    pairs = pd.DataFrame({"first": [1, 2, 3], "second": [11, 12, 13]})
    found = repeatability(table, pairs, ["x"], {"bar": "bar"}, counts=["arms"])
    assert found["same_components"]["n_pairs"] == 1
    assert found["different_components"]["n_pairs"] == 2
    assert (found["equal_counts"]["arms"]["k"], found["equal_counts"]["arms"]["n"]) == (
        2,
        3,
    )
    assert repeatability(table, pairs, ["x"], {})["same_components"]["n_pairs"] == 3
