"""Upstream's parametric prior of June 2024, for comparison only.

See `skyloom.clusters.catalogue.upstream` for what is reproduced and what is not. Two
of its parts cannot be had and are **replaced**:

- **Colours are not upstream's.** They came from a Gaussian mixture of logarithms of
  flux ratios kept as a pickle, which is not published as data and must not be loaded.
  Here they come from a plain mixture of two Gaussians, `STAND_IN`, made up to look like
  galaxies of 20 < i < 22. As in upstream's, colours know nothing of redshift or
  membership: there is no red sequence.
- **Masses** followed the halo mass function of a package; here it is Tinker et al. 2008
  with the fluctuations of Viana & Liddle 1996.
"""

from __future__ import annotations

import functools

import numpy as np
from astropy import constants, units
from astropy.table import Table
from astropy.wcs import WCS

from skyloom.clusters.bands import BANDS, flux
from skyloom.clusters.catalogue import upstream
from skyloom.clusters.catalogue.upstream import DrawnCluster, UpstreamSettings
from skyloom.run.seeds import rng as generator
from skyloom.sky.cosmology import COSMOLOGY

LOG_MASSES = (14.5, 15.5)  # log10 of M200 [Msun]
BINS = 100
SIGMA_8 = 0.81
PIXELS_PER_MPC = 80.0  # whatever the redshift; 460 to 1100 would be right
REDSHIFTS = (0.01, 1.25, 100)
VELOCITY_DISPERSION = 1028.9  # km/s at h(z) M = 1e15 Msun
DEEPEST, MEAN_DEPTH, BRIGHTEST = 25.0, 1.3, 15.75  # r [AB mag]
DENSITY = 0.004 / 49  # field galaxies per px^2
FARTHEST = 7.0
MOST_RATIO = 2.76  # of a logarithm of a ratio of fluxes
# Two kinds of galaxies: share, mean and scatter of g-r, r-i and i-z [mag].
STAND_IN = (
    (0.4, (1.35, 0.50, 0.33), (0.25, 0.12, 0.08)),
    (0.6, (0.70, 0.30, 0.20), (0.30, 0.20, 0.15)),
)


def draw_parametric(
    seed: int, number: int, settings: UpstreamSettings
) -> tuple[Table, Table, WCS]:
    """Draw a field from the parametric prior.

    Parameters
    ----------
    seed, number : int
        Of the run, and of the field.
    settings : UpstreamSettings
        The image's size, and how many fields hold a cluster.

    Returns
    -------
    sources, clusters : Table
        As `skyloom.clusters.catalogue.sample.draw_field` returns them. LAMBDA is N200,
        the number of members; R_LAMBDA is R200, and R_PIX 80 px to its Mpc.
    wcs : WCS
        Of the images.

    Notes
    -----
    Source: `/case_studies/galaxy_clusters` of prob-ml/bliss, June 2024, as described.
    """
    rng = generator(seed, "upstream parametric", number)
    cluster, parts = None, []
    if rng.random() < settings.cluster_share:
        cluster, mass = _cluster(rng, settings)
        parts = [_members(rng, cluster, mass)]
    parts.append(_field(rng, settings))
    return upstream.finished(parts, cluster, seed, number, settings)


@functools.cache
def mass_function() -> np.ndarray:
    """Return dn/dlnM at z = 0 in `BINS` bins of `LOG_MASSES`, shape (BINS,), sum 1.

    Source: Tinker et al. 2008 (ApJ 688, 709), eq. 3 for an overdensity of 200, with
    sigma(R) of Viana & Liddle 1996 (MNRAS 281, 323).
    """
    mass = 10.0 ** np.linspace(*LOG_MASSES, BINS)
    matter = (COSMOLOGY.critical_density0 * COSMOLOGY.Om0).to("Msun/Mpc3").value
    radius = (3 * mass / (4 * np.pi * matter)) ** (1 / 3) * COSMOLOGY.h / 8.0
    shape = 0.3 * COSMOLOGY.Om0 * COSMOLOGY.h + 0.2
    sigma = SIGMA_8 * radius ** -(shape * (2.92 + np.log10(radius)))
    multiplicity = 0.186 * ((sigma / 2.57) ** -1.47 + 1) * np.exp(-1.19 / sigma**2)
    number = multiplicity / mass * -np.gradient(np.log(sigma), np.log(mass))
    return number / number.sum()


def masses(rng: np.random.Generator, n: int) -> np.ndarray:
    """Return M200 [Msun] as upstream did: logarithmic bins, read off linearly."""
    low, high = (10.0**edge for edge in LOG_MASSES)
    drawn = rng.choice(BINS, n, p=mass_function())
    return low + drawn / (BINS - 1) * (high - low)


def members_of(mass: np.ndarray) -> np.ndarray:
    """Return N200, the number of galaxies of a cluster of M200 [Msun]."""
    count = 20 * (np.asarray(mass, float) / 4e13) ** (1 / 1.35)
    return np.floor(count).astype(int)


def virial_radius(mass: np.ndarray, z: np.ndarray) -> np.ndarray:
    """Return R200 [physical Mpc]: 200 times the critical density on average."""
    density = COSMOLOGY.critical_density(z).to_value("Msun/Mpc3")
    return np.cbrt(3 * np.asarray(mass, float) / (4 * np.pi * 200 * density))


def cluster_redshifts(rng: np.random.Generator, n: int) -> np.ndarray:
    """Return redshifts of clusters, from 100 values."""
    z = np.linspace(*REDSHIFTS)
    density = z**1.65 * np.exp(-((z / 0.9) ** 3.33))
    return rng.choice(z, n, p=density / density.sum())


def member_redshifts(
    rng: np.random.Generator, n: int, mass: float, z: float
) -> np.ndarray:
    """Return redshifts of members whose velocities are normal about the cluster's.

    Source: dispersion as of Evrard et al. 2008 (ApJ 672, 122), rounded by upstream;
    relativistic Doppler shift.
    """
    reduced = COSMOLOGY.H(z).value / 100.0
    dispersion = VELOCITY_DISPERSION * np.cbrt(reduced * mass / 1e15)
    speed = rng.normal(0, dispersion, n) / constants.c.to_value(units.km / units.s)
    return (1 + z) * np.sqrt((1 + speed) / (1 - speed)) - 1


def in_a_sphere(rng: np.random.Generator, n: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the two coordinates on the sky of places uniform in a unit ball."""
    distance = np.cbrt(rng.random(n))
    height, angle = rng.uniform(-1, 1, n), rng.uniform(0, 2 * np.pi, n)
    across = distance * np.sqrt(1 - height**2)
    return across * np.cos(angle), across * np.sin(angle)


def r_magnitudes(rng: np.random.Generator, n: int) -> np.ndarray:
    """Return r [AB mag]: counts that grow exponentially to 25, for all galaxies."""
    whole = -np.expm1(-(DEEPEST - BRIGHTEST) / MEAN_DEPTH)
    return DEEPEST + MEAN_DEPTH * np.log1p(-rng.random(n) * whole)


def colour_ratios(rng: np.random.Generator, n: int) -> np.ndarray:
    """Return natural logarithms of fluxes in g, i and z over r, shape (n, 3).

    From `STAND_IN`, clipped to 2.76 (3 mag) as upstream did.
    """
    shares, means, scatters = (np.array(v) for v in zip(*STAND_IN, strict=True))
    kind = rng.choice(len(shares), n, p=shares)
    g_r, r_i, i_z = rng.normal(means[kind], scatters[kind]).T
    found = upstream.log_ratios(np.stack([g_r, np.zeros(n), -r_i, -r_i - i_z], axis=-1))
    return np.clip(found, -MOST_RATIO, MOST_RATIO)


def _cluster(rng, settings: UpstreamSettings) -> tuple[DrawnCluster, float]:
    mass, z = float(masses(rng, 1)[0]), float(cluster_redshifts(rng, 1)[0])
    x, y = upstream.middle(rng, settings, 0.2, 0.8)
    radius = float(virial_radius(mass, z))
    count = float(members_of(mass))
    extent = PIXELS_PER_MPC * radius
    return DrawnCluster(float(x), float(y), z, count, radius, extent), mass


def _members(rng, cluster: DrawnCluster, mass: float) -> dict:
    n = int(cluster.richness)
    x, y = in_a_sphere(rng, n)
    places = {"X": cluster.x + x * cluster.extent, "Y": cluster.y + y * cluster.extent}
    z = member_redshifts(rng, n, mass, cluster.z)
    return {**places, **_galaxies(rng, z), "MEM": np.ones(n, int)}


def _field(rng, settings: UpstreamSettings) -> dict:
    n = 1 + rng.poisson(DENSITY * settings.image_size**2)
    z = rng.uniform(0, FARTHEST, n)
    places = upstream.anywhere(rng, n, settings)
    return {**places, **_galaxies(rng, z), "MEM": np.zeros(n, int)}


def _galaxies(rng, z: np.ndarray) -> dict:
    n = len(z)
    r = flux(r_magnitudes(rng, n)) * (1 + z)
    others = r[:, None] * np.exp(colour_ratios(rng, n))
    g1, g2 = upstream.shears(rng, n)
    return {
        **upstream.fluxes_of(np.insert(others, BANDS.index("r"), r, axis=1)),
        "HLR": upstream.member_radii(rng, n),
        "FRACDEV": np.zeros(n),
        "G1": g1,
        "G2": g2,
        "Z": z,
        "SOURCE_TYPE": np.ones(n, int),
    }
