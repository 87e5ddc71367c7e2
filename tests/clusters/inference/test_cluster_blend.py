"""Windows on one grid: exact for smooth fields, without seams for those that differ."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from skyloom.clusters.inference.blend import MAPS, blend, read_maps
from skyloom.clusters.inference.windows import WindowSettings, window_origins
from skyloom.clusters.tasks.products import write_prediction
from skyloom.io.errors import InputError
from skyloom.io.npz import read_npz, write_npz
from skyloom.sky.tan import tan_wcs

TILE = 16


def window(origin, cells, field, *, probability=0.25, valid=1.0):
    """Return the maps of a window whose z is a field of (y, x) [px]."""
    middle = np.indices((cells, cells)) * TILE + (TILE - 1) / 2
    z = field(*(m + o for m, o in zip(middle, origin, strict=True)))
    flat = np.full_like(z, probability)
    return {
        "membership": flat,
        "center": flat,
        "n_members": 10 * flat,
        "center_locs": np.full((cells, cells, 2), 0.5),
        "richness": np.stack([3 + z, np.full_like(z, 0.4)], axis=-1),
        "redshift": np.stack([z, np.full_like(z, 0.02)], axis=-1),
        "valid": np.full_like(z, valid),
    }


def plane(y, x):
    return 0.3 + 2e-3 * y - 1e-3 * x


def grid(shape):
    rows, columns = (-(-n // TILE) for n in shape)
    y, x = np.indices((rows, columns)) * TILE + (TILE - 1) / 2
    return y, x


@settings(deadline=None, max_examples=12)
@given(st.integers(128, 260), st.integers(128, 260), st.sampled_from([1, 2]))
def test_a_smooth_field_is_put_together_exactly(ny, nx, shifts):
    """Any size, windows off the grid: no seam anywhere, position and z exact."""
    shape, cut = (ny, nx), WindowSettings(128, 92, TILE, 1, shifts)
    places = [tuple(o) for o in window_origins(shape, cut).tolist()]
    maps = blend(((o, window(o, 8, plane)) for o in places), shape, TILE)
    y, x = grid(shape)
    # At the rim, a cell's middle may lie outside the middles of all windows' cells.
    inner = (y > TILE) & (x > TILE) & (y < ny - TILE) & (x < nx - TILE)
    np.testing.assert_allclose(maps.redshift[inner], plane(y, x)[inner], atol=1e-6)
    z = maps.richness[inner] - 3
    np.testing.assert_allclose(z, plane(y, x)[inner], atol=1e-6)
    np.testing.assert_allclose(maps.center_y[inner], y[inner], atol=1e-4)
    np.testing.assert_allclose(maps.center_x[inner], x[inner], atol=1e-4)
    np.testing.assert_allclose(maps.membership, 0.25)
    assert np.abs(maps.redshift - plane(y, x)).max() < 0.06


def test_expected_numbers_are_kept():
    """Σ of centres follows the area; cells that stick out count in part."""
    shape, cut = (200, 136), WindowSettings(128, 92, TILE, 1)
    places = [tuple(o) for o in window_origins(shape, cut).tolist()]
    maps = blend(((o, window(o, 8, plane)) for o in places), shape, TILE)
    assert maps.center.sum() == pytest.approx(0.25 * 200 * 136 / TILE**2)
    assert maps.n_members.sum() == pytest.approx(2.5 * 200 * 136 / TILE**2)


def test_a_lone_centre_off_the_grid_keeps_sum_and_place():
    """Spread over four cells, it is still one centre at the same pixel."""
    maps = window((4, 0), 8, plane, probability=0.0)
    maps["center"][3, 5] = 0.9
    maps["center_locs"][3, 5] = 0.25, 0.75
    whole = window((0, 0), 12, plane, probability=0.0)
    folded = blend([((4, 0), maps)], (128, 128), TILE)
    assert folded.center.sum() == pytest.approx(0.9)
    weight = folded.center / folded.center.sum()
    assert (weight * folded.center_y).sum() == pytest.approx(
        4 - 0.5 + TILE * 3.25, abs=1e-3
    )
    assert (weight * folded.center_x).sum() == pytest.approx(
        -0.5 + TILE * 5.75, abs=1e-3
    )
    assert blend([((0, 0), whole)], (192, 192), TILE).center.sum() == 0


def test_windows_that_disagree_meet_without_a_step():
    """The change from one to the other is spread over the overlap."""
    left = window((0, 0), 16, lambda y, x: 0 * y + 0.2, probability=0.1)
    right = window((0, 128), 16, lambda y, x: 0 * y + 0.6, probability=0.9)
    maps = blend([((0, 0), left), ((0, 128), right)], (256, 384), TILE)
    for row in (maps.membership[8], (maps.redshift[8] - 0.2) * 2 + 0.1):
        assert row[:8] == pytest.approx(0.1)
        assert row[-8:] == pytest.approx(0.9)
        assert (np.diff(row) >= -1e-12).all()
        assert np.diff(row).max() < 0.8 / 3
    middle = maps.redshift_var[8, 11:13].mean()
    assert middle == pytest.approx(0.02**2 + 0.2**2, rel=0.05)


def test_masked_windows_say_nothing():
    """Cells of a mask are taken from the window that sees them, or are NaN."""
    good = window((0, 0), 8, plane)
    bad = window((0, 0), 8, lambda y, x: 0 * y + 99.0, probability=1.0, valid=0.0)
    maps = blend([((0, 0), good), ((0, 0), bad)], (128, 128), TILE)
    np.testing.assert_allclose(maps.membership, 0.25)
    assert maps.redshift.max() < 1
    dark = blend([((0, 0), bad)], (128, 128), TILE)
    assert np.isnan(dark.center).all()
    assert (dark.valid == 0).all()


def test_a_gap_is_refused():
    """Never a map with holes that nobody looked at."""
    with pytest.raises(ValueError, match=r"cell \(0, 8\) .* lies in no window"):
        blend([((0, 0), window((0, 0), 8, plane))], (128, 160), TILE)


@pytest.fixture
def file(tmp_path):
    """Return a file of maps."""
    maps = blend([((0, 0), window((0, 0), 8, plane))], (120, 128), TILE)
    wcs = tan_wcs(10.0, 0.0, (120, 128), 0.263)
    write_prediction(tmp_path / "maps.npz", maps, wcs, {})
    return tmp_path / "maps.npz"


def test_maps_come_back(file):
    """To single precision, with the tile's size."""
    maps = read_maps(file)
    assert (maps.tile, maps.height, maps.width) == (16, 120, 128)
    assert maps.redshift[0, 0] == pytest.approx(plane(7.5, 7.5), rel=1e-6)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"center": None}, "key 'center': missing"),
        ({"center": np.zeros((8, 7), np.float32)}, "key 'center': shape"),
        ({"tile": np.int64(8)}, "shape"),
        ({"tile": np.int64(0)}, "tile 0"),
        ({"height": np.float64(120)}, "key 'height': dtype"),
    ],
)
def test_bad_maps_are_refused(file, change, message):
    """With the key named."""
    arrays = read_npz(file) | change
    write_npz(file, **{k: v for k, v in arrays.items() if v is not None})
    with pytest.raises(InputError, match=message):
        read_maps(file)
    assert set(MAPS) <= set(arrays)


@pytest.mark.parametrize(("valid", "held"), [(0.5, True), (0.499, False)])
def test_a_cell_has_values_from_half_of_its_area_on(valid, held):
    """Half of it unmasked is enough, in the window and on the tile."""
    maps = window((0, 0), 8, plane)
    maps["valid"][3, 4] = valid
    folded = blend([((0, 0), maps)], (128, 128), TILE)
    assert np.isfinite(folded.center[3, 4]) == held
    assert folded.valid[3, 4] == pytest.approx(valid)
    assert np.isfinite(folded.center).sum() == 64 - (not held)
