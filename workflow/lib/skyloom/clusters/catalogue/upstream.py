"""What both upstream priors share: shapes, settings, the table they end in.

Two published samplers of simulated fields (prob-ml/bliss, case study *galaxy
clusters*, 2024) stand here for comparison only, written anew from a description of
what they draw: `upstream_parametric` (June 2024) and `upstream_resampled` (the last).
They are called by ``prior: upstream_2024`` and ``prior: upstream_final``. None of their
results is a claim about the sky; `skyloom.clusters.catalogue.sample` is the prior to
train with.

Reproduced on purpose, so that the consequences can be measured:

- members are uniform in a sphere, or are projected twice;
- all members have the field's luminosities and colours (parametric);
- masses: drawn in logarithmic bins, read off linearly;
- 80 px to a Mpc whatever the redshift (parametric);
- clusters wider than 1300 px are thrown away (resampled): all rich and near ones;
- members' positions, sizes and shapes have nothing to do with their magnitudes; shapes
  are not isotropic;
- field galaxies do not cluster; Z is unknown (-1) in the resampled table;
- sizes of the field are those measured behind the point spread function, and stars
  keep theirs; FRACDEV is 0 throughout. A renderer that draws SOURCE_TYPE 0 as points
  ignores the stars' sizes.

Not reproduced: the flat sky (RA without cos Dec) and the one place of all fields (each
has its own, with a real TAN WCS, RA growing to the left), the shift of half a pixel
between catalogue and image (pixel centres are whole numbers from 0 here), noise 30 to
140 times too small and one point spread function for all bands
(`skyloom.clusters.images` makes the images), profiles that are Gaussian, and tables
indexed [x, y].
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from astropy.table import Table
from astropy.wcs import WCS
from scipy import stats

from skyloom.clusters.bands import BANDS, PIXEL_SCALE, magnitude
from skyloom.clusters.catalogue.sample import field_wcs
from skyloom.clusters.catalogue.table import COLUMNS, FLUXES
from skyloom.run.seeds import rng as generator

# Generalised normal distribution of the shear components.
SHAPE_POWER, SHAPE_SCALES, MOST_SHEAR = 0.6, (0.035, 0.032), 0.8
SMALLEST, LARGEST = 0.5, 1.0  # arcsec, half-light radii of members
TRUTH = (
    *("ID", "RA", "DEC", "Z_LAMBDA", "Z_LAMBDA_ERR", "LAMBDA", "LAMBDA_ERR"),
    *("X", "Y", "R_LAMBDA", "R_PIX"),
)


@dataclass(frozen=True)
class UpstreamSettings:
    """A lot of fields as upstream drew them.

    Attributes
    ----------
    image_size : int
        Side of a field [px].
    pixel_scale : float
        Side of a pixel [arcsec].
    declinations : tuple of 2 float
        Fields lie between these [deg].
    cluster_share : float
        Share of the fields that hold a cluster.
    widest : float
        Clusters of a larger diameter are not drawn [px]; infinite for all of them.
        The resampled prior only.
    twice : bool
        Whether radii are projected a second time. The resampled prior only.
    """

    image_size: int = 2560
    pixel_scale: float = PIXEL_SCALE
    declinations: tuple[float, float] = (-60.0, 5.0)
    cluster_share: float = 0.5
    widest: float = 1300.0
    twice: bool = True


@dataclass(frozen=True)
class DrawnCluster:
    """The cluster of a field.

    Attributes
    ----------
    x, y : float
        Its centre [px].
    z : float
        Redshift.
    richness : float
        Number of its members, which is no redMaPPer richness.
    radius, extent : float
        Its radius [physical Mpc], and that on the image [px].
    """

    x: float
    y: float
    z: float
    richness: float
    radius: float
    extent: float


def shears(rng: np.random.Generator, n: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the two components of the reduced shear, not isotropic.

    Drawn again while the shear is 1 or more, or a component 0.8 or more; no bound
    holds a component from below.
    """
    g = np.full((2, n), MOST_SHEAR)
    while (bad := (np.hypot(*g) >= 1) | (g >= MOST_SHEAR).any(axis=0)).any():
        size = (2, int(bad.sum()))
        scale = np.array(SHAPE_SCALES)[:, None]
        g[:, bad] = stats.gennorm.rvs(
            SHAPE_POWER, scale=scale, size=size, random_state=rng
        )
    return g[0], g[1]


def member_radii(rng: np.random.Generator, n: int) -> np.ndarray:
    """Return half-light radii [arcsec], whatever the galaxy."""
    return rng.uniform(SMALLEST, LARGEST, n)


def fluxes_of(values: np.ndarray) -> dict[str, np.ndarray]:
    """Return the columns of fluxes and colours of fluxes (n, 4) [counts]."""
    g, _, i, z = magnitude(values).T
    colours = {"GI_COLOR": _difference(g, i), "IZ_COLOR": _difference(i, z)}
    return dict(zip(FLUXES, values.T, strict=True)) | colours


def _difference(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    # Of a flux of zero there is no colour; the file holds finite numbers only.
    known = np.isfinite(first) & np.isfinite(second)
    return np.where(known, np.where(known, first, 0) - np.where(known, second, 0), 0)


def middle(
    rng: np.random.Generator, settings: UpstreamSettings, low: float, high: float
) -> np.ndarray:
    """Return a cluster's centre between two shares of the side, X and Y [px]."""
    return rng.uniform(low, high, 2) * settings.image_size - 0.5


def anywhere(
    rng: np.random.Generator, n: int, settings: UpstreamSettings
) -> dict[str, np.ndarray]:
    """Return places of the field's sources, at random: X and Y [px]."""
    x, y = rng.uniform(-0.5, settings.image_size - 0.5, (2, n))
    return {"X": x, "Y": y}


def finished(
    parts: list[Mapping[str, np.ndarray]],
    cluster: DrawnCluster | None,
    seed: int,
    number: int,
    settings: UpstreamSettings,
) -> tuple[Table, Table, WCS]:
    """Return a field's sources on the image, its truth, and its WCS.

    Parameters
    ----------
    parts : list of mapping of str to ndarray
        Members, if any, then the field: the columns of `COLUMNS` but RA and Dec.
    cluster : DrawnCluster or None
        None in a field without.
    seed, number : int
        Of the run, and of the field; they say where it lies.
    settings : UpstreamSettings
        The image's size, and the declinations.

    Returns
    -------
    sources, clusters : Table
        As `skyloom.clusters.catalogue.sample.draw_field` returns them.
    wcs : WCS
        Of `skyloom.clusters.catalogue.sample.field_wcs`, as our own prior's.
    """
    wcs = field_wcs(generator(seed, "field", number), settings)
    names = [name for name in COLUMNS if name not in ("RA", "DEC")]
    table = Table({name: np.concatenate([p[name] for p in parts]) for name in names})
    x, y = np.asarray(table["X"]), np.asarray(table["Y"])
    edge = settings.image_size - 0.5
    table = table[(x >= -0.5) & (x < edge) & (y >= -0.5) & (y < edge)]
    table["RA"], table["DEC"] = _sky(wcs, table["X"], table["Y"])
    return table[list(COLUMNS)], _truth(cluster, number, wcs), wcs


def _sky(wcs: WCS, x, y) -> tuple[np.ndarray, np.ndarray]:
    if not len(x):
        return np.zeros(0), np.zeros(0)
    ra, dec = wcs.all_pix2world(x, y, 0)
    return np.asarray(ra) % 360, np.asarray(dec)


def _truth(cluster: DrawnCluster | None, number: int, wcs: WCS) -> Table:
    kinds = [int] + [float] * (len(TRUTH) - 1)
    if cluster is None:
        return Table(names=TRUTH, dtype=kinds)
    ra, dec = _sky(wcs, np.array([cluster.x]), np.array([cluster.y]))
    values = (cluster.z, 0.0, cluster.richness, 0.0, cluster.x, cluster.y)
    row = (number * 1000, ra[0], dec[0], *values, cluster.radius, cluster.extent)
    return Table(rows=[row], names=TRUTH, dtype=kinds)


def log_ratios(magnitudes: np.ndarray) -> np.ndarray:
    """Return natural logarithms of the fluxes in g, i and z over that in r.

    Parameters
    ----------
    magnitudes : ndarray, shape (n, 4)
        In the bands of `BANDS` [AB mag].

    Returns
    -------
    ndarray, shape (n, 3)
    """
    r = BANDS.index("r")
    others = np.delete(magnitudes, r, axis=1)
    return 0.4 * np.log(10.0) * (magnitudes[:, r, None] - others)
