"""An encoder over the windows of a survey tile, in batches, resumed where it ended."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from itertools import islice
from pathlib import Path

import numpy as np
import torch

from skyloom.clusters.inference.filling import filled
from skyloom.clusters.inference.reading import read_windows
from skyloom.clusters.inference.store import CELLS, Store
from skyloom.clusters.inference.survey_tile import SurveyTile
from skyloom.clusters.inference.windows import (
    WindowSettings,
    inside_share,
    window_origins,
)
from skyloom.run.log import progress
from skyloom.run.provenance import digest_of

Maps = dict[str, np.ndarray]


@dataclass(frozen=True)
class Predictor:
    """What turns images into maps.

    Attributes
    ----------
    predict : callable
        From images (n, bands, window / pool, window / pool), float32, NaN where
        masked, to maps (n, rows, columns): ``membership`` and ``center``,
        probabilities; ``n_members``, mean count of a tile; and with one more axis of
        2: ``center_locs``, row and column from 0 to 1 in the tile; ``richness``, mean
        and standard deviation of ln λ; ``redshift``, the same of z.
    identity : str
        A digest of what `predict` depends on: the encoder's file.
    """

    predict: Callable[[np.ndarray], Maps]
    identity: str


def encoder_predictor(
    encoder: torch.nn.Module, identity: str, *, device: str = "cpu"
) -> Predictor:
    """Return the predictor of an encoder.

    Parameters
    ----------
    encoder : Encoder
        Of `skyloom.clusters.encoder.network`.
    identity : str
        Digest of its file.
    device : str
        Torch's name of it.
    """
    encoder = encoder.to(device).eval()

    def predict(images: np.ndarray) -> Maps:
        batch = torch.from_numpy(filled(images)).to(device)
        with torch.inference_mode():
            return physical(encoder(batch))

    return Predictor(predict, identity)


def physical(outputs: dict[str, torch.Tensor]) -> Maps:
    """Return an encoder's output as probabilities, counts and standard deviations.

    Parameters
    ----------
    outputs : dict of str to tensor
        Logits, a log rate, and log standard deviations: see
        `skyloom.clusters.encoder.network.Encoder.forward`.

    Returns
    -------
    dict of str to ndarray of float32
        See `Predictor`.
    """
    turned = {
        "membership": outputs["membership"].float().sigmoid(),
        "center": outputs["center"].float().sigmoid(),
        "n_members": outputs["n_members"].float().exp(),
        "center_locs": outputs["center_locs"].float(),
        "richness": _with_sd(outputs["richness"].float()),
        "redshift": _with_sd(outputs["redshift"].float()),
    }
    return {name: value.cpu().numpy() for name, value in turned.items()}


def _with_sd(pair: torch.Tensor) -> torch.Tensor:
    return torch.stack([pair[..., 0], pair[..., 1].exp()], dim=-1)


def classify_tile(
    tile: SurveyTile,
    predictor: Predictor,
    settings: WindowSettings,
    folder: str | Path,
    *,
    batch: int = 4,
    restart: bool = False,
) -> Iterator[tuple[tuple[int, int], Maps]]:
    """Classify the windows of a survey tile that are not done yet.

    Parameters
    ----------
    tile : SurveyTile
        The images.
    predictor : Predictor
        The encoder.
    settings : WindowSettings
        How the tile is cut; windows are reduced to what a small tile needs.
    folder : str or Path
        Where maps are kept, one file a window.
    batch : int
        Windows that the predictor sees at once.
    restart : bool
        Empty a folder of other images, settings or another encoder instead of
        refusing it.

    Returns
    -------
    iterator of (origin, maps)
        Of all windows, read from the folder one at a time: ``(y, x)`` of a window's
        first pixel [px of the tile], and maps of shape (rows, columns) or (rows,
        columns, 2), see `Predictor`; and ``valid``, the share of a cell's pixels that
        are unmasked. The centre of cell (i, j) is
        ``origin + (i + 1/2, j + 1/2) tile - 1/2`` [px].

    Raises
    ------
    InputError
        Damaged images, or a folder of something else.
    ValueError
        The predictor's maps have another shape than the windows' cells, or values
        that are not finite.
    """
    settings = settings.fitted(tile.shape)
    key = store_key(tile, predictor, settings)
    store = Store(folder, key, restart=restart)
    wanted = [tuple(origin) for origin in window_origins(tile.shape, settings).tolist()]
    done = store.done()
    left = [origin for origin in wanted if origin not in done]
    rounds = -(-len(left) // batch)
    lots = _lots(read_windows(tile, left, settings), batch)
    for lot in progress(lots, f"classifying {tile.name}", rounds):
        store.write(_classify(lot, tile.shape, predictor, settings))
    return store.read(wanted)


def store_key(tile: SurveyTile, predictor: Predictor, settings: WindowSettings) -> str:
    """Return the digest of all that a tile's maps depend on.

    Raises
    ------
    InputError
        Images whose data are not those of their checksums.
    """
    parts = [tile.identity(), predictor.identity, asdict(settings)]
    return digest_of(parts)


def valid_share(images: np.ndarray, side: int) -> np.ndarray:
    """Return the share of each cell's pixels that no band lacks.

    Parameters
    ----------
    images : ndarray, shape (n, bands, height, width)
        NaN where masked.
    side : int
        Of a cell [px of the images].

    Returns
    -------
    ndarray of float32, shape (n, height / side, width / side)
    """
    good = np.isfinite(images).all(axis=1)
    n, height, width = good.shape
    blocks = good.reshape(n, height // side, side, width // side, side)
    return blocks.mean(axis=(2, 4), dtype=np.float32)


def _lots(items: Iterator, size: int) -> Iterator[list]:
    while lot := list(islice(items, size)):
        yield lot


def _classify(lot, shape, predictor: Predictor, settings: WindowSettings) -> dict:
    images = np.stack([image for _, image in lot])
    maps = dict(predictor.predict(images))
    valid = valid_share(images, settings.tile // settings.pool)
    cells = settings.window // settings.tile
    inside = np.stack(
        [
            inside_share(origin, (cells, cells), shape, settings.tile)
            for origin, _ in lot
        ]
    )
    # What lies outside of the tile is not masked: it is not there.
    share = np.divide(valid, inside, out=np.zeros(valid.shape), where=inside > 0)
    maps["valid"] = np.clip(share, 0, 1).astype(np.float32)
    _check(maps, len(lot), cells)
    return {
        origin: {name: maps[name][i] for name in CELLS}
        for i, (origin, _) in enumerate(lot)
    }


def _check(maps: Maps, n: int, cells: int) -> None:
    for name, (_, dimensions) in CELLS.items():
        wanted = (n, cells, cells, 2)[: dimensions + 1]
        got = np.shape(maps.get(name))
        if got != wanted:
            msg = f"predicted map {name!r} of shape {got}: expected {wanted}"
            raise ValueError(msg)
        if not np.isfinite(maps[name]).all():
            msg = f"predicted map {name!r} has values that are not finite"
            raise ValueError(msg)
