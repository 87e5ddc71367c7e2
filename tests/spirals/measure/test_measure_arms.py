"""Arms from maps: pitch angle, winding, number, and their part of the disk."""

import numpy as np
import pytest
from skyloom.spirals.measure.arms import arm_fraction, arms
from skyloom.spirals.measure.ellipse import Ellipse, disk


@pytest.fixture
def rng():
    """Return a generator."""
    return np.random.default_rng(0)


def test_pitch_angles_of_noisy_broken_arms_are_recovered(drawn, rng):
    truths, found, same = [], [], []
    for seed in range(40):
        pitch, winding = rng.uniform(8, 35), "ZS"[seed % 2]
        look = {"ratio": rng.uniform(0.5, 0.95), "angle": rng.uniform(0, 180)}
        look |= {"noise": rng.uniform(0.05, 0.3), "missing": rng.uniform(0, 0.8)}
        galaxy = drawn(seed, size=96, radius=38.0, bar=9.0, pitch=pitch,
                       winding=winding, arms=2 + seed % 2, **look)  # fmt: skip
        one = arms(galaxy.mean[0], galaxy.picture, disk(galaxy.picture), rng, inner=9.0)
        if not one.reason:
            truths.append(pitch)
            found.append((one.pitch, one.pitch_err, one.number == 2 + seed % 2))
            same.append(one.winding == winding)
    off = np.array(found)[:, 0] - truths
    assert len(truths) >= 36
    assert np.median(np.abs(off)) < 2
    assert abs(np.median(off)) < 1.5  # arms that are cut sharply seem tighter
    assert np.mean(same) > 0.95
    assert np.mean(np.array(found)[:, 2]) > 0.8
    # Errors are neither half nor twice what they should be.
    pull = np.median(np.abs(off) / np.array(found)[:, 1]) / 0.6745
    assert 0.5 < pull < 2


@pytest.mark.parametrize("pitch", [10.0, 20.0, 32.0])
def test_a_clean_spiral_is_measured_to_a_degree_or_two(drawn, rng, pitch):
    galaxy = drawn(0, pitch=pitch, noise=0.0, missing=0.0, blur=1.0)
    one = arms(galaxy.mean[0], galaxy.picture, galaxy.disk, rng)
    assert one.pitch == pytest.approx(pitch, abs=2)
    assert one.winding == "Z"
    assert one.number == 2


def test_pitch_stays_and_winding_flips_under_turns_and_mirrors(drawn, rng):
    galaxy = drawn(5, noise=0.1, ratio=0.6, angle=35.0)
    share, picture = galaxy.mean[0], galaxy.picture
    size = len(share)
    own = galaxy.disk
    quarter = Ellipse(own.x, own.y, own.radius, own.ratio, own.angle + 90)
    mirror = Ellipse(size - 1 - own.x, own.y, own.radius, own.ratio, 180 - own.angle)
    first = arms(share, picture, own, rng)
    second = arms(np.rot90(share, -1), np.rot90(picture, -1), quarter, rng)
    third = arms(share[:, ::-1], picture[:, ::-1], mirror, rng)
    assert second.pitch == pytest.approx(first.pitch, abs=0.2)
    assert third.pitch == pytest.approx(first.pitch, abs=0.2)
    assert (first.winding, second.winding, third.winding) == ("Z", "Z", "S")
    assert first.number == second.number == third.number


def test_pitch_does_not_depend_on_the_size_of_a_pixel(drawn, rng):
    looks = {"noise": 0.0, "pitch": 22.0, "missing": 0.0}
    small = drawn(6, size=64, radius=24.0, bar=7.0, blur=1.0, **looks)
    large = drawn(6, size=128, radius=48.0, bar=14.0, blur=2.0, **looks)
    one = arms(small.mean[0], small.picture, small.disk, rng)
    two = arms(large.mean[0], large.picture, large.disk, rng)
    # The same map with the finer picture.
    mixed = arms(small.mean[0], large.picture, small.disk, rng)
    assert one.pitch == pytest.approx(two.pitch, abs=1)
    assert mixed.pitch == pytest.approx(two.pitch, abs=1)


def test_what_has_no_arms_says_why(drawn, rng):
    galaxy = drawn(7)
    blank = np.zeros((128, 128))
    flat = Ellipse(63.5, 63.5, 48.0, 0.1, 0.0)
    tiny = Ellipse(63.5, 63.5, 4.0, 0.8, 0.0)
    reasons = [
        arms(blank, galaxy.picture, galaxy.disk, rng).reason,
        arms(galaxy.mean[0], galaxy.picture, None, rng).reason,
        arms(galaxy.mean[0], galaxy.picture, flat, rng).reason,
        arms(galaxy.mean[0], galaxy.picture, tiny, rng).reason,
    ]
    assert reasons == ["no arms", "no disk", "edge-on", "no room outside the bar"]


def test_maps_that_fill_the_whole_galaxy_do_not_open_the_arms(drawn, rng):
    galaxy = drawn(8, pitch=12.0, noise=0.0, missing=0.0)
    radius, _ = galaxy.disk.polar((128, 128))
    round_all = np.maximum(galaxy.mean[0], 0.4 * (radius < galaxy.disk.radius))
    one = arms(round_all, galaxy.picture, galaxy.disk, rng)
    assert one.pitch == pytest.approx(12, abs=2)
    assert one.winding == "Z"


def test_a_ring_winds_no_way(rng):
    ellipse = Ellipse(63.5, 63.5, 50.0, 1.0, 0.0)
    radius, phase = ellipse.polar((128, 128))
    spokes = np.exp(-0.5 * ((radius - 30) / 4) ** 2) * (0.5 + 0.3 * np.cos(2 * phase))
    assert arms(spokes, 200 * spokes, ellipse, rng).reason == "no clear winding"


def test_the_fraction_is_that_of_the_area():
    ellipse = Ellipse(31.5, 31.5, 25.0, 0.6, 0.0)
    y, _ = np.indices((64, 64))
    half = np.where(y > 31.5, 0.5, 0.0)
    assert arm_fraction(half, ellipse) == pytest.approx(0.5, abs=0.01)
    assert arm_fraction(0 * half, ellipse) == 0
    assert np.isnan(arm_fraction(half, None))
