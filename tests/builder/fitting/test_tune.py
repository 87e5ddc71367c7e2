"""Tuned models: the record of a fit, and of a fit that could not be done."""

import json

import numpy as np
import pytest
from skyloom.builder.config import TuneSettings
from skyloom.builder.fitting.fit import Problem
from skyloom.builder.fitting.priors import BOUNDS
from skyloom.builder.fitting.render import render_components
from skyloom.builder.fitting.tune import residual_images, tune
from skyloom.builder.model import Model, Sersic, from_dict, replace
from synthetic import SCATTER, SHAPE, TRUTH, crowd_start, observed, with_a_dark_arm


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
    pixels = observed(Model(disk=TRUTH.disk))
    pixels.image[:12, :12] = -0.05
    start = Model(disk=TRUTH.disk, bar=bar)
    place = {"bar": {"mux": 0.3, "muy": 0.3}}
    fit = tune(start, place, pixels, TuneSettings())
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


def test_residual_images(fit):
    """Residuals are in sigma, masked pixels NaN, and look like noise."""
    pixels = observed()
    planes = residual_images(from_dict(fit["model"]), pixels)
    assert set(planes) == {"DATA", "MODEL", "RESIDUAL", "DISK", "BULGE", "SPIRAL"}
    residual = planes["RESIDUAL"]
    assert np.isnan(residual[pixels.mask]).all()
    assert np.nanstd(residual) == pytest.approx(1.0, abs=0.05)


def test_a_drop_does_not_count_the_data_twice():
    """The fit that dropped an arm is the one that never had it."""
    start, errors, pixels = with_a_dark_arm()
    dropped = tune(start, errors, pixels, TuneSettings())
    never = tune(crowd_start(), SCATTER, pixels, TuneSettings())
    assert dropped["dropped"] == ["spiral.1"]
    assert dropped["parameters"] == never["parameters"]
    apart = np.subtract(dropped["values"], never["values"]) / never["errors"]
    assert np.abs(apart).max() < 0.05
    assert dropped["errors"] == pytest.approx(never["errors"], rel=0.05)


def test_chisq_start_is_that_of_the_start():
    """It is the chi² of the model as given, whatever is dropped later."""
    start, errors, pixels = with_a_dark_arm()
    fit = tune(start, errors, pixels, TuneSettings())
    problem = Problem(start, pixels, None)
    missed = problem.residuals(problem.par.begin())[: len(problem.data)]
    assert fit["dropped"] == ["spiral.1"]
    assert fit["chisq_start"] == pytest.approx(np.mean(missed**2))


def test_a_bulge_without_a_disk_may_be_large():
    """Limits in units of the disk's Re do not become pixels where there is no disk."""
    bulge = replace(TRUTH.bulge, Re=6.0)
    fit = tune(Model(bulge=bulge), None, observed(Model(bulge=bulge)), TuneSettings())
    assert fit["bounds_reached"] == []
    assert fit["model"]["bulge"]["Re"] == pytest.approx(6.0, rel=0.1)


def test_an_arm_at_its_brightest_is_in_the_record(monkeypatch):
    """The record names the arm's limit and gives its brightness no error."""
    monkeypatch.setitem(BOUNDS, "spiral.I", (0.0, 0.3))
    fit = tune(crowd_start(), SCATTER, observed(), TuneSettings())
    assert "spiral.0.I:upper" in fit["bounds_reached"]
    assert fit["model"]["spiral"][0]["I"] == pytest.approx(0.3)
    assert fit["errors"][fit["parameters"].index("spiral.0.I")] == 0


@pytest.mark.parametrize("factor", [0.2, 0.5])
def test_errors_are_inflated_by_the_root_of_the_misfit(factor):
    """With sigma too small by a factor, errors are as with the right one.

    Chi² grows by 1 / factor², the curvature's errors shrink by the factor, and their
    product is what the noise says; priors alone keep their width.
    """
    pixels = observed()
    pixels.sigma *= factor
    wrong = tune(crowd_start(), None, pixels, TuneSettings())
    right = tune(crowd_start(), None, observed(), TuneSettings())
    assert wrong["error_scale"] == pytest.approx(right["error_scale"] / factor, rel=0.2)
    raw = np.array(wrong["errors"]) / wrong["error_scale"]
    name = wrong["parameters"].index("disk.mux")
    right_raw = right["errors"][name] / right["error_scale"]
    assert raw[name] == pytest.approx(factor * right_raw, rel=0.05)
    flux, flux_raw = wrong["flux_err"]["disk"], right["flux_err"]["disk"]
    assert flux / wrong["error_scale"] == pytest.approx(
        factor * flux_raw / right["error_scale"], rel=0.15
    )


def test_errors_are_never_deflated():
    """With sigma too large chi² is below 1 and errors stay those of the curvature."""
    pixels = observed()
    pixels.sigma *= 2.0
    fit = tune(crowd_start(), SCATTER, pixels, TuneSettings())
    assert fit["chisq"] < 0.5
    assert fit["error_scale"] == 1.0


@pytest.mark.parametrize(("spare", "status"), [(0, "failed"), (1, "converged")])
def test_one_pixel_more_than_parameters_is_enough(spare, status):
    """As many good pixels as free parameters are too few."""
    start = Model(disk=TRUTH.disk)
    pixels = observed(start)
    n_free = 5 + 1
    near = np.argsort(np.hypot(*(np.indices(SHAPE) - [[[30]], [[31]]])), axis=None)
    pixels.mask[:] = True
    pixels.mask.ravel()[near[::9][: n_free + spare]] = False
    fit = tune(start, SCATTER, pixels, TuneSettings(max_evaluations=200))
    assert (fit["status"] == "failed") == (status == "failed")
    assert fit["n_pixels"] == (n_free + 1 if spare else 0)


def test_residuals_are_data_less_model_in_each_pixel_s_sigma():
    """Data three sigma above the model leave 3, whatever the sigma is."""
    pixels = observed()
    pixels.sigma = pixels.sigma * np.linspace(0.3, 3.0, SHAPE[1])
    parts = render_components(TRUTH, SHAPE, pixels.psf)
    pixels.image = sum(parts.values()) + 3 * pixels.sigma
    planes = residual_images(TRUTH, pixels)
    good = ~pixels.mask
    np.testing.assert_allclose(planes["RESIDUAL"][good], 3.0)
    np.testing.assert_array_equal(planes["DATA"][good], pixels.image[good])
    np.testing.assert_allclose(planes["MODEL"], sum(parts.values()))
    np.testing.assert_array_equal(planes["SPIRAL"], parts["spiral"])


def test_geometry_and_brightness_are_counted(fit):
    """Disk 5, centre 2, bulge 4 and an arm 5; and the light of each of the three."""
    assert fit["n_free"] == 5 + 2 + 4 + 5 + 3
    assert fit["n_pixels"] == (~observed().mask).sum()
