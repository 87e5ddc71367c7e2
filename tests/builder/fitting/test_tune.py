"""Tuned models: the record of a fit, and of a fit that could not be done."""

import json

import numpy as np
import pytest
from skyloom.builder.fitting.fit import TuneSettings
from skyloom.builder.fitting.tune import residual_images, tune, without
from skyloom.builder.model import Model, Sersic, from_dict, replace
from synthetic import SCATTER, TRUTH, crowd_start, observed


@pytest.fixture(scope="module")
def fit():
    return tune(crowd_start(), SCATTER, observed(), TuneSettings())


def test_record_is_plain_json(fit):
    """The record holds plain JSON without NaN, and says how the fit went."""
    assert json.loads(json.dumps(fit, allow_nan=False)) == fit
    assert fit["status"] == "converged"
    assert fit["chisq"] == pytest.approx(1.0, abs=0.1)
    assert fit["chisq"] < fit["chisq_start"]
    k, n = fit["n_free"], fit["n_pixels"]
    assert fit["chisq"] * (n - k) == pytest.approx(fit["chisq_per_pixel"] * n)
    assert len(fit["covariance"]) == len(fit["parameters"]) == len(fit["errors"])


def test_truth_is_within_the_errors(fit):
    """No parameter is further than four standard errors from the truth."""
    truth = {"disk.Re": 12.0, "disk.q": 0.6, "disk.mux": 31.3, "bulge.n": 1.8,
             "spiral.0.phi": 18.0, "spiral.0.spread": 2.0, "disk.I": 0.1}  # fmt: skip
    for name, value in truth.items():
        i = fit["parameters"].index(name)
        assert abs(fit["values"][i] - value) < 4 * fit["errors"][i], name


def test_same_fit_same_bytes(fit):
    """A fit repeated is the same to the last bit."""
    again = tune(crowd_start(), SCATTER, observed(), TuneSettings())
    assert json.dumps(again) == json.dumps(fit)


def test_component_without_light_is_dropped():
    """A bar that is not there ends without light and is dropped, by name."""
    bar = Sersic(5.0, 5.0, 0.0, 0.3, 2.0, 1.0, 0.6, 2.0)
    pixels = observed()
    pixels.image[:12, :12] = -0.05
    start = Model(disk=TRUTH.disk, bar=bar)
    fit = tune(start, None, pixels, TuneSettings(free=()))
    assert fit["dropped"] == ["bar"]
    assert fit["model"]["bar"] is None


@pytest.mark.parametrize(
    ("start", "change", "reason"),
    [
        (Model(), {}, "no component"),
        (crowd_start(), {"image": -1.0}, "no component has light"),
        (crowd_start(), {"mask": True}, "good pixels are too few"),
    ],
)
def test_impossible_fits_are_recorded(start, change, reason):
    """A fit that cannot be done is a record with its reason."""
    pixels = observed()
    for key, value in change.items():
        getattr(pixels, key)[:] = value
    fit = tune(start, None, pixels, TuneSettings())
    assert fit["status"] == "failed"
    assert reason in fit["reason"]
    assert fit["model"] is None


def test_arms_without_a_disk_are_dropped():
    """Arms have no light of their own; the bulge is fitted without them."""
    start = replace(TRUTH, disk=None)
    fit = tune(start, None, observed(), TuneSettings())
    assert fit["dropped"] == ["spiral.0"]
    assert fit["model"]["bulge"] is not None


def test_without_keeps_arms_and_errors_together():
    """Dropping the first of two arms drops its scatter; the disk takes all arms."""
    model = replace(TRUTH, spiral=(*TRUTH.spiral, replace(TRUTH.spiral[0], A=9.0)))
    errors = {"disk": {}, "spiral": [{"A": 1.0}, {"A": 2.0}]}
    left, kept = without(model, errors, ["spiral.0"])
    assert [arm.A for arm in left.spiral] == [9.0]
    assert kept["spiral"] == [{"A": 2.0}]
    left, kept = without(model, errors, ["disk"])
    assert (left.disk, left.spiral, kept["spiral"]) == (None, (), [])


def test_residual_images(fit):
    """Residuals are in sigma, masked pixels NaN, and look like noise."""
    pixels = observed()
    planes = residual_images(from_dict(fit["model"]), pixels)
    assert set(planes) == {"DATA", "MODEL", "RESIDUAL", "DISK", "BULGE", "SPIRAL"}
    residual = planes["RESIDUAL"]
    assert np.isnan(residual[pixels.mask]).all()
    assert np.nanstd(residual) == pytest.approx(1.0, abs=0.05)
