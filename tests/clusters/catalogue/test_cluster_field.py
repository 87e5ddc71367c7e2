"""The field: counts, colours and clustering against the real sky."""

from dataclasses import replace

import numpy as np
import pytest
from astropy.table import Table, vstack
from scipy import stats
from scipy.spatial import cKDTree
from skyloom.clusters.bands import magnitude
from skyloom.clusters.catalogue import field
from skyloom.clusters.catalogue.halos import HaloSettings
from skyloom.clusters.catalogue.sample import SampleSettings, draw_field

SETTINGS = SampleSettings(image_size=2560)
AREA = (2560 * 0.263 / 60) ** 2  # arcmin^2


@pytest.fixture(scope="module")
def galaxies(world):
    """Return the galaxies of 20 fields with few clusters."""
    rare = replace(SETTINGS, halos=HaloSettings(per_field=0.3))
    drawn = vstack([draw_field(3, k, world, rare)[0] for k in range(20)])
    return drawn[drawn["SOURCE_TYPE"] == 1]


@pytest.fixture(scope="module")
def sdss(real):
    """Return ugriz [AB mag] of 3.357 square degrees of the SDSS, shape (n, 5)."""
    folder = real / "clusters/redmapper_tests/pixelized_dr8_test"
    files = sorted(folder.glob("dr8_test_galaxies_00*.fit"))
    tables = [Table.read(file) for file in files]
    return np.concatenate([np.asarray(t["MAG"], float) for t in tables])


def _magnitudes(table):
    return np.stack([magnitude(table[f"FLUX_{b}"]) for b in "GRIZ"], axis=-1)


def test_counts_are_those_of_the_sky(galaxies, sdss):
    """Galaxies per magnitude within 30 % of the SDSS field, 17 < i < 20."""
    ours = _magnitudes(galaxies)[:, 2]
    for low in (17.0, 18.0, 19.0):
        simulated = np.sum((ours > low) & (ours < low + 1)) / (20 * AREA)
        seen = np.sum((sdss[:, 3] > low) & (sdss[:, 3] < low + 1)) / (3.357 * 3600)
        assert simulated == pytest.approx(seen, rel=0.3)


def test_counts_at_the_depth_of_the_survey(galaxies):
    """Galaxies with 22.5 < i < 23.5 against deep counts, within 40 %.

    Metcalfe et al. 2001 (MNRAS 323, 795) and CFHTLS give about 3.5e4 a square degree
    and magnitude at i_AB = 23.
    """
    ours = _magnitudes(galaxies)[:, 2]
    density = np.sum((ours > 22.5) & (ours < 23.5)) / (20 * AREA) * 3600
    assert density == pytest.approx(3.5e4, rel=0.4)


def test_colours_are_those_of_the_sky(galaxies, sdss):
    """Median colours within 0.15 mag of the SDSS field, spreads within 40 %."""
    ours = _magnitudes(galaxies)
    for low in (17.5, 18.5, 19.5):
        mine = ours[(ours[:, 2] > low) & (ours[:, 2] < low + 1)]
        theirs = sdss[(sdss[:, 3] > low) & (sdss[:, 3] < low + 1), 1:]
        away = np.median(-np.diff(mine), axis=0) - np.median(-np.diff(theirs), axis=0)
        assert np.abs(away).max() < 0.15
        spread = stats.iqr(-np.diff(mine), axis=0) / stats.iqr(-np.diff(theirs), axis=0)
        assert 0.6 < spread[0] < 1.4


def _excess_pairs(x, y, radius, side):
    tree = cKDTree(np.c_[x, y])
    random = np.random.default_rng(0).uniform(0, side, (len(x) * 5, 2))
    cross = cKDTree(random).count_neighbors(tree, radius)
    auto = tree.count_neighbors(tree, radius) - len(x)
    return auto / (cross / 5) - 1


def test_galaxies_cluster_and_need_not(templates, red_sequence):
    """Pairs within 60 arcsec in excess of random ones in a slice; none if told so."""
    rng = np.random.default_rng(2)
    side = (1200.0, 1200.0)
    excess = {
        clustered: np.mean(
            [
                _excess_pairs(
                    *field.positions(rng, 800, 0.4, 0.04, side, clustered=clustered),
                    60.0,
                    1200.0,
                )
                for _ in range(4)
            ]
        )
        for clustered in (True, False)
    }
    assert excess[True] > 0.3
    assert abs(excess[False]) < 0.1


def test_redshifts_grow_with_magnitude(galaxies):
    """Median redshift of i < 19, 20-21, 22-23 galaxies within published ranges.

    VVDS (Le Fevre et al. 2013, A&A 559, A14): about 0.25 at 19, 0.45 to 0.6 at 21,
    0.7 to 0.9 at 23.
    """
    ours, z = _magnitudes(galaxies)[:, 2], np.asarray(galaxies["Z"])
    median = [
        np.median(z[(ours > a) & (ours < b)]) for a, b in ((18, 19), (20, 21), (22, 23))
    ]
    for got, (low, high) in zip(
        median, ((0.15, 0.33), (0.38, 0.62), (0.6, 0.95)), strict=True
    ):
        assert low < got < high
