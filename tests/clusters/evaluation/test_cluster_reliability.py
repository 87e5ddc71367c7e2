"""Calibration of tiles and catalogues."""

from __future__ import annotations

import numpy as np
import pytest
from detected_fields import judged
from sklearn.calibration import calibration_curve
from sklearn.metrics import brier_score_loss
from skyloom.clusters.evaluation import reliability as module


def tiles(seed=0, fields=60, power=1.0):
    rng = np.random.default_rng(seed)
    p = rng.beta(0.5, 3, (fields, 8, 8))
    return module.of_tiles(p, rng.random(p.shape) < p**power)


@pytest.mark.parametrize("binning", module.BINNINGS)
def test_right_probabilities_are_on_the_diagonal(binning):
    """The share lies within three standard errors, the error near its floor."""
    rng = np.random.default_rng(1)
    data = tiles()
    table = module.reliability(data, rng, binning=binning)
    spread = np.sqrt(table["score"] * (1 - table["score"]) / table["n"])
    assert (np.abs(table["value"] - table["score"]) < 3 * spread).all()
    assert table["n"].sum() == len(data.truth)
    error = module.calibration_error(data, rng, binning=binning)
    assert error["value"] < 2 * error["if_right"]


def test_wrong_probabilities_are_not():
    """Of p that should be p squared: the mean difference, and no floor excuses it."""
    rng = np.random.default_rng(1)
    data = tiles(power=2.0)
    error = module.calibration_error(data, rng)
    expected = np.mean(data.probability - data.probability**2)
    assert abs(error["value"] - expected) < 0.01
    assert error["low"] < error["value"] < error["high"]
    assert error["low"] > 3 * error["if_right"]


def test_bins_are_scikit_learns():
    """Equal width and equal number."""
    data = tiles()
    for binning, name in (("width", "uniform"), ("count", "quantile")):
        table = module.reliability(data, np.random.default_rng(0), binning=binning)
        true, mean = calibration_curve(
            data.truth, data.probability, n_bins=10, strategy=name
        )
        assert np.allclose(table["value"], true, atol=0.01)
        assert np.allclose(table["score"], mean, atol=0.01)


def test_brier_is_scikit_learns():
    """And that of the prevalence is larger."""
    data = tiles()
    found = module.brier(data, np.random.default_rng(0))
    theirs = brier_score_loss(data.truth, data.probability)
    assert np.isclose(found["value"], theirs)
    told = brier_score_loss(data.truth, np.full(len(data.truth), data.truth.mean()))
    assert np.isclose(found["constant"], told)
    assert found["low"] < found["value"] < found["high"] < found["constant"]


def test_intervals_are_of_fields():
    """Ten copies of the tiles of each field make no interval narrower."""
    one = tiles(fields=20)
    many = module.Forecast(
        *(np.repeat(v, 10) for v in (one.probability, one.truth, one.field))
    )
    first, again = (module.brier(d, np.random.default_rng(0)) for d in (one, many))
    assert np.isclose(first["high"] - first["low"], again["high"] - again["low"])


def test_equal_probabilities_stay_together():
    """A constant map has one bin, whatever the binning."""
    data = module.of_tiles(np.full((4, 5, 5), 0.1), np.zeros((4, 5, 5)))
    for binning in module.BINNINGS:
        table = module.reliability(data, np.random.default_rng(0), binning=binning)
        assert table["n"].tolist() == [100]
        error = module.calibration_error(
            data, np.random.default_rng(0), binning=binning
        )
        assert np.isclose(error["value"], 0.1)


def test_invalid_tiles_are_left_out():
    p = np.full((2, 2, 2), 0.5)
    valid = np.array([[[True, False], [True, True]]] * 2)
    data = module.of_tiles(p, p > 0, valid, field=["a", "b"])
    assert len(data.truth) == 6
    assert data.field.tolist() == ["a"] * 3 + ["b"] * 3


def test_report_of_a_catalogue():
    """Plain JSON values of a judged catalogue, and of an empty one."""
    data = module.of_catalogue(judged())
    found = module.report(data, np.random.default_rng(0))
    assert found["n"] == len(data.truth)
    assert 0 < found["brier"]["value"] < 1
    empty = module.Forecast(*(np.empty(0) for _ in range(3)))
    none = module.report(empty, np.random.default_rng(0))
    assert none["prevalence"] is None
    assert none["ece_width"]["value"] is None


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (lambda: module.of_tiles([[0.5]], [[True, False]]), "differ"),
        (lambda: module.of_tiles([[1.5]], [[True]]), "from 0 to 1"),
        (lambda: module.of_tiles([[np.nan]], [[True]]), "from 0 to 1"),
        (
            lambda: module.reliability(
                tiles(), np.random.default_rng(0), binning="area"
            ),
            "expected 1 or more of",
        ),
    ],
)
def test_bad_input_is_refused(call, says):
    with pytest.raises(ValueError, match=says):
        call()
