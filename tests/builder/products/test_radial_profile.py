"""Surface brightness along the radius."""

import dataclasses

import invented_galaxy
import numpy as np
import pytest
from matplotlib.figure import Figure
from skyloom.builder.fitting.profiles import sersic_b
from skyloom.builder.fitting.render import render
from skyloom.builder.model import Model, Sersic
from skyloom.builder.products.profile import (
    elliptical_radius,
    magnitudes,
    profile_panel,
    radial_profile,
)

DISK, SHAPE = invented_galaxy.DISK, invented_galaxy.SHAPE
IMAGE = render(Model(DISK), SHAPE)
GOOD, SIGMA = np.zeros(SHAPE, bool), np.full(SHAPE, 0.01)


def test_an_image_unit_has_the_magnitude_of_its_multiplier():
    """One nanomaggy on a pixel of 0.396 arcsec; without light there is none."""
    zero = 22.5 + 2.5 * np.log10(0.396**2)
    assert magnitudes([1.0, 0.5, 100.0], 2.0) == pytest.approx(
        [zero - 2.5 * np.log10(2), zero, zero - 5 - 2.5 * np.log10(2)]
    )
    assert np.isnan(magnitudes([0.0, -1.0], 2.0)).all()


def test_radius_is_the_semi_major_axis():
    """At roll 0 the major axis is along +y."""
    part = Sersic(10.0, 10.0, 0.0, 0.5, 4.0, 1.0)
    radius = elliptical_radius(part, (21, 21))
    assert radius[16, 10] == pytest.approx(6.0)
    assert radius[10, 13] == pytest.approx(6.0)


def test_the_profile_of_a_disk_is_its_law():
    """Means over annuli follow the exponential, whatever is masked."""
    mask = GOOD.copy()
    mask[:, :40] = True
    found = radial_profile(DISK, {"data": IMAGE}, SIGMA, mask)
    law = DISK.I * np.exp(-sersic_b(1.0) * (found["radius"] / DISK.Re - 1))
    far = found["radius"] > 1.5
    assert found["data"][far] == pytest.approx(law[far], rel=0.02)


def test_the_error_is_that_of_a_mean():
    """The sum of its pixels' variances, over their number."""
    noise = np.random.default_rng(5).normal(0, 0.01, (200, *SHAPE))
    rows = [radial_profile(DISK, {"data": one}, SIGMA, GOOD) for one in noise]
    scatter = np.std([row["data"] for row in rows], axis=0)
    assert scatter == pytest.approx(rows[0]["error"], rel=0.25)


def test_annuli_end_within_the_image():
    """None is a corner's alone; one whose pixels are all bad is left out."""
    mask = elliptical_radius(DISK, SHAPE) < 3
    found = radial_profile(DISK, {"data": IMAGE}, SIGMA, mask)
    assert found["radius"].min() >= 3
    assert found["radius"].max() < 60
    assert all(np.isfinite(values).all() for values in found.values())


def test_the_panel_has_data_model_and_components():
    """Those that the galaxy has, by name and in their colours, faint is down."""
    found = radial_profile(
        DISK, {"data": IMAGE, "model": IMAGE, "disk": IMAGE}, SIGMA, GOOD
    )
    axes = Figure().subplots()
    profile_panel(axes, found, 2.0)
    words = [t.get_text() for t in axes.get_legend().get_texts()]
    assert words == ["data", "model", "disk"]
    low, high = axes.get_ylim()
    assert low > high


def test_data_without_light_have_no_points():
    """A galaxy below its noise is a profile of the model alone."""
    planes = {"data": -IMAGE, "model": IMAGE}
    found = radial_profile(dataclasses.replace(DISK, q=0.3), planes, SIGMA, GOOD)
    axes = Figure().subplots()
    profile_panel(axes, found, 2.0)
    assert len(axes.lines[0].get_xdata()) == 0
