"""Units of spectra: converted by astropy, or refused."""

import numpy as np
import pytest
from skyloom.io.errors import InputError
from skyloom.io.spectral_units import angstroms, fluxes

WAVE = np.array([5000.0, 6000.0])


@pytest.mark.parametrize(
    ("unit", "values"),
    [
        (None, WAVE),
        ("Angstrom", WAVE),
        ("A", WAVE),
        ("nm", WAVE / 10),
        ("log10(Angstrom)", np.log10(WAVE)),
        ("dex(nm)", np.log10(WAVE / 10)),
    ],
)
def test_wavelengths_become_angstroms(unit, values):
    """Of any length, or its log10; Å where none is stated."""
    np.testing.assert_allclose(angstroms("a", "x", values, unit), WAVE, rtol=1e-12)


@pytest.mark.parametrize(
    ("units", "factor"),
    [
        ((None, None), 1),
        (("1E-17 erg/cm^2/s/Ang", None), 1),
        (("10**-17 erg/(s cm2 Angstrom)", "10**+34 (s2 cm4 Angstrom2) / erg2"), 1),
        (("erg/s/cm2/A", None), 1e17),
        (("1E-17 ERG/S/CM2/ANGSTROM", None), 1),
        ((None, "um2 m4 / W2"), 1e16),
        (("mJy", "1 / mJy2"), 2.99792458e18 / WAVE**2 * 1e-9),
    ],
)
def test_fluxes_and_their_weights_are_converted_together(units, factor):
    """A flux per frequency by the wavelength of each pixel, c / λ²."""
    ones = np.ones((3, 2), "f4")
    flux, ivar = fluxes("a", "x", WAVE, ones, ones, units)
    np.testing.assert_allclose(flux, np.tile(factor, (3, 1)) * ones, rtol=1e-7)
    np.testing.assert_allclose(ivar * flux**2, ones, rtol=1e-7)


def test_our_own_unit_changes_no_digit():
    """The arrays are the same."""
    ones = np.ones((1, 2), "f4")
    unit = "10**-17 erg/(s cm2 Angstrom)"
    assert all(a is ones for a in fluxes("a", "x", WAVE, ones, ones, (unit, None)))


@pytest.mark.parametrize("unit", ["mag(AB)", "ct", "Flux", "", "nmgy", "m"])
def test_what_is_no_flux_is_refused(unit):
    """Magnitudes, counts and words; no unit is none."""
    ones = np.ones((1, 2))
    if unit:
        with pytest.raises(InputError, match=r"a: x: unit .* of flux; expected a flux"):
            fluxes("a", "x", WAVE, ones, ones, (unit, None))
    else:
        assert fluxes("a", "x", WAVE, ones, ones, (unit, "")) == (ones, ones)
