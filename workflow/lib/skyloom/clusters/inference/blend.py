"""Maps of many windows folded onto one grid over the survey tile, without seams.

Windows begin anywhere, not on the grid: each map is interpolated to the grid's cells,
with a weight that falls to nothing at the edge of its window.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from skyloom.clusters.inference.windows import inside_share
from skyloom.io.errors import REMADE, InputError
from skyloom.io.npz import read_npz

TAPER = 4.0  # cells from a window's outermost cells at which its weight is full
LEAST = 1e-9  # weight of what lies beyond their middles: used where nothing else is
TINY = 1e-6  # probability of a centre that has a place
HELD = 0.5  # least unmasked share of a cell with values


@dataclass(frozen=True)
class TileMaps:
    """What an encoder says of the cells of a survey tile.

    All maps have the shape (rows, columns), cell (i, j) covering rows from
    ``i tile - 1/2`` and columns from ``j tile - 1/2`` [px]; the last ones may stick
    out of the tile. Cells without enough unmasked pixels are NaN, but in `valid`.

    """

    membership: np.ndarray  # probability that the cell holds a member of a cluster
    center: np.ndarray  # expected number of centres in its part inside the tile
    n_members: np.ndarray  # expected number of members, likewise
    center_y: np.ndarray  # where a centre would be [px of the tile]
    center_x: np.ndarray
    richness: np.ndarray  # mean of ln λ
    richness_var: np.ndarray
    redshift: np.ndarray  # mean of z
    redshift_var: np.ndarray
    valid: np.ndarray  # unmasked share of the cell's area inside the tile
    tile: int  # side of a cell [px]
    height: int  # of the survey tile [px]
    width: int


MAPS = tuple(TileMaps.__dataclass_fields__)[:-3]
WHOLE = ("tile", "height", "width")


def blend(
    windows: Iterable[tuple[tuple[int, int], Mapping[str, np.ndarray]]],
    shape: tuple[int, int],
    tile: int,
) -> TileMaps:
    """Fold windows onto the grid of cells of a survey tile.

    Probabilities and counts are weighted means. Redshift and richness are mixtures:
    windows that disagree widen the variance. Positions of centres are weighted by
    the probability of a centre as well. ValueError if a cell lies in no window.

    Parameters
    ----------
    windows : iterable of (origin, maps)
        See `skyloom.clusters.inference.classify.classify_tile`.
    shape : tuple of int
        ``(ny, nx)`` of the survey tile [px].
    tile : int
        Side of a cell [px].
    """
    cells = tuple(-(-length // tile) for length in shape)
    sums = {name: np.zeros(cells) for name in (*MAPS, "weight", "seen", "located")}
    for (y, x), maps in windows:
        _add(sums, (y / tile, x / tile), _terms(maps, (y, x), tile))
    if not (sums["seen"] > 0).all():
        row, column = np.argwhere(sums["seen"] <= 0)[0]
        msg = f"cell ({row}, {column}) of the survey tile lies in no window"
        raise ValueError(msg)
    return _means(sums, shape, tile)


def read_maps(path: str | Path) -> TileMaps:
    """Read the maps of a survey tile.

    Raises
    ------
    InputError
        A file that is damaged, lacks a map, or whose maps do not fit its tile.
    """
    wanted = dict.fromkeys(MAPS, ("f", 2)) | dict.fromkeys(WHOLE, ("iu", 0))
    arrays = read_npz(path, wanted)
    tile, *shape = (int(arrays[name]) for name in WHOLE)
    if min(tile, *shape) < 1:
        problem = f"tile {tile}, height and width {shape}"
        raise InputError(path, problem, expected="numbers from 1 on")
    cells = tuple(-(-length // tile) for length in shape)
    for name in MAPS:
        if arrays[name].shape != cells:
            problem, where = f"shape {arrays[name].shape}", f"key {name!r}"
            raise InputError(path, problem, where=where, expected=f"{cells}")
        if not np.isfinite(arrays[name]).all():
            problem, where = "numbers that are not finite", f"key {name!r}"
            raise InputError(path, problem, where=where, remedy=REMADE)
    maps = {name: arrays[name].astype(np.float64) for name in MAPS}
    return TileMaps(**maps, tile=tile, height=shape[0], width=shape[1])


def _terms(maps: Mapping[str, np.ndarray], origin, tile: int) -> dict:
    """Return the quantities of a window that are averaged, all linear."""
    double = {name: np.asarray(value, np.float64) for name, value in maps.items()}
    held = (double["valid"] >= HELD).astype(float)
    terms = {k: double[k] * held for k in ("membership", "center", "n_members")}
    # Where there is no centre, there is a place all the same.
    located = (terms["center"] + TINY) * held
    for axis, name in enumerate(("center_y", "center_x")):
        place = np.indices(held.shape)[axis] + double["center_locs"][..., axis]
        terms[name] = (origin[axis] - 0.5 + tile * place) * located
    terms |= {"located": located, "valid": double["valid"]}
    terms |= {"weight": held, "seen": np.ones_like(held)}
    for name in ("richness", "redshift"):
        mean, sd = double[name][..., 0], double[name][..., 1]
        terms[name] = mean * held
        terms[f"{name}_var"] = (sd**2 + mean**2) * held
    return terms


def _add(sums: dict, start: tuple[float, float], terms: dict) -> None:
    """Add a window that begins at `start` [cells], interpolated and weighted."""
    sizes = zip(start, terms["weight"].shape, sums["weight"].shape, strict=True)
    (rows, down), (columns, along) = (_axis(*size) for size in sizes)
    for name, term in terms.items():
        sums[name][rows, columns] += down @ term @ along.T


def _axis(start: float, n: int, total: int) -> tuple[slice, np.ndarray]:
    """Return the cells of the grid that a window touches, and weights of its n cells.

    The weights, of shape (cells, n), are linear interpolation times the taper.
    """
    first, last = max(int(np.floor(start)), 0), min(int(np.ceil(start + n)), total)
    place = np.arange(first, last) - start  # 0 at the middle of the first cell
    edge = np.minimum(place, n - 1 - place)
    weight = np.clip(edge / TAPER, LEAST, 1.0)
    inside = np.clip(place, 0, n - 1)
    matrix = np.clip(1 - np.abs(inside[:, None] - np.arange(n)), 0, None)
    return slice(first, last), weight[:, None] * matrix


def _means(sums: dict, shape: tuple[int, int], tile: int) -> TileMaps:
    weight = sums["weight"]
    valid = sums["valid"] / sums["seen"]
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = {name: sums[name] / weight for name in MAPS}
        for name in ("center_y", "center_x"):
            mean[name] = sums[name] / sums["located"]
    for name in ("richness", "redshift"):
        spread = mean[f"{name}_var"] - mean[name] ** 2
        mean[f"{name}_var"] = np.maximum(spread, 0.0)
    inside = inside_share((0, 0), weight.shape, shape, tile)
    for name in ("center", "n_members"):
        mean[name] = mean[name] * inside
    for name in MAPS:
        mean[name] = np.where(valid >= HELD, mean[name], np.nan)
    mean["valid"] = np.clip(valid, 0.0, 1.0)
    return TileMaps(**mean, tile=tile, height=shape[0], width=shape[1])
