"""Where the true clusters of a tile lie, among its cells."""

from __future__ import annotations

import numpy as np
import pytest
from astropy.table import Table
from hypothesis import given, settings
from hypothesis import strategies as st
from skyloom.clusters.tasks.notebook import truth_mask

SHAPE = (30, 75)


def clusters(x, y, radius, richness=30.0):
    columns = {"X": x, "Y": y, "R_PIX": radius, "LAMBDA": richness}
    return Table({k: np.atleast_1d(v).astype(float) for k, v in columns.items()})


def test_mask_is_indexed_as_the_image():
    """A cluster at column 250, row 30 of the tile: not at column 30, row 250."""
    mask = truth_mask(clusters(249.5, 29.5, 20.0), SHAPE, 4)
    assert mask.shape == SHAPE
    y, x = np.nonzero(mask)
    assert (x.mean(), y.mean()) == (62, 7)
    assert np.isclose(mask.sum(), np.pi * 5**2, rtol=0.05)


@given(st.floats(-20, 320), st.floats(-20, 140), st.floats(5, 90))
@settings(max_examples=25, deadline=None)
def test_cells_are_those_about_whose_middles_the_pixels_lie(x, y, radius):
    """Cell by cell, over edges too."""
    mask = truth_mask(clusters(x, y, radius), SHAPE, 4)
    pixels = [np.arange(4 * n).reshape(n, 4).mean(axis=1) for n in SHAPE]
    away = np.hypot(pixels[0][:, None] - y, pixels[1] - x)
    assert mask[away < radius - 1e-9].all()
    assert not mask[away > radius + 1e-9].any()


def test_only_rich_clusters_where_asked():
    table = clusters([50, 250], [60, 60], [9, 9], [10.0, 40.0])
    mask = truth_mask(table, SHAPE, 4, above=20)
    assert not mask[:, :30].any()
    assert mask[15, 62]
    assert not truth_mask(table[:0], SHAPE, 4).any()


@pytest.mark.parametrize("tile", [1, 3])
def test_a_cell_at_the_radius_is_in(tile):
    """Three cells off is in a circle of three, a diagonal step more is not."""
    middle = tile * (np.array([10, 20]) + 0.5) - 0.5
    mask = truth_mask(clusters(*middle, 3 * tile), SHAPE, tile)
    assert mask[20, 7:14].all()
    assert mask[17:24, 10].all()
    assert not mask[17, 11]
    assert mask.sum() == 29
