"""From the maps of a survey tile to candidate clusters."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from astropy.table import Table
from astropy.wcs import WCS
from scipy import ndimage, sparse
from scipy.spatial import KDTree

from skyloom.clusters.inference.blend import TileMaps
from skyloom.clusters.inference.windows import inside_share
from skyloom.sky.cosmology import arcsec_per_mpc
from skyloom.sky.geometry import pixel_scale

AREA_RADIUS = 1.0  # Mpc about a cluster whose unmasked share is told
Z_RANGE = (0.05, 1.5)  # in which a length in Mpc has a reasonable angle


@dataclass(frozen=True)
class PeakSettings:
    """How candidates are found.

    Attributes
    ----------
    radius : float
        About a peak, of the cells that are one cluster [Mpc, physical].
    least_cells : float
        The same, at least [cells].
    core_cells : float
        About a cell, of the sum by which peaks are ranked [cells]: just wide enough
        for a centre that interpolation has spread over neighbours.
    seed : float
        Expected centres in a cell from which on it may be a peak.
    threshold : float
        Score of the faintest candidate.
    member_above : float
        Membership of the cells that make up a cluster's extent.
    """

    radius: float = 0.5
    least_cells: float = 1.5
    core_cells: float = 1.5
    seed: float = 0.01
    threshold: float = 0.05
    member_above: float = 0.5


@dataclass(frozen=True)
class _Cells:
    """Unmasked cells of a tile, as flat arrays; lengths in cells."""

    place: np.ndarray  # (n, 2) row, column
    center: np.ndarray
    radius: np.ndarray


def candidates(
    maps: TileMaps, wcs: WCS, settings: PeakSettings, *, name: str = ""
) -> Table:
    r"""Return the candidate clusters of a survey tile.

    Greedy: the cell with the most expected centres about it is a peak; all cells
    within `radius` of it are one cluster and are taken away; and so on.

    With :math:`\Lambda`, the expected number of centres within the radius, the score
    is :math:`1 - e^{-\Lambda}`, the probability that there is at least one where
    centres are a Poisson process: it does not change when a centre is spread over
    several cells, and has no ties at 1. As long as it is not calibrated
    (`skyloom.stats.calibration`), the probability is
    :math:`\min(\Lambda, 1)`, that of one centre of uncertain place.

    Parameters
    ----------
    maps : TileMaps
        Of the tile.
    wcs : WCS
        Of its images.
    settings : PeakSettings
        How.
    name : str
        Of the tile.

    Returns
    -------
    Table
        Most probable first, with the columns of
        `skyloom.clusters.finder.catalogue.COLUMNS` but ID, and with ``SCORE`` and
        ``EDGE``, the distance to the nearest edge of the tile [arcmin].
    """
    scale = pixel_scale(wcs)
    sky = _sky(maps, settings, scale)
    rows = [
        _properties(maps, cluster, sky) for cluster in _peaks(maps, settings, scale)
    ]
    names = ("SCORE", *PROPERTIES)
    columns = np.array(rows, float).reshape(-1, len(names)).T
    table = Table(dict(zip(names, columns, strict=True)))
    table["N_TILES"] = table["N_TILES"].astype(np.int64)
    table["RA"], table["DEC"] = wcs.all_pix2world(table["X"], table["Y"], 0)
    table["RA"] = table["RA"] % 360.0
    table["TILES"] = np.full(len(table), name, dtype=f"U{max(len(name), 1)}")
    keep = table["SCORE"] >= settings.threshold
    table = table[keep]
    return table[np.argsort(-table["SCORE"], kind="stable")]


PROPERTIES = (
    *("PROBABILITY", "Z", "Z_ERR", "LAMBDA", "LAMBDA_ERR", "EXTENT", "N_TILES"),
    *("AREA_FRACTION", "X", "Y", "EDGE"),
)


def _peaks(maps: TileMaps, settings: PeakSettings, scale: float) -> list:
    """Return the cells of each cluster: (row, column) of the peak, and of them all."""
    cells = _cells(maps, settings, scale)
    tree = KDTree(cells.place) if len(cells.place) else None
    seeds = np.flatnonzero(cells.center >= settings.seed)
    if not len(seeds):
        return []
    near = _neighbours(tree, cells.place[seeds], settings.core_cells)
    left = cells.center.copy()
    core = near @ left
    columns, found = near.tocsc(), []
    while True:
        best = _largest(core, left[seeds], settings.seed)
        if best is None:
            return found
        peak = seeds[best]
        around = tree.query_ball_point(cells.place[peak], cells.radius[peak])
        taken = np.array([i for i in sorted(around) if left[i] > 0])
        found.append((tuple(cells.place[peak]), cells.place[taken], left[taken]))
        core -= columns[:, taken] @ left[taken]
        left[taken] = 0.0


def _cells(maps: TileMaps, settings: PeakSettings, scale: float) -> _Cells:
    held = np.isfinite(maps.center) & (maps.center > 0)
    z = np.clip(maps.redshift[held], *Z_RANGE)
    radius = settings.radius * arcsec_per_mpc(z) / (scale * maps.tile)
    return _Cells(
        np.argwhere(held), maps.center[held], np.maximum(radius, settings.least_cells)
    )


def _neighbours(tree: KDTree, places: np.ndarray, radius: float) -> sparse.csr_array:
    """Return a matrix of 0 and 1: which cells lie within a radius of some places."""
    lists = tree.query_ball_point(places, radius, return_sorted=True)
    ends = np.cumsum([0, *map(len, lists)])
    columns = np.concatenate(lists).astype(np.int64)
    shape = (len(places), tree.n)
    return sparse.csr_array((np.ones(len(columns)), columns, ends), shape=shape)


def _largest(core: np.ndarray, left: np.ndarray, least: float) -> int | None:
    """Return the peak: the largest sum, and of these the cell that holds most."""
    open_ = np.flatnonzero(left >= least)
    if not len(open_):
        return None
    # Neighbours of a lone centre share its sum but for rounding.
    top = open_[core[open_] >= core[open_].max() - 1e-9]
    return int(top[np.argmax(left[top])])


@dataclass(frozen=True)
class _Sky:
    """What all candidates of a tile share."""

    scale: float  # arcsec a pixel
    labels: np.ndarray  # of connected member cells; 0: none
    area: np.ndarray  # unmasked area inside the tile [cells]


def _sky(maps: TileMaps, settings: PeakSettings, scale: float) -> _Sky:
    members = maps.membership > settings.member_above
    labels, _ = ndimage.label(members, structure=np.ones((3, 3)))
    shape = (maps.height, maps.width)
    inside = inside_share((0, 0), maps.valid.shape, shape, maps.tile)
    return _Sky(scale, labels, maps.valid * inside)


def _properties(maps: TileMaps, cluster, sky: _Sky) -> tuple:
    peak, places, center = cluster
    index, total = tuple(places.T), center.sum()
    weight, arcmin = center / total, sky.scale / 60.0
    z, z_err = _mixture(weight, maps.redshift[index], maps.redshift_var[index])
    log, log_err = _mixture(weight, maps.richness[index], maps.richness_var[index])
    x, y = weight @ maps.center_x[index], weight @ maps.center_y[index]
    edge = min(x + 0.5, y + 0.5, maps.width - 0.5 - x, maps.height - 0.5 - y)
    n_tiles = _component(sky.labels, peak, places)
    extent = 2 * np.sqrt(n_tiles / np.pi) * maps.tile * arcmin
    richness, score = np.exp(log), -np.expm1(-total)
    area = _area_fraction(maps.tile, sky, (y, x), z)
    values = (score, min(total, 1.0), z, z_err, richness, richness * log_err)
    return (*values, extent, n_tiles, area, x, y, max(edge, 0.0) * arcmin)


def _mixture(weight, mean, var) -> tuple[float, float]:
    """Return mean and standard deviation of a mixture; the weights' sum is 1."""
    middle = weight @ mean
    return middle, np.sqrt(max(weight @ (var + (mean - middle) ** 2), 0.0))


def _component(labels: np.ndarray, peak, places: np.ndarray) -> int:
    """Return how many cells the connected component of a cluster has.

    The component at the peak, or else the one nearest to it that the cluster's cells
    touch; 0 if they touch none.
    """
    touched = places[labels[tuple(places.T)] > 0]
    if not len(touched):
        return 0
    nearest = touched[np.argmin(((touched - peak) ** 2).sum(axis=1))]
    return int((labels == labels[tuple(nearest)]).sum())


def _area_fraction(tile: int, sky: _Sky, place: tuple[float, float], z: float) -> float:
    """Return the unmasked share of the disc of `AREA_RADIUS` about a place [px]."""
    middle = (np.array(place) + 0.5) / tile - 0.5
    radius = AREA_RADIUS * arcsec_per_mpc(np.clip(z, *Z_RANGE)) / (sky.scale * tile)
    reach = np.arange(-int(radius) - 2, int(radius) + 3)
    near = np.stack(np.meshgrid(reach, reach), axis=-1).reshape(-1, 2)
    disc = near + np.rint(middle).astype(int)
    disc = disc[((disc - middle) ** 2).sum(axis=1) <= max(radius, 1.0) ** 2]
    on = ((disc >= 0) & (disc < sky.area.shape)).all(axis=1)
    return float(sky.area[tuple(disc[on].T)].sum() / len(disc))
