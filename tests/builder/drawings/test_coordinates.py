"""Each coordinate trap by itself."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from skyloom.builder.drawings import coordinates as c
from skyloom.builder.model import DrawnArm, Model, Sersic

SCREEN = c.Screen((128, 128))  # four drawn units a pixel
ELLIPSE = {"x": 256, "y": 256, "rx": 60, "ry": 30, "angle": 0}
SIZES = st.floats(1, 500)
ANGLES = st.floats(-720, 720)


def test_corners_of_the_screen():
    """The upper left corner is the outer corner of the last row's first pixel."""
    assert c.position(0.0, 0.0, SCREEN) == (-0.5, 127.5)
    assert c.position(512.0, 512.0, SCREEN) == (127.5, -0.5)


def test_middle_of_the_screen_is_the_middle_of_the_image():
    """(n - 1) / 2 with pixel centres at integers."""
    assert c.position(256.0, 256.0, SCREEN) == (63.5, 63.5)


def test_ellipse_major_axis_along_x():
    """A wide ellipse has its major axis along x: a quarter turn from +y."""
    part = c.ellipse(ELLIPSE, SCREEN)
    assert part.roll == pytest.approx(math.pi / 2)
    assert part.q == 0.5
    assert part.Re == pytest.approx(60 / 4 / 3)


def test_ellipse_angle_is_counter_clockwise_on_screen():
    """At +30 degrees the right end points up; up is +y here."""
    part = c.ellipse(ELLIPSE | {"angle": 30}, SCREEN)
    major = np.array([-math.sin(part.roll), math.cos(part.roll)])
    wanted = np.array([math.cos(math.pi / 6), math.sin(math.pi / 6)])
    assert abs(major @ wanted) == pytest.approx(1)


def test_rectangle_angle_is_clockwise_and_about_its_middle():
    """A rectangle at +30 degrees leans the other way; its middle stays."""
    drawn = {"x": 236, "y": 251, "width": 40, "height": 10, "angle": 30}
    part = c.rectangle(drawn, SCREEN)
    major = np.array([-math.sin(part.roll), math.cos(part.roll)])
    wanted = np.array([math.cos(math.pi / 6), -math.sin(math.pi / 6)])
    assert abs(major @ wanted) == pytest.approx(1)
    assert (part.mux, part.muy) == (63.5, 63.5)
    assert part.Re == pytest.approx(40 / 4 / 3)


@given(rx=SIZES, ry=SIZES, angle=ANGLES)
def test_swapped_axes_and_a_quarter_turn_are_the_same_ellipse(rx, ry, angle):
    """(rx, ry, angle) and (ry, rx, angle + 90) outline the same region."""
    one = c.ellipse(ELLIPSE | {"rx": rx, "ry": ry, "angle": angle}, SCREEN)
    two = c.ellipse(ELLIPSE | {"rx": ry, "ry": rx, "angle": angle + 90}, SCREEN)
    assert (one.q, one.Re) == (two.q, two.Re)
    assert 0 < one.q <= 1
    if rx != ry:
        assert abs(math.sin(one.roll - two.roll)) < 1e-9


@given(rx=SIZES, ry=SIZES, angle=ANGLES)
def test_roll_is_within_half_a_turn(rx, ry, angle):
    """Roll lies in [0, pi], whatever was drawn."""
    roll = c.ellipse(ELLIPSE | {"rx": rx, "ry": ry, "angle": angle}, SCREEN).roll
    assert 0 <= roll <= math.pi


def test_disk_size_is_doubled_once():
    """The empirical rule touches Re only."""
    part = c.ellipse(ELLIPSE, SCREEN)
    assert c.disk_size(part).Re == 2 * part.Re
    assert c.disk_size(part).q == part.q


def test_brightness_of_defaults():
    """The values that untouched sliders have in the published models."""
    assert c.brightness(0.2) == pytest.approx(0.125)
    assert c.brightness(0.5) == pytest.approx(0.3125)
    assert c.arm_brightness(0.75) == pytest.approx(0.9375)


def test_spread_is_scaled_and_has_a_floor():
    """258 px images give 0.5039 for the default, smaller ones 0.5."""
    assert c.arm_spread(1.0, c.Screen((258, 258))) == pytest.approx(258 / 512)
    assert c.arm_spread(0.0, SCREEN) == 0.5


@pytest.mark.parametrize(
    ("raw", "value"),
    [(0.2, 0.2), ("0.2", 0.2), (None, 0.2), ("", 0.2), (1, 1.0), ("0.75", 0.75)],
)
def test_slider_forms(raw, value):
    """Number, text and null are read."""
    assert c.slider(c.SLIDERS["disk"]["I"], raw) == value


@pytest.mark.parametrize("raw", [0, "0", 0.0])
def test_scale_of_zero_means_one(raw):
    """A component of no size would not exist."""
    assert c.slider(c.SCALE, raw) == 1.0


@pytest.mark.parametrize("raw", [-1, 2.5, "nan", "inf", "wide", True, [1], {}])
def test_impossible_sliders(raw):
    """Out of range, not finite, or no number."""
    with pytest.raises(c.ShapeError, match="slider"):
        c.slider(c.SCALE, raw)


@given(turns=st.integers(-4, 8), x=st.integers(0, 4), y=st.integers(0, 6))
def test_points_turn_with_the_pixels(turns, x, y):
    """A marked pixel is found where `turned_points` says."""
    image = np.zeros((7, 5))
    image[y, x] = 1
    ((u, v),) = c.turned_points(np.array([[x, y]]), image.shape, turns)
    assert np.rot90(image, turns)[int(v), int(u)] == 1


@given(turns=st.integers(0, 3), roll=st.floats(0, 3.1))
def test_shapes_turn_with_the_pixels(turns, roll):
    """An elongated component's pixels turn as its model does."""
    part = Sersic(4.0, 6.0, roll, 0.3, 3.0, 1.0)
    model = Model(disk=part, spiral=(DrawnArm(np.eye(2), 1.0, 1.0),))
    disk = c.turned(model, (12, 9), turns).disk
    assert np.allclose(np.rot90(_outline(part, (12, 9)), turns), _outline(disk, None))


def _outline(part, shape):
    ny, nx = shape or ((12, 9) if part.mux == 4.0 and part.muy in (6, 5) else (9, 12))
    y, x = np.mgrid[:ny, :nx]
    dx, dy = x - part.mux, y - part.muy
    u = math.cos(part.roll) * dx + math.sin(part.roll) * dy
    v = -math.sin(part.roll) * dx + math.cos(part.roll) * dy
    return np.hypot(u / part.q, v)


# The front end's own limits and defaults, Lingard et al. 2020, section 2.3.
SHOWN = {
    "disk.scale": (0, 2, 1),
    "disk.I": (0, 1, 0.2),
    "bulge.scale": (0, 2, 1),
    "bulge.I": (0, 2, 0.5),
    "bulge.n": (0.5, 5, 1),
    "bar.scale": (0, 2, 1),
    "bar.I": (0, 1, 0.2),
    "bar.n": (0.3, 2, 0.5),
    "bar.c": (1.5, 3, 2),
    "arm.I": (0, 1, 0.75),
    "arm.spread": (0, 2, 1),
    "spiral.falloff": (0, 2, 1),
}


@pytest.mark.parametrize("name", SHOWN)
def test_sliders_are_those_of_the_front_end(name):
    """A slider at its end is read, just beyond it is refused; none is its default."""
    part, key = name.split(".")
    kind, (low, high, default) = c.SLIDERS[part][key], SHOWN[name]
    assert c.slider(kind, None) == default
    assert c.slider(kind, high) == high
    assert c.slider(kind, low) == (1.0 if key == "scale" else low)
    for beyond in (low - 1e-6, high + 1e-6):
        with pytest.raises(c.ShapeError, match="slider at"):
            c.slider(kind, beyond)


def test_every_slider_is_known():
    """And no other."""
    assert {f"{p}.{k}" for p, kinds in c.SLIDERS.items() for k in kinds} == set(SHOWN)


@pytest.mark.parametrize("shape", [(90, 150), (150, 90)])
def test_an_image_that_is_not_square_is_512_wide(shape):
    """Its height follows; the corners of the screen are those of the image."""
    screen = c.Screen(shape)
    ny, nx = shape
    assert screen.scale == nx / 512
    assert screen.height == pytest.approx(512 * ny / nx)
    right, bottom = c.position(512.0, screen.height, screen)
    assert (right, bottom) == pytest.approx((nx - 0.5, -0.5))
    assert c.position(0.0, 0.0, screen) == pytest.approx((-0.5, ny - 0.5))


def test_shapes_need_an_area_and_lines_a_length():
    """Two points that differ are a line; a side of nothing is no shape."""
    ends = [{"x": 4.0, "y": 8.0}, {"x": 4.0, "y": 12.0}]
    line = c.polyline(ends, SCREEN)
    assert line.tolist() == [[0.5, 125.5], [0.5, 124.5]]
    for bad in (ends[:1], [ends[0], ends[0]], "line"):
        with pytest.raises(c.ShapeError, match="line"):
            c.polyline(bad, SCREEN)
    for sides in ({"rx": 0}, {"ry": 0}, {"rx": -1}):
        with pytest.raises(c.ShapeError, match="without area"):
            c.ellipse(ELLIPSE | sides, SCREEN)
