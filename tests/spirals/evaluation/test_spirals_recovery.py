"""Recovery of what was injected."""

import numpy as np
import pandas as pd
import pytest
from skyloom.spirals.evaluation.recovery import errors, labels, recovery


@pytest.fixture
def table():
    """Return 400 galaxies with a bar 5 % too long of 10 % scatter."""
    rng = np.random.default_rng(0)
    n = 400
    true = rng.uniform(4, 20, n)
    found = {"bar_length_true": true, "bar_length_err": 0.1 * true}
    found["bar_length"] = true * (1.05 + rng.normal(0, 0.1, n))
    found["bar_pa_true"] = rng.uniform(0, 180, n)
    found["bar_pa"] = (found["bar_pa_true"] + rng.normal(0, 4, n)) % 180
    found["bar_pa_err"] = np.full(n, 2.0)
    found["contrast"] = rng.uniform(0, 1, n)
    table = pd.DataFrame(found)
    faint = (table["contrast"] < 0.5) & (rng.uniform(size=n) < 0.5)
    table.loc[faint, "bar_length"] = np.nan
    table.loc[:39, "bar_length_true"] = np.nan
    return table


def test_bias_scatter_and_pull_are_those_put_in(table):
    found = recovery(table, np.random.default_rng(1), 200).set_index("quantity")
    length, angle = found.loc["bar_length"], found.loc["bar_pa"]
    assert length["true"] == 360
    assert length["bias_low"] < 0.05 < length["bias_high"]
    assert length["scatter"] == pytest.approx(0.1, rel=0.2)
    assert length["pull"] == pytest.approx(1, rel=0.2)
    assert angle["scatter"] == pytest.approx(4, rel=0.2)
    assert angle["pull"] == pytest.approx(2, rel=0.2)
    assert angle["error_low"] < angle["error"] < angle["error_high"]
    assert list(found.index) == ["bar_length", "bar_pa"]


def test_completeness_is_the_share_that_is_measured(table):
    faint = table[table["contrast"] < 0.5]
    found = recovery(faint, np.random.default_rng(1), 20).set_index("quantity")
    assert found["found"]["bar_length"] == pytest.approx(0.5, abs=0.1)
    assert (found["found_low"] <= found["found"]).all()


def test_no_galaxy_has_no_numbers_and_raises_nothing(table):
    found = recovery(table[:0], np.random.default_rng(1), 20)
    assert found["true"].tolist() == [0, 0]
    assert found[["bias", "error", "scatter", "pull"]].isna().all(axis=None)


def test_errors_of_axes_go_round_and_those_of_lengths_are_relative():
    assert errors([179.0, 2.0], [1.0, 178.0], "axis").tolist() == [-2, 4]
    assert errors([12.0], [10.0], "ratio") == pytest.approx([0.2])


def test_labels_count_where_both_are_given():
    table = pd.DataFrame({"winding": ["Z", "S", "", "Z"]})
    table["winding_true"] = ["Z", "Z", "S", ""]
    found = labels(table, "winding")
    assert (found["k"], found["n"]) == (1, 2)
