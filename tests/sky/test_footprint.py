"""Footprints of HEALPix pixels."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from skyloom.sky.footprint import SPHERE, Footprint, footprint, pixel_of, side_for


def everywhere(n, seed=0):
    rng = np.random.default_rng(seed)
    return rng.uniform(0, 360, n), np.degrees(np.arcsin(rng.uniform(-1, 1, n)))


@pytest.mark.parametrize("side", [5.0, 10.0, 60.0])
def test_all_pixels_make_the_sphere(side):
    """Whole sky: the area of the sphere."""
    whole = footprint(*everywhere(200_000), side)
    assert np.isclose(whole.area, SPHERE)
    assert np.isclose(SPHERE, 41252.96, atol=0.01)


@given(st.integers(0, 360 * 64), st.floats(-90, 90), st.floats(0.1, 45))
@settings(max_examples=60, deadline=None)
def test_a_list_covers_itself_and_turns_with_the_sky(steps, dec, side):
    """Each object is inside; RA is modulo 360, in steps that a turn keeps exact."""
    place = np.array([steps / 64]), np.array([dec])
    own = footprint(*place, side)
    assert own(*place).all()
    assert own(place[0] + 360, place[1]).all()


@pytest.mark.parametrize(("side", "nside"), [(58.6, 1), (1.0, 64), (0.5, 128)])
def test_a_pixel_has_about_the_side(side, nside):
    """A pixel of nside 1 is 58.6 deg wide, the next half as wide."""
    where = footprint([10.0], [50.0], side)
    assert where.nside == nside
    assert np.sqrt(where.area) == pytest.approx(side, rel=0.1)


def test_common_pixels():
    """What two lists both cover; pixels of other sizes cannot be compared."""
    one = footprint([10.5, 30.5], [0.5, 0.5], 1.0)
    two = footprint([30.6, 50.5], [0.6, 0.5], 1.0)
    assert one.common(two).pixels.tolist() == [int(pixel_of(64, [30.5], [0.5])[0])]
    with pytest.raises(ValueError, match="cannot be compared"):
        one.common(footprint([1.0], [1.0], 2.0))


@pytest.mark.parametrize(
    ("n", "side"), [(2_000_000, 0.46), (200_000, 1.83), (100, 3.66)]
)
def test_pixels_suit_the_density(n, side):
    """Ten objects a pixel, within the limits; a sparse list has fewer."""
    ra, dec = everywhere(n)
    found, objects = side_for(ra, dec, 10, (0.5, 5.0))
    assert found == pytest.approx(side, abs=0.005)
    assert (objects >= 10) == (n > 100)
    assert np.sqrt(footprint(ra, dec, found).area) > 0


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (lambda: pixel_of(8, [np.nan], [0.0]), "finite degrees"),
        (lambda: pixel_of(8, [0.0], [95.0]), "-90 to 90"),
        (lambda: footprint([0.0], [0.0], 0.0), "expected 0.01 to 90"),
    ],
)
def test_bad_questions_are_refused(call, says):
    with pytest.raises(ValueError, match=says):
        call()


def test_the_twelve_base_pixels():
    """Gorski et al. 2005, figure 3: middles of the pixels of the coarsest map."""
    ra = np.concatenate([np.arange(45, 360, 90), np.arange(0, 360, 90)] * 2)[:12]
    dec = np.repeat(np.degrees(np.arcsin([2 / 3, 0, -2 / 3])), 4)
    assert pixel_of(1, ra, dec).tolist() == list(range(12))


@pytest.mark.parametrize("nside", [1, 4, 16])
def test_pixels_have_one_area(nside):
    """As many random directions fall in each, within their own scatter."""
    rng = np.random.default_rng(nside)
    n = 12 * nside**2
    ra = rng.uniform(0, 360, 100 * n)
    dec = np.degrees(np.arcsin(rng.uniform(-1, 1, 100 * n)))
    counts = np.bincount(pixel_of(nside, ra, dec), minlength=n)
    assert len(counts) == n
    assert ((counts - 100) ** 2 / 100).mean() == pytest.approx(
        1, abs=4 * (2 / n) ** 0.5
    )


def test_area_is_that_of_the_pixels():
    """All twelve base pixels are the sky."""
    assert Footprint(1, np.arange(12)).area == pytest.approx(41252.96, abs=0.01)


@pytest.mark.parametrize(("side", "good"), [(0.0101, True), (0.0099, False)])
def test_the_smallest_pixel(side, good):
    """A hundredth of a degree; the largest is 90."""
    sides = {side: good, 90.0: True, 90.1: False}
    for one, allowed in sides.items():
        if allowed:
            assert footprint([1.0], [1.0], one)([1.0], [1.0]).all()
        else:
            with pytest.raises(ValueError, match="expected"):
                footprint([1.0], [1.0], one)


def test_the_nearest_size_of_pixels_is_taken():
    assert [footprint([1.0], [1.0], s).nside for s in (41.6, 41.3)] == [1, 2]
