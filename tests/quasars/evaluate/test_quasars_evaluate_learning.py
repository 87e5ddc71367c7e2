"""What labels buy."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from skyloom.quasars.evaluate import learning


def runs(gain=0.05, seeds=6, noise=0.002, random=3):
    """Return a strategy that gains, one that does not, and random, from one start."""
    rng = np.random.default_rng(random)
    rows = []
    for seed in range(seeds):
        luck = rng.normal(0, 0.1)  # far larger than the gain: only pairs see it
        for strategy, slope in (("bald", gain), ("dull", 0.0), ("random", 0.0)):
            for n in (100, 200, 300):
                more = 0.0 if n == 100 else slope + rng.normal(0, noise)
                rows.append((strategy, seed, n, 0.5 + n / 1000 + luck + more))
    return pd.DataFrame(rows, columns=learning.COLUMNS)


def test_pairs_see_a_gain_that_luck_hides():
    """The interval of the difference is far narrower than that of the curve."""
    table = learning.differences(runs()).set_index(["strategy", "n_labels"])
    row = table.loc["bald", 300]
    assert row["low"] < 0.05 < row["high"]
    assert row["wins"] == 6
    means = learning.curves(runs()).set_index(["strategy", "n_labels"]).loc["bald", 300]
    assert means["high"] - means["low"] > 10 * (row["high"] - row["low"])


def test_interval_is_that_of_a_paired_t_test():
    """The same as SciPy's."""
    table = runs(noise=0.02)
    grid = table.pivot(index=["seed", "n_labels"], columns="strategy", values="score")
    each = grid.xs(200, level="n_labels")
    test = stats.ttest_rel(each["bald"], each["random"]).confidence_interval(0.95)
    found = (
        learning.differences(table).set_index(["strategy", "n_labels"]).loc["bald", 200]
    )
    assert np.allclose([found["low"], found["high"]], [test.low, test.high])


def test_verdicts():
    """Better, worse, and honestly not shown."""
    found = learning.gains(runs()).set_index("strategy")
    assert found["verdict"].to_dict() == {"bald": "better", "dull": "not shown"}
    assert np.isclose(found.loc["bald", "value"], 0.05, atol=0.004)
    worse = learning.gains(runs(gain=-0.05)).set_index("strategy")
    assert worse.loc["bald", "verdict"] == "worse"


def test_equal_runs_and_single_seeds_show_nothing():
    """No difference at all, and no scatter to judge by."""
    same = runs(gain=0, noise=0)
    assert learning.gains(same)["verdict"].tolist() == ["not shown"] * 2
    single = learning.gains(runs(seeds=1))
    assert single["verdict"].tolist() == ["not shown"] * 2
    assert single["low"].isna().all()


def test_the_common_start_does_not_count():
    """A zero before the first query would dilute the gain."""
    table = runs(noise=0)
    assert np.allclose(learning.gains(table)["value"], [0.05, 0.0])
    short = table[table["n_labels"] < 300]
    assert np.allclose(learning.gains(short)["value"], [0.05, 0.0])


def test_holm_by_hand():
    """0.01 of three, 0.02 of two; NaN is not counted."""
    found = learning.holm(np.array([0.04, 0.01, np.nan, 0.02]))
    assert np.allclose(found, [0.04, 0.03, np.nan, 0.04], equal_nan=True)


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        (lambda t: t.drop(columns="seed"), r"no column \['seed'\]"),
        (lambda t: pd.concat([t, t.iloc[:1]]), "stands twice"),
        (lambda t: t.assign(score=np.nan), "has no score"),
        (lambda t: t[t["strategy"] != "random"], "no run of 'random'"),
        (lambda t: t.iloc[1:], r"\(seed, n_labels\) \(0, 100\) in one only"),
    ],
)
def test_runs_that_cannot_be_paired(change, problem):
    """Unequal labels or seeds are no comparison."""
    with pytest.raises(ValueError, match=problem):
        learning.gains(change(runs()))
