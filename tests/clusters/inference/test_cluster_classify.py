"""Tiles through a predictor: in batches, resumed, and moved as the sky moves."""

import hashlib
from dataclasses import replace

import numpy as np
import pytest
import torch
from scipy import ndimage
from skyloom.clusters.encoder.network import Encoder
from skyloom.clusters.encoder.settings import EncoderSettings
from skyloom.clusters.inference.blend import blend
from skyloom.clusters.inference.classify import (
    classify_tile,
    physical,
    predictor,
    valid_share,
)
from skyloom.clusters.inference.survey_tile import open_survey_tile
from skyloom.clusters.inference.windows import WindowSettings

SETTINGS = WindowSettings(128, 112, 16, 2)
SMALL = EncoderSettings(
    tile=16, pool=2, widths=(4, 8), blocks=(0,), dilations=(1,), hidden=8
)


def bytes_of(folder) -> dict:
    return {
        p.name: hashlib.sha256(p.read_bytes()).hexdigest() for p in folder.iterdir()
    }


def counting(predict):
    """Return a predictor that notes how many images it saw at once."""
    calls = []

    def noting(images):
        calls.append(len(images))
        return predict(images)

    return calls, noting


@pytest.fixture
def tile(written):
    """Return a tile of noise, 250 x 230 px."""
    pixels = np.random.default_rng(2).random((4, 250, 230))
    return open_survey_tile(written(pixels))


def test_an_encoder_fills_the_windows(tile, tmp_path):
    """Probabilities, rates and deviations in their ranges, same seed same bytes."""
    torch.manual_seed(0)
    predict = predictor(Encoder(SMALL))
    windows = dict(classify_tile(tile, predict, SETTINGS, tmp_path / "a", batch=3))
    assert len(windows) == 6
    for maps in windows.values():
        assert maps["membership"].shape == (8, 8)
        assert (maps["center"] > 0).all()
        assert (maps["center"] < 1).all()
        assert (maps["n_members"] > 0).all()
        assert (maps["redshift"][..., 1] > 0).all()
    list(classify_tile(tile, predict, SETTINGS, tmp_path / "b", batch=3))
    assert bytes_of(tmp_path / "a") == bytes_of(tmp_path / "b")


def test_outputs_become_physical():
    """Sigmoid, exponential, exponential of the log deviations only."""
    one = torch.zeros(1, 2, 2)
    two = torch.stack([one + 3, one + np.log(0.5)], dim=-1)
    outputs = dict.fromkeys(("membership", "center"), one)
    outputs |= {"n_members": one + np.log(7), "center_locs": two}
    maps = physical(outputs | {"richness": two, "redshift": two})
    assert maps["center"][0, 0, 0] == pytest.approx(0.5)
    assert maps["n_members"][0, 0, 0] == pytest.approx(7)
    assert maps["redshift"][0, 0, 0] == pytest.approx([3, 0.5])


def test_a_killed_run_resumes(tile, tmp_path, smoothing):
    """Only what lacks is read and predicted, and the bytes are the same."""
    calls, predict = counting(smoothing(8))
    whole = tmp_path / "whole"
    list(classify_tile(tile, predict, SETTINGS, whole, batch=4))
    assert calls == [4, 2]

    def killed(images):
        if len(calls) == 3:
            raise KeyboardInterrupt
        return predict(images)

    half = tmp_path / "half"
    with pytest.raises(KeyboardInterrupt):
        classify_tile(tile, killed, SETTINGS, half)
    del calls[:]
    list(classify_tile(tile, predict, SETTINGS, half, batch=4))
    assert sum(calls) == 2
    assert bytes_of(half) == bytes_of(whole)


def test_predictions_that_are_not_finite_are_refused(tile, tmp_path, smoothing):
    """Before they are written."""
    good = smoothing(8)

    def predict(images):
        maps = good(images)
        return maps | {"redshift": maps["redshift"] * np.nan}

    with pytest.raises(ValueError, match="predicted map 'redshift'"):
        classify_tile(tile, predict, SETTINGS, tmp_path)
    assert not list(tmp_path.glob("window_*"))


def test_a_cell_is_valid_as_far_as_all_bands_are():
    """A pixel that one band lacks is lacking."""
    images = np.ones((1, 2, 4, 4))
    images[0, 0, :2, 0] = np.nan
    images[0, 1, :2, 1] = np.nan
    np.testing.assert_allclose(valid_share(images, 2)[0], [[0, 1], [1, 1]])


def test_cells_beyond_the_tile_are_not_masked(written, tmp_path, smoothing):
    """The last, incomplete cells of a tile hold values."""
    tile = open_survey_tile(written(np.ones((4, 131, 140))))
    windows = classify_tile(tile, smoothing(8), SETTINGS, tmp_path)
    maps = blend(windows, tile.shape, 16)
    assert maps.center.shape == (9, 9)
    assert (maps.valid == 1).all()
    assert np.isfinite(maps.center).all()


@pytest.mark.parametrize(
    ("shifts", "move"), [(1, (2, 0)), (1, (0, 2)), (1, (1, 3)), (2, (2, 2))]
)
def test_a_shift_of_the_image_moves_the_map(written, tmp_path, smoothing, shifts, move):
    """By 2 px: the map is the same at the places that moved, to 0.02 (bliss #549)."""
    noise = np.random.default_rng(3).random((256, 256))
    sky = ndimage.gaussian_filter(noise, 28, mode="wrap")
    sky = np.stack([(sky - sky.min()) / np.ptp(sky)] * 4)
    settings = replace(SETTINGS, shifts=shifts)
    found = []
    for k, pixels in enumerate((sky, np.roll(sky, move, axis=(1, 2)))):
        tile = open_survey_tile(written(pixels, folder=f"{k}"))
        windows = classify_tile(tile, smoothing(8, 4), settings, tmp_path / f"s{k}")
        found.append(blend(windows, tile.shape, 16).center)
    before, after = found
    assert np.ptp(before) > 0.5
    place = np.indices(before.shape) - np.array(move)[:, None, None] / 16
    moved = ndimage.map_coordinates(before, place, order=1)
    inner = (slice(3, -3), slice(3, -3))
    assert np.abs(after - moved)[inner].max() < 0.02
    # The test can fail: places that did not move differ by more.
    assert np.abs(after - before)[inner].max() > 0.02
