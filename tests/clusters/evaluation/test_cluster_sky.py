"""Where tiles have looked, and what counts there."""

from __future__ import annotations

import numpy as np
import pytest
from astropy.table import Table
from skyloom.clusters.evaluation import sky as module
from skyloom.clusters.evaluation.sky import Sky, seen_cells
from skyloom.sky.tan import tan_wcs

SHAPE = (120, 150)
CELL = 30.0  # arcsec
STEP = CELL / 3600
WCS_OF = tan_wcs(359.9, -40.0, SHAPE, CELL)  # across RA 0
REACH = int(module.SEEN / CELL)


def tile(columns=0.0, rows=0.0):
    """Return the coordinates of a tile that lies so many cells beside `WCS_OF`."""
    moved = WCS_OF.deepcopy()
    moved.wcs.crpix = WCS_OF.wcs.crpix - [columns, rows]
    return moved


def sky(*places):
    """Return a sky of whole tiles, in their order."""
    names = [f"t{k}" for k in range(len(places))]
    seen = {name: np.ones(SHAPE, bool) for name in names}
    return Sky(seen, {n: tile(*place) for n, place in zip(names, places, strict=True)})


def listed(x, y):
    """Return a list of what lies at cells of `WCS_OF`."""
    ra, dec = WCS_OF.all_pix2world(np.asarray(x, float), np.asarray(y, float), 0)
    return Table({"ID": np.arange(len(ra)), "RA": ra % 360, "DEC": dec})


def test_cells_that_count():
    """Up to an edge, not in corners; small holes are seen over, large ones are not."""
    good = np.ones(SHAPE, bool)
    assert seen_cells(good, WCS_OF)[60].all()
    assert seen_cells(good, WCS_OF)[:, 75].all()
    assert not seen_cells(good, WCS_OF)[0, 0]
    good[60, 75] = False
    good[20:50, 20:50] = False
    seen = seen_cells(good, WCS_OF)
    assert seen[60, 75]
    assert not seen[35, 35]
    assert seen[35, 19]
    assert not seen[35, 20]


def test_cells_are_shares_of_circles():
    """Cell by cell: the share of the circle that is unmasked."""
    good = np.random.default_rng(0).random((30, 40)) < 0.52
    steps = np.arange(-REACH, REACH + 1)
    circle = np.hypot(steps[:, None], steps) <= REACH
    around = np.pad(good, REACH)
    share = np.lib.stride_tricks.sliding_window_view(around, circle.shape)
    expected = (share & circle).sum(axis=(2, 3)) / circle.sum() >= 0.5
    assert np.array_equal(seen_cells(good, WCS_OF), expected)
    assert 0 < expected.sum() < good.size


def test_nothing_counts_on_tiles_within_a_circle():
    small = np.ones((REACH, REACH), bool)
    assert not seen_cells(small, WCS_OF).any()


@pytest.mark.parametrize(
    ("places", "union"),
    [
        ([(0, 0), (0, 0)], 1.0),
        ([(0, 0), (75, 0)], 1.5),
        ([(0, 0), (75, 60)], 1.75),
        ([(0, 0), (75, 0), (37.5, 0)], 1.5),
        ([(0, 0), (150, 0)], 2.0),
        ([(0, 0), (5000, 0)], 2.0),
    ],
)
def test_area_of_the_union(places, union):
    """What two tiles see counts once; tiles side by side count whole."""
    whole = sky(*places)
    one = np.prod(SHAPE) * STEP**2
    assert whole.area == pytest.approx(len(places) * one, rel=1e-6)
    # A tangent plane and the rims of cells.
    assert whole.once().area == pytest.approx(union * one, rel=0.01)
    assert whole.once().seen["t0"].all()


def test_what_an_earlier_tile_masks_is_of_the_later():
    """Only cells that count are taken."""
    whole = sky((0, 0), (75, 0))
    whole.seen["t0"][:, 100:] = False
    once = whole.once()
    assert once.area == pytest.approx(whole.area - 25 * 120 * STEP**2, rel=0.01)
    shared = whole.shared(listed([90, 110], [60, 60]))
    assert shared["t0"]["ID"].tolist() == [0]
    assert shared["t1"]["ID"].tolist() == [1]
    assert shared["t1"]["VALID"].tolist() == [True]


def test_a_list_is_shared():
    """First tile, second, both, just beyond, and far away on either side."""
    whole = sky((0, 0), (75, 0))
    table = listed([10, 200, 100, -10, 1000], [60] * 5)
    table.add_row([5, 179.9, 40.0])
    shared = whole.shared(table)
    assert shared["t0"]["ID"].tolist() == [0, 2, 3]
    assert shared["t0"]["VALID"].tolist() == [True, True, False]
    assert shared["t1"]["ID"].tolist() == [1]
    assert {name: len(t) for name, t in whole.shared(table[:0]).items()} == {
        "t0": 0,
        "t1": 0,
    }


def test_tiles_of_their_own():
    """What lies on each of two tiles counts on both; the table given stays."""
    whole, table = sky((0, 0), (75, 0)), listed([10, 100], [60, 60])
    valid = whole.valid({"t0": table, "t1": table})
    assert valid["t0"]["VALID"].tolist() == [True, True]
    assert valid["t1"]["VALID"].tolist() == [False, True]
    assert "VALID" not in table.colnames


def test_a_position_is_of_the_nearest_cell():
    """Up to half a cell to either side of its middle."""
    only = sky((0, 0))
    only.seen["t0"][:] = False
    only.seen["t0"][60, 75] = True
    table = listed([74.4, 74.6, 75.4, 75.6, 75, 75], [60, 60, 60, 60, 59.6, 60.6])
    valid = only.valid({"t0": table})["t0"]["VALID"]
    assert valid.tolist() == [False, True, True, False, True, False]
