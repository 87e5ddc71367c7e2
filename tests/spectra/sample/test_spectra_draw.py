"""How many spectra each chunk gives, which, and of which galaxies."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from skyloom.spectra.rest.galaxy import galaxy_of, held_out
from skyloom.spectra.sample.draw import drawn, quotas, size_of
from skyloom.spectra.sample.outliers import reasons, thresholds

AVAILABLE = st.lists(st.integers(0, 60), min_size=1, max_size=8).map(
    lambda counts: {str(i): count for i, count in enumerate(counts)}
)


@pytest.mark.parametrize(
    ("name", "size"), [("250k", 250_000), ("2k", 2000), ("500", 500), ("1m", 10**6)]
)
def test_a_name_says_a_size(name, size):
    assert size_of(name) == size


@pytest.mark.parametrize("name", ["0", "", "k", "05", "-3", "2.5k", "2K", "2kk", "all"])
def test_a_name_that_says_no_size_is_refused(name):
    with pytest.raises(ValueError, match="expected a number"):
        size_of(name)


@given(AVAILABLE, st.integers(1, 300))
def test_chunks_give_the_same_or_all_that_they_have(available, size):
    if size > sum(available.values()):
        with pytest.raises(ValueError, match=f"{size} spectra are asked for"):
            quotas(available, size)
        return
    given_ = quotas(available, size)
    assert sum(given_.values()) == size
    assert list(given_) == list(available)
    most = max(given_.values())
    for name, count in given_.items():
        assert count <= available[name]
        assert count >= min(most - 1, available[name])


def test_the_rest_of_the_division_comes_from_the_first_chunks():
    assert quotas(dict.fromkeys("abcd", 100), 10) == {"a": 3, "b": 3, "c": 2, "d": 2}
    assert quotas({"a": 1, "b": 100, "c": 100}, 10) == {"a": 1, "b": 5, "c": 4}


@given(st.lists(st.booleans(), max_size=50), st.integers(0, 50), st.integers(0, 3))
def test_rows_are_drawn_once_in_order_and_only_usable_ones(usable, count, seed):
    usable = np.array(usable, bool)
    rows = drawn(usable, count, seed, "0")
    assert len(rows) == min(count, usable.sum())
    assert (np.diff(rows) > 0).all()
    assert usable[rows].all()
    assert set(drawn(usable, count // 2, seed, "0")) <= set(rows)
    np.testing.assert_array_equal(rows, drawn(usable, count, seed, "0"))


def test_chunks_and_seeds_draw_other_rows():
    usable = np.ones(1000, bool)
    lots = [(0, "0"), (0, "1"), (1, "0")]
    found = {drawn(usable, 100, *lot).tobytes() for lot in lots}
    assert len(found) == 3


def test_all_rows_are_as_likely():
    counts = np.zeros(40)
    for seed in range(400):
        counts[drawn(np.ones(40, bool), 10, seed, "0")] += 1
    chi2 = ((counts - 100) ** 2 / 75).sum()
    assert chi2 < 73  # 39 degrees of freedom: p = 0.001


def test_a_repeat_is_of_the_galaxy_of_its_mangaid():
    info = pd.DataFrame(
        {
            "plateifu": ["8131-6102", "9000-1901", "spec-1", "8131-6102"],
            "mangaID": ["1-44219", "1-44219", None, " "],
        }
    )
    names = galaxy_of(info.iloc[:3])
    assert names.tolist() == ["1-44219", "1-44219", "spec-1"]
    assert galaxy_of(info.drop(columns="mangaID"))[1] == "9000-1901"


@pytest.mark.parametrize("column", [{"plateifu": ["a", ""]}, {"redshift": [0.1, 0.2]}])
def test_a_spectrum_without_a_galaxy_is_refused(column):
    with pytest.raises(ValueError, match="neither mangaID nor plateifu"):
        galaxy_of(pd.DataFrame(column))


def test_a_further_galaxy_moves_at_most_one_other():
    names = [f"8000-{i}" for i in range(200)]
    before = held_out(names, 0.2, 3)
    after = held_out([*names, "9000-1"], 0.2, 3)
    assert len(before) == 40
    assert len((before ^ after) - {"9000-1"}) <= 1


def test_thresholds_are_percentiles_of_those_that_can_be_scaled():
    lot = np.random.default_rng(0)
    info = pd.DataFrame({"flux_min": lot.normal(size=1000), "flux_max": 5.0})
    info.loc[0, "flux_min"] = info.loc[1, "flux_max"] = np.nan
    low, high = thresholds(info, (1, 99))
    assert low == pytest.approx(np.nanpercentile(info["flux_min"], 1))
    assert high == 5.0
    why = reasons(info, (low, high))
    assert (why == "flux below the threshold").sum() == 10
    assert why[:2].tolist() == ["cannot be scaled"] * 2
    assert reasons(info, (-9.0, 4.0))[2] == "flux above the threshold"


def test_no_thresholds_without_spectra():
    info = pd.DataFrame({"flux_min": [np.nan], "flux_max": [np.nan]})
    with pytest.raises(ValueError, match="none of the training spectra"):
        thresholds(info, (1, 99))
