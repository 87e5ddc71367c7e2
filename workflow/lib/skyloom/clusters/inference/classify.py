"""An encoder over the windows of a survey tile, in batches, resumed where it ended."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path

import numpy as np
import torch

from skyloom.clusters.inference.survey_tile import SurveyTile, read_windows
from skyloom.clusters.inference.windows import (
    WindowSettings,
    inside_share,
    window_origins,
)
from skyloom.io.npz import read_npz, write_npz
from skyloom.run.log import progress

STEPS = 8  # parts of a window's side by which it is moved to find sky for a hole
Maps = dict[str, np.ndarray]
# From images (n, bands, window / pool, window / pool), float32, NaN where masked, to
# maps (n, rows, columns): ``membership`` and ``center``, probabilities; ``n_members``,
# mean count of a tile; and with one more axis of 2: ``center_locs``, row and column
# from 0 to 1 in the tile; ``richness``, mean and standard deviation of ln λ;
# ``redshift``, the same of z.
Predict = Callable[[np.ndarray], Maps]
# Maps of a window's file: kinds of dtype and dimensions.
CELLS = {
    **dict.fromkeys(("membership", "center", "n_members", "valid"), ("f", 2)),
    **dict.fromkeys(("center_locs", "richness", "redshift"), ("f", 3)),
}


def predictor(encoder: torch.nn.Module, device: str = "cpu") -> Predict:
    """Return an encoder, on a device of torch's, as a function of images."""
    encoder = encoder.to(device).eval()

    def predict(images: np.ndarray) -> Maps:
        batch = torch.from_numpy(filled(images)).to(device)
        with torch.inference_mode():
            return physical(encoder(batch))

    return predict


def physical(outputs: dict[str, torch.Tensor]) -> Maps:
    """Return `Encoder.forward`'s logits and logarithms as maps of `Predict`."""
    turned = {name: value.float() for name, value in outputs.items()}
    for name in ("membership", "center"):
        turned[name] = turned[name].sigmoid()
    turned["n_members"] = turned["n_members"].exp()
    for name in ("richness", "redshift"):
        mean, log_sd = turned[name].unbind(-1)
        turned[name] = torch.stack([mean, log_sd.exp()], dim=-1)
    return {name: value.cpu().numpy() for name, value in turned.items()}


def classify_tile(
    tile: SurveyTile,
    predict: Predict,
    settings: WindowSettings,
    folder: str | Path,
    *,
    batch: int = 4,
) -> Iterator[tuple[tuple[int, int], Maps]]:
    """Classify the windows of a survey tile that are not done yet.

    Parameters
    ----------
    tile : SurveyTile
        The images.
    predict : callable
        The encoder, see `Predict`.
    settings : WindowSettings
        How the tile is cut; windows are reduced to what a small tile needs.
    folder : str or Path
        Keeps the maps, a file a window. Windows that are there are not classified
        again: it must be of the same tile, encoder and settings.
    batch : int
        Windows that the encoder sees at once.

    Returns
    -------
    iterator of (origin, maps)
        Of all windows, read from the folder one at a time: ``(y, x)`` of a window's
        first pixel [px of the tile], and maps of shape (rows, columns) or (rows,
        columns, 2), see `Predict`; and ``valid``, the share of a cell's pixels that
        are unmasked. The centre of cell (i, j) is
        ``origin + (i + 1/2, j + 1/2) tile - 1/2`` [px].

    Raises
    ------
    InputError
        Damaged images.
    ValueError
        Maps that are not finite.
    """
    settings = settings.fitted(tile.shape)
    paths = {
        (y, x): Path(folder) / f"window_{y:+06d}_{x:+06d}.npz"
        for y, x in window_origins(tile.shape, settings).tolist()
    }
    left = [origin for origin, path in paths.items() if not path.exists()]
    windows = iter(read_windows(tile, left, settings))
    lots = iter(lambda: list(islice(windows, batch)), [])
    rounds = -(-len(left) // batch)
    for lot in progress(lots, f"classifying {tile.name}", rounds):
        origins, images = zip(*lot, strict=True)
        maps = _classified(np.stack(images), origins, tile.shape, predict, settings)
        for i, origin in enumerate(origins):
            write_npz(paths[origin], **{name: maps[name][i] for name in CELLS})
    return ((origin, read_npz(path, CELLS)) for origin, path in paths.items())


def valid_share(images: np.ndarray, side: int) -> np.ndarray:
    """Return the share of each cell's pixels that no band lacks.

    Of images (n, bands, height, width), NaN where masked, and cells of a side [px]:
    float32, shape (n, height / side, width / side).
    """
    good = np.isfinite(images).all(axis=1)
    n, height, width = good.shape
    blocks = good.reshape(n, height // side, side, width // side, side)
    return blocks.mean(axis=(2, 4), dtype=np.float32)


def _classified(images, origins, shape, predict: Predict, settings) -> Maps:
    """Return the maps of windows, checked, with ``valid``."""
    maps = dict(predict(images))
    cells = settings.window // settings.tile
    inside = np.stack(
        [inside_share(at, (cells, cells), shape, settings.tile) for at in origins]
    )
    # What lies outside of the tile is not masked: it is not there.
    valid = valid_share(images, settings.tile // settings.pool)
    share = np.divide(valid, inside, out=np.zeros(valid.shape), where=inside > 0)
    maps["valid"] = np.clip(share, 0, 1).astype(np.float32)
    bad = [name for name, values in maps.items() if not np.isfinite(values).all()]
    if bad:
        msg = f"predicted map {bad[0]!r} has values that are not finite"
        raise ValueError(msg)
    return maps


def filled(images: np.ndarray) -> np.ndarray:
    """Return windows with each bad pixel taken from elsewhere in the window.

    An encoder that normalises by a window's mean and spread takes the empty part of
    one for darkness, and the rest for uncommonly bright: where three quarters of an
    empty field were blank, it saw two clusters in the rest. What it says of the filled
    tiles is not used.

    Of images (n, bands, height, width), NaN where a pixel is bad in any band, each bad
    pixel becomes the first good one that is found by moving the window by eighths along
    its rows, then along its columns; NaN only in a band without a good pixel there.
    """
    bad = np.isnan(images).any(axis=1, keepdims=True)
    if not bad.any():
        return images
    # All bands from one place: a mixture would have colours that no galaxy has.
    images = np.where(bad, np.float32(np.nan), images)
    for axis in (-1, -2):
        source = images
        for part in range(1, STEPS):
            bad = np.isnan(images)
            if not bad.any():
                return images
            moved = np.roll(source, part * images.shape[axis] // STEPS, axis)
            images = np.where(bad, moved, images)
    return images
