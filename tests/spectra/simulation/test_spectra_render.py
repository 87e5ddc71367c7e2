"""Rendered spectra: units, motions, dust and lines."""

import numpy as np
import pytest
from astropy import units as u
from simulated_stars import library, single, stars
from skyloom.sky.cosmology import COSMOLOGY
from skyloom.spectra.simulation.dust import curve
from skyloom.spectra.simulation.emission import LINES, Gas
from skyloom.spectra.simulation.frame import KMS, LOGLAM, PIXELS, WAVE, C
from skyloom.spectra.simulation.history import star_formation
from skyloom.spectra.simulation.render import L_SUN, render

OLD = single(22, 8)
STEP = np.diff(10 ** (LOGLAM[0] + 1e-4 * (np.arange(PIXELS + 1) - 0.5)))


def drawn(part, z=0.03, gas=None, blur=0.0):
    return render(library(), [part], gas, z, blur)


def test_flux_is_the_light_at_the_distance():
    """Between two wavelengths at rest, whatever the redshift."""
    rest = (library().wave > 5000) & (library().wave < 5800)
    light = 1e9 * (library().flux[22, 8] * np.gradient(library().wave))[rest].sum()
    for z in (0.01, 0.07, 0.15):
        seen = drawn(stars(OLD), z).flux[0]
        near = (5000 * (1 + z) < WAVE) & (5800 * (1 + z) > WAVE)
        distance = COSMOLOGY.luminosity_distance(z).to_value(u.cm)
        total = (seen * STEP)[near].sum() * 1e-17 * 4 * np.pi * distance**2
        assert total == pytest.approx(light * L_SUN, rel=3e-3)


def test_spectra_are_linear_in_mass_and_components_add():
    history = star_formation(library(), [12.0, 5.0], [2.0, 5.0])
    a = stars(history, mass=[1e8, 2e9], velocity=50.0, ebv=0.1)
    b = stars(single([3, 20], 4), mass=[3e7, 5e8], velocity=-80.0, sigma=200.0)
    double = stars(history, mass=[2e8, 4e9], velocity=50.0, ebv=0.1)
    one, two, both = (
        render(library(), parts, None, 0.05).flux for parts in ([a], [b], [a, b])
    )
    assert np.allclose(both, one + two, rtol=1e-4, atol=1e-4 * both.max())
    assert np.allclose(drawn(double, 0.05).flux, 2 * one, rtol=1e-4)


def test_many_spectra_are_those_of_each_alone():
    n = 300
    rng = np.random.default_rng(0)
    part = stars(single(rng.integers(0, 25, n), 5), 1e9, rng.normal(0, 99, n), ebv=0.1)
    z = rng.uniform(0.01, 0.15, n)
    together = drawn(part, z).flux
    last = stars(
        single(part.history.weights[-1].any(1).argmax(), 5),
        1e9,
        part.velocity[-1],
        ebv=0.1,
    )
    alone = drawn(last, z[-1]).flux[0]
    assert np.allclose(together[-1], alone, rtol=1e-4, atol=1e-5 * alone.max())


def test_a_velocity_is_a_redshift():
    z, v = 0.03, 350.0
    other = (1 + z) * (1 + v / C) - 1
    moving, receding = drawn(stars(OLD, velocity=v), z), drawn(stars(OLD), other)
    used = moving.covered[0] & receding.covered[0]
    ratio = moving.flux[0][used] / receding.flux[0][used]
    assert np.ptp(ratio) / ratio.mean() < 1e-4


def test_dispersion_of_stars_is_found_again():
    """The width of an absorption line grows by the dispersion in quadrature."""
    narrow, wide, blurred = (
        drawn(stars(OLD, sigma=s), 0.02, blur=b).flux[0]
        for s, b in ((100.0, 0.0), (260.0, 0.0), (100.0, 240.0 / KMS))
    )
    # A Gaussian of 240 km/s takes the first to the second.
    assert np.allclose(wide, blurred, rtol=1e-4)
    k = np.arange(-30, 31)
    kernel = np.exp(-0.5 * (k * KMS / 240) ** 2)
    by_hand = np.convolve(narrow, kernel / kernel.sum(), mode="same")[300:4300]
    assert np.allclose(by_hand, wide[300:4300], rtol=2e-4)


def test_dust_dims_as_calzettis_curve():
    levels = [drawn(stars(OLD, ebv=e)) for e in (0.0, 0.2, 0.5)]
    clear, some, much = (level.flux[0] for level in levels)
    used = levels[0].covered[0]
    assert (some[used] < clear[used]).all()
    assert (much[used] < some[used]).all()
    loss = -2.5 * np.log10(much[used] / clear[used])
    assert np.allclose(loss, 0.5 * curve(WAVE[used] / 1.03), rtol=0.02)
    assert curve(5500.0) == pytest.approx(4.05, abs=0.03)  # R_V
    # Calzetti et al. 2000, their equation 4 at both sides of 6300 Å,
    # which differ by 0.024.
    assert curve(6299.0) == pytest.approx(curve(6301.0), abs=0.03)


@pytest.mark.parametrize("z", [0.003, 0.01, 0.08, 0.15])
def test_what_the_populations_lack_is_not_covered(z):
    seen = drawn(stars(OLD, velocity=300.0), z)
    rest = WAVE / (1 + z)
    assert (seen.flux[0][~seen.covered[0]] == 0).all()
    assert (seen.flux[0][seen.covered[0]] > 0).all()
    assert not seen.covered[0][(rest < 3640) | (rest > 10325)].any()
    assert seen.covered[0][(rest > 3643) & (rest < 10320) & (WAVE < 10320)].all()


def with_gas(z, velocity=120.0, sigma=90.0, blur=0.0):
    gas = Gas(*(np.full(1, x) for x in (velocity, sigma, 0.1, 8.5)))
    part = stars(single(5, 8, ssfr=1e-9))
    whole, dark = drawn(part, z, gas, blur), drawn(part, z, None, blur)
    return whole, (whole.flux - dark.flux)[0]


@pytest.mark.parametrize("name", ["oiii5008", "hb4863", "siii9071"])
def test_lines_are_where_and_as_wide_and_bright_as_stated(name):
    z, blur = 0.0413, 0.8
    whole, flux = with_gas(z, blur=blur)
    place = (np.log10(LINES[name] * (1 + z) * (1 + 120 / C)) - LOGLAM[0]) / 1e-4
    near = np.arange(PIXELS)[abs(np.arange(PIXELS) - place) < 22]
    light = (flux * STEP)[near]
    assert light.sum() == pytest.approx(whole.lines[name][0], rel=1e-3)
    centre = (near * light).sum() / light.sum()
    assert centre == pytest.approx(place, abs=0.01)
    width = (light * (near - centre) ** 2).sum() / light.sum()
    own = library().sigma[round(place)]
    # A pixel's own width adds a twelfth.
    wanted = own**2 + blur**2 + (90 / KMS) ** 2 + 1 / 12
    assert width == pytest.approx(wanted, rel=0.01)


def test_all_lines_are_drawn_and_those_off_the_grid_left_out():
    for z in (0.003, 0.02, 0.15):
        whole, flux = with_gas(z)
        place = (np.log10(np.array(list(LINES.values())) * (1 + z)) - LOGLAM[0]) / 1e-4
        inside = [n for n, p in zip(LINES, place, strict=True) if p < PIXELS - 40]
        seen = (flux * STEP)[whole.covered[0]].sum()
        assert seen == pytest.approx(whole.lines[inside].iloc[0].sum(), rel=2e-3)


def test_equivalent_width_is_that_of_the_spectrum():
    z = 0.03
    whole, lines = with_gas(z, velocity=0.0)
    dark = whole.flux[0] - lines
    near = abs(WAVE / (1 + z) - 6564.6) < 90
    level = dark[near].mean()
    width = whole.lines["ha6565"][0] / level / (1 + z)
    assert whole.lines["ew_ha"][0] == pytest.approx(width, rel=0.05)
