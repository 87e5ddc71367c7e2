"""The typical quasar of either family, and one that lies one sigma off."""

from __future__ import annotations

import numpy as np
import pytest
from astropy import units as u
from astropy.modeling.physical_models import BlackBody
from scipy import stats
from skyloom.quasars.simulation import quasars
from skyloom.quasars.simulation.continuum import GREY, SMC, balmer, curved
from skyloom.quasars.simulation.frame import rest
from skyloom.quasars.simulation.tables import columns
from still import ONE_SIGMA, Still, seen_by

OVER = 0.5


def drawn(monkeypatch, draw, q, z=2.0, over=OVER):
    """Draw one quasar `over` dex above the tables; return what its parts were told."""
    names = ("power_laws", "curved", "add_lines", "add_humps", "balmer", "dust")
    names += ("_narrow", "_between")
    seen = {name: seen_by(monkeypatch, quasars, name) for name in names}
    z = np.array([z])
    faint = quasars.luminosity(z, np.array([20.0]))[0]
    flux = draw(z, np.array([20.0 - 2.5 * (over - faint)]), Still(q))
    return seen, flux


@pytest.mark.parametrize("q", [0.01, 0.5, ONE_SIGMA])
def test_parts_of_a_baldwin_quasar(monkeypatch, q):
    """Slopes, iron, Balmer continuum and dust, with their scatter."""
    n = stats.norm.ppf(q)
    seen, _ = drawn(monkeypatch, quasars.draw_baldwin, q)
    _, breaks, slopes = seen["power_laws"][0]
    assert breaks == (1150.0, 4800.0)
    slope = -1.63 - 0.22 * n
    near = slope + max(0.6 + 0.35 * n, 0)
    far = slope + 0.3 + 0.4 * n
    assert np.ravel(slopes) == pytest.approx([far, slope, near])
    peaky = -0.25 * OVER + n
    uv, optical = seen["add_humps"]
    assert np.array_equal(uv[3], columns("iron_uv"))
    assert np.array_equal(optical[3], columns("iron_optical"))
    assert uv[4] == pytest.approx(0.13 * 10 ** (0.20 * n))
    assert optical[4] == pytest.approx(0.14 * 10 ** (0.28 * n - 0.1 * peaky))
    assert [uv[5], optical[5]] == pytest.approx([0.8 + 0.5 * q] * 2)
    assert seen["balmer"][0][1] == pytest.approx(0.12 * 10 ** (0.25 * n))
    assert seen["dust"][0][2] == SMC
    assert seen["_narrow"][0][0] == pytest.approx(OVER)
    cores, bases = (note[3] for note in seen["add_lines"][:2])
    civ = np.argmin(np.abs(cores.rest - 1549.06))
    core, base = columns("broad_lines")[6:8, civ]
    speed = 10 ** (0.04 * OVER + 0.125 * n)
    narrow = core * speed * 10 ** (-0.05 * peaky + 0.06 * n)
    assert np.sqrt(cores.blue * cores.red)[0, civ] == pytest.approx(narrow)
    wide = base * speed**0.6 * 10 ** (0.06 * n)
    assert np.sqrt(bases.blue * bases.red)[0, civ] == pytest.approx(wide)


@pytest.mark.parametrize("q", [0.5, ONE_SIGMA])
def test_broad_lines_of_a_baldwin_quasar(q):
    """Width, share, shift and lean of cores and bases, one sigma up with each."""
    n, over, peaky = stats.norm.ppf(q), 0.5, 0.8
    cores, bases = quasars._cores_and_bases(
        np.array([over]), np.array([peaky]), np.ones(1), Still(q)
    )
    rest_wave, ew, slope, scatter, load, share, core, base, shift, follows, loose = (
        columns("broad_lines")
    )
    assert cores.rest == pytest.approx(rest_wave)
    total = ew * 10 ** (slope * over + load * peaky + 0.06 * n + scatter * n)
    assert (cores.width + bases.width)[0] == pytest.approx(total)
    wanted = np.clip(share + 0.07 * peaky + 0.08 * n, 0, 0.9)
    wanted[core == base] = 0
    assert (cores.width[0] / total) == pytest.approx(wanted)
    moved = shift + follows * peaky + loose * n
    assert cores.shift[0] == pytest.approx(moved)
    further = np.where(moved < 0, 1.5 * moved, moved) + 250 * n
    assert bases.shift[0] == pytest.approx(further)
    for lines in (cores, bases):
        assert lines.blue / lines.red == pytest.approx(10 ** (0.1 * n))
        assert not lines.wing.any()
    assert (bases.blue > cores.blue).all()


def test_shares_of_cores_have_limits():
    """None below nothing, none above nine tenths."""
    for peaky, limit in ((-50.0, 0.0), (50.0, 0.9)):
        cores, bases = quasars._cores_and_bases(
            np.zeros(1), np.array([peaky]), np.ones(1), Still()
        )
        part = cores.width / (cores.width + bases.width)
        assert part[0, [0, 3]] == pytest.approx([limit] * 2)


@pytest.mark.parametrize("q", [0.5, ONE_SIGMA, 1e-7, 1 - 1e-7])
def test_narrow_lines(q):
    """Widths by luminosity, 10^2.68 km/s within limits, a lean to the blue."""
    n, over = stats.norm.ppf(q), 0.5
    lines = quasars._narrow(np.array([over]), Still(q))
    rest_wave, ew, slope, scatter = columns("narrow_lines")
    assert lines.rest == pytest.approx(rest_wave)
    assert lines.width[0] == pytest.approx(
        ew * 10 ** (slope * over + 0.28 * n + scatter * n)
    )
    fwhm = min(max(10 ** (2.68 + 0.15 * n), 200), 1500)
    assert lines.red == pytest.approx(fwhm)
    assert lines.blue == pytest.approx(fwhm * (1 + 0.8 * q))
    assert lines.shift == pytest.approx(-20 + 50 * n)
    assert lines.wing == pytest.approx(0.15)


@pytest.mark.parametrize("q", [0.3, 0.5, 0.7, ONE_SIGMA])
def test_broad_lines_between_peaky_and_windy(q):
    """Width and shift go over in proportion; wind widens, blueward most."""
    n, part = stats.norm.ppf(q), 0.3
    lines = quasars._between(np.array([part]), Still(q))
    rest_wave, peaky, windy, still, blown = columns("peaky_windy")
    both = peaky ** (1 - part) * windy**part
    assert lines.width[0] == pytest.approx(both * 10 ** (0.16 * n))
    moved = still + part * (blown - still) + 110 * n
    assert lines.shift[0] == pytest.approx(moved)
    shelf = rest_wave == 1605.0
    fwhm = np.where(shelf, 11_000, 10 ** (3.49 + 0.25 * part + 0.13 * n))
    assert lines.red[0] == pytest.approx(fwhm)
    assert lines.blue / lines.red == pytest.approx(1 + part * 0.9 * q)
    wing = np.where(shelf, 0, min(0.75 + 0.25 * n, 1))
    assert lines.wing[0] == pytest.approx(wing)


@pytest.mark.parametrize("q", [0.5, ONE_SIGMA])
def test_parts_of_a_composite_quasar(monkeypatch, q):
    """Curvature, wind, the combs of iron, Balmer continuum and dust."""
    n = stats.norm.ppf(q)
    seen, _ = drawn(monkeypatch, quasars.draw_composite, q)
    _, slope, curvature = seen["curved"][0]
    assert [slope[0], curvature[0]] == pytest.approx([-1.57 + 0.2 * n, 0.2 + 0.1 * n])
    windy = stats.beta.ppf(q, 1.6, 2.2) + 0.12 * OVER
    assert seen["_between"][0][0] == pytest.approx(windy)
    assert seen["_narrow"][0][0] == pytest.approx(OVER + 0.6 * windy)
    share = (0.7 + 0.6 * windy) * (0.4 + 1.2 * q) * 10 ** (0.22 * n)
    uv, optical = seen["add_humps"]
    assert uv[4] == pytest.approx(0.11 * share)
    assert optical[4] == pytest.approx(0.12 * share)
    assert uv[3].shape[1] == 3 * columns("iron_uv").shape[1] == uv[4].shape[1]
    assert [uv[5], optical[5]] == pytest.approx([0.7 + 0.8 * q] * 2)
    assert seen["balmer"][0][1] == pytest.approx(0.03 + 0.19 * q)
    assert seen["dust"][0][2] == GREY


@pytest.mark.parametrize(("over", "q", "limit"), [(9.0, 0.5, 1.2), (-9.0, 0.5, -0.2)])
def test_wind_has_limits(monkeypatch, over, q, limit):
    """However bright or faint."""
    seen, _ = drawn(monkeypatch, quasars.draw_composite, q, over=over)
    assert seen["_between"][0][0] == pytest.approx(limit)


@pytest.mark.parametrize(
    ("q", "power"), [(0.5, 1.35), (ONE_SIGMA, 1.75), (1e-4, 0.0), (1 - 1e-4, 2.0)]
)
def test_the_composite_continuum_falls_below_1180(monkeypatch, q, power):
    """By (λ / 1180 Å)^(1.35 ± 0.4) within 0 and 2; untouched above."""
    for name in ("add_lines", "add_humps"):
        monkeypatch.setattr(quasars, name, lambda *_: None)
    monkeypatch.setattr(quasars, "balmer", lambda *_: 0.0)
    monkeypatch.setattr(quasars, "dust", lambda *_: 1.0)
    z = np.array([3.0])
    flux = quasars.draw_composite(z, np.array([20.0]), Still(q))[0]
    n, wave = stats.norm.ppf(q), rest(z)
    whole = curved(wave, np.array([-1.57 + 0.2 * n]), np.array([0.2 + 0.1 * n]))[0]
    expected = np.minimum(wave[0] / 1180.0, 1) ** power
    assert flux / whole == pytest.approx(expected, rel=2e-4)


def test_a_comb_has_three_teeth_a_hump():
    """Beside and near the middle, narrower, of nearly the hump's area."""
    comb = quasars._comb(np.array([[5000.0, 6000.0], [100.0, 10.0], [1.0, 0.4]]))
    order = np.argsort(comb[0])
    place, sigma, height = comb[:, order]
    assert place == pytest.approx([4910, 5005, 5095, 5991, 6000.5, 6009.5])
    assert sigma == pytest.approx([60, 50, 60, 6, 5, 6])
    assert height == pytest.approx([0.5, 0.7, 0.5, 0.2, 0.28, 0.2])
    area = (sigma * height)[:3].sum()
    assert area == pytest.approx(100, rel=0.06)


def test_curved_continua_bend_about_their_pivot():
    """F = (λ/2500)^(slope + curvature ln(λ/2500))."""
    wave = np.array([[1250.0, 2500.0, 5000.0]], np.float32)
    flux = curved(wave, np.array([-1.5]), np.array([0.2]))[0]
    bend = np.exp(0.2 * np.log(2) ** 2)
    assert flux == pytest.approx([2**1.5 * bend, 1, 2**-1.5 * bend], rel=1e-5)


def test_the_balmer_continuum_is_thin_gas_at_15000_kelvin():
    """Planck times 1 - exp(-τ), τ = (λ/3646)^3; half-Gaussian of 150 Å above."""
    wave = np.geomspace(2000, 5000, 20_000, dtype=np.float32)[None]
    flux = balmer(wave, np.array([0.3]))[0]
    body = BlackBody(15_000 * u.K, scale=1.0 * u.erg / u.s / u.cm**2 / u.AA / u.sr)
    for place in (2200.0, 3000.0, 3600.0):
        ratio = float(body(place * u.AA) / body(3646.0 * u.AA))
        thin = (1 - np.exp(-((place / 3646) ** 3))) / (1 - np.exp(-1))
        found = np.interp(place, wave[0], flux)
        assert found == pytest.approx(0.3 * ratio * thin, rel=2e-3)
    for off, share in ((0.5, 1.0), (150.0, np.exp(-0.5)), (300.0, np.exp(-2))):
        found = np.interp(3646 + off, wave[0], flux)
        assert found == pytest.approx(0.3 * share, rel=8e-3)


def test_luminosities_are_relative_to_the_tables():
    """Log λL_λ at 5300 Å observed, 45.7 erg/s off; 6608 Mpc at z = 1."""
    flux = 3631e-23 * 2.99792458e18 / 5300.0**2 * 10 ** (-0.4 * 20)
    total = 4 * np.pi * (6607.7 * 3.0857e24) ** 2 * flux * 5300.0
    found = quasars.luminosity(np.ones(1), np.array([20.0]))
    assert found == pytest.approx(np.log10(total) - 45.7, abs=1e-3)


@pytest.mark.parametrize("draw", [quasars.draw_baldwin, quasars.draw_composite])
def test_all_light_passes_the_dust(monkeypatch, draw):
    """Half the transmission is half the light."""
    both = []
    for passed in (1.0, 0.5):
        monkeypatch.setattr(quasars, "dust", lambda *_, passed=passed: passed)
        both.append(draw(np.array([2.0]), np.array([20.0]), Still()))
    assert both[1] / both[0] == pytest.approx(0.5)
