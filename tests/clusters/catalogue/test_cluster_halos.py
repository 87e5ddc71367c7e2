"""Clusters: radii, luminosities, richness."""

import numpy as np
import pytest
from astropy.table import Table
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import integrate, stats
from skyloom.clusters.catalogue import halos
from skyloom.clusters.config_simulation import Halos

I_BAND = 2


def test_radius_is_redmappers():
    """One Mpc over h at richness 100; the fifth root of richness."""
    assert halos.radius(100.0) == pytest.approx(1 / 0.7)
    assert halos.radius(20.0) == pytest.approx(0.2**0.2 / 0.7)


def _nfw_mass_by_lines_of_sight(x):
    """Mass in a cylinder of an NFW sphere, by integrating its density twice."""

    def density(radius):
        return 1 / (radius * (1 + radius) ** 2)

    def column(projected):
        return (
            2
            * integrate.quad(
                lambda line: density(np.hypot(projected, line)), 0, 400, limit=300
            )[0]
        )

    return integrate.quad(lambda p: p * column(p), 1e-6, x, limit=200)[0]


def test_projection_is_made_once():
    """Shares within radii are those of an NFW sphere seen from the side."""
    drawn = halos.projected_radii(np.random.default_rng(1), 40_000, 5.0)
    whole = _nfw_mass_by_lines_of_sight(5.0)
    for x in (0.3, 1.0, 2.5):
        share = _nfw_mass_by_lines_of_sight(x) / whole
        assert np.mean(drawn < x) == pytest.approx(share, abs=0.01)


def test_a_second_projection_would_be_seen():
    """Upstream's |U(-1, 1)| factor changes the distribution far beyond the scatter."""
    drawn = halos.projected_radii(np.random.default_rng(1), 5000, 5.0)
    twice = drawn * np.random.default_rng(2).random(5000)
    assert stats.ks_2samp(drawn, twice).pvalue < 1e-6


@settings(max_examples=20, deadline=None)
@given(st.floats(-2.5, 0.0), st.floats(1.0, 5.0), st.integers(0, 99))
def test_luminosities_stay_in_their_limits(brightest, faintest, seed):
    drawn = halos.schechter(np.random.default_rng(seed), 200, brightest, faintest)
    assert drawn.min() >= brightest - 1e-6
    assert drawn.max() <= faintest + 1e-6


def test_luminosities_follow_schechter():
    """Number in halves of the range against the integral of the function."""
    drawn = halos.schechter(np.random.default_rng(3), 20_000, -2.0, 4.0)

    def density(m):
        return np.exp(-(10 ** (-0.4 * m)))

    whole = integrate.quad(density, -2, 4)[0]
    for edge in (0.0, 1.75):
        share = integrate.quad(density, -2, edge)[0] / whole
        assert np.mean(drawn < edge) == pytest.approx(share, abs=0.012)


def test_counted_members_are_the_richness(red_sequence, templates):
    """As many red members brighter than 0.2 L* as the richness says."""
    rng = np.random.default_rng(4)
    drawn = halos.members(rng, 40.0, 0.4, red_sequence, templates, 24.0)
    counted = drawn["counted"]
    below = drawn["magnitudes"][:, I_BAND] - red_sequence.m_star(0.4)[I_BAND]
    assert counted.sum() == 40
    assert below[counted].max() <= halos.FAINTEST_MEMBER + 1e-9
    distance = np.hypot(drawn["east"], drawn["north"])[counted]
    assert distance.max() < 1.5 * halos.radius(40.0)
    assert distance[0] == 0
    assert below[0] == below.min()


def test_members_lie_on_the_red_sequence(red_sequence, templates):
    """The median colour of members is the red sequence's, whatever the redshift."""
    for z in (0.2, 0.45, 0.7):
        rng = np.random.default_rng(5)
        drawn = halos.members(rng, 150.0, z, red_sequence, templates, 24.0)
        colours = -np.diff(drawn["magnitudes"][drawn["counted"]], axis=1)
        away = np.median(colours, axis=0) - red_sequence.colours(z)
        assert np.abs(away).max() < 0.04


def test_richness_goes_on_below_the_list(world):
    """Density per richness is continuous where the list ends."""
    rng = np.random.default_rng(6)
    settings = Halos(per_field=60_000, richness=(5.0, 150.0), tilt=0.0)
    richness, z = halos.draw_halos(rng, world.clusters, settings)
    below = np.mean((richness > 17) & (richness < 20)) / 3
    above = np.mean((richness > 20) & (richness < 23)) / 3
    slope = (17.0**-1.5 - 20.0**-1.5) / (20.0**-1.5 - 23.0**-1.5)
    assert below / above == pytest.approx(slope, rel=0.2)
    assert richness.min() < 6
    assert z.min() >= settings.redshifts[0]


def test_even_redshifts_reach_where_the_list_has_none(world):
    """Half of them between the limits, the richness the list's."""
    near = world.clusters[np.asarray(world.clusters["Z_LAMBDA"]) > 0.4]
    settings = Halos(per_field=20_000, redshifts=(0.1, 0.9), even=0.5)
    richness, z = halos.draw_halos(np.random.default_rng(1), near, settings)
    assert np.mean(z < 0.35) == pytest.approx(0.5 * 0.25 / 0.8, abs=0.01)
    alike = np.median(richness[z < 0.35]) / np.median(richness[z > 0.5])
    assert alike == pytest.approx(1.0, abs=0.05)


def test_tilt_draws_richer_clusters(world):
    means = [
        halos.draw_halos(
            np.random.default_rng(7),
            world.clusters,
            Halos(per_field=3000, tilt=tilt),
        )[0].mean()
        for tilt in (0.0, 1.0, 2.0)
    ]
    assert means[0] < means[1] < means[2]


def test_a_list_outside_the_limits_is_refused(world):
    limits = Halos(redshifts=(0.05, 0.1))
    with pytest.raises(ValueError, match="no cluster of richness"):
        halos.draw_halos(np.random.default_rng(0), world.clusters, limits)


@pytest.mark.real
def test_brightest_galaxies_are_as_bright_as_real_ones(real, red_sequence):
    """Simulated brightest galaxies against the other half of redMaPPer DR8."""
    listed = Table.read(real / "clusters/redmapper_dr8_v5.10.fits.gz")[1::2]
    star = red_sequence.m_star(np.asarray(listed["Z_LAMBDA"], float))
    # The i bands differ: passive galaxies are 0.09 mag brighter in DECam's.
    excess = star[:, I_BAND] - np.asarray(listed["IMAG"], float) + 0.09
    richness = np.asarray(listed["LAMBDA"], float)
    rng = np.random.default_rng(8)
    for low, high in ((20, 30), (30, 50), (50, 200)):
        chosen = (richness > low) & (richness < high)
        drawn = [halos._bcg_excess(rng, x) for x in richness[chosen]]
        assert np.median(drawn) == pytest.approx(np.median(excess[chosen]), abs=0.12)


def test_brightest_galaxies_grow_with_richness():
    """Median and scatter of their magnitude above m*, at three richnesses."""
    rng = np.random.default_rng(9)
    for richness, median in ((20.0, 1.21), (50.0, 1.51), (100.0, 1.73)):
        drawn = np.array([halos._bcg_excess(rng, richness) for _ in range(4000)])
        assert np.median(drawn) == pytest.approx(median, abs=0.03)
        spread = stats.median_abs_deviation(drawn, scale="normal")
        assert spread == pytest.approx(0.45, abs=0.03)
        assert drawn.min() >= 0.1
        assert drawn.max() <= 3.0


def test_red_galaxies_scatter_about_a_tilted_ridge(red_sequence):
    """Slope with magnitude and scatter of each colour; which band is i."""
    relative = np.tile([-1.0, 0.0, 1.5], 20_000)
    z = np.full(len(relative), 0.4)
    drawn = halos.red_magnitudes(np.random.default_rng(3), red_sequence, z, relative)
    np.testing.assert_allclose(drawn[:, 2], red_sequence.m_star(0.4)[2] + relative)
    away = -np.diff(drawn, axis=1) - red_sequence.colours(0.4)
    slopes = [stats.linregress(relative, column).slope for column in away.T]
    np.testing.assert_allclose(slopes, [-0.033, -0.01, -0.006], atol=6e-4)
    scatter = away[relative == 0].std(axis=0)
    np.testing.assert_allclose(scatter, [0.05, 0.03, 0.03], rtol=0.02)


def test_blue_and_faint_members_come_on_top(red_sequence, templates):
    """A quarter of them blue; red ones to the depth as the luminosities say."""
    rng = np.random.default_rng(4)
    drawn = [
        halos.members(rng, 60.0, 0.3, red_sequence, templates, 24.0) for _ in range(60)
    ]
    early = np.array([part["early"].sum() for part in drawn])
    blue = np.array([(~part["early"]).sum() for part in drawn])
    assert blue.sum() / early.sum() == pytest.approx(0.25, abs=0.012)
    depth = 24.0 - red_sequence.m_star(0.3)[I_BAND]

    def number(below):
        return integrate.quad(lambda m: np.exp(-(10 ** (-0.4 * m))), -2, below)[0]

    wanted = 60 * number(depth) / number(halos.FAINTEST_MEMBER)
    assert early.mean() == pytest.approx(wanted, rel=0.02)
    bluer = np.concatenate([-np.diff(p["magnitudes"][~p["early"]]) for p in drawn])
    assert np.median(bluer[:, 0]) < red_sequence.colours(0.3)[0] - 0.4
    places = np.concatenate([[p["east"], p["north"]] for p in drawn], axis=1)
    assert np.abs(places.mean(axis=1)).max() < 0.02


def test_tilt_changes_the_richness_function_by_its_power(world):
    """Numbers above 40, and redshifts, are those of the list, weighted."""
    listed = np.asarray(world.clusters["LAMBDA"])
    for tilt in (0.0, 1.0):
        limits = Halos(per_field=40_000, richness=(20.0, 200.0), tilt=tilt)
        rng = np.random.default_rng(11)
        richness, z = halos.draw_halos(rng, world.clusters, limits)
        weight = listed**tilt
        wanted = weight[listed > 40].sum() / weight.sum()
        assert np.mean(richness > 40) == pytest.approx(wanted, abs=0.01)
        assert len(richness) == pytest.approx(40_000, rel=0.02)
        middle = np.average(world.clusters["Z_LAMBDA"], weights=weight)
        assert z.mean() == pytest.approx(middle, abs=0.01)


def test_turning_a_cluster_keeps_its_area():
    """Ellipses of all axis ratios and directions cover what the circle would."""
    areas, tilts = [], []
    for seed in range(12):
        places = halos._positions(np.random.default_rng(seed), 20_000, 40.0)
        moments = np.cov(places)
        areas.append(np.sqrt(np.linalg.det(moments)))
        tilts.append(np.arctan2(2 * moments[0, 1], moments[0, 0] - moments[1, 1]))
    assert np.std(areas) < 0.03 * np.mean(areas)
    assert np.ptp(tilts) > np.pi
