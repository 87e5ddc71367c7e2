"""The field: counts, colours and clustering against the real sky."""

import numpy as np
import pytest
from astropy.table import Table, vstack
from scipy import stats
from scipy.integrate import quad
from scipy.spatial import cKDTree
from scipy.special import beta
from skyloom.clusters.bands import magnitude
from skyloom.clusters.catalogue import field
from skyloom.clusters.catalogue.sample import Sample, draw_field
from skyloom.clusters.config_simulation import Halos
from skyloom.sky.cosmology import COSMOLOGY

AREA = (2560 * 0.263 / 60) ** 2  # arcmin^2


@pytest.fixture(scope="module")
def galaxies(world):
    """Return the galaxies of 20 fields with few clusters."""
    rare = Sample(2560, Halos(per_field=0.3))
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


@pytest.mark.real
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


@pytest.mark.real
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


def test_galaxies_cluster():
    """Pairs within 60 arcsec in excess of those of places at random."""
    rng = np.random.default_rng(2)
    side = (1200.0, 1200.0)
    drawn = [field.positions(rng, 800, 0.4, 0.04, side) for _ in range(4)]
    even = [rng.uniform(0, 1200.0, (2, 800)) for _ in range(4)]
    excess = [
        np.mean([_excess_pairs(x, y, 60.0, 1200.0) for x, y in places])
        for places in (drawn, even)
    ]
    assert excess[0] > 0.3
    assert abs(excess[1]) < 0.1


def test_clustering_has_the_projected_correlation():
    """The Gaussian field's covariance is ln(1 + w), up to its mean."""
    z, thickness, cell = 0.4, 0.04, 0.5
    rng = np.random.default_rng(5)
    maps = [np.log(field._lognormal(rng, cell, z, thickness)) for _ in range(300)]
    depth = thickness * 2998.0 / 0.7 / np.sqrt(0.3 * 1.4**3 + 0.7)

    def covariance(lag):
        return np.mean([np.mean(m * np.roll(m, lag, axis=0)) for m in maps])

    def wanted(lag):
        # (r / 5 Mpc/h)^-1.8 projected: Davis & Peebles 1983 (ApJ 267, 465).
        w = (5 / 0.7) ** 1.8 * (lag * cell) ** -0.8 * beta(0.5, 0.4) / depth
        return np.log1p(w)

    for near, far in ((0, 2), (2, 6), (6, 20)):
        expected = wanted(max(near, 0.5)) - wanted(far)  # half a cell within one
        got = covariance(near) - covariance(far)
        assert got == pytest.approx(expected, rel=0.05)


def test_galaxies_follow_the_luminosity_functions(red_sequence, templates):
    """Numbers of a slice against the integrals of both Schechter functions."""
    rng, side = np.random.default_rng(3), (3000.0, 3000.0)
    shells = COSMOLOGY.comoving_volume([0.28, 0.32]).value
    sky = 4 * np.pi * (180 / np.pi * 3600) ** 2
    volume = np.diff(shells)[0] * 3000.0**2 / sky
    drawn = [
        field._slice(rng, 0.28, 0.32, side, red_sequence, templates, 22.0)
        for _ in range(12)
    ]
    red = np.mean([part["early"].sum() for part in drawn])
    depth = 22.0 - red_sequence.m_star(0.3)[2]
    light = quad(lambda x: x**-0.83 * np.exp(-x), 10 ** (-0.4 * depth), 16)[0]
    wanted = 2.25e-3 / (1.3 / 1.1) * light * volume
    assert red == pytest.approx(wanted, rel=0.05)
    blue = np.mean([(~part["early"]).sum() for part in drawn])
    star = -21.22 - 1.6 * 0.2 + COSMOLOGY.distmod(0.3).value
    offset = templates.offset(np.array([1.85]), np.array([0.3]))[0, 2]
    faint = 10 ** (-0.4 * (22.0 - star - offset))
    light = quad(lambda x: x**-1.3 * np.exp(-x), faint, 16)[0]
    assert blue == pytest.approx(2.05e-3 * light * volume, rel=0.05)
    z = np.concatenate([part["z"] for part in drawn])
    assert z.min() > 0.28
    assert z.max() < 0.32
    assert z.mean() == pytest.approx(0.3, abs=0.001)


def test_stars_follow_counts_and_locus():
    """Four a square arcminute, 10^(0.12 i), and colours on the stellar locus."""
    stars = field.draw_stars(np.random.default_rng(4), (6000.0, 6000.0), 24.0)
    mag = stars["magnitudes"]
    assert len(mag) == pytest.approx(4.0 * 1e4, rel=0.02)
    counts = 10 ** (0.12 * np.array([14.0, 20.0, 24.0]))
    wanted = (counts[1] - counts[0]) / (counts[2] - counts[0])
    # Fainter than i = 14 there are all; brighter none.
    assert mag[:, 2].min() > 14
    assert np.mean(mag[:, 2] < 20) == pytest.approx(wanted, rel=0.05)
    g_i, r_i, i_z = mag[:, 0] - mag[:, 2], mag[:, 1] - mag[:, 2], mag[:, 2] - mag[:, 3]
    turnoff, dwarfs = np.abs(g_i - 0.6) < 0.05, np.abs(g_i - 2.5) < 0.05
    for rows, expected in ((turnoff, (0.16, 0.06)), (dwarfs, (1.10, 0.59))):
        assert np.median(r_i[rows]) == pytest.approx(expected[0], abs=0.02)
        assert np.median(i_z[rows]) == pytest.approx(expected[1], abs=0.02)
    # Red dwarfs are more, the fainter.
    faint, bright = mag[:, 2] > 23, mag[:, 2] < 18
    assert np.mean(g_i[faint] > 1.6) == pytest.approx(0.73, abs=0.04)
    assert np.mean(g_i[bright] > 1.6) == pytest.approx(0.225, abs=0.04)


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


def test_types_between_templates_are_mixed_in_proportion(templates):
    """Whole numbers are the tables; a quarter of the way, a quarter of the next."""
    z = np.full(5, 0.4)
    got = templates.offset(np.array([0.0, 1.0, 3.0, 0.25, 2.25]), z)
    kinds = [
        [np.interp(0.4, templates.z, column) for column in table.T]
        for table in templates.offsets
    ]
    e, sbc, scd, im = np.array(kinds)
    wanted = [e, sbc, im, 0.75 * e + 0.25 * sbc, 0.75 * scd + 0.25 * im]
    np.testing.assert_allclose(got, wanted)
