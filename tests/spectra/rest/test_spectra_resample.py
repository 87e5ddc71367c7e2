"""Resampling: what it conserves, and whether its errors are right."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from skyloom.spectra.rest.air import air_to_vacuum
from skyloom.spectra.rest.grid import RestGrid
from skyloom.spectra.rest.resample import C, edges_of, overlaps, stretch, to_rest

GRID = RestGrid(4000.0, 4e-4, 512)
MANGA = 10 ** (np.log10(3621.596) + 1e-4 * np.arange(4563))
SEEN = 10 ** (np.log10(3900.0) + 2e-4 * np.arange(1300))
redshifts = st.floats(-0.005, 0.06)


def spectra(seed, n=3, wave=SEEN):
    """Return smooth spectra with lines, and unit ivar."""
    lots = np.random.default_rng(seed)
    flux = 1 + 0.3 * np.sin(wave / lots.uniform(20, 400, (n, 1)))
    return flux, np.ones_like(flux)


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 99), z=redshifts)
def test_the_flux_is_conserved_where_all_is_covered(seed, z):
    """The integral over whole pixels is that of the input between the same edges."""
    wave = 10 ** (np.log10(3600.0) + 2e-4 * np.arange(2048))
    flux, ivar = spectra(seed, wave=wave)
    found, weight = to_rest(wave, flux, ivar, np.full(3, 1 + z), GRID)
    assert (weight > 0).all()
    edges = edges_of(wave)
    share = np.diff(np.interp(edges, GRID.edges[[0, -1]] * (1 + z), [0, 1]))
    length = share * (GRID.edges[-1] - GRID.edges[0]) * (1 + z)
    total = (found * np.diff(GRID.edges)).sum(axis=1)
    assert total == pytest.approx((flux * length).sum(axis=1), rel=1e-6)


@settings(max_examples=25, deadline=None)
@given(z=redshifts, level=st.floats(1e-3, 1e3), holes=st.integers(0, 99))
def test_a_constant_stays_constant(z, level, holes):
    """At 1 + z times its level, whatever is masked."""
    masked = np.random.default_rng(holes).random((1, len(SEEN))) < 0.3
    flux = np.where(masked, 1e9, level)
    ivar = np.where(masked, 0.0, 1.0)
    found, weight = to_rest(SEEN, flux, ivar, np.array([1 + z]), GRID)
    assert found[weight > 0] == pytest.approx(level * (1 + z), rel=1e-5)
    assert (found[weight == 0] == 0).all()


def test_a_shift_by_whole_pixels_is_exact():
    """On a grid of the same step, and the same grid changes nothing."""
    flux, ivar = spectra(1, wave=MANGA)
    grid = RestGrid(3621.596, 1e-4, 4544)
    for pixels in (0, 7, -4):
        rest, weight = to_rest(
            MANGA, flux, ivar, np.full(3, 10 ** (1e-4 * pixels)), grid
        )
        where = slice(max(0, -pixels), 4544 - max(0, pixels))
        moved = slice(where.start + pixels, where.stop + pixels)
        by = 10 ** (1e-4 * pixels)
        assert rest[:, where] == pytest.approx(flux[:, moved] * by, rel=1e-6)
        assert weight[:, where] == pytest.approx(1 / by**2, rel=1e-6)


def test_a_redshifted_spectrum_comes_back():
    """Lines seen at different redshifts fall on the same pixels at rest."""
    centre, factors = 5008.24, 1 + np.linspace(0.0, 0.05, 9)
    wave = np.arange(3600.0, 5600.0, 0.8)
    flux = np.exp(-0.5 * ((wave / factors[:, None] - centre) / 4.0) ** 2)
    found, _ = to_rest(wave, flux, np.ones_like(flux), factors, GRID)
    centroid = (found * GRID.wave).sum(axis=1) / found.sum(axis=1)
    assert centroid == pytest.approx(centre, abs=0.05)
    total = (found * np.diff(GRID.edges)).sum(axis=1)
    assert total == pytest.approx(np.sqrt(2 * np.pi) * 4.0 * factors, rel=1e-3)


@pytest.mark.parametrize("step", [1e-4, 1.7e-4, 4e-4])
def test_the_errors_are_those_of_monte_carlo(step):
    """Of single pixels within 5 %, for a step as fine as the input and coarser."""
    grid, lots = RestGrid(4500.0, step, 192), np.random.default_rng(5)
    wave = 10 ** (np.log10(4600.0) + 1e-4 * np.arange(1400))
    sigma = lots.uniform(0.5, 2.0, len(wave))
    noise = lots.normal(0, sigma, (6000, len(wave)))
    ivar = np.broadcast_to(sigma**-2, noise.shape)
    found, weight = to_rest(wave, noise, ivar, np.full(6000, 1.0312), grid)
    good = weight[0] > 0
    ratio = found[:, good].std(axis=0) * np.sqrt(weight[0, good])
    assert good.sum() > 150
    assert np.sqrt(np.mean(ratio**2)) == pytest.approx(1, abs=0.01)
    assert ratio == pytest.approx(1, abs=0.05)


def test_the_covariance_is_as_stated():
    """Of a mean over many pixels the variance is 1.5 times that of independent ones."""
    lots, ratios = np.random.default_rng(6), []
    wave = 10 ** (np.log10(4000.0) + 1e-4 * np.arange(700))
    grid = RestGrid(4100.0, 1e-4, 512)
    noise = lots.normal(0, 1, (4000, len(wave)))
    for offset in (np.arange(8) + 0.5) / 8:
        factor = np.full(4000, 10 ** (1e-4 * offset))
        found, weight = to_rest(wave, noise, np.ones_like(noise), factor, grid)
        alone = (1 / weight[0]).sum() / 512**2
        ratios.append([found.mean(axis=1).var(), alone])
    measured, alone = np.mean(ratios, axis=0)
    assert measured / alone == pytest.approx(1.5, abs=0.08)


def test_half_of_a_pixel_must_be_covered():
    """Below half it is masked; above, its value is that of the good part."""
    wave = 10 ** (np.log10(4000.0) + 1e-4 * np.arange(64))
    grid = RestGrid(wave[21] * 1.0, 3e-4, 8)
    ivar, flux = np.ones((1, 64)), np.ones((1, 64))
    ivar[0, 20] = 0  # a third of pixel 0
    ivar[0, [23, 24]] = 0  # two thirds of pixel 1
    flux[0, [20, 23, 24]] = np.nan
    found, weight = to_rest(wave, flux, ivar, np.ones(1), grid)
    assert found[0, 0] == pytest.approx(1)
    assert weight[0, 0] == pytest.approx(2, rel=1e-3)
    assert weight[0, 1] == found[0, 1] == 0


def test_numbers_at_the_ends_of_float32():
    """Tiny and huge numbers are kept or masked; none is infinite, or warned of."""
    flux, ivar = (
        np.ones((4, len(SEEN)), np.float32),
        np.ones((4, len(SEEN)), np.float32),
    )
    ivar[0], ivar[1] = 1e-44, 3e38
    flux[2] = 3.4e38
    ivar[3, ::2] = 1e-44
    found, weight = to_rest(SEEN, flux, ivar, np.full(4, 1.02), GRID)
    assert np.isfinite(found).all()
    assert np.isfinite(weight).all()
    assert ((weight > 0) | (found == 0)).all()
    assert not found[2].any()


def test_wavelengths_of_each_spectrum():
    """Rows on grids of their own come out as they do alone."""
    flux, ivar = spectra(3)
    waves = np.stack([SEEN * f for f in (1.0, 1.01, 0.99)])
    factor = np.array([1.0, 1.02, 1.01])
    together = to_rest(waves, flux, ivar, factor, GRID)
    for i in range(3):
        one = slice(i, i + 1)
        alone = to_rest(waves[i], flux[one], ivar[one], factor[one], GRID)
        assert (together[0][one] == alone[0]).all()
        assert (together[1][one] == alone[1]).all()


def test_overlaps_fill_what_they_cover():
    """Target pixels inside the source are filled; those outside are empty."""
    source, target = np.linspace(100, 200, 51), np.linspace(90, 210, 41)
    part = overlaps(source, target).toarray()
    inside = (target[:-1] >= 100) & (target[1:] <= 200)
    assert part[inside].sum(axis=1) == pytest.approx(3.0)
    assert part[(target[1:] <= 100) | (target[:-1] >= 200)].sum() == 0
    assert part.sum() == pytest.approx(100)


def test_velocities_stretch_too():
    """Unknown ones count as 0."""
    factor = stretch(np.array([0.1, 0.1]), np.array([np.nan, C / 100]))
    assert factor == pytest.approx([1.1, 1.1 * 1.01])


def test_air_to_vacuum_as_published():
    """NIST's air and vacuum wavelengths of lines of H, O, Ca and Na."""
    air = [6562.801, 4861.350, 5006.843, 3968.469, 5889.951]
    vacuum = [6564.614, 4862.708, 5008.240, 3969.591, 5891.583]
    assert air_to_vacuum(air) == pytest.approx(vacuum, abs=2e-3)
