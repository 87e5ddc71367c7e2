"""Maps of equal-area cells."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from skyloom.sky.footprint import SPHERE, Footprint, cell_of, footprint, random_points


def everywhere(n, seed=0):
    rng = np.random.default_rng(seed)
    return rng.uniform(0, 360, n), np.degrees(np.arcsin(rng.uniform(-1, 1, n)))


@pytest.mark.parametrize("side", [5.0, 10.0, 60.0])
def test_all_cells_make_the_sphere(side):
    """Whole sky: the area of the sphere."""
    whole = footprint(*everywhere(200_000), side)
    assert np.isclose(whole.area, SPHERE)
    assert np.isclose(SPHERE, 41252.96, atol=0.01)


def test_cells_have_one_area():
    """Points spread evenly fill cells alike, at the poles and at the equator."""
    ra, dec = everywhere(400_000)
    _, counts = np.unique(cell_of(ra, dec, 10.0), return_counts=True)
    expected = 400_000 * 100 / SPHERE
    assert np.all(np.abs(counts / expected - 1) < 0.25)


@given(st.integers(0, 360 * 64), st.floats(-90, 90), st.floats(0.1, 45))
@settings(max_examples=60, deadline=None)
def test_a_list_covers_itself_and_turns_with_the_sky(steps, dec, side):
    """Each object is inside; RA is modulo 360, in steps that a turn keeps exact."""
    place = np.array([steps / 64]), np.array([dec])
    own = footprint(*place, side)
    assert own.contains(*place).all()
    assert own.contains(place[0] + 360, place[1]).all()


def test_random_points_are_inside_and_even():
    """As dense in the southern half of a footprint as in the northern."""
    ra, dec = everywhere(20_000)
    kept = (dec > -60) & (dec < 0) & (ra < 90)
    where = footprint(ra[kept], dec[kept], 3.0)
    ra, dec = random_points(where, 20_000, np.random.default_rng(1))
    assert where.contains(ra, dec).all()
    half = np.degrees(np.arcsin(np.sin(np.radians(-60)) / 2))
    assert abs(np.mean(dec < half) - 0.5) < 0.03


def test_random_points_are_even_within_a_cell():
    """Of one large cell, half of its area holds half of the points."""
    where = footprint([10.0], [50.0], 60.0)
    ra, dec = random_points(where, 5000, np.random.default_rng(1))
    height = np.sin(np.radians(dec))
    middle = (0.5 + 1.0) / 2  # sines of the band's ends, 30 and 90 degrees
    assert where.contains(ra, dec).all()
    assert abs(np.mean(height < middle) - 0.5) < 0.03


def test_common_cells():
    """What two lists both cover; other cells cannot be compared."""
    one = footprint([10.5, 30.5], [0.5, 0.5], 1.0)
    two = footprint([30.6, 50.5], [0.6, 0.5], 1.0)
    assert one.common(two).cells.tolist() == [int(cell_of([30.5], [0.5], 1.0)[0])]
    with pytest.raises(ValueError, match="cannot be compared"):
        one.common(footprint([1.0], [1.0], 2.0))


def test_sparse_cells_can_be_left_out():
    """A cell with fewer objects than asked for is not covered."""
    assert len(footprint([1.1, 1.2, 9.0], [0.1, 0.1, 0.1], 1.0, least=2).cells) == 1


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (lambda: cell_of([np.nan], [0.0], 1.0), "finite degrees"),
        (lambda: cell_of([0.0], [95.0], 1.0), "-90 to 90"),
        (lambda: cell_of([0.0], [0.0], 0.0), "expected 0.01 to 90"),
        (
            lambda: random_points(
                Footprint(1.0, np.empty(0, int)), 3, np.random.default_rng(0)
            ),
            "no cell",
        ),
    ],
)
def test_bad_questions_are_refused(call, says):
    with pytest.raises(ValueError, match=says):
        call()
