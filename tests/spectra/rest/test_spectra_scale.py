"""Scaling: what it makes of good spectra, and which it cannot scale."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from skyloom.spectra.rest import scale as module
from skyloom.spectra.rest.grid import RestGrid
from skyloom.spectra.rest.scale import METHODS, scale

GRID = RestGrid(3600.0, 1e-3, 256)
INSIDE = (GRID.wave >= 4050) & (GRID.wave <= 4150)
LEVEL = (GRID.wave >= 4400) & (GRID.wave <= 5500)


def spectra(n, seed=0):
    """Return positive spectra with noise, a tenth of their pixels masked."""
    lot = np.random.default_rng(seed)
    flux = 10 + lot.normal(size=(n, 256)) + np.linspace(0, 3, 256)
    ivar = lot.uniform(0.5, 2, (n, 256)) * (lot.random((n, 256)) > 0.1)
    return np.where(ivar > 0, flux, 1e6).astype("f4"), ivar.astype("f4")


@pytest.mark.parametrize("method", METHODS)
def test_good_pixels_get_the_level_that_the_method_promises(method):
    flux, ivar = spectra(20)
    scaled, _, usable = scale(flux, ivar, GRID, method)
    assert usable.all()
    for one, good in zip(scaled.astype(float), ivar > 0, strict=True):
        if method == "zscore":
            assert one[good].mean() == pytest.approx(0, abs=1e-5)
            assert one[good].std() == pytest.approx(1, rel=1e-5)
        elif method == "median":
            assert np.median(one[good & LEVEL]) == pytest.approx(1, rel=1e-6)
        else:
            assert one[good & INSIDE].mean() == pytest.approx(1, rel=1e-6)
        assert not one[~good].any()


@pytest.mark.parametrize("method", METHODS)
@given(factor=st.floats(1e-18, 1e10))
def test_brightness_takes_no_part(method, factor):
    flux, ivar = spectra(3)
    bright = (flux * factor).astype("f4"), (ivar / factor / factor)
    for one, other in zip(
        scale(flux, ivar, GRID, method), scale(*bright, GRID, method), strict=True
    ):
        np.testing.assert_allclose(one, other, rtol=2e-4, atol=2e-4)


@pytest.mark.parametrize("method", METHODS)
def test_signal_to_noise_of_differences_stays(method):
    flux, ivar = spectra(4)
    scaled, weight, _ = scale(flux, ivar, GRID, method)
    good = (ivar > 0) & (np.roll(ivar, 1, axis=1) > 0)
    before = (flux - np.roll(flux, 1, axis=1)) * np.sqrt(ivar)
    after = (scaled - np.roll(scaled, 1, axis=1)) * np.sqrt(weight)
    np.testing.assert_allclose(after[good], before[good], rtol=1e-3, atol=1e-4)


@pytest.mark.parametrize("method", METHODS)
def test_pieces_give_the_same_bytes_as_the_whole(method, monkeypatch):
    flux, ivar = spectra(25)
    whole = scale(flux, ivar, GRID, method)
    monkeypatch.setattr(module, "CHUNK", 7)
    for one, other in zip(whole, scale(flux, ivar, GRID, method), strict=True):
        assert one.tobytes() == other.tobytes()
        assert one.dtype in (np.float32, bool)


def test_a_median_is_that_of_numpy():
    flux, ivar = spectra(30, seed=3)
    scaled, _, _ = scale(flux, ivar, GRID, "median")
    good = ivar > 0
    ours = [np.mean(f[g] / s[g]) for f, s, g in zip(flux, scaled, good, strict=True)]
    numpys = [np.median(f[g & LEVEL]) for f, g in zip(flux, good, strict=True)]
    np.testing.assert_allclose(ours, numpys, rtol=1e-6)


def _all_masked(flux, ivar):
    ivar[:] = 0


def _constant(flux, ivar):
    flux[:] = 4.2


def _negative(flux, ivar):
    flux *= -1


def _nan(flux, ivar):
    flux[100], ivar[100] = np.nan, 1


def _infinite(flux, ivar):
    flux[100], ivar[100] = np.inf, 1


def _endless_ivar(flux, ivar):
    ivar[100] = np.inf


def _no_window(flux, ivar):
    ivar[INSIDE] = 0


def _no_level(flux, ivar):
    ivar[LEVEL] = 0


def _zero(flux, ivar):
    flux[:] = 0


def _overflowing(flux, ivar):
    flux[:], ivar[:] = 1e20, 1e30
    flux[::2] = 3e20


@pytest.mark.parametrize(
    ("harm", "methods"),
    [
        (_all_masked, METHODS),
        (_constant, ("zscore",)),
        (_negative, ("window", "median")),
        (_nan, METHODS),
        (_infinite, METHODS),
        (_endless_ivar, METHODS),
        (_no_window, ("window",)),
        (_no_level, ("median",)),
        (_zero, METHODS),
        (_overflowing, METHODS),
    ],
)
def test_what_cannot_be_scaled_is_said_and_left_empty(harm, methods):
    for method in METHODS:
        flux, ivar = spectra(3)
        harm(flux[1], ivar[1])
        scaled, weight, usable = scale(flux, ivar, GRID, method)
        assert usable.tolist() == [True, method not in methods, True]
        assert np.isfinite(scaled).all()
        assert np.isfinite(weight).all()
        if method in methods:
            assert not scaled[1].any()
            assert not weight[1].any()


def test_what_was_seen_does_not_change_the_median():
    """A spectrum whose ends are cut, as redshift does, keeps its level."""
    flux, ivar = spectra(5)
    cut = np.where((GRID.wave < 4300) | (GRID.wave > 5800), 0, ivar)
    whole, part = (scale(flux, i, GRID, "median")[0] for i in (ivar, cut))
    np.testing.assert_array_equal(part[cut > 0], whole[cut > 0])


def test_a_grid_without_the_wavelengths_has_no_level():
    short = RestGrid(6000.0, 1e-4, 64)
    ones = np.ones((2, 64), "f4")
    for method in ("window", "median"):
        assert not scale(ones, ones, short, method)[2].any()


def test_a_method_that_does_not_exist_is_named():
    with pytest.raises(ValueError, match="zscore, window, median"):
        scale(*spectra(1), GRID, "minmax")


def test_no_spectra_are_no_error():
    empty = np.zeros((0, 256), "f4")
    assert [len(a) for a in scale(empty, empty, GRID, "median")] == [0, 0, 0]
