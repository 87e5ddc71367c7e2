"""Redshifts refined by eigenspectra."""

import numpy as np
import pytest
from skyloom.quasars.network.lines import C
from skyloom.quasars.spectra.grid import LOG, Grid
from skyloom.quasars.survey.refine import REACH, Template, refine

PLACE = np.arange(2.7, 4.0, 1e-4)
LINES = (1215.67, 1548.2, 1908.7, 2799.0, 4862.7)
NOISE = 0.1


def template():
    """Return a slope and five lines of 3,000 km/s, in two vectors."""
    width = 3000.0 / 2.355 / C / np.log(10.0)
    lines = [np.exp(-0.5 * ((PLACE - np.log10(one)) / width) ** 2) for one in LINES]
    return Template(PLACE, np.stack([10 ** (3.3 - PLACE), np.sum(lines, axis=0)]))


def quasars(z, grid=LOG, noise=NOISE, seed=1):
    """Return flux and ivar of quasars as the pixels of a grid see them."""
    inner = grid.start + grid.step * (np.arange(10 * grid.size) + 0.5) / 10
    wave = inner if grid.kind == "log" else np.log10(inner)
    basis = template().vectors.sum(axis=0)
    flux = [np.interp(wave - np.log10(1 + one), PLACE, basis) for one in z]
    flux = np.reshape(flux, (len(z), grid.size, 10)).mean(axis=2)
    flux += noise * np.random.default_rng(seed).standard_normal(flux.shape)
    return flux.astype("f4"), np.full(flux.shape, noise**-2, "f4")


@pytest.mark.parametrize("grid", [LOG, Grid("linear", 3600.0, 13.6, 458)])
def test_a_redshift_is_found_again(grid):
    """From 800 km/s away to a few tens, on both grids, and the error covers."""
    z = np.linspace(0.6, 3.4, 25)
    start = z + 800 / C * (1 + z)
    found = refine(*quasars(z, grid), start, 0.02 * (1 + z), grid, template())
    dv = C * (found.z - z) / (1 + z)
    assert np.isfinite(dv).all()
    assert np.median(np.abs(dv)) < 60
    pull = (found.z - z) / found.z_err
    assert np.abs(pull).max() < 4


def test_no_better_redshift_is_no_redshift():
    """Noise, a minimum out of reach, an error above the network's, no pixel."""
    z = np.array([1.5, 2.5])
    flux, ivar = quasars(z)
    sure = 0.02 * (1 + z)
    nothing = np.random.default_rng(3).standard_normal(flux.shape) * NOISE
    far = z + 3 * REACH / C * (1 + z)
    for given in (
        (nothing, ivar, z, sure),
        (flux, ivar, far, sure),
        (flux, ivar, z, 1e-5 * (1 + z)),
        (flux, 0 * ivar, z, sure),
        (flux, ivar, np.full(2, np.nan), sure),
    ):
        found = refine(*given, LOG, template())
        assert np.isnan(found.z).all()
        assert np.isnan(found.z_err).all()


def test_masked_pixels_say_nothing():
    """Whatever their flux."""
    z = np.array([2.2])
    flux, ivar = quasars(z)
    ivar[:, 100:130] = 0
    spoilt = flux.copy()
    spoilt[:, 100:130] = 1e6
    both = [refine(f, ivar, z, z / 10, LOG, template()) for f in (flux, spoilt)]
    np.testing.assert_array_equal(*both)
