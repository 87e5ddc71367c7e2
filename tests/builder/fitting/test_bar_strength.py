"""How much the inside of a disk looks like a bar."""

import numpy as np
import pytest
from skyloom.builder.fitting.bar_strength import bar_strength
from skyloom.builder.fitting.render import render
from skyloom.builder.model import Model, Sersic, SpiralArm, replace
from synthetic import gaussian_psf

SHAPE = (70, 70)
ROUND = Sersic(34.6, 34.9, 0.0, 1.0, 14.0, 0.1)
BULGE = Sersic(34.6, 34.9, 0.0, 1.0, 2.0, 0.5, n=2.0)
BAR = Sersic(34.6, 34.9, 0.5, 0.3, 7.0, 0.4, n=0.6)
CENTRE = (34.6, 34.9)
CLEAR = np.zeros(SHAPE, bool)


def image(model):
    return render(model, SHAPE, gaussian_psf())


def strength(model, disk=ROUND):
    return bar_strength(image(model), CLEAR, disk, CENTRE)


def test_round_light_has_no_bar():
    """A face-on disk, with or without a bulge, has next to none."""
    assert strength(Model(disk=ROUND)) < 0.02
    assert strength(Model(disk=ROUND, bulge=BULGE)) < 0.02


def test_a_bar_is_strong_and_more_so_the_brighter():
    """It grows with the bar's light, and is far above that of a round galaxy."""
    found = [strength(Model(disk=ROUND, bar=replace(BAR, I=i))) for i in (0.1, 0.4)]
    assert 0.1 < found[0] < found[1] <= 2


@pytest.mark.parametrize("roll", [0.0, 0.9, 2.2])
def test_it_does_not_depend_on_the_angle(roll):
    """A bar turned in a face-on disk is as strong."""
    plain = strength(Model(disk=ROUND, bar=BAR))
    turned = strength(Model(disk=ROUND, bar=replace(BAR, roll=roll)))
    assert turned == pytest.approx(plain, rel=0.05)


@pytest.mark.parametrize("unit", [1e-7, 1e7])
def test_it_does_not_depend_on_the_unit(unit):
    """It is relative to the light."""
    light = image(Model(disk=ROUND, bar=BAR))
    plain = bar_strength(light, CLEAR, ROUND, CENTRE)
    assert bar_strength(unit * light, CLEAR, ROUND, CENTRE) == pytest.approx(plain)


def test_an_inclined_disk_is_no_bar():
    """The galaxy is turned face on first, of which the PSF spoils little."""
    tilted = replace(ROUND, q=0.6, roll=0.8)
    assert strength(Model(disk=tilted), tilted) < 0.1
    assert strength(Model(disk=tilted), ROUND) > 0.2


def test_arms_turn_their_angle_and_are_weaker_than_a_bar():
    """Tightly wound arms of as much light are no bar."""
    arm = SpiralArm(0.6, 2.0, 3.0, 15.0, 0.0, 5.0)
    other = replace(arm, A=arm.A * np.exp(-np.pi * np.tan(np.radians(15))),
                    t_min=np.pi, t_max=5.0 + np.pi)  # fmt: skip
    arms = strength(Model(disk=ROUND, spiral=(arm, other)))
    assert arms < 0.5 * strength(Model(disk=ROUND, bar=BAR))


def test_what_cannot_be_seen_is_no_bar():
    """An edge-on disk, an empty or masked image; one like the PSF tells nothing."""
    light = image(Model(disk=ROUND, bar=BAR))
    assert np.isnan(bar_strength(light, CLEAR, replace(ROUND, Re=3.0), CENTRE))
    assert bar_strength(np.zeros(SHAPE), CLEAR, ROUND, CENTRE) == 0.0
    assert bar_strength(light, np.ones(SHAPE, bool), ROUND, CENTRE) == 0.0
    for seen in (light, -light):
        for disk in (replace(ROUND, q=0.01), replace(ROUND, mux=1.0)):
            found = bar_strength(seen, CLEAR, disk, (disk.mux, disk.muy))
            assert np.isfinite(found)
