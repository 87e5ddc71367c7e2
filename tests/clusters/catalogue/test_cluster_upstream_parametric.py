"""Upstream's parametric prior: its relations, and what its defects do."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings as tried
from hypothesis import strategies as st
from scipy import integrate, stats
from skyloom.clusters.bands import magnitude
from skyloom.clusters.catalogue import upstream_parametric as parametric
from skyloom.clusters.catalogue.upstream import UpstreamSettings
from skyloom.sky.cosmology import arcsec_per_mpc

ALWAYS = UpstreamSettings(cluster_share=1.0)


@pytest.fixture(scope="module")
def drawn():
    """Return the sources and the truth of a field with a cluster."""
    return parametric.draw_parametric(3, 5, ALWAYS)


@tried(max_examples=30, deadline=None)
@given(st.floats(1e13, 1e16))
def test_number_of_members_follows_mass(mass):
    """Twenty galaxies at 4e13 solar masses; the inverse relation returns the mass."""
    count = int(parametric.members_of(mass))
    assert 4e13 * (count / 20) ** 1.35 <= mass * (1 + 1e-9)
    assert 4e13 * ((count + 1) / 20) ** 1.35 > mass


def test_a_field_has_as_many_members_as_its_mass_says(drawn):
    sources, clusters, _ = drawn
    row = clusters[0]
    mass = 4 / 3 * np.pi * row["R_LAMBDA"] ** 3
    mass *= 200 * 2.775e11 * 0.49 * (0.3 * (1 + row["Z_LAMBDA"]) ** 3 + 0.7)
    assert row["LAMBDA"] == pytest.approx(20 * (mass / 4e13) ** (1 / 1.35), abs=1.5)
    assert np.sum(sources["MEM"]) == row["LAMBDA"]


def test_redshifts_of_clusters_have_their_mode():
    """The mode of z^1.65 exp(-(z/0.9)^3.33) is 0.729; most lie at 0.35 to 1.05."""
    z = parametric.cluster_redshifts(np.random.default_rng(0), 40_000)
    counts = np.bincount(np.rint((z - 0.01) / (1.24 / 99)).astype(int), minlength=100)
    smooth = np.convolve(counts, np.ones(9) / 9, mode="same")
    assert 0.01 + np.argmax(smooth) * 1.24 / 99 == pytest.approx(0.729, abs=0.06)

    def density(x):
        return x**1.65 * np.exp(-((x / 0.9) ** 3.33))

    share = integrate.quad(density, 0.35, 1.05)[0] / integrate.quad(density, 0, 1.25)[0]
    assert np.mean((z > 0.35) & (z < 1.05)) == pytest.approx(share, abs=0.02)


def test_masses_read_off_linearly_are_too_large():
    """Bins of equal logarithm read linearly: the median mass rises by half or more."""
    drawn = parametric.masses(np.random.default_rng(0), 20_000)
    assert 10**14.5 <= drawn.min() < drawn.max() <= 10**15.5
    meant = np.interp(
        0.5, np.cumsum(parametric.mass_function()), np.linspace(14.5, 15.5, 100)
    )
    assert np.median(drawn) > 1.5 * 10**meant


def _fluctuations(mass):
    """Return sigma(M) for sigma_8 = 0.81 by integrating a cold dark matter spectrum.

    Transfer function of Bardeen et al. 1986 (ApJ 304, 15), eq. G3; slope 0.95.
    """

    def variance(size):
        k = np.geomspace(1e-4, 1e2, 3000)
        q, x = k / (0.3 * 0.7), k * size
        series = 1 + 3.89 * q + (16.1 * q) ** 2 + (5.46 * q) ** 3 + (6.71 * q) ** 4
        transfer = np.log1p(2.34 * q) / (2.34 * q) * series**-0.25
        window = 3 * (np.sin(x) - x * np.cos(x)) / x**3
        power = k**0.95 * transfer**2 * window**2 * k**3
        return integrate.trapezoid(power, np.log(k))

    size = np.cbrt(3 * mass * 0.7 / (4 * np.pi * 0.3 * 2.775e11))
    return 0.81 * np.sqrt(np.array([variance(r) for r in size]) / variance(8.0))


def test_the_mass_function_is_tinkers():
    """Share above 10^15 solar masses within 15 % of one from a spectrum's integral."""
    mass = np.logspace(14.5, 15.5, 100)
    sigma = _fluctuations(mass)
    number = 0.186 * ((sigma / 2.57) ** -1.47 + 1) * np.exp(-1.19 / sigma**2) / mass
    number *= -np.gradient(np.log(sigma), np.log(mass))
    ours = parametric.mass_function()
    assert np.all(np.diff(ours) < 0)
    share = number[50:].sum() / number.sum()
    assert ours[50:].sum() == pytest.approx(share, rel=0.15)


def test_members_are_uniform_in_a_sphere():
    """Median projected radius of a uniform ball: sqrt(1 - 0.5^(2/3)) of its own."""
    x, y = parametric.in_a_sphere(np.random.default_rng(0), 40_000)
    assert np.median(np.hypot(x, y)) == pytest.approx(
        np.sqrt(1 - 0.5 ** (2 / 3)), abs=0.01
    )
    assert np.hypot(x, y).max() <= 1
    assert abs(np.mean(x)) < 0.01


def test_clusters_are_far_too_small_on_the_sky(drawn):
    """80 px to a Mpc is 21 arcsec: true at no redshift."""
    row = drawn[1][0]
    assert row["R_PIX"] == pytest.approx(80 * row["R_LAMBDA"])
    z = np.linspace(0.05, 1.25, 50)
    assert (arcsec_per_mpc(z) / 0.263).min() / 80 > 5


def test_velocities_widen_redshifts():
    """The spread of members' redshifts is (1 + z) sigma_v / c, sigma_v of the mass."""
    z = parametric.member_redshifts(np.random.default_rng(0), 20_000, 1e15, 0.5)
    h = 0.7 * np.sqrt(0.3 * 1.5**3 + 0.7)
    expected = 1.5 * 1028.9 * h ** (1 / 3) / 299_792.458
    assert np.std(z) == pytest.approx(expected, rel=0.02)
    assert np.mean(z) == pytest.approx(0.5, abs=2e-4)


def test_magnitudes_are_exponential_for_all():
    m = parametric.r_magnitudes(np.random.default_rng(0), 40_000)
    assert 15.75 <= m.min() < 18
    assert m.max() <= 25
    assert np.mean(25 - m) == pytest.approx(1.3, abs=0.03)


def test_fluxes_grow_with_redshift(drawn):
    """Flux in r over 1 + z never exceeds that of the brightest magnitude."""
    sources = drawn[0]
    rest = magnitude(sources["FLUX_R"] / (1 + sources["Z"]))
    assert rest.min() >= 15.75
    assert rest.max() <= 25 + 1e-9
    assert np.max(sources["Z"][sources["MEM"] == 0]) > 6


def test_members_have_the_colours_of_the_field():
    """No red sequence: members' and field galaxies' g-r cannot be told apart."""
    tables = [parametric.draw_parametric(4, k, ALWAYS)[0] for k in range(4)]
    colour = [-2.5 * np.log10(t["FLUX_G"] / t["FLUX_R"]) for t in tables]
    mine = np.concatenate(
        [c[t["MEM"] == 1] for c, t in zip(colour, tables, strict=True)]
    )
    field = np.concatenate(
        [c[t["MEM"] == 0] for c, t in zip(colour, tables, strict=True)]
    )
    assert stats.ks_2samp(mine, field).pvalue > 1e-3
