"""The fullest model, where the fits of a galaxy begin."""

import math

import numpy as np
import pytest
from skyloom.builder.fitting.fullest import (
    BARS,
    BULGE_SIZES,
    ROLLS,
    fullest,
    image_starts,
)
from skyloom.builder.fitting.spirals import log_spiral
from skyloom.builder.model import Model, Sersic, SpiralArm, replace
from synthetic import observed

DISK = Sersic(31.3, 29.6, 0.6, 0.8, 12.0, 0.1)
BULGE = Sersic(31.3, 29.6, 0.6, 0.8, 3.0, 0.3, n=2.0)
BAR = Sersic(31.3, 29.6, 1.0, 0.3, 6.0, 0.3, n=0.6)
ARM = SpiralArm(0.8, 3.0, 6.0, 18.0, 0.2, 2.5)


def test_what_was_fitted_stays():
    """Bulge and bar of the start are those of the fullest model."""
    start = Model(DISK, BULGE, BAR)
    found = fullest(start, Model(disk=DISK), observed(start))
    assert (found.disk, found.bulge, found.bar) == (DISK, BULGE, BAR)
    assert found.spiral == ()


@pytest.mark.parametrize("size", [1e-3, 1.0])
def test_a_bulge_begins_where_it_can_be_seen(size):
    """One that shrank to a point, or grew to the disk, begins at the next size."""
    start = Model(DISK, replace(BULGE, Re=size * DISK.Re), BAR)
    found = fullest(start, Model(disk=DISK), observed(start))
    low, high = (part * DISK.Re for part in BULGE_SIZES)
    assert found.bulge.Re == pytest.approx(low if size < 0.1 else high)


@pytest.mark.parametrize("roll", [0.1, 1.0, 2.0, 3.0])
def test_a_bar_that_nobody_drew_lies_where_light_is(roll):
    """Its angle is one of a few, the one next to the true one."""
    galaxy = Model(disk=DISK, bar=replace(BAR, roll=roll))
    found = fullest(Model(disk=DISK), Model(disk=DISK), observed(galaxy)).bar
    away = abs((found.roll - roll + math.pi / 2) % math.pi - math.pi / 2)
    assert away < 0.75 * math.pi / ROLLS
    assert (found.mux, found.muy) == pytest.approx((DISK.mux, DISK.muy))


def test_arms_stay_on_the_sky_when_the_disk_moves():
    """They are as drawn, in the fitted disk's plane, of a width to begin with."""
    moved = replace(DISK, mux=31.6, muy=29.4, roll=0.7, q=0.75)
    found = fullest(Model(disk=moved), Model(disk=DISK, spiral=(ARM,)), observed())
    (arm,) = found.spiral
    there, drawn = log_spiral(moved, arm)[0], log_spiral(DISK, ARM)[0]
    assert np.hypot(*(there - drawn).T).max() < 0.05 * np.ptp(drawn, axis=0).max()
    assert 1.0 <= arm.spread < 0.5 * DISK.Re
    small = fullest(
        Model(disk=replace(moved, Re=2.0)), Model(disk=DISK, spiral=(ARM,)), observed()
    )
    assert small.spiral[0].spread == 1.0


@pytest.mark.parametrize("roll", [0.1, 1.0, 2.0])
def test_the_image_proposes_bars_of_all_sizes_along_its_own(roll):
    """The first model has none; of each size there is one, turned to the light."""
    galaxy = Model(DISK, BULGE, replace(BAR, roll=roll, I=0.6))
    crowd = Model(disk=DISK, spiral=(ARM,))
    barless, *others = image_starts(DISK, crowd, observed(galaxy))
    assert barless.bar is None
    assert len(others) == len(BARS)
    for one in (barless, *others):
        assert one.bulge.Re < one.disk.Re
        assert len(one.spiral) == 1
    (near,) = (one.bar for one in others if abs(one.bar.Re / BAR.Re - 1) < 0.4)
    away = abs((near.roll - roll + math.pi / 2) % math.pi - math.pi / 2)
    assert away < math.pi / ROLLS
