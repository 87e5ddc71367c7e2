"""Spiral arms: their geometry, their distances and their light."""

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from skyloom.builder.fitting.profiles import (
    ARM_PARTIALS,
    TILE,
    _candidates,
    _nearest,
    integrate_arm,
)
from skyloom.builder.fitting.spirals import log_spiral, reframed
from skyloom.builder.model import Sersic, SpiralArm, replace

SHAPE = (48, 50)
DISK = Sersic(25.2, 23.7, 0.7, 0.6, 10.0, 1.0)
ARM = SpiralArm(0.5, 2.0, 5.0, 18.0, 0.3, 3.6)
coordinates = st.integers(-200, 700).map(lambda k: k / 10)


def light(disk, arm, rtol, jac=False):
    """Return a unit arm's image, with partials if asked."""
    points, partials = log_spiral(disk, arm)
    place = disk.mux, disk.muy, disk.roll, disk.q, disk.Re
    return integrate_arm(*SHAPE, points, partials, *place, arm.spread, rtol, jac)


@settings(max_examples=50, deadline=None)
@given(
    phi=st.floats(-60, 60), roll=st.floats(0, np.pi), q=st.floats(0.2, 1.0),
    A=st.floats(0.5, 20),
)  # fmt: skip
def test_points_lie_on_the_spiral(phi, roll, q, A):
    """Turned back and face on, ln r is linear in theta with slope tan(phi)."""
    disk = replace(DISK, roll=roll, q=q)
    points, _ = log_spiral(disk, replace(ARM, phi=phi, A=A))
    dx, dy = (points - (disk.mux, disk.muy)).T
    u = np.cos(roll) * dx + np.sin(roll) * dy
    v = np.cos(roll) * dy - np.sin(roll) * dx
    theta = np.unwrap(np.arctan2(v, u / q))
    fit = np.polyfit(theta, np.log(np.hypot(u / q, v)), 1)
    assert fit[0] == pytest.approx(np.tan(np.radians(phi)), abs=1e-8)


@settings(max_examples=25, deadline=None)
@given(st.lists(st.tuples(coordinates, coordinates), min_size=2,
                max_size=12))  # fmt: skip
def test_distance_against_shapely(points):
    """The tiled search for the nearest segment misses none."""
    points, found = np.array(points), np.empty(SHAPE)
    every = np.arange(len(points) - 1)
    segments, distances = np.empty_like(every), np.empty(every.size)
    for y, x in np.ndindex(SHAPE):
        cx, cy = (k // TILE * TILE + (TILE - 1) / 2 for k in (x, y))
        if x % TILE == 0:
            n, _ = _candidates(cx, cy, points, every, segments, distances)
        found[y, x] = np.sqrt(_nearest(float(x), float(y), points, segments, n)[0])
    y, x = np.mgrid[: SHAPE[0], : SHAPE[1]]
    truth = shapely.distance(shapely.points(x, y), shapely.LineString(points))
    np.testing.assert_allclose(found, truth, atol=1e-9)


@pytest.mark.parametrize("spread", [0.6, 1.5, 4.0])
def test_light_against_brute_force(spread):
    """An arm's pixels agree with 25 x 25 points a pixel to the stated error."""
    fine = 25
    arm = replace(ARM, spread=spread)
    points, _ = log_spiral(DISK, arm)
    offsets = (np.arange(fine) + 0.5) / fine - 0.5
    y, x = (np.add.outer(np.arange(k), offsets).ravel() for k in SHAPE)
    xx, yy = np.meshgrid(x, y)
    d = shapely.distance(shapely.points(xx, yy), shapely.LineString(points))
    dx, dy = xx - DISK.mux, yy - DISK.muy
    u = np.cos(DISK.roll) * dx + np.sin(DISK.roll) * dy
    v = np.cos(DISK.roll) * dy - np.sin(DISK.roll) * dx
    disk = np.exp(-1.67834699 * (np.hypot(u / DISK.q, v) / DISK.Re - 1))
    bright = np.exp(-(d**2) / (2 * spread**2)) * disk
    truth = bright.reshape(SHAPE[0], fine, SHAPE[1], fine).mean((1, 3))
    image = light(DISK, arm, 1e-4)[0]
    # Where two turns of the arm are equally near, the distance has a kink.
    assert np.abs(image - truth).max() < 1e-3 * truth.max()
    assert np.median(np.abs(image - truth)) < 1e-5 * truth.max()


@pytest.mark.parametrize("key", ARM_PARTIALS)
def test_partials_are_the_slopes(key):
    """The partials of an arm agree with central differences."""
    partial = light(DISK, ARM, 1e-5, jac=True)[1 + ARM_PARTIALS.index(key)]

    def moved(step):
        if hasattr(ARM, key):
            return light(DISK, replace(ARM, **{key: getattr(ARM, key) + step}), 1e-6)[0]
        return light(replace(DISK, **{key: getattr(DISK, key) + step}), ARM, 1e-6)[0]

    slope = (moved(1e-4) - moved(-1e-4)) / 2e-4
    assert np.linalg.norm(partial - slope) < 0.03 * np.linalg.norm(slope)


def test_reframed_arm_stays_on_the_sky():
    """Seen from another disk's plane an arm keeps its place, and comes back."""
    other = replace(DISK, mux=25.3, muy=23.6, roll=0.8, q=0.61)
    moved = reframed(ARM, DISK, other)
    there, here = (
        shapely.LineString(log_spiral(d, a)[0])
        for d, a in ((other, moved), (DISK, ARM))
    )
    left = shapely.LineString(log_spiral(other, ARM)[0])
    distance = shapely.hausdorff_distance
    assert distance(there, here) < 0.6 * distance(left, here)
    back = reframed(moved, other, DISK)
    for key in ("A", "phi", "t_min", "t_max"):
        assert getattr(back, key) == pytest.approx(getattr(ARM, key), rel=0.02)


@pytest.mark.parametrize(("old", "new"), [(0.1, 3.0), (3.0, 0.1), (0.4, 0.6)])
@pytest.mark.parametrize("phi", [-18.0, 18.0])
def test_reframed_in_a_turned_face_on_disk_has_a_closed_form(old, new, phi):
    """Theta loses the turn of the disk, on its own turn; A takes it up."""
    disks = [replace(DISK, q=1.0, roll=roll) for roll in (old, new)]
    found = reframed(replace(ARM, phi=phi), *disks)
    turn = new - old
    assert found.t_min == pytest.approx(ARM.t_min - turn)
    assert found.t_max == pytest.approx(ARM.t_max - turn)
    assert found.phi == pytest.approx(phi)
    assert pytest.approx(ARM.A * np.exp(turn * np.tan(np.radians(phi)))) == found.A
