"""Small catalogues of sources and clusters at random places, and data made of them."""

import numpy as np
import torch
from astropy.table import Table
from skyloom.clusters.catalogue.table import COLUMNS
from skyloom.clusters.data.tiles import tile_catalog

SHAPE, TILE = (32, 32), 8


def file_name(k, n):
    """Return the name of the k-th file of data, which holds n data."""
    return f"file_data_{k}_size_{n}.pt"


def sources(n, seed=0, shape=SHAPE):
    """Return n sources; a few lie just outside the image."""
    draw = np.random.default_rng(seed)
    table = Table({name: draw.uniform(-0.5, 0.5, n) for name in COLUMNS})
    table["X"] = draw.uniform(-2, shape[1] + 1, n)
    table["Y"] = draw.uniform(-2, shape[0] + 1, n)
    table["MEM"] = draw.integers(0, 2, n)
    table["SOURCE_TYPE"] = draw.integers(0, 2, n)
    for band in "GRIZ":
        table[f"FLUX_{band}"] = draw.uniform(1, 1000, n)
    table["Z"] = draw.uniform(0, 1, n)
    return table


def clusters(n, seed=0, shape=SHAPE):
    """Return n clusters; some are poor, some centres lie outside."""
    draw = np.random.default_rng([seed, 1])
    return Table(
        {
            "X": draw.uniform(-5, shape[1] + 4, n),
            "Y": draw.uniform(-5, shape[0] + 4, n),
            "R_PIX": draw.uniform(2, 12, n),
            "LAMBDA": draw.uniform(5, 80, n),
            "Z_LAMBDA": draw.uniform(0.1, 0.9, n),
        }
    )


def catalog(seed=0, n=40, shape=SHAPE, **kwargs):
    """Return the maps of a random field."""
    made = sources(n, seed, shape), clusters(4, seed, shape)
    return tile_catalog(*made, shape, TILE, **kwargs)


def data(n, seed=0, pool=2):
    """Return n data; the first pixel of each is its number."""
    draw = torch.Generator().manual_seed(seed)
    made = []
    for i in range(n):
        side = SHAPE[0] // pool
        images = torch.rand((4, side, side), generator=draw)
        images[:, 0, 0] = i
        made.append({"tile_catalog": catalog(seed + i), "images": images})
    return made
