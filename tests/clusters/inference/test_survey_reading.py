"""Windows are read just in time: the same pixels, in little memory."""

import tracemalloc
import warnings

import numpy as np
import pytest
from skyloom.clusters.images.survey import read_survey_image
from skyloom.clusters.inference import survey_tile as reading
from skyloom.clusters.inference.survey_tile import (
    open_survey_tile,
    pooled,
    read_windows,
)
from skyloom.clusters.inference.windows import WindowSettings, window_origins
from skyloom.io.errors import InputError


def cut_out(pixels, origin, settings) -> np.ndarray:
    """Return what a window must hold, by the plainest way."""
    reach = settings.window
    wide = np.full((len(pixels), *(n + 2 * reach for n in pixels.shape[1:])), np.nan)
    wide[:, reach:-reach, reach:-reach] = pixels
    y, x = origin[0] + reach, origin[1] + reach
    part = wide[:, y : y + reach, x : x + reach]
    side = reach // settings.pool
    blocks = part.reshape(len(part), side, settings.pool, side, settings.pool)
    count = np.isfinite(blocks).sum(axis=(2, 4))
    with np.errstate(invalid="ignore"):
        return np.where(count, np.nansum(blocks, axis=(2, 4)) / count, np.nan)


@pytest.mark.parametrize("compressed", [False, True])
@pytest.mark.parametrize(
    ("shape", "settings"),
    [
        ((130, 170), WindowSettings(64, 56, 16, 4)),
        ((131, 67), WindowSettings(64, 56, 16, 4, shifts=2)),
        ((130, 470), WindowSettings(64, 48, 16, 1)),
        ((30, 50), WindowSettings(64, 64, 16, 2, shifts=2)),
    ],
)
def test_windows_hold_the_pixels_of_their_place(written, compressed, shape, settings):
    """Against a plain cut-out; masked pixels and the outside are left out."""
    rng = np.random.default_rng(4)
    pixels, mask = rng.normal(10, 3, (2, *shape)), rng.random(shape) < 0.3
    mask[:20, :20] = True
    pixels[0, 25, 30:45] = np.where(mask[25, 30:45], np.nan, pixels[0, 25, 30:45])
    paths = written(pixels, mask, bands="gr", compressed=compressed, MAGZERO=27.5)
    tile = open_survey_tile(paths)
    places = [tuple(o) for o in window_origins(shape, settings).tolist()]
    seen = []
    good = np.where(mask, np.nan, pixels.astype(np.float32)) * 10
    for origin, image in read_windows(tile, places, settings):
        seen.append(origin)
        assert image.dtype == np.float32
        expected = cut_out(good, origin, settings)
        np.testing.assert_allclose(image, expected, rtol=2e-5)
    assert sorted(seen) == sorted(places)


@pytest.mark.parametrize("masked", [True, False])
def test_what_is_not_finite_is_masked(written, masked):
    """As by `read_survey_image`; with a warning where there is a mask without it."""
    pixels = np.random.default_rng(5).normal(10, 3, (4, 32, 32))
    pixels[1, 8:12, 5], pixels[1, 20, 20] = np.nan, np.inf
    tile = open_survey_tile(written(pixels, np.zeros((32, 32)) if masked else None))
    settings = WindowSettings(32, 32, 16, 4)
    with warnings.catch_warnings(record=True) as seen:
        warnings.simplefilter("default")
        ((_, image),) = read_windows(tile, [(0, 0)], settings)
        whole = read_survey_image(tile.paths["r"])
    texts = {str(one.message) for one in seen}
    assert len(texts) == masked
    assert all("000_r.fits: pixels that are not finite" in text for text in texts)
    np.testing.assert_array_equal(whole.good, np.isfinite(pixels[1]))
    good = np.where(np.isfinite(pixels), pixels.astype(np.float32), np.nan)
    np.testing.assert_allclose(image, cut_out(good, (0, 0), settings), rtol=2e-5)


def test_some_windows_may_be_left_out(written):
    """A resumed run reads what it lacks."""
    pixels = np.arange(4 * 96 * 96.0).reshape(4, 96, 96)
    tile = open_survey_tile(written(pixels))
    settings = WindowSettings(32, 32, 16, 2)
    for origin, image in read_windows(tile, [(64, 0), (0, 64)], settings):
        np.testing.assert_allclose(image, cut_out(pixels, origin, settings))


def test_a_block_without_good_pixels_is_nan():
    """And one with some is their mean."""
    image = np.array([[1.0, 3, 5, 5], [1, 3, 5, 5]], np.float32)
    good = np.array([[1, 0, 0, 0], [1, 1, 0, 0]], bool)
    np.testing.assert_allclose(pooled(image, good, 2), [[5 / 3, np.nan]], rtol=1e-6)


def test_memory_follows_the_window_not_the_tile(written):
    """A tile of four times the height takes no more."""
    settings = WindowSettings(128, 112, 16, 4)

    def peak(ny: int) -> int:
        pixels = np.zeros((4, ny, 512), np.float32)
        tile = open_survey_tile(written(pixels, folder=f"{ny}"))
        places = [tuple(o) for o in window_origins(tile.shape, settings).tolist()]
        tracemalloc.start()
        for _ in read_windows(tile, places, settings):
            pass
        _, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        return most

    low, high = peak(512), peak(2048)
    assert high < 1.2 * low
    assert high < 4 * 512 * 512 * 4 / 2  # half the pixels of the small tile


def test_wide_tiles_are_read_in_groups_of_columns(written, monkeypatch):
    """Memory does not follow the width either; what is read is the same."""
    pixels = np.random.default_rng(1).normal(size=(4, 48, 300))
    tile = open_survey_tile(written(pixels))
    settings = WindowSettings(32, 24, 16, 2)
    places = [tuple(o) for o in window_origins(tile.shape, settings).tolist()]
    wide = dict(read_windows(tile, places, settings))
    monkeypatch.setattr(reading, "STRIP", 1)
    narrow = dict(read_windows(tile, places, settings))
    assert wide.keys() == narrow.keys() == set(places)
    for origin, image in wide.items():
        np.testing.assert_array_equal(image, narrow[origin])


def test_damaged_pixels_are_refused(written):
    """Bytes that no longer decompress: file and HDU are named."""
    paths = written(np.random.default_rng(0).normal(size=(4, 64, 64)), compressed=True)
    raw = bytearray(paths["g"].read_bytes())
    raw[-20000:-3000] = b"\xff" * 17000
    paths["g"].write_bytes(raw)
    with pytest.raises(InputError, match="000_g"):
        list(
            read_windows(
                open_survey_tile(paths), [(0, 0)], WindowSettings(64, 64, 16, 4)
            )
        )
