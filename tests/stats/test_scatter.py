"""Robust scatter."""

import numpy as np
import pytest
from scipy import stats
from skyloom.stats import scatter


def test_nmad_is_sigma_of_a_gaussian():
    """Whatever the offset and a few outliers; as scipy's."""
    rng = np.random.default_rng(8)
    values = np.r_[rng.normal(500, 200, 20000), np.full(200, 1e5)]
    assert scatter.nmad(values) == pytest.approx(200, rel=0.04)
    theirs = stats.median_abs_deviation(values, scale="normal")
    assert scatter.nmad(values) == pytest.approx(theirs)
    assert scatter.nmad([-1.0, 0.0, 1.0]) == pytest.approx(1.4826, abs=1e-4)


def test_nothing_has_no_scatter():
    assert np.isnan(scatter.nmad([]))
    assert scatter.nmad([3.0]) == 0


def test_quantiles_by_name():
    found = scatter.quantiles(np.arange(101))
    assert found == pytest.approx(
        {"q05": 5, "q16": 16, "q50": 50, "q84": 84, "q95": 95}
    )
