"""Two measurements of the same galaxies."""

import numpy as np
import pandas as pd
import pytest
from skyloom.builder.analysis.repeatability import (
    difference,
    paired,
    presence,
    repeatability,
    scatter,
)

PAIRS = pd.DataFrame({"first": [1, 2, 3], "second": [11, 12, 99]})


def test_scatter_of_a_gaussian_is_its_sd():
    """1.48 MAD is the sd, and one outlier does not matter."""
    x = np.random.default_rng(0).normal(0, 3, 20000)
    assert scatter(np.append(x, 1e9)) == pytest.approx(3, rel=0.02)


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


def test_pairs_need_both_subjects():
    """A pair of which one subject is missing is left out, order is first, second."""
    table = pd.DataFrame({"subject_id": [12, 11, 1, 2, 3], "x": [4.0, 3, 1, 2, 9]})
    first, second = paired(table, PAIRS)
    assert first["x"].tolist() == [1, 2]
    assert second["x"].tolist() == [3, 4]


def test_presence_counts_the_four_cases():
    """Both, either and neither; kappa 1 for the same verdicts."""
    found = presence([1, 1, 0, 0], [1, 0, 1, 0])
    cases = [found[k] for k in ("both", "first_only", "second_only", "neither")]
    assert cases == [1, 1, 1, 1]
    assert found["agree"]["p"] == 0.5
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
    assert tree["presence"]["bar"]["agree"]["p"] == 1


@pytest.mark.parametrize(
    "table",
    [
        pd.DataFrame({"subject_id": [1, 1], "x": [1.0, 2.0]}),
        pd.DataFrame({"subject_id": [1, 2], "y": [1.0, 2.0]}),
    ],
)
def test_malformed_table_is_refused(table):
    """A subject twice, or a missing column, raises."""
    with pytest.raises(ValueError, match="subject twice, or columns missing"):
        repeatability(table, PAIRS, ["x"], {})
