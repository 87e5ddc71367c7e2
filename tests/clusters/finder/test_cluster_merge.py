"""Merging: what two survey tiles saw is listed once, anywhere on the sky."""

import numpy as np
import pytest
from astropy.coordinates import SkyCoord
from astropy.table import Table
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from skyloom.clusters.finder.merge import merge
from skyloom.sky.cosmology import arcsec_per_mpc


def table(*rows) -> Table:
    """Return candidates of (RA, Dec, z, probability, tile)."""
    names = ("RA", "DEC", "Z", "PROBABILITY", "TILES")
    made = Table(rows=list(rows), names=names)
    made["SCORE"] = made["PROBABILITY"]
    made["EDGE"] = 5.0
    return made


def at(ra, dec, angle, arcsec) -> tuple[float, float]:
    """Return the place so far from another, in a direction."""
    there = SkyCoord(ra, dec, unit="deg").directional_offset_by(
        angle * SkyCoord(0, 0, unit="deg").ra.unit,
        arcsec / 3600 * SkyCoord(0, 0, unit="deg").ra.unit,
    )
    return float(there.ra.deg), float(there.dec.deg)


@pytest.mark.parametrize(
    "place", [(50.0, -40.0), (0.001, 0.0), (359.9999, -60.0), (123.0, 89.999), (7, -90)]
)
@pytest.mark.parametrize("angle", [90.0, 270.0, 0.0])
def test_duplicates_are_one_anywhere(place, angle):
    """60 arcsec apart at z = 0.4 (0.32 Mpc): across 0 h and the poles as well."""
    other = at(*place, angle, 60.0)
    first = table((*place, 0.40, 0.9, "A"), (*place, 0.80, 0.3, "A"))
    both = merge([first, table((*other, 0.42, 0.7, "B"))])
    assert both["PROBABILITY"].tolist() == [0.9, 0.3]
    assert both["TILES"].tolist() == ["A B", "A"]


def test_what_is_apart_stays_two():
    """Too far on the sky, too far in redshift, or on the same tile."""
    here = (50.0, -40.0)
    far, near = at(*here, 45.0, 120.0), at(*here, 45.0, 20.0)
    mine = table((*here, 0.4, 0.9, "A"))
    assert len(merge([mine, table((*far, 0.4, 0.8, "B"))])) == 2
    assert len(merge([mine, table((*near, 0.5, 0.8, "B"))])) == 2
    assert len(merge([mine, table((*near, 0.4, 0.8, "A"))])) == 2
    assert len(merge([mine, table((*near, 0.4, 0.8, "B"))])) == 1


def test_the_radius_is_physical():
    """100 arcsec are 0.33 Mpc at z = 0.2 and 0.75 Mpc at z = 0.8."""
    here, there = (50.0, -40.0), at(50.0, -40.0, 10.0, 100.0)
    counts = [
        len(merge([table((*here, z, 0.9, "A")), table((*there, z, 0.8, "B"))]))
        for z in (0.2, 0.8)
    ]
    assert counts == [1, 2]


def test_of_equals_the_one_far_from_the_edge_is_kept():
    """It had all its surroundings."""
    here = (50.0, -40.0)
    one, two = table((*here, 0.4, 0.9, "A")), table((*here, 0.4, 0.9, "B"))
    two["EDGE"] = 20.0
    assert merge([one, two])["EDGE"].tolist() == [20.0]


def test_one_is_dropped_for_each_other_tile():
    """Two of tile B near one of tile A: the nearer is it, the other is another."""
    here = (50.0, -40.0)
    near, far = at(*here, 0, 20.0), at(*here, 180.0, 80.0)
    second = table((*near, 0.4, 0.7, "B"), (*far, 0.4, 0.8, "B"))
    third = table((*here, 0.4, 0.6, "C"))
    found = merge([table((*here, 0.4, 0.9, "A")), second, third])
    assert found["TILES"].tolist() == ["A B C", "B"]
    assert found["PROBABILITY"].tolist() == [0.9, 0.8]


@settings(
    deadline=None,
    max_examples=6,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(st.integers(0, 2**32 - 1))
def test_the_order_of_tables_and_rows_does_not_matter(seed):
    """Crowded, with ties."""
    rng = np.random.default_rng(seed)
    n = 30
    ra, dec = (0.06 * rng.random(n) - 0.03) % 360, 0.06 * rng.random(n)
    z, p = rng.choice([0.3, 0.4, 0.42], n), rng.choice([0.5, 0.6, 0.9], n)
    rows = list(zip(ra, dec, z, p, rng.choice(list("ABC"), n), strict=True))
    whole = merge([table(*rows)])
    order = rng.permutation(n)
    mixed = [rows[i] for i in order]
    parts = merge([table(*mixed[:11]), table(*mixed[11:])])
    assert len(whole) < n
    for name in whole.colnames:
        assert whole[name].tolist() == parts[name].tolist()
    again = merge([whole])
    assert len(again) <= len(whole)


def test_nothing_is_refused_and_empty_is_not():
    """No table is a mistake; a tile without clusters is not."""
    with pytest.raises(ValueError, match="no values"):
        merge([])
    some = table((1.0, 2.0, 0.3, 0.5, "A"))
    assert len(merge([some[:0], some[:0]])) == 0
    assert len(merge([some[:0], some])) == 1


@pytest.mark.parametrize(
    ("other", "rows"), [(0.4717, 1), (0.4719, 2), (0.3318, 1), (0.3316, 2)]
)
def test_redshifts_may_differ_by_so_much_on_either_side(other, rows):
    """By 0.05 (1 + z) at the mean z: up by 0.0718 from 0.4, down by 0.0683."""
    here = (50.0, -40.0)
    found = merge([table((*here, 0.4, 0.9, "A")), table((*here, other, 0.8, "B"))])
    assert len(found) == rows


@pytest.mark.parametrize(("share", "rows"), [(0.99, 1), (1.01, 2)])
def test_the_radius_is_half_a_megaparsec_at_the_mean_redshift(share, rows):
    """Of 0.38 and 0.42, at z = 0.4."""
    here = (50.0, -40.0)
    there = at(*here, 30.0, share * 0.5 * float(arcsec_per_mpc(0.4)))
    parts = [table((*here, 0.38, 0.9, "A")), table((*there, 0.42, 0.8, "B"))]
    assert len(merge(parts)) == rows
