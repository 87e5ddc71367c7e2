"""Parts of the sky in ranges of pixels, and the files that say them."""

from __future__ import annotations

import numpy as np
import pytest
from astropy.io import fits
from hypothesis import given, settings
from hypothesis import strategies as st
from skyloom.io.errors import InputError
from skyloom.sky.coverage import of_footprint, of_pixels
from skyloom.sky.coverage_files import read_coverage
from skyloom.sky.footprint import SPHERE, Footprint, footprint


def everywhere(n, seed=0):
    rng = np.random.default_rng(seed)
    return rng.uniform(0, 360, n), np.degrees(np.arcsin(rng.uniform(-1, 1, n)))


def write(path, columns, **cards):
    made = [fits.Column(name, "K", array=np.asarray(v)) for name, v in columns.items()]
    table = fits.BinTableHDU.from_columns(made)
    table.header.update(cards)
    fits.HDUList([fits.PrimaryHDU(), table]).writeto(path)
    return path


@pytest.mark.parametrize("nside", [1, 4, 64])
def test_cells_are_what_the_footprint_is(nside):
    """Same area, and the same places inside."""
    pixels = np.unique(np.random.default_rng(nside).integers(12 * nside**2, size=40))
    cells, places = Footprint(nside, pixels), everywhere(2000)
    whole = of_footprint(cells)
    assert np.array_equal(whole(*places), cells(*places))
    assert whole.area == pytest.approx(cells.area)


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 11)), max_size=9))
@settings(max_examples=25, deadline=None)
def test_common_is_what_both_have(cells):
    """Whatever the orders, overlapping or side by side; of nothing, nothing."""
    orders, pixels = np.array(cells, np.int64).reshape(-1, 2).T
    one, two = of_pixels(orders, pixels), of_pixels(1, np.arange(2, 30, 3))
    places = everywhere(500)
    assert np.array_equal(one.common(two)(*places), one(*places) & two(*places))
    assert one.common(two).area == pytest.approx(two.common(one).area)
    assert (one.starts[1:] > one.stops[:-1]).all()


def test_the_sphere_is_one_range():
    """All twelve base pixels."""
    whole = of_pixels(0, np.arange(12))
    assert len(whole.starts) == 1
    assert whole.area == pytest.approx(SPHERE)


def test_points_are_inside_and_even():
    """A pixel of four times the area gets four times the points."""
    large, small = of_pixels(2, np.array([5])), of_pixels(3, np.array([100]))
    both = of_pixels([2, 3], np.array([5, 100]))
    ra, dec = both.points(5000, np.random.default_rng(1))
    assert both(ra, dec).all()
    assert large(ra, dec).mean() == pytest.approx(0.8, abs=0.02)
    assert not (large(ra, dec) & small(ra, dec)).any()
    with pytest.raises(ValueError, match="nothing is covered"):
        large.common(small).points(1, np.random.default_rng(1))


def test_files_of_one_footprint_say_the_same(tmp_path):
    """A MOC of two orders, and the pixels in either order."""
    where = footprint([10.0, 12.0], [5.0, 6.0], 1.0)
    nested = of_footprint(where)
    order = where.nside.bit_length() - 1
    pixels = nested.starts >> 2 * (29 - order)
    moc = write(tmp_path / "moc.fits", {"UNIQ": pixels + 4 * 4**order})
    cards = {"NSIDE": where.nside, "COORDSYS": "C"}
    ring = write(tmp_path / "r.fits", {"PIXEL": where.pixels}, ORDERING="RING", **cards)
    nest = write(tmp_path / "n.fits", {"HPIX": pixels}, ORDERING="NESTED", **cards)
    places = everywhere(2000)
    for path in (moc, ring, nest):
        found = read_coverage(path)
        assert found.area == pytest.approx(where.area)
        assert np.array_equal(found(*places), where(*places))
        assert found([10.0, 40.0], [5.0, 5.0]).tolist() == [True, False]


def test_a_moc_has_cells_of_all_orders(tmp_path):
    """The first and the last cell of each, the finest included."""
    cells = [4, 15, 16, 63, 4 * 4**29, 16 * 4**29 - 1]
    found = read_coverage(write(tmp_path / "moc.fits", {"UNIQ": cells}))
    assert found.area == pytest.approx(SPHERE / 6, rel=1e-12)


@pytest.mark.parametrize(
    ("columns", "cards", "says"),
    [
        (
            {"RA": [1]},
            {},
            r"columns of pixels: none.*RA.*expected a table.*UNIQ.*mocpy",
        ),
        ({"UNIQ": [4], "PIXEL": [1]}, {}, "several: UNIQ in HDU 1, PIXEL in HDU 1"),
        ({"UNIQ": [9, 3]}, {}, "HDU 1, column UNIQ, row 2: got 3; expected 4 to"),
        ({"UNIQ": [2**62]}, {}, "row 1: got 4611686018427387904"),
        ({"UNIQ": [4]}, {"ORDERING": "RANGE"}, "ORDERING is RANGE; expected NUNIQ"),
        ({"UNIQ": [4]}, {"MOCDIM": "TIME"}, "MOCDIM is TIME; expected SPACE"),
        ({"UNIQ": [4]}, {"COORDSYS": "G"}, "COORDSYS is 'G'; expected 'C'"),
        ({"PIXEL": [4]}, {"ORDERING": "RING"}, "NSIDE is absent; expected a power"),
        ({"PIXEL": [4]}, {"NSIDE": 12, "ORDERING": "RING"}, "NSIDE is 12; expected"),
        ({"PIXEL": [4]}, {"NSIDE": 8}, "ORDERING is absent; expected RING or NESTED"),
        (
            {"PIXEL": [5, 768]},
            {"NSIDE": 8, "ORDERING": "RING"},
            "column PIXEL, row 2: got 768; expected 0 to 767",
        ),
    ],
)
def test_what_is_no_footprint_is_refused(tmp_path, columns, cards, says):
    """With file, HDU and what was expected."""
    path = write(tmp_path / "mask.fits", columns, **cards)
    with pytest.raises(InputError, match=f"mask.fits: .*{says}"):
        read_coverage(path)


def test_other_files_are_refused(tmp_path):
    """A region of DS9, with what to convert it to."""
    (tmp_path / "a.reg").write_text("polygon(1,2,3,4,5,6)")
    with pytest.raises(InputError, match=r"not read from this kind.*mocpy"):
        read_coverage(tmp_path / "a.reg")
