"""The network's grids: edges, sums, and the normalised spectrum."""

import json
from dataclasses import asdict

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from skyloom.io.spectra import Arm, Spectra
from skyloom.quasars.spectra.grid import LINEAR, LOG, Grid, normalise, rebin

DESI = {
    "b": 3600 + 0.8 * np.arange(2751),
    "r": 5760 + 0.8 * np.arange(2326),
    "z": 7520 + 0.8 * np.arange(2881),
}


def spectra(waves=DESI, n=3, seed=0, dead=0.1):
    rng = np.random.default_rng(seed)
    arms = []
    for name, wave in waves.items():
        flux = rng.normal(size=(n, len(wave))).astype("f4")
        ivar = rng.gamma(2, size=flux.shape).astype("f4")
        ivar[rng.random(flux.shape) < dead] = 0
        arms.append(Arm(name, wave, flux, ivar))
    meta = pd.DataFrame({"targetid": np.arange(n), "tileid": 1, "expid": 1})
    return Spectra(tuple(arms), meta.assign(ra=0.0, dec=0.0))


def test_the_two_grids_are_the_published_ones():
    """443 pixels of 690 km/s, 458 of 17 native ones."""
    assert (LOG.wave[0], round(LOG.wave[-1], 2)) == (3600.0, 9960.99)
    assert (LINEAR.wave[0], round(LINEAR.wave[-1], 1)) == (3600.0, 9815.2)
    assert len(LOG.wave) == 443
    assert len(LINEAR.wave) == 458


@pytest.mark.parametrize("grid", [LOG, LINEAR, Grid("log", 3.6, 2e-3, 7)])
def test_a_grid_survives_json(grid):
    """Every digit returns."""
    assert Grid(**json.loads(json.dumps(asdict(grid)))) == grid


@pytest.mark.parametrize(
    "values",
    [("cubic", 1, 1, 1), ("log", np.nan, 1, 1), ("log", 3, 0, 5), ("linear", 3, 1, 0)],
)
def test_a_grid_that_cannot_be_is_refused(values):
    """A kind, a finite start, a positive step and size."""
    with pytest.raises(ValueError, match=r"expected"):
        Grid(*values)


def test_desi_pixels_fall_17_to_a_linear_bin():
    """Rounding puts 0.8 Å steps on the right side of every edge."""
    native = np.unique(np.concatenate(list(DESI.values())).round(1))
    counts = np.bincount(LINEAR.pixel(native))
    assert (counts[:-1] == 17).all()
    assert counts[-1] == 12


@given(st.sampled_from([LOG, LINEAR]), st.integers(0, 442), st.floats(0.01, 0.99))
def test_a_wavelength_falls_between_its_edges(grid, i, part):
    """Grid values are the lower edges of the pixels."""
    upper = grid.start + grid.step * (i + part)
    wave = 10**upper if grid.kind == "log" else upper
    assert grid.pixel(np.array([wave]))[0] == i


def test_off_the_grid_is_no_pixel():
    """Below, above, and the upper edge."""
    assert (LOG.pixel(np.array([3599.0, 9984.0, 12000.0])) == -1).all()
    assert (LINEAR.pixel(np.array([3599.99, 9828.8])) == -1).all()


@pytest.mark.parametrize("grid", [LOG, LINEAR])
def test_rebin_is_the_weighted_mean_of_all_arms(grid):
    """Against one bincount over all pixels."""
    some = spectra()
    flux, ivar = rebin(some, grid)
    for i in range(len(some)):
        pixel, value, weight = (
            np.concatenate(x)
            for x in zip(
                *((grid.pixel(a.wave), a.flux[i], a.ivar[i]) for a in some.arms),
                strict=True,
            )
        )
        kept = pixel >= 0
        pixel, value, weight = pixel[kept], value[kept], weight[kept].astype(float)
        total = np.bincount(pixel, weight, grid.size)
        mean = np.bincount(pixel, weight * value, grid.size) / np.maximum(total, 1e-30)
        np.testing.assert_allclose(ivar[i], total, rtol=1e-6)
        np.testing.assert_allclose(flux[i], mean, rtol=1e-5, atol=1e-6)


@given(st.integers(0, 10**6), st.floats(0, 1))
@settings(max_examples=20)
def test_rebin_keeps_all_weight_and_ignores_the_masked(seed, dead):
    """Σ ivar is conserved; the flux of a masked pixel does not count."""
    some = spectra({"sdss": 10 ** (3.56 + 1e-4 * np.arange(900))}, 2, seed, dead)
    flux, ivar = rebin(some, LOG)
    (arm,) = some.arms
    np.testing.assert_allclose(ivar.sum(axis=1), arm.ivar.sum(axis=1), rtol=1e-5)
    wild = np.where(arm.ivar > 0, arm.flux, np.float32(1e30))
    again, _ = rebin(Spectra((Arm("sdss", arm.wave, wild, arm.ivar),), some.meta), LOG)
    np.testing.assert_array_equal(flux, again)


def test_an_arm_off_the_grid_adds_nothing():
    """Infrared pixels are no error."""
    flux, ivar = rebin(spectra({"z": np.array([20000.0, 20001.0])}), LOG)
    assert not flux.any()
    assert not ivar.any()


@given(st.integers(0, 10**6), st.floats(1e-3, 1e3), st.floats(-100, 100))
@settings(max_examples=30)
def test_normalised_spectra_have_mean_0_and_scatter_1(seed, scale, shift):
    """And no memory of the flux's scale or, where unmasked, zero."""
    rng = np.random.default_rng(seed)
    flux, ivar = rng.normal(size=(2, 5, 443))
    ivar = np.abs(ivar) + 0.01
    x, good = normalise(flux, ivar)
    assert good.all()
    assert x.dtype == np.float32
    mean = (x * ivar).sum(axis=1) / ivar.sum(axis=1)
    np.testing.assert_allclose(mean, 0, atol=1e-6)
    np.testing.assert_allclose((x**2 * ivar).sum(axis=1) / ivar.sum(axis=1), 1, 1e-5)
    np.testing.assert_allclose(normalise(scale * flux + shift, ivar)[0], x, atol=1e-5)


def test_a_masked_pixel_becomes_minus_mean_over_scatter():
    """What the published networks were trained on."""
    flux, ivar = np.array([[1.0, 3.0, 0.0]]), np.array([[1.0, 1.0, 0.0]])
    x, _ = normalise(flux, ivar)
    assert x.tolist() == [[-1, 1, -2]]


@pytest.mark.parametrize(
    ("flux", "ivar"),
    [
        (np.ones(443), np.zeros(443)),
        (np.full(443, 0.1), np.linspace(1, 2, 443)),
        (np.zeros(443), np.ones(443)),
        (np.arange(443.0), np.eye(443)[5]),
    ],
    ids=["no weight", "flat", "zero", "one pixel"],
)
def test_a_spectrum_without_scatter_is_not_good(flux, ivar):
    """No NaN, no noise blown up: zeros, and the mark."""
    x, good = normalise(flux[None], ivar[None])
    assert not good[0]
    assert not x.any()
