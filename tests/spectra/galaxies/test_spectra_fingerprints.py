"""Fingerprints: shares of units, their errors, and what counts."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from skyloom.spectra.galaxies.fingerprints import entropy, fingerprint, weights
from skyloom.spectra.galaxies.summary import summary

UNITS = 6
FALLS = st.lists(
    st.tuples(st.integers(0, UNITS - 1), st.floats(0.01, 100)), min_size=1, max_size=60
)


@given(FALLS)
def test_shares_add_up_to_one_whatever_the_order(falls):
    """A fingerprint is a distribution, and spectra have no order."""
    bmu, weight = np.array(falls).T
    share, error = fingerprint(bmu.astype(int), weight, UNITS)
    back, wrong = fingerprint(bmu[::-1].astype(int), weight[::-1], UNITS)
    assert share.sum() == pytest.approx(1)
    assert (error > 0).all() or (share == 1).any()
    np.testing.assert_allclose(back, share)
    np.testing.assert_allclose(wrong, error)


@given(FALLS, st.floats(0.01, 100))
def test_equal_areas_are_counts(falls, area):
    """Area weights of equal areas are those of counts, errors too."""
    bmu = np.array([unit for unit, _ in falls])
    ones = fingerprint(bmu, np.ones(len(bmu)), UNITS)
    areas = fingerprint(bmu, np.full(len(bmu), area), UNITS)
    for one, other in zip(ones, areas, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("how", ["counts", "light"])
def test_errors_are_those_of_repeated_draws(how):
    """Monte Carlo: as many galaxies as one likes, of the same kind."""
    rng = np.random.default_rng(3)
    true = np.array([0.45, 0.25, 0.15, 0.10, 0.05, 0.0])
    shares, errors = [], []
    for _ in range(4000):
        n = rng.poisson(200)
        bmu = rng.choice(UNITS, n, p=true)
        weight = np.ones(n) if how == "counts" else rng.lognormal(0, 0.7, n)
        share, error = fingerprint(bmu, weight, UNITS)
        shares.append(share)
        errors.append(error)
    scatter, stated = (
        np.std(shares, axis=0),
        np.sqrt(np.mean(np.square(errors), axis=0)),
    )
    np.testing.assert_allclose(stated[:5], scatter[:5], rtol=0.05)
    assert np.mean(shares, axis=0) == pytest.approx(true, abs=0.002)


def test_error_of_equal_weights_is_binomial():
    """sqrt(p (1 - p) / n), and Poisson's limit of 1.15 spectra where there are none."""
    bmu = np.repeat([0, 1], [30, 10])
    share, error = fingerprint(bmu, np.ones(40), 3)
    assert share.tolist() == [0.75, 0.25, 0]
    assert error == pytest.approx([np.sqrt(0.75 * 0.25 / 40)] * 2 + [1.15 / 40])


def test_no_spectra_no_shares():
    """An empty galaxy has a fingerprint of zeros."""
    share, error = fingerprint(np.zeros(0, int), np.zeros(0), 4)
    assert share.tolist() == error.tolist() == [0] * 4


def test_what_cannot_be_weighed_or_lies_outside_is_left_out():
    """Unknown and negative light count nothing; so does an unknown radius, if asked."""
    info = pd.DataFrame(
        {
            "light": [1.0, np.nan, -2.0, 3.0, 4.0],
            "r_re_light": [0.1, 0.2, 0.3, 2, np.nan],
        }
    )
    assert weights(info, "light", None).tolist() == [1, 0, 0, 3, 4]
    assert weights(info, "light", 1.5).tolist() == [1, 0, 0, 0, 0]
    assert weights(info, "counts", 2.0).tolist() == [1, 1, 1, 1, 0]


def test_entropy_is_that_of_the_number_of_equal_units():
    """Ln n of n equal shares; 0 of one unit."""
    equal = np.array([[0.25] * 4, [1, 0, 0, 0]])
    assert entropy(equal) == pytest.approx([np.log(4), 0])


def placed(**columns) -> pd.DataFrame:
    """Return four placed spectra of a galaxy."""
    known = {
        "mangaID": ["1-77"] * 4,
        "bmu": [0, 0, 2, 1],
        "weight": [1.0, 1.0, 2.0, 0.0],
        "r_re_light": [0.1, 1.4, 0.7, 9.0],
        "meansn2": [10.0, 20.0, 30.0, 1.0],
        "log_age": [0.0, 0.2, 0.4, 9.0],
    }
    return pd.DataFrame(known | columns)


def test_summary_says_what_the_fingerprint_is_of():
    """What is left out counts in no number but its own."""
    row = summary("77", "8001-12705", placed(), 4, {"8001-12705"})
    assert (row["split"], row["n_spectra"], row["n_left_out"]) == ("train", 3, 1)
    assert (row["total"], row["r_max"], row["meansn2"]) == (4.0, 1.4, 20.0)
    assert (row["fibres"], row["n_nodes"]) == (127, 2)
    assert row["mean_log_age"] == pytest.approx(0.25)
    assert row["counts"].tolist() == [2, 0, 1, 0]
    assert np.isnan(row["redshift"])


def test_galaxy_that_the_map_was_not_trained_on_is_a_test_galaxy():
    """Only training galaxies of the map of spectra train the map of galaxies."""
    assert summary("77", "8001-1901", placed(), 4, {"8001-1902"})["split"] == "test"
    empty = placed().iloc[:0]
    row = summary("77", "spec-0266", empty, 4, {"spec-0266"})
    assert (row["split"], row["mangaID"], row["fibres"]) == ("empty", "", -1)
