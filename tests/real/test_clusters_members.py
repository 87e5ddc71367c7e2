"""Probabilities of membership against spectroscopic members of S-PLUS clusters.

Werner et al. 2023 (MNRAS 519, 2630), z 0.085 to 0.19. Nothing is fitted on them: the
richness follows from the mass that the members' velocities give, the background from
SDSS.
"""

from __future__ import annotations

import numpy as np
import pytest
from skyloom.clusters.baselines.colour_filter import fit_ridge, measure_background
from skyloom.clusters.baselines.matched_filter import REDSHIFTS
from skyloom.clusters.baselines.photometry import arrays
from skyloom.clusters.baselines.profiles import enclosed, projected_density
from skyloom.clusters.catalogue.colours import read_red_sequence
from skyloom.clusters.catalogue.halos import radius
from skyloom.clusters.real_field.footprint import read_field
from skyloom.clusters.real_field.sdss import read_transform, to_des
from skyloom.sky.cosmology import arcsec_per_mpc

pytestmark = pytest.mark.real
GALAXIES = "cluster.gals.sel.dens_zspec020_membership_probs_r200n.dat"
MAGNITUDES = [2, 7, 9, 11, 13]  # columns of u, g, r, i, z
MPC, INTERLOPER, M200, Z_CLUSTER = 19, 21, 35, 37
NEAREST = 0.085  # redshift
ERROR = 0.03  # of magnitudes, for want of their own


def richness(mass):
    """Return the richness of a mass M200 [1e14 Msun], within 30 %.

    Rykoff et al. 2012, ApJ 746, 178, appendix B.
    """
    return 60.0 * (mass / 5.58) ** (1 / 1.08)


@pytest.fixture(scope="module")
def tables(checkout):
    folder = checkout / "resources/clusters"
    return read_red_sequence(folder / "red_sequence.csv"), read_transform(folder)


@pytest.fixture(scope="module")
def background(real, tables):
    """Return what looks like members here and there in SDSS."""
    folder = real / "clusters/redmapper_tests/pixelized_dr8_test"
    if not folder.is_dir():
        pytest.skip(f"no real data: {folder} is not a folder")
    galaxies, footprint = read_field(sorted(map(str, folder.glob("*.fit"))))
    red_sequence, transform = tables
    _, mag, err = arrays(to_des(galaxies, transform))
    fit = fit_ridge(mag, err, red_sequence, REDSHIFTS)
    return measure_background([fit], [footprint.area * 3600])


def test_of_probable_members_as_many_are_members(real, tables, background):
    """Those of more than 0.5; blue members are not looked for and have less."""
    path = real / "clusters/splus_clusters" / GALAXIES
    if not path.is_file():
        pytest.skip(f"no real data: {path} is not a file")
    table = np.loadtxt(path, usecols=range(38))
    mag = table[:, MAGNITUDES]
    kept = (table[:, Z_CLUSTER] > NEAREST) & (table[:, M200] > 0.05)
    kept &= (mag[:, 1:] < 40).all(axis=1)
    table, mag = table[kept], mag[kept]
    red_sequence, transform = tables
    change, scatter = transform(mag, np.full(mag.shape, ERROR))
    mag, err = mag[:, 1:] + change, np.hypot(ERROR, scatter)
    fit = fit_ridge(mag, err, red_sequence, REDSHIFTS)
    k = np.argmin(np.abs(REDSHIFTS[:, None] - table[:, Z_CLUSTER]), axis=0)
    each = k, np.arange(len(table))
    rich, away = richness(table[:, M200]), table[:, MPC]
    density = background.at(fit)[each] * (arcsec_per_mpc(REDSHIFTS[k]) / 60) ** 2
    odds = rich / enclosed(radius(rich)) * projected_density(away)
    odds *= np.where(fit.usable, fit.signal(), 0.0)[each] / density
    p = np.where(away <= radius(rich), odds / (1 + odds), 0.0)
    member = table[:, INTERLOPER] == 0
    for low, high in ((0.5, 0.85), (0.85, 1.0)):
        some = (p > low) & (p <= high)
        print(low, high, some.sum(), p[some].mean(), member[some].mean())
        assert some.sum() > 80
        assert member[some].mean() == pytest.approx(p[some].mean(), abs=0.1)
