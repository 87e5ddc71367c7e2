"""The disk: its centre, shape and direction from a picture."""

import numpy as np
import pytest
from skyloom.spirals.measure.ellipse import (
    Ellipse,
    disk,
    mean_angle,
    second_moments,
    turned,
)


@pytest.mark.parametrize("ratio", [0.45, 0.7, 0.9])
def test_a_drawn_disk_is_recovered(drawn, ratio):
    galaxy = drawn(1, ratio=ratio, angle=130.0, pitch=15.0)
    found = disk(galaxy.picture)
    assert np.hypot(found.x - 63.5, found.y - 63.5) < 0.3
    assert found.ratio == pytest.approx(ratio, abs=0.04)
    assert abs(turned(found.angle - 130)) < 3


def test_the_picture_turned_turns_the_ellipse_and_mirrored_mirrors_it(drawn):
    picture = drawn(2, ratio=0.6, angle=25.0).picture
    found, quarter = disk(picture), disk(np.rot90(picture, -1))  # rows run to the north
    mirrored = disk(picture[:, ::-1])
    assert abs(turned(quarter.angle - found.angle - 90)) < 0.2
    assert abs(turned(mirrored.angle + found.angle)) < 0.2
    for other in (quarter, mirrored):
        assert other.ratio == pytest.approx(found.ratio, abs=1e-6)
        assert other.radius == pytest.approx(found.radius, rel=1e-6)


def test_a_star_and_a_neighbour_do_not_change_the_ellipse(drawn):
    picture = drawn(3, ratio=0.6, angle=40.0).picture
    clean = disk(picture)
    y, x = np.indices(picture.shape[:2])
    star = 180 * np.exp(-0.5 * ((x - 95) ** 2 + (y - 60) ** 2) / 2.5**2)
    other = 150 * np.exp(-np.hypot(x - 15, y - 110) / 6)
    dirty = np.clip(picture + (star + other)[..., None], 0, 255).astype(np.uint8)
    found = disk(dirty)
    assert found.ratio == pytest.approx(clean.ratio, abs=0.03)
    assert abs(turned(found.angle - clean.angle)) < 3


def test_a_stretch_does_not_matter_to_shape_and_direction(drawn):
    picture = drawn(4, ratio=0.55, angle=70.0).picture.astype(float)
    found, other = disk(picture), disk(picture**1.3)
    assert other.ratio == pytest.approx(found.ratio, abs=0.03)
    assert abs(turned(other.angle - found.angle)) < 2


def test_an_empty_sky_has_no_disk():
    assert disk(np.full((64, 64, 3), 9, np.uint8)) is None
    noise = np.random.default_rng(0).normal(20, 3, (64, 64, 3))
    assert disk(noise.astype(np.uint8)) is None


def test_the_coordinates_of_the_plane_are_inverse_to_each_other():
    ellipse = Ellipse(30.0, 34.0, 20.0, 0.4, 57.0)
    radius, phase = ellipse.polar((64, 64))
    y, x = np.indices((64, 64))
    np.testing.assert_allclose(ellipse.at(radius, phase), [y, x], atol=1e-9)


def test_the_phase_grows_from_north_through_east():
    ellipse = Ellipse(10.0, 10.0, 5.0, 1.0, 0.0)
    y, x = ellipse.at(np.array([5.0, 5.0]), np.array([0.0, np.pi / 2]))
    np.testing.assert_allclose(y, [15, 10], atol=1e-9)  # north: rows grow
    np.testing.assert_allclose(x, [10, 5], atol=1e-9)  # east: columns fall


def test_moments_are_those_of_an_ellipse():
    ellipse = Ellipse(40.0, 41.0, 25.0, 0.5, 33.0)
    inside = ellipse.polar((80, 80))[0] <= ellipse.radius
    major, ratio, angle = second_moments(inside.astype(float))
    assert major == pytest.approx(25, abs=0.2)
    assert ratio == pytest.approx(0.5, abs=0.01)
    assert angle == pytest.approx(33, abs=0.3)


def test_twice_the_pixels_are_twice_the_size_at_the_same_place():
    ellipse = Ellipse(10.0, 12.0, 5.0, 0.5, 20.0, 0.1)
    found = ellipse.scaled(2.0)
    assert (found.x, found.y, found.radius, found.radius_err) == (20.5, 24.5, 10, 0.2)


def test_directions_of_axes_have_no_sign():
    assert mean_angle([179, 1]) % 180 == pytest.approx(0, abs=1e-9)
    np.testing.assert_allclose(turned([170, -100, 30]), [-10, 80, 30])
