"""Errors of redshifts and the agreement of exposures."""

import numpy as np
import pandas as pd
import pytest
from skyloom.quasars.evaluation import redshifts


@pytest.fixture
def rng():
    return np.random.default_rng(8)


def test_velocity_of_a_known_shift():
    """One per mille of 1 + z is 299.79 km/s."""
    assert np.isclose(redshifts.velocity(2.003, 2.0), 299.792458)


def test_summary_of_known_errors(rng):
    """Bias, scatter and outliers, each inside its interval."""
    z_true = rng.uniform(0.5, 4, 2000)
    dv = rng.normal(-100, 300, 2000)
    dv[:100] = 20000
    z = z_true + dv / redshifts.C * (1 + z_true)
    z[-1] = np.nan
    found = redshifts.summary(z, z_true, np.arange(2000), rng)
    assert (found["rows"], found["targets"], found["without_z"]) == (1999, 1999, 1)
    assert found["bias"]["low"] < -80 < found["bias"]["high"]
    assert np.isclose(found["nmad_inside"]["value"], 300, rtol=0.08)
    assert found["outliers"]["low"] < 0.05 < found["outliers"]["high"]
    assert found["nmad"]["low"] < found["nmad"]["value"] < found["nmad"]["high"]


def test_summary_of_nothing(rng):
    """None, no crash."""
    found = redshifts.summary([], [], [], rng)
    assert found["rows"] == 0
    assert found["bias"]["value"] is found["nmad"]["low"] is None
    blank = redshifts.summary([np.nan], [1.0], [1], rng)
    assert (blank["rows"], blank["without_z"]) == (0, 1)


def exposures(**columns):
    table = {"TARGETID": [1, 1, 2, 2, 3], "C_NOT": [0, 0, 0, 1, 0.0]}
    table |= {"C_QSO_LZ": [1, 1, 0, 0, 1.0], "C_QSO_HZ": [0, 0, 1, 0, 0.0]}
    table |= {"Z": [1.0, 1.002, 2.5, 0.3, 1.0], "Z_ERR": [0.001] * 5}
    return pd.DataFrame(table | columns)


def test_repeats_by_hand():
    """One of two targets flips; one pair of exposures is called twice."""
    found = redshifts.repeats(exposures(), [True, True, True, False, True])
    assert found["targets"] == 2
    assert found["flips"]["value"] == found["class_flips"]["value"] == 0.5
    assert found["pairs"] == 1
    assert found["outliers"]["value"] == 0


def test_repeats_without_votes_or_repeats():
    """NaN votes are no exposure; without a pair nothing is measured."""
    table = exposures(C_NOT=np.nan)
    found = redshifts.repeats(table, [False] * 5)
    assert (found["targets"], found["pairs"]) == (0, 0)
    assert np.isnan(found["sigma_v"])


def test_scatter_of_repeats_is_that_of_one(rng):
    """Pairs differ by √2 sigma; a right error gives a pull of 1."""
    n, sigma_v = 4000, 250.0
    z = np.repeat(rng.uniform(1, 3, n), 2)
    error = sigma_v / redshifts.C * (1 + z)
    table = {
        "TARGETID": np.repeat(np.arange(n), 2),
        "Z": z + error * rng.normal(size=2 * n),
    }
    table |= {"Z_ERR": error, "C_NOT": 0.0, "C_QSO_LZ": 1.0, "C_QSO_HZ": 0.0}
    found = redshifts.repeats(pd.DataFrame(table), np.ones(2 * n, bool))
    assert found["pairs"] == n
    assert np.isclose(found["sigma_v"], sigma_v, rtol=0.05)
    assert np.isclose(found["pull"], 1, rtol=0.05)


def test_outliers_lie_beyond_3000(rng):
    """On both sides, and not at it; scatter inside is of the others."""
    dv = np.array([-3001.0, -2999.0, 0.0, 2999.0, 3001.0])
    z_true = np.zeros(5)
    found = redshifts.summary(dv / redshifts.C, z_true, np.arange(5), rng)
    assert found["outliers"]["value"] == pytest.approx(0.4)
    assert found["bias"]["value"] == pytest.approx(0, abs=1e-9)
    assert found["nmad"]["value"] == pytest.approx(1.4826 * 2999, rel=1e-4)
    assert found["nmad_inside"]["value"] == pytest.approx(1.4826 * 2999, rel=1e-4)


def test_bias_has_the_sign_of_the_measured_less_the_true(rng):
    z_true = np.full(9, 1.0)
    found = redshifts.summary(z_true - 0.002, z_true, np.arange(9), rng)
    expected = -0.001 * redshifts.C
    assert found["bias"]["value"] == pytest.approx(expected)
    assert (found["bias"]["low"], found["bias"]["high"]) == pytest.approx(
        (expected,) * 2
    )


def test_pull_has_the_errors_of_both():
    """Differences of 5 in units of errors 3 and 4; no error, no pull."""
    v = np.array([1.0, -1.0, 2.0, -2.0, 9.0]) * 5.0 / redshifts.C
    n = len(v)
    z = np.stack([np.zeros(n), v], axis=1).ravel()
    error = np.tile([3.0, 4.0], n) / redshifts.C
    error[-2:] = 0.0
    table = {"TARGETID": np.repeat(np.arange(n), 2), "Z": z, "Z_ERR": error}
    table |= {"C_NOT": 0.0, "C_QSO_LZ": 1.0, "C_QSO_HZ": 0.0}
    found = redshifts.repeats(pd.DataFrame(table), np.ones(2 * n, bool))
    assert found["pull"] == pytest.approx(1.4826 * 1.5, rel=1e-3)
    assert found["sigma_v"] == pytest.approx(1.4826 * 10 / np.sqrt(2), rel=1e-3)


def test_changes_of_sigma_v_are_between_neighbours_of_one_target():
    """Three exposures make two pairs, and no pair across targets."""
    table = {"TARGETID": [7, 8, 7, 7], "Z": [1.0, 2.0, 1.1, 1.1], "Z_ERR": 0.001}
    table |= {"C_NOT": 0.0, "C_QSO_LZ": 1.0, "C_QSO_HZ": 0.0}
    found = redshifts.repeats(pd.DataFrame(table), [True] * 4)
    assert (found["targets"], found["pairs"]) == (1, 2)
    assert found["outliers"]["value"] == 0.5
