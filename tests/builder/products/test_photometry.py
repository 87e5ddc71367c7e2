"""Fluxes, fractions and magnitudes."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import integrate, special
from skyloom.builder.fitting.flux import boxy_area, total_flux
from skyloom.builder.fitting.profiles import sersic_b
from skyloom.builder.model import Sersic, replace
from skyloom.builder.products import photometry

PART = Sersic(0.0, 0.0, 0.4, 0.6, 3.0, 0.7, n=1.4, c=2.9)


def brute_force(part: Sersic) -> float:
    """Return the light of a component, by integrating its profile over polar angle."""
    b = sersic_b(part.n)

    def ring(t):
        return 1.0 / (
            (abs(math.cos(t)) / part.q) ** part.c + abs(math.sin(t)) ** part.c
        ) ** (2 / part.c)

    def radial(x):
        return x * math.exp(-b * (x ** (1 / part.n) - 1))

    top = (1 + 60 / b) ** part.n
    angle = 4 * integrate.quad(ring, 0, math.pi / 2, epsabs=1e-12, limit=200)[0]
    radius = integrate.quad(radial, 0, top, epsabs=1e-12, limit=500)[0]
    return part.I * part.Re**2 * angle * radius


@settings(deadline=None)
@given(
    q=st.floats(0.1, 1.2),
    Re=st.floats(0.5, 50),
    n=st.floats(0.4, 4.0),
    c=st.floats(1.0, 6.0),
)
def test_total_flux_is_the_integral_of_the_profile(q, Re, n, c):
    """The closed form equals brute force for every shape."""
    part = Sersic(1.0, 2.0, 0.3, q, Re, 0.5, n, c)
    assert total_flux(part) == pytest.approx(brute_force(part), rel=1e-6)


@settings(deadline=None)
@given(n=st.floats(0.3, 6.0))
def test_effective_radius_holds_half_of_the_light(n):
    """Down to the smallest index a fit may take, Re is right to a part in 1,000."""
    exact = special.gammaincinv(2 * n, 0.5)
    assert (exact / sersic_b(n)) ** n == pytest.approx(1.0, abs=1e-3)


def test_boxy_area_known_values():
    """R_c is 1 for an ellipse, pi/2 for a diamond and pi/4 for a rectangle."""
    values = boxy_area(np.array([2.0, 1.0, 1e4]))
    assert np.allclose(values, [1.0, math.pi / 2, math.pi / 4], rtol=1e-4)


def test_flux_of_an_exponential_disk():
    """For n = 1 the flux is 2 pi q h² times the central brightness."""
    disk = Sersic(0, 0, 0, 0.5, 10.0, 2.0)
    b = sersic_b(1.0)
    expected = 2 * math.pi * 0.5 * (10 / b) ** 2 * 2.0 * math.exp(b)
    assert total_flux(disk) == pytest.approx(expected, rel=1e-12)


def test_golden_disk_luminosity(real):
    """The published luminosity of the golden galaxy's disk is 399.9953."""
    # builder reference 1.1: the same from the formula and from the stored file.
    from skyloom.io.documents import read_json

    tree = read_json(real / "builder/galaxies/models/21686576.json.gz", nonfinite=True)
    fit = tree["tuning"]["deparametrized"]
    keys = ("mux", "muy", "roll", "q", "Re", "I")
    disk = Sersic(*(fit[f"disk.{k}"] for k in keys))
    published = tree["tuning"]["fit_model"]["disk.L"]
    assert total_flux(disk) == pytest.approx(published, rel=1e-5)


def test_defect_3_bar_flux_knows_its_boxyness():
    """A bar's flux is that of its image, whatever c (upstream: off by R_c)."""
    from skyloom.builder.fitting.render import render
    from skyloom.builder.model import Model

    for c in (1.0, 2.0, 6.0):
        bar = Sersic(60.0, 60.0, 0.7, 0.4, 6.0, 1.0, n=0.6, c=c)
        rendered = render(Model(bar=bar), (121, 121)).sum()
        assert total_flux(bar) == pytest.approx(rendered, rel=2e-3)


@settings(deadline=None)
@given(st.lists(st.floats(1e-3, 1e3), min_size=1, max_size=4))
def test_defect_5_fractions_invert(values):
    """Fractions refer to one grand total, so each times the total is its flux."""
    flux = dict(zip("abcd", values, strict=False))
    parts = photometry.fractions(flux)
    assert sum(parts.values()) == pytest.approx(1.0)
    total = sum(values)
    assert {name: part * total for name, part in parts.items()} == pytest.approx(flux)


@pytest.mark.parametrize("flux", [{}, {"disk": 0.0}, {"disk": 1.0, "bar": -0.1}])
def test_fractions_of_nothing_are_refused(flux):
    """No light or negative light has no fractions."""
    with pytest.raises(ValueError, match="total above 0"):
        photometry.fractions(flux)


def test_defect_1_magnitude_includes_the_multiplier():
    """One nanomaggy is 22.5; image units are multiplied first (upstream forgot)."""
    assert photometry.magnitude(1.0, 1.0) == 22.5
    assert photometry.magnitude(10.0, 10.0) == pytest.approx(17.5)
    assert math.isnan(photometry.magnitude(0.0, 3.0))


def test_brightness_does_not_ask_for_the_model_s_own_light():
    """At Re it is I where the flux is the model's, and half of it for half the flux."""
    flux = total_flux(PART)
    for part in (PART, replace(PART, I=9.0)):
        assert photometry.brightness_at_re(part, flux) == pytest.approx(0.7)
        assert photometry.brightness_at_re(part, flux / 2) == pytest.approx(0.35)
    centre = 0.7 * math.exp(sersic_b(1.4))
    assert photometry.central_brightness(PART, flux) == pytest.approx(centre)


def test_propagate_a_sum():
    """The variance of a difference subtracts twice the covariance."""
    found = photometry.propagate([1.0, -1.0], [[2.0, 0.5], [0.5, 1.0]])
    assert found == pytest.approx(np.array([[2.0]]))
