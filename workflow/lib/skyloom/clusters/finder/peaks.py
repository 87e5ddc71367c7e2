"""From the maps of a survey tile to candidate clusters."""

from __future__ import annotations

import numpy as np
from astropy.table import Table
from astropy.wcs import WCS
from scipy import sparse
from scipy.spatial import KDTree

from skyloom.clusters.inference.blend import TileMaps
from skyloom.clusters.inference.windows import inside_share
from skyloom.sky.cosmology import arcsec_per_mpc
from skyloom.sky.geometry import pixel_scale

RADIUS = 0.5  # Mpc about a peak, of the cells that are one cluster
LEAST_CELLS = 1.5  # the same, at least [cells]
# About a cell, of the sum by which peaks are ranked [cells]: just wide enough for a
# centre that interpolation has spread over neighbours.
CORE_CELLS = 1.5
SEED = 0.01  # expected centres in a cell from which on it may be a peak
THRESHOLD = 0.05  # score of the faintest candidate
AREA_RADIUS = 1.0  # Mpc about a cluster whose unmasked share is told
Z_RANGE = (0.05, 1.5)  # in which a length in Mpc has a reasonable angle
PROPERTIES = (
    *("SCORE", "PROBABILITY", "Z", "Z_ERR", "LAMBDA", "LAMBDA_ERR"),
    *("AREA_FRACTION", "X", "Y", "EDGE"),
)


def candidates(maps: TileMaps, wcs: WCS, *, name: str = "") -> Table:
    r"""Return the candidate clusters of a survey tile.

    Greedy: the cell with the most expected centres about it is a peak; all cells
    within `RADIUS` of it are one cluster and are taken away; and so on.

    With :math:`\Lambda`, the expected number of centres within the radius, the score
    is :math:`1 - e^{-\Lambda}`, the probability that there is at least one where
    centres are a Poisson process: it does not change when a centre is spread over
    several cells, and has no ties at 1. As long as it is not calibrated, the
    probability is :math:`\min(\Lambda, 1)`, that of one centre of uncertain place.

    Parameters
    ----------
    maps : TileMaps
        Of the tile `name`.
    wcs : WCS
        Of its images.

    Returns
    -------
    Table
        Most probable first, with RA, DEC and `PROPERTIES`: ``AREA_FRACTION`` is the
        unmasked share within 1 Mpc, ``EDGE`` the distance to the nearest edge of the
        tile [arcmin]; and ``TILES``, its name.
    """
    scale = pixel_scale(wcs)
    size = (maps.height, maps.width)
    area = maps.valid * inside_share((0, 0), maps.valid.shape, size, maps.tile)
    found = _peaks(maps, scale)
    rows = [_properties(maps, cluster, scale, area) for cluster in found]
    columns = np.array(rows, float).reshape(-1, len(PROPERTIES)).T
    table = Table(dict(zip(PROPERTIES, columns, strict=True)))
    table["RA"], table["DEC"] = wcs.all_pix2world(table["X"], table["Y"], 0)
    table["RA"] = table["RA"] % 360.0
    table["TILES"] = np.full(len(table), name, dtype=f"U{max(len(name), 1)}")
    table = table[table["SCORE"] >= THRESHOLD]
    return table[np.argsort(-table["SCORE"], kind="stable")]


def no_candidates() -> Table:
    """Return the candidates of no tile."""
    table = Table({name: np.zeros(0) for name in (*PROPERTIES, "RA", "DEC")})
    table["TILES"] = np.zeros(0, "U1")
    return table


def _peaks(maps: TileMaps, scale: float) -> list:
    """Return each cluster's cells (rows, columns) and their expected centres."""
    held = np.isfinite(maps.center) & (maps.center > 0)
    places, left = np.argwhere(held), maps.center[held]
    radius = _cells(RADIUS, maps.redshift[held], scale * maps.tile)
    radius = np.maximum(radius, LEAST_CELLS)
    seeds = np.flatnonzero(left >= SEED)
    if not len(seeds):
        return []
    tree, found = KDTree(places), []
    # 0 and 1: which cells the sum about each seed is made of.
    lists = tree.query_ball_point(places[seeds], CORE_CELLS, return_sorted=True)
    columns = np.concatenate(lists).astype(np.int64)
    ends = np.cumsum([0, *map(len, lists)])
    size = (len(seeds), len(places))
    near = sparse.csr_array((np.ones(len(columns)), columns, ends), shape=size)
    while (open_ := left[seeds] >= SEED).any():
        core = np.where(open_, near @ left, -1.0)
        # Neighbours of a lone centre share its sum but for rounding; of equal sums the
        # cell that holds most.
        top = seeds[core >= core.max() - 1e-9]
        peak = top[np.argmax(left[top])]
        around = tree.query_ball_point(places[peak], radius[peak], return_sorted=True)
        taken = np.array([i for i in around if left[i] > 0])
        found.append((places[taken], left[taken]))
        left[taken] = 0.0
    return found


def _cells(length: float, z: np.ndarray, side: float) -> np.ndarray:
    """Return how many cells of a side [arcsec] a length [Mpc] has at a redshift."""
    return length * arcsec_per_mpc(np.clip(z, *Z_RANGE)) / side


def _properties(maps: TileMaps, cluster, scale: float, area) -> tuple:
    """Return a cluster's `PROPERTIES`."""
    places, center = cluster
    index, total = tuple(places.T), center.sum()
    weight, arcmin = center / total, scale / 60.0
    z, z_err = _mixture(weight, maps.redshift[index], maps.redshift_var[index])
    log, log_err = _mixture(weight, maps.richness[index], maps.richness_var[index])
    x, y = weight @ maps.center_x[index], weight @ maps.center_y[index]
    edge = min(x + 0.5, y + 0.5, maps.width - 0.5 - x, maps.height - 0.5 - y)
    richness, score = np.exp(log), -np.expm1(-total)
    middle = (np.array([y, x]) + 0.5) / maps.tile - 0.5
    fraction = _area_fraction(area, middle, _cells(AREA_RADIUS, z, scale * maps.tile))
    values = (score, min(total, 1.0), z, z_err, richness, richness * log_err)
    return (*values, fraction, x, y, max(edge, 0.0) * arcmin)


def _mixture(weight, mean, var) -> tuple[float, float]:
    """Return mean and standard deviation of a mixture; the weights' sum is 1."""
    middle = weight @ mean
    return middle, np.sqrt(max(weight @ (var + (mean - middle) ** 2), 0.0))


def _area_fraction(area: np.ndarray, middle: np.ndarray, radius: float) -> float:
    """Return the unmasked share of a disc [cells]."""
    reach = np.arange(-int(radius) - 2, int(radius) + 3)
    near = np.stack(np.meshgrid(reach, reach), axis=-1).reshape(-1, 2)
    disc = near + np.rint(middle).astype(int)
    disc = disc[((disc - middle) ** 2).sum(axis=1) <= max(radius, 1.0) ** 2]
    on = ((disc >= 0) & (disc < area.shape)).all(axis=1)
    return float(area[tuple(disc[on].T)].sum() / len(disc))
