"""Line indices: analytic spectra, errors that are those of noise, masks."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.special import erf
from skyloom.spectra.quality.indices import definitions, measure
from skyloom.spectra.rest.grid import RestGrid

SURVEY = RestGrid(3600.0, 1e-4, 4544)
TABLE = definitions()
LINES = TABLE.index[TABLE["kind"] != "break"]
C = 299792.458


def line(name: str, depth: float, sigma: float):
    """Return a falling continuum times a Gaussian line, and the index [Å]."""
    row, wave = TABLE.loc[name], SURVEY.wave
    centre = (row["from"] + row["to"]) / 2
    continuum = 3 - wave / 5000
    flux = continuum * (1 - depth * np.exp(-0.5 * ((wave - centre) / sigma) ** 2))
    half = (row["to"] - row["from"]) / 2
    area = depth * sigma * np.sqrt(2 * np.pi) * erf(half / sigma / np.sqrt(2))
    return flux, area, 2 * half


@pytest.mark.parametrize("name", LINES)
@pytest.mark.parametrize("depth", [0.4, -0.5])
def test_line_on_a_straight_continuum_has_its_integral(name, depth):
    sigma = 2.0
    flux, area, length = line(name, depth, sigma)
    ones = np.ones((1, SURVEY.pixels))
    value, _ = measure(flux[None], ones, SURVEY, TABLE.loc[[name]])
    kind = TABLE.loc[name, "kind"]
    wanted = {
        "atomic": area,
        "molecular": -2.5 * np.log10(1 - area / length),
        "emission": -area,
    }[kind]
    # The straight line lies through means over bands, which curve in the logarithm.
    assert value[name][0] == pytest.approx(wanted, rel=0.01, abs=0.002)


def test_break_is_a_ratio_of_fluxes_a_unit_of_frequency():
    """Of flux ∝ λ^-2 a unit of wavelength, F_ν is flat and the break is 1."""
    flux = SURVEY.wave**-2.0
    step = flux * np.where(SURVEY.wave > 3975, 1.7, 1.0)
    ones = np.ones((2, SURVEY.pixels))
    value, _ = measure(np.stack([flux, step]), ones, SURVEY, TABLE.loc[["Dn4000"]])
    np.testing.assert_allclose(value["Dn4000"], [1.0, 1.7], rtol=1e-6)


def test_bands_are_in_vacuum():
    """Dn4000 begins at 3850 Å in air, which is 3851.09 Å in vacuum (Morton 1991)."""
    assert TABLE.loc["Dn4000", "blue_from"] == pytest.approx(3851.09, abs=0.01)
    assert TABLE.loc["EW_Ha", "from"] == 6557.6


@pytest.mark.parametrize("name", TABLE.index)
def test_errors_are_those_of_noise(name):
    rng = np.random.default_rng(1)
    flux, _, _ = line("Hb", 0.3, 4.0)
    sigma = 0.05 * (1 + (SURVEY.wave > 5000))
    noisy = flux + sigma * rng.normal(size=(400, SURVEY.pixels))
    ivar = np.broadcast_to(sigma**-2.0, noisy.shape)
    value, error = measure(noisy, ivar, SURVEY, TABLE.loc[[name]])
    assert value[name].std() / error[name].mean() == pytest.approx(1, abs=0.12)


def test_level_does_not_matter():
    flux, _, _ = line("Mgb", 0.3, 4.0)
    ones = np.ones((2, SURVEY.pixels))
    value, error = measure(np.stack([flux, 7 * flux]), ones, SURVEY, TABLE)
    np.testing.assert_allclose(value.iloc[0], value.iloc[1], rtol=1e-9, atol=1e-9)
    np.testing.assert_allclose(error.iloc[0], 7 * error.iloc[1], rtol=1e-9)


def test_what_is_masked_is_not_measured():
    flux, _, _ = line("Mgb", 0.3, 4.0)
    ivar = np.ones((4, SURVEY.pixels))
    row = TABLE.loc["Mgb"]
    ivar[1, np.argmin(np.abs(SURVEY.wave - 5175))] = 0  # in the line
    blue = (SURVEY.wave > row["blue_from"]) & (SURVEY.wave < row["blue_to"])
    ivar[2, np.flatnonzero(blue)[:2]] = 0  # some of a continuum's band
    ivar[3, blue] = 0
    spoilt = np.where(ivar > 0, flux, 1e6)
    value, error = measure(spoilt, ivar, SURVEY, TABLE)
    assert np.isfinite(value["Mgb"]).tolist() == [True, False, True, False]
    assert np.isfinite(error["Mgb"]).tolist() == [True, False, True, False]
    assert value["Mgb"][2] == pytest.approx(value["Mgb"][0], rel=0.02)
    assert np.isfinite(value["Hb"]).all()


@pytest.mark.parametrize("flux", [-1.0, 0.0])
def test_continuum_below_zero_gives_no_index(flux):
    ones = np.ones((1, SURVEY.pixels))
    value, error = measure(flux * ones, ones, SURVEY, TABLE)
    assert value.isna().all(axis=None)
    assert error.isna().all(axis=None)


def test_bands_outside_of_the_grid_are_not_measured():
    short = RestGrid(5000.0, 1e-4, 1024)
    ones = np.ones((1, short.pixels))
    value, _ = measure(ones, ones, short, TABLE)
    known = value.columns[value.notna().all()]
    assert set(known) == {"Mgb", "Fe5270", "Fe5335", "NaD"}
