"""Tuned models: the record of a fit, and of a fit that could not be done."""

import json
import types

import numpy as np
import pytest
from skyloom.builder.config import TuneSettings
from skyloom.builder.fitting import tune as tuning
from skyloom.builder.fitting.fit import BOUNDS, Problem
from skyloom.builder.fitting.render import render_components
from skyloom.builder.fitting.tune import residual_images, tune, without
from skyloom.builder.model import Model, Sersic, SpiralArm, from_dict, replace
from synthetic import SCATTER, SHAPE, TRUTH, crowd_start, observed


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
    fit = tune(start, None, pixels, TuneSettings())
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


@pytest.mark.parametrize("error", [ValueError, np.linalg.LinAlgError])
def test_a_bug_is_no_failed_fit(monkeypatch, error):
    """Only what is the data's fault is recorded; every other error goes on."""

    def broken(*_):
        msg = "operands could not be broadcast together"
        raise error(msg)

    monkeypatch.setattr("skyloom.builder.fitting.tune._search", broken)
    with pytest.raises(error, match="broadcast"):
        tune(crowd_start(), None, observed(), TuneSettings())


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


DARK = SpiralArm(1.0, 2.0, 17.0, 12.0, 3.4, 5.0)
DARK_SCATTER = SCATTER["spiral"][0]


def with_a_dark_arm():
    """Return a start whose second arm is darker than the disk, and the pixels."""
    pixels = observed()
    disk = replace(TRUTH.disk, I=1.0)
    arm = render_components(Model(disk=disk, spiral=(DARK,)), SHAPE, pixels.psf)
    pixels.image -= 0.05 * arm["spiral"]
    start = crowd_start()
    errors = SCATTER | {"spiral": [*SCATTER["spiral"], DARK_SCATTER]}
    return replace(start, spiral=(*start.spiral, DARK)), errors, pixels


def test_priors_stay_the_crowds_after_a_drop(monkeypatch):
    """The search goes on from where it was, with the priors about the crowd's model."""
    start, errors, pixels = with_a_dark_arm()
    made = []

    def seen(*args):
        made.append(Problem(*args))
        return made[-1]

    monkeypatch.setattr("skyloom.builder.fitting.tune.Problem", seen)
    fit = tune(start, errors, pixels, TuneSettings())
    assert fit["dropped"] == ["spiral.1"]
    never = Problem(crowd_start(), pixels, SCATTER)
    first, last = made[0], made[1]
    assert last.par.names == never.par.names
    np.testing.assert_array_equal(last.prior_mean, never.prior_mean)
    np.testing.assert_array_equal(last.prior_root, never.prior_root)
    np.testing.assert_array_equal(last.bounds, never.bounds)
    assert np.abs(last.start - never.start).max() > 0.01
    assert first.par.names != last.par.names


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


def test_dropped_arms_are_numbered_as_in_the_start(monkeypatch):
    """Arms dropped one after the other keep the numbers of the model given."""
    dark = iter([["spiral.0"], ["spiral.1"], []])
    monkeypatch.setattr("skyloom.builder.fitting.tune._dark", lambda *_: next(dark, []))
    monkeypatch.setattr(
        "skyloom.builder.fitting.tune._search",
        lambda problem, _: types.SimpleNamespace(
            vector=problem.start, status="converged", message="", n_evaluations=1,
            n_iterations=1,
        ),
    )  # fmt: skip
    arms = tuple(replace(TRUTH.spiral[0], A=a) for a in (4.0, 6.0, 8.0))
    start = replace(TRUTH, spiral=arms)
    fit = tune(start, None, observed(), TuneSettings())
    assert fit["dropped"] == ["spiral.0", "spiral.2"]
    assert [arm["A"] for arm in fit["model"]["spiral"]] == pytest.approx([6.0])


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


@pytest.mark.parametrize("factor", [0.5, 0.8])
def test_errors_are_inflated_by_the_root_of_chisq(factor):
    """With sigma too small by a factor, errors are as with the right one.

    Reduced chi² grows by 1 / factor², the curvature's errors shrink by the factor, and
    their product is what the noise says; priors alone keep their width.
    """
    pixels = observed()
    pixels.sigma *= factor
    wrong = tune(crowd_start(), None, pixels, TuneSettings())
    right = tune(crowd_start(), None, observed(), TuneSettings())
    n, k = wrong["n_pixels"], wrong["n_free"]
    assert wrong["error_scale"] == pytest.approx(np.sqrt(wrong["chisq"]))
    assert wrong["chisq"] == pytest.approx(wrong["chisq_per_pixel"] * n / (n - k))
    raw = np.array(wrong["errors"]) / wrong["error_scale"]
    assert wrong["error_scale"] == pytest.approx(
        max(1.0, np.sqrt(right["chisq"])) / factor, rel=0.05
    )
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


def test_the_best_of_three_searches_counts(monkeypatch):
    """Where light goes out, the search with the lowest objective is taken."""
    start, _, pixels = with_a_dark_arm()
    problem = Problem(start, pixels, None)
    ends = {1.0: 0.05, 2.0: 0.01, 0.5: 0.03}
    tried = []

    def ended(_, __, stretch=1.0):
        tried.append(stretch)
        return types.SimpleNamespace(vector=problem.start + ends[stretch])

    monkeypatch.setattr(tuning, "search", ended)
    monkeypatch.setattr(tuning, "_dark", lambda *_: ["spiral.1"])
    monkeypatch.setattr(
        tuning, "_objective", lambda _, v: float((v - problem.start)[0])
    )
    found = tuning._search(problem, 60)
    assert tried == [1.0, 2.0, 0.5]
    assert found.vector[0] - problem.start[0] == pytest.approx(0.01)
    monkeypatch.setattr(tuning, "_dark", lambda *_: [])
    assert tuning._search(problem, 60).vector[0] - problem.start[0] == pytest.approx(
        0.05
    )
    assert tried == [1.0, 2.0, 0.5, 1.0]


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
