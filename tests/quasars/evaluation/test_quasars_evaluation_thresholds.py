"""Thresholds for a purity."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from skyloom.quasars.evaluation import shares, thresholds
from skyloom.stats.intervals import lower_bound


def separable(n=2000, overlap=0.1, random=2):
    rng = np.random.default_rng(random)
    truth = rng.random(n) < 0.6
    score = np.clip(rng.normal(np.where(truth, 0.8, 0.2), overlap), 0, 1)
    return thresholds.sample(np.arange(n), score, truth)


def test_purity_is_reached_with_its_bound():
    """At the threshold the bound holds; at the next lower score it does not."""
    data = separable(overlap=0.2)
    found = thresholds.threshold_for_purity(data, 0.97)
    called = data.probability > found.value
    assert found.reached
    assert found.called == called.sum()
    assert np.isclose(found.purity, data.truth[called].mean())
    assert found.purity_low >= 0.97
    assert np.isclose(found.completeness, called[data.truth].mean())
    for value in np.sort(data.probability[data.probability <= found.value])[:-1]:
        lower = data.probability > value
        assert lower_bound(data.truth[lower].sum(), lower.sum()) < 0.97


def test_bound_holds_on_new_targets():
    """Twenty draws: purity elsewhere is above the target in most."""
    above = 0
    for seed in range(20):
        found = thresholds.threshold_for_purity(separable(500, 0.25, seed), 0.95)
        new = separable(20000, 0.25, 1000 + seed)
        above += new.truth[new.probability > found.value].mean() >= 0.95
    assert above >= 17


def test_too_few_targets_are_said_to_be():
    """60 perfect targets cannot show 99 %; 299 could."""
    data = thresholds.sample(
        range(60), [0.9] * 40 + [0.1] * 20, [True] * 40 + [False] * 20
    )
    found = thresholds.threshold_for_purity(data, 0.99)
    assert not found.reached
    assert found.value == 0.1
    assert (found.purity, found.completeness, found.needed) == (1, 1, 299)
    assert thresholds.threshold_for_purity(data, 0.92).reached


def test_repeats_do_not_make_a_sample_larger():
    """Fifty exposures of each target show no more than one."""
    once = separable(80)
    often = thresholds.sample(
        np.repeat(once.objects, 50),
        np.repeat(once.probability, 50),
        np.repeat(once.truth, 50),
    )
    first, second = (thresholds.threshold_for_purity(d, 0.9) for d in (once, often))
    assert np.isclose(first.purity_low, second.purity_low)
    assert first.value == second.value


def test_unknown_truth_and_missing_scores_are_left_out():
    """NaN, None and <NA>; counted."""
    truth = pd.array([True, False, pd.NA, True], dtype="boolean")
    data = thresholds.sample([1, 2, 3, 4], [0.9, 0.1, 0.5, np.nan], truth)
    assert len(data.probability) == 2
    floats = thresholds.sample([1, 2], [0.9, 0.1], [1.0, np.nan])
    assert floats.truth.tolist() == [True]
    objects = thresholds.sample([1, 2], [0.9, 0.1], np.array([None, False], object))
    assert objects.truth.tolist() == [False]


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        (([1], [np.nan], [True]), "none of 1 rows"),
        (([1], [0.5], [np.nan]), "none of 1 rows"),
        (([], [], []), "none of 0 rows"),
        (([7, 7], [0.5, 0.6], [True, False]), "target 7 is a quasar in one row"),
    ],
)
def test_unusable_samples_are_refused(arguments, problem):
    """Nothing to calibrate on."""
    with pytest.raises(ValueError, match=problem):
        thresholds.sample(*arguments)


@pytest.mark.parametrize("target", [0.0, 1.0, -1])
def test_impossible_targets_are_refused(target):
    """Certainty cannot be shown."""
    with pytest.raises(ValueError, match="expected 0 < target < 1"):
        thresholds.threshold_for_purity(separable(50), target)


def test_a_sample_without_quasars_is_refused():
    """There is no purity to reach."""
    data = thresholds.sample([1, 2], [0.2, 0.3], [False, False])
    with pytest.raises(ValueError, match="0 quasars"):
        thresholds.threshold_for_purity(data, 0.9)


@given(
    st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9)), min_size=1, max_size=40)
)
def test_curve_counts_what_is_above(rows):
    """At every threshold, with ties and repeats: targets called, exposures found."""
    ids, tenths = (np.array(column) for column in zip(*rows, strict=True))
    data = thresholds.sample(ids, tenths / 10, ids % 3 > 0)
    curve = thresholds.purity_curve(data)
    assert np.all(np.diff(curve["threshold"]) > 0)
    for row in curve.itertuples():
        above = data.probability > row.threshold
        called = np.unique(ids[above])
        assert row.called == len(called)
        assert np.isclose(row.purity, np.mean(called % 3 > 0))
        if data.truth.any():
            found = shares.share(above[data.truth], ids[data.truth])["value"]
            assert np.isclose(row.completeness, found)
    assert curve["threshold"].iloc[0] < data.probability.min()


def test_score_of_results():
    """The best line, or the n-th; what is missing is named."""
    table = pd.DataFrame({"C_BEST": [0.9], "C_LYA": [0.9], "C_CIV": [0.4]})
    assert thresholds.score_of(table).tolist() == [0.9]
    assert thresholds.score_of(table, 2).tolist() == [0.4]
    with pytest.raises(ValueError, match=r"no column \['C_BEST'\]"):
        thresholds.score_of(table.drop(columns="C_BEST"))
    with pytest.raises(ValueError, match="n_detect 3: there are 2"):
        thresholds.score_of(table, 3)


def test_a_bound_at_the_target_reaches_it():
    """Just that purity is shown, a little more is not."""
    data = thresholds.sample(range(40), [0.9] * 40, [True] * 40)
    bound = float(lower_bound(40, 40))
    assert thresholds.threshold_for_purity(data, bound).reached
    assert not thresholds.threshold_for_purity(data, bound + 1e-9).reached
