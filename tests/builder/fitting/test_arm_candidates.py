"""Arms that a galaxy may have: twins, overlaps, and light."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from skyloom.builder.fitting.arm_candidates import (
    lit_arms,
    overlap,
    twin,
    with_twins,
)
from skyloom.builder.fitting.spirals import log_spiral
from skyloom.builder.model import Model, Sersic, SpiralArm, replace
from synthetic import observed

DISK = Sersic(31.0, 30.0, 0.6, 0.7, 11.0, 0.1)
ARM = SpiralArm(0.8, 2.0, 5.0, 18.0, 0.2, 2.4)
WIDTH = {"A": 0.5, "phi": 3.0, "t_min": 0.1, "t_max": 0.2, "spread": None, "pivot": 1.0}
angles = st.floats(8, 40) | st.floats(-40, -8)


def arms():
    return st.builds(
        lambda phi, a, start, sweep: SpiralArm(0.5, 2.0, a, phi, start, start + sweep),
        angles, st.floats(1, 20), st.floats(-3, 3), st.floats(0.5, 3.0),
    )  # fmt: skip


def sky(arm):
    return log_spiral(DISK, arm)[0]


@settings(max_examples=40, deadline=None)
@given(arm=arms())
def test_a_twin_is_opposite(arm):
    """Half a turn in the disk's plane is a mirror point on the sky."""
    middle = np.array([DISK.mux, DISK.muy])
    np.testing.assert_allclose(sky(twin(arm)) - middle, middle - sky(arm), atol=1e-8)


@settings(max_examples=40, deadline=None)
@given(arm=arms())
def test_the_twin_of_a_twin_is_the_arm(arm):
    """A whole turn leads back to the same place on the sky."""
    again = twin(twin(arm))
    np.testing.assert_allclose(sky(again), sky(arm), rtol=1e-9)
    assert again.phi == arm.phi
    assert again.t_min == pytest.approx(arm.t_min + 2 * math.pi)


@settings(max_examples=40, deadline=None)
@given(arm=arms())
def test_an_arm_lies_beside_itself_on_every_turn_and_not_beside_its_twin(arm):
    """The overlap is 1 with the same arm and 0 with the one opposite."""
    assert overlap(arm, arm) == 1.0
    assert overlap(arm, twin(twin(arm))) == 1.0
    assert overlap(arm, twin(arm)) == 0.0


def test_overlap_is_a_part_of_the_first_arm():
    """Half an arm lies wholly beside the whole; the whole only by its half."""
    half = replace(ARM, t_max=(ARM.t_min + ARM.t_max) / 2)
    assert overlap(half, ARM) == 1.0
    assert overlap(ARM, half) == pytest.approx(0.5, abs=0.06)
    assert overlap(ARM, replace(ARM, A=2 * ARM.A)) == 0.0


def test_only_arms_without_partner_propose_a_twin():
    """One arm gets a twin; two opposite ones get none; candidates propose none."""
    found, widths = with_twins([ARM], [WIDTH], 1)
    assert found == [ARM, twin(ARM)]
    assert widths[0] == WIDTH
    pair = [ARM, twin(ARM)]
    assert with_twins(pair, [WIDTH, WIDTH], 2)[0] == pair
    assert with_twins([ARM], [WIDTH], 0) == ([ARM], [WIDTH])
    assert with_twins([], [], 0) == ([], [])


def test_a_twin_is_known_as_well_as_its_arm():
    """The prior is as wide relative to the radius, which is known half a turn on."""
    (arm, other), (_, width) = with_twins([ARM], [WIDTH], 1)
    assert width["A"] / other.A == pytest.approx(WIDTH["A"] / arm.A)
    assert width["pivot"] == pytest.approx(WIDTH["pivot"] + math.pi)
    assert (width["phi"], width["spread"]) == (WIDTH["phi"], None)
    bare = dict.fromkeys(("A", "phi", "t_min", "t_max", "spread"))
    assert with_twins([ARM], [bare], 1)[1] == [bare, bare]


@pytest.mark.parametrize("unit", [1.0, 1e-6, 1e6])
def test_arms_with_light_are_told_from_those_without(unit):
    """Of an arm and its twin the image shows one, in whatever unit it is."""
    galaxy = Model(disk=DISK, spiral=(ARM,))
    pixels = observed(galaxy)
    pixels.image *= unit
    pixels.sigma *= unit
    model = Model(disk=DISK)
    assert lit_arms(model, [ARM, twin(ARM)], pixels) == [0]
    assert lit_arms(model, [twin(ARM), ARM], pixels) == [1]
    assert lit_arms(model, [], pixels) == []


def test_agreed_arms_go_before_brighter_ones():
    """At most four arms are fitted; those that volunteers agree on are among them."""
    arms = [
        replace(
            ARM,
            A=ARM.A * math.exp(-1.2 * k * math.tan(math.radians(ARM.phi))),
            t_min=1.2 + 1.2 * k,
            t_max=2.6 + 1.2 * k,
            I=0.5 + 0.2 * k,
        )
        for k in range(5)
    ]
    model = Model(disk=DISK, spiral=tuple(arms))
    pixels = observed(model)
    armless = replace(model, spiral=())
    assert lit_arms(armless, arms, pixels) == [1, 2, 3, 4]
    assert lit_arms(armless, arms, pixels, agreed=1) == [0, 2, 3, 4]
