"""Small fields with groups of red blobs, and encoders of their size."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from invented_fields import file_name
from skyloom.clusters.config_encoder import Train
from skyloom.clusters.data.files import write_file_data
from skyloom.clusters.data.tiles import KEYS
from skyloom.clusters.encoder.settings import EncoderSettings

SIDE, TILES = 8, 8  # pixels to a tile, tiles to a field
GREY, RED = np.ones(4), np.array([0.2, 0.6, 1.2, 1.5])
SMALL = EncoderSettings(
    tile=SIDE,
    pool=1,
    widths=(16, 24, 32),
    blocks=(0, 0, 1),
    dilations=(1, 2),
    hidden=32,
)
QUICK = Train(epochs=2, batch=4, rate=4e-3, precision="32-true")


@pytest.fixture(autouse=True, scope="package")
def one_thread():
    """Keep small tensors on one thread: more only wait for each other."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


@pytest.fixture(scope="session")
def small() -> EncoderSettings:
    """Return settings of an encoder that trains in seconds."""
    return SMALL


@pytest.fixture(scope="session")
def quick() -> Train:
    """Return settings of a short training."""
    return QUICK


@pytest.fixture(scope="session")
def field():
    """Return the function that makes one field's datum."""
    return red_field


@pytest.fixture(scope="session")
def files(tmp_path_factory):
    """Return the data of four files: three to train with, one to validate with."""
    folder, draw = tmp_path_factory.mktemp("fields"), np.random.default_rng(0)
    paths = [folder / file_name(k, 8) for k in range(4)]
    for path in paths:
        write_file_data(path, [red_field(draw) for _ in range(8)])
    return paths


def red_field(draw: np.random.Generator) -> dict:
    """Return a field with two groups of red blobs among grey ones, noise of 1."""
    image = draw.normal(0, 1, (4, TILES * SIDE, TILES * SIDE))
    truth = _empty()
    for _ in range(3 * TILES):
        place = draw.uniform(0, TILES * SIDE, 2)
        _add_blob(image, place, draw.uniform(5, 20) * GREY)
    for _ in range(2):
        _add_group(image, truth, draw)
    return {"tile_catalog": truth, "images": torch.tensor(image, dtype=torch.float32)}


def _empty() -> dict[str, torch.Tensor]:
    shape = (TILES, TILES)
    truth = {k: torch.zeros(*shape, *v.axes, dtype=v.dtype) for k, v in KEYS.items()}
    truth["cluster_redshift"] -= 1
    truth["valid"][:] = True
    return truth


def _add_group(image: np.ndarray, truth: dict, draw: np.random.Generator) -> None:
    center = draw.uniform(0.1, 0.9, 2) * TILES * SIDE
    row, column = (center // SIDE).astype(int)
    number = int(draw.integers(8, 16))
    truth["center"][row, column] = True
    truth["center_locs"][row, column] = torch.tensor(center % SIDE / SIDE)
    truth["richness"][row, column] = 2.0 * number
    truth["cluster_redshift"][row, column] = 0.4
    for place in center + draw.normal(0, 0.6 * SIDE, (number, 2)):
        if (place >= 0).all() and (place < TILES * SIDE).all():
            _add_blob(image, place, draw.uniform(5, 20) * RED)
            row, column = (place // SIDE).astype(int)
            truth["membership"][row, column] = True
            truth["n_members"][row, column] += 1


def _add_blob(image: np.ndarray, place: np.ndarray, flux: np.ndarray) -> None:
    y, x = np.ogrid[: TILES * SIDE, : TILES * SIDE]
    square = (y + 0.5 - place[0]) ** 2 + (x + 0.5 - place[1]) ** 2
    image += flux[:, None, None] * np.exp(-square / (2 * 1.2**2))
