"""Windows: every pixel is seen, and none that is not there."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from skyloom.clusters.inference.windows import (
    WindowSettings,
    inside_share,
    origins,
    window_origins,
)

LENGTH = st.integers(1, 700)


def covered(starts, window, length) -> np.ndarray:
    seen = np.zeros(length, int)
    for first in starts:
        seen[max(first, 0) : max(first + window, 0)] += 1
    return seen


def test_a_des_tile_has_sixteen_windows_that_fit_exactly():
    """10,000 = 3 x 2,480 + 2,560: the survey's own numbers."""
    assert origins(10_000, 2560, 2480).tolist() == [0, 2480, 4960, 7440]
    found = window_origins((10_000, 10_000), WindowSettings())
    assert len(found) == 16
    assert found[:2].tolist() == [[0, 0], [0, 2480]]


@given(LENGTH, LENGTH, st.data())
def test_every_pixel_is_covered_and_no_window_sticks_out(length, window, data):
    """For any length, window and step."""
    step = data.draw(st.integers(1, window))
    starts = origins(length, window, step)
    assert (covered(starts, window, length) >= 1).all()
    assert starts[0] == 0
    assert (np.diff(starts) > 0).all()
    assert (np.diff(starts) <= step).all()
    assert starts[-1] + window == max(length, window)


@given(LENGTH, LENGTH, st.sampled_from([1, 2, 4]), st.sampled_from([1, 2]))
def test_images_of_any_size_are_covered_in_whole_blocks(ny, nx, pool, shifts):
    """Pooling and shifts: origins on the grid of blocks, out by half a tile at most."""
    settings = WindowSettings(96, 80, 16, pool, shifts)
    found = window_origins((ny, nx), settings)
    assert (found % pool == 0).all()
    for axis, length in enumerate((ny, nx)):
        starts = found[:, axis]
        assert (covered(np.unique(starts), 96, length) >= 1).all()
        assert starts.min() > -16 / 2
        assert starts.max() + 96 < max(length, 96) + pool + 16 / 2
    assert len({tuple(o) for o in found.tolist()}) == len(found)


def test_shifts_are_even_and_about_zero():
    """A window moved by fractions of a tile: together they sample the tile evenly."""
    assert WindowSettings(shifts=1).offsets.tolist() == [0]
    assert WindowSettings(shifts=2).offsets.tolist() == [-16, 16]
    assert WindowSettings(shifts=4).offsets.tolist() == [-24, -8, 8, 24]


def test_small_images_get_small_windows():
    """Nothing but the last, incomplete tile is empty."""
    fitted = WindowSettings().fitted((500, 300))
    assert (fitted.window, fitted.step) == (512, 512)
    assert WindowSettings().fitted((10_000, 20)) == WindowSettings()


def test_share_of_cells_inside():
    """A cell that sticks out counts by its area."""
    share = inside_share((0, -8), (2, 2), (24, 100), 16)
    assert share.tolist() == [[0.5, 1.0], [0.25, 0.5]]
