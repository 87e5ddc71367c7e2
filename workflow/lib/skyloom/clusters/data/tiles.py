"""What the tiles of a field hold: maps over its tile grid, from its catalogues.

Maps are ``[row, column]``, rows along Y, as the pixels of an image are.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from astropy.table import Table

from skyloom.clusters.bands import BANDS
from skyloom.clusters.catalogue.table import FLUXES

SHAPE_COLUMNS = ("HLR", "G1", "G2", "FRACDEV")
RICH = 20.0  # richness from which a cluster counts as one
UNKNOWN_Z = -1.0  # redshift of a star, and of a tile without a source or cluster


@dataclass(frozen=True)
class Key:
    """How one map is stored: the axes after (rows, columns), and the type."""

    axes: tuple[int, ...]
    dtype: torch.dtype


FLOAT, WHOLE, FLAG = torch.float32, torch.int64, torch.bool
# The seed's keys, in the seed's order.
SEED_KEYS = {
    "locs": Key((1, 2), FLOAT),
    "n_sources": Key((), WHOLE),
    "fluxes": Key((1, len(BANDS)), FLOAT),
    "membership": Key((1, 1), FLAG),
    "redshift": Key((1, 1), FLOAT),
    "galaxy_params": Key((1, len(SHAPE_COLUMNS)), FLOAT),
    "source_type": Key((1, 1), FLOAT),
}
KEYS = {
    **SEED_KEYS,
    "n_members": Key((), WHOLE),
    "center": Key((1, 1), FLAG),
    "center_locs": Key((1, 2), FLOAT),
    "richness": Key((1, 1), FLOAT),
    "cluster_redshift": Key((1, 1), FLOAT),
    "valid": Key((), FLAG),
}


@dataclass(frozen=True)
class TileGrid:
    """Square tiles of a side [px] that cover an image, rows along Y."""

    rows: int
    columns: int
    tile: int

    @property
    def size(self) -> int:
        """Number of tiles."""
        return self.rows * self.columns

    def locate(self, x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return the tile of each position [px], and where in the tile it lies.

        The centre of the first pixel is (0, 0). Tiles are numbered row by row, -1 is
        outside the image; fractions (n, 2) are along Y and along X, 0 at a tile's first
        edge and 1 at its last.
        """
        place = (np.stack([y, x], axis=-1).astype(float) + 0.5) / self.tile
        cell = np.floor(place)
        inside = ((cell >= 0) & (cell < (self.rows, self.columns))).all(axis=1)
        number = np.where(inside, cell @ (self.columns, 1), -1)
        return number.astype(int), place - cell

    def centres(self) -> tuple[np.ndarray, np.ndarray]:
        """Return X and Y [px] of the tiles' centres, each of shape (size,)."""
        row, column = np.divmod(np.arange(self.size), self.columns)
        return tuple((n + 0.5) * self.tile - 0.5 for n in (column, row))


def tile_grid(shape: tuple[int, int], tile: int) -> TileGrid:
    """Return the grid of tiles on an image of ``shape`` (height, width) [px].

    ValueError when tiles do not cover it exactly: its edge would never be seen.
    """
    height, width = shape
    if tile < 1 or min(shape) < 1 or height % tile or width % tile:
        msg = f"{height} x {width} px do not divide into tiles of {tile} px"
        raise ValueError(msg)
    return TileGrid(height // tile, width // tile, tile)


def tile_catalog(
    table: Table,
    clusters: Table,
    shape: tuple[int, int],
    tile: int,
    *,
    mask: np.ndarray | None = None,
) -> dict[str, torch.Tensor]:
    """Return the maps of one field, with the keys, shapes and types of `KEYS`.

    The seed's keys describe the brightest source of a tile by its flux in i:
    ``locs`` (fractions along Y and X), ``n_sources`` (0 or 1), ``fluxes`` [counts],
    ``redshift``, ``galaxy_params`` (`SHAPE_COLUMNS`) and ``source_type``; where there
    is none they are 0, redshifts -1. ``membership`` and ``n_members`` are about the
    rows with MEM = 1 in the tile, of any flux. ``center`` and ``center_locs`` are
    about the richest cluster centred in the tile; ``richness`` and
    ``cluster_redshift`` about the richest centred in it or whose radius R_PIX holds
    the tile's centre, 0 and -1 where none is. ``valid``: less than half is masked.

    Parameters
    ----------
    table : Table
        Sources, columns of `skyloom.clusters.catalogue.table.COLUMNS`; X, Y [px].
        Those outside the image count nowhere.
    clusters : Table
        With X, Y, R_PIX [px], LAMBDA and Z_LAMBDA. Centres may lie outside.
    shape : tuple of int
        Height and width of the image [px].
    tile : int
        Side of a tile [px].
    mask : ndarray, shape (height, width), optional
        0 where a pixel is good.

    Raises
    ------
    ValueError
        Tiles do not cover the image.

    Notes
    -----
    Source: the format is that of BLISS's cluster case study (prob-ml/bliss,
    ``case_studies/galaxy_clustering``), which transposes all keys but ``membership``.
    """
    grid = tile_grid(shape, tile)
    maps = {
        **_source_maps(table, grid),
        **_cluster_maps(clusters[_columns(clusters, ["LAMBDA"])[:, 0] >= RICH], grid),
        "valid": _valid(mask, grid),
    }
    return {name: _tensor(maps[name], name, grid) for name in KEYS}


def _source_maps(table: Table, grid: TileGrid) -> dict:
    number, fraction = _located(table, grid)
    flux = np.asarray(table["FLUX_I"], float)
    first = _largest(number, flux, flux > 0, grid.size)
    members = number[(np.asarray(table["MEM"]) == 1) & (number >= 0)]
    count = np.bincount(members, minlength=grid.size)
    return {
        "locs": _taken(fraction, first),
        "n_sources": first >= 0,
        "fluxes": _taken(_columns(table, FLUXES), first),
        "redshift": _taken(_columns(table, ["Z"]), first, UNKNOWN_Z),
        "galaxy_params": _taken(_columns(table, SHAPE_COLUMNS), first),
        "source_type": _taken(_columns(table, ["SOURCE_TYPE"]), first),
        "membership": count > 0,
        "n_members": count,
    }


def _cluster_maps(clusters: Table, grid: TileGrid) -> dict:
    number, fraction = _located(clusters, grid)
    richness = np.asarray(clusters["LAMBDA"], float)
    centred = _largest(number, richness, number >= 0, grid.size)
    holder = _holder(clusters, number, richness, grid)
    return {
        "center": centred >= 0,
        "center_locs": _taken(fraction, centred),
        "richness": _taken(richness[:, None], holder),
        "cluster_redshift": _taken(_columns(clusters, ["Z_LAMBDA"]), holder, UNKNOWN_Z),
    }


def _holder(clusters: Table, number, richness, grid: TileGrid) -> np.ndarray:
    """Return the row of the richest cluster that holds each tile; -1 for none."""
    if not len(clusters):
        return np.full(grid.size, -1)
    x, y = grid.centres()
    cx, cy, radius = _columns(clusters, ["X", "Y", "R_PIX"]).T[:, :, None]
    held = np.hypot(x - cx, y - cy) <= radius
    held |= number[:, None] == np.arange(grid.size)
    best = np.where(held, richness[:, None], -np.inf).argmax(axis=0)
    return np.where(held.any(axis=0), best, -1)


def _valid(mask: np.ndarray | None, grid: TileGrid) -> np.ndarray:
    if mask is None:
        return np.ones(grid.size, bool)
    blocks = (mask != 0).reshape(grid.rows, grid.tile, grid.columns, grid.tile)
    return blocks.mean(axis=(1, 3)) < 0.5


def _located(table: Table, grid: TileGrid) -> tuple[np.ndarray, np.ndarray]:
    return grid.locate(*_columns(table, ["X", "Y"]).T)


def _largest(number, value, usable, size: int) -> np.ndarray:
    """Return the row of the largest value in each tile, the first of equals; or -1."""
    rows = np.flatnonzero(usable & (number >= 0))[::-1]
    rows = rows[np.argsort(value[rows], kind="stable")]
    largest = np.full(size, -1)
    largest[number[rows]] = rows  # of repeated tiles the last is kept
    return largest


def _taken(values: np.ndarray, rows: np.ndarray, empty: float = 0.0) -> np.ndarray:
    taken = np.full((len(rows), values.shape[1]), empty)
    taken[rows >= 0] = values[rows[rows >= 0]]
    return taken


def _columns(table: Table, names) -> np.ndarray:
    return np.stack([np.asarray(table[name], float) for name in names], axis=-1)


def _tensor(values: np.ndarray, name: str, grid: TileGrid) -> torch.Tensor:
    shape = (grid.rows, grid.columns, *KEYS[name].axes)
    whole = torch.from_numpy(np.ascontiguousarray(values)).reshape(shape)
    return whole.to(KEYS[name].dtype)
