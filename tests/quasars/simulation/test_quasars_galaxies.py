"""What galaxies are made of: stars of two ages, dust, gas, without chance."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats
from skyloom.quasars.simulation import galaxies
from skyloom.quasars.simulation.continuum import GREY
from skyloom.quasars.simulation.frame import SIZE, WAVE
from skyloom.quasars.simulation.tables import columns
from still import ONE_SIGMA, Still, seen_by


def test_redshifts_have_two_parts_within_limits():
    """Half near by, a gamma of 2.2 and 0.14, half a normal 1.05 ± 0.32."""
    draw = galaxies.draw_galaxy_redshifts
    near = stats.gamma.ppf(0.3, 2.2, scale=0.14)
    assert draw(2, Still(0.3)) == pytest.approx([near] * 2)
    assert draw(1, Still(ONE_SIGMA)) == pytest.approx(1.37)
    assert [draw(1, Still(q))[0] for q in (1e-9, 1 - 1e-9)] == [0.01, 1.7]


@pytest.mark.parametrize(
    ("q", "young"),
    [
        (0.58, stats.beta.ppf(0.58, 3.0, 1.5)),
        (0.62, stats.beta.ppf(0.62, 1.0, 25.0)),
        (0.64, stats.beta.ppf(0.64, 1.0, 25.0)),
        (0.67, stats.beta.ppf(0.67, 2.0, 3.0)),
    ],
)
def test_light_is_mixed_by_age_and_dimmed_by_dust(monkeypatch, q, young):
    """Forming, old and between; young stars sit in more dust; all light passes it."""
    monkeypatch.setattr(galaxies, "_young", lambda wave, *_: np.full_like(wave, 3.0))
    monkeypatch.setattr(galaxies, "old_stars", lambda wave, *_: np.ones_like(wave))
    monkeypatch.setattr(galaxies, "add_lines", lambda *_: None)
    dust, gas = (seen_by(monkeypatch, galaxies, name) for name in ("dust", "_gas"))
    z = np.array([0.5])
    flux = galaxies.draw_galaxies(z, Still(q))
    _, ebv, law = dust[0]
    assert ebv == pytest.approx(-0.12 * np.log(1 - q) * (0.3 + young))
    assert law == GREY
    assert gas[0][0] == pytest.approx(young)
    assert gas[0][1] == pytest.approx(10 ** Still(q).normal(2.2, 0.15))
    passed = galaxies.dust(galaxies.rest(z), ebv, GREY)
    assert flux == pytest.approx((1 + 2 * young) * passed, rel=1e-4)


def test_galaxies_are_never_dark(monkeypatch):
    """A floor of 1e-5, whatever lines absorb."""

    def swallow(flux, *_):
        flux[:] = -1

    monkeypatch.setattr(galaxies, "add_lines", swallow)
    flux = galaxies.draw_galaxies(np.array([0.5]), Still())
    assert flux == pytest.approx(1e-5)


@pytest.mark.parametrize(
    ("q", "age"), [(0.5, 1.0), (ONE_SIGMA, 1.18), (1e-3, 0.5), (1 - 1e-3, 1.5)]
)
def test_old_stars_are_their_table_by_age(monkeypatch, q, age):
    """Ln f is the table's by an age 1 ± 0.18 within 0.5 to 1.5."""
    seen = seen_by(monkeypatch, galaxies, "_absorb")
    monkeypatch.setattr(galaxies, "add_lines", lambda *_: None)
    place, level = columns("old_stars")
    wave = np.tile(place[::3], (1, 1)).astype(np.float32)
    flux = galaxies.old_stars(wave, np.zeros(1), Still(q))
    assert flux[0] == pytest.approx(np.maximum(level[::3] ** age, 1e-4), rel=1e-4)
    _, _, centre, fwhm, width = seen[0]
    table = columns("old_absorption")
    assert np.array([centre, fwhm]) == pytest.approx(table[:2])
    assert width[0] == pytest.approx(table[2] * (0.7 + 0.5 * q))


@pytest.mark.parametrize("q", [0.5, ONE_SIGMA])
def test_young_stars_are_a_power_law_with_a_jump(monkeypatch, q):
    """λ^(-1.5 ± 0.45), 1 at 5500 Å, a jump at 3700 Å, 0.4 below Lyman α."""
    seen = seen_by(monkeypatch, galaxies, "_absorb")
    monkeypatch.setattr(galaxies, "add_lines", lambda *_: None)
    wave = np.array([[1215, 1217, 3640, 3700, 3760, 5500, 8000]], np.float32)
    flux = galaxies._young(wave, np.zeros(1), Still(q))[0]
    slope, jump = Still(q).normal(-1.5, 0.45), 0.15 + 0.6 * q
    edge = np.array([1, 1, 0.5 + np.tanh(1) / 2, 0.5, 0.5 - np.tanh(1) / 2, 0, 0])
    expected = (wave[0] / 5500.0) ** slope * np.exp(-jump * edge)
    expected[0] *= 0.4
    assert flux == pytest.approx(expected, rel=1e-4)
    table = columns("young_absorption")
    assert seen[0][4][0] == pytest.approx(table[2] * (0.3 + 1.2 * q))
    assert np.array(seen[0][2:4]) == pytest.approx(table[:2])


@pytest.mark.parametrize("z", [0.1, 0.6])
def test_absorption_has_its_width_at_rest(z):
    """Equivalent width and full width at half depth in Å of the galaxy's frame."""
    flux = np.full((1, SIZE), 2.0, np.float32)
    width = np.array([[5.0]])
    galaxies._absorb(flux, np.array([z]), np.array([5000.0]), np.array([20.0]), width)
    lost = 1 - flux[0] / 2
    assert (lost * np.gradient(WAVE)).sum() / (1 + z) == pytest.approx(5, rel=0.01)
    deep = WAVE[lost > lost.max() / 2] / (1 + z)
    assert deep[-1] - deep[0] == pytest.approx(20, abs=2)
    assert WAVE[lost.argmax()] / (1 + z) == pytest.approx(5000, abs=1.2)
    width = np.array([[500.0]])
    galaxies._absorb(flux, np.array([z]), np.array([5000.0]), np.array([20.0]), width)
    assert flux.min() == pytest.approx(1e-4)


def _gas(q, young=0.4, spread=150.0):
    return galaxies._gas(np.array([young]), np.array([[spread]]), Still(q))


def test_gas_of_star_formation():
    """Hβ of 22 Å young^1.3; half-way in dex between poor and rich gas."""
    lines = _gas(0.5)
    width = dict(zip(lines.rest, lines.width[0], strict=True))
    hbeta = 22 * 0.4**1.3
    assert width[4862.7] == pytest.approx(hbeta, rel=2e-3)
    nitrogen = np.sqrt(0.12 * 1.35) * (6585.3 / 4862.7) ** 0.9
    assert width[6585.3] / hbeta == pytest.approx(nitrogen, rel=6e-3)
    # Lines that only an active nucleus has are a thousandth of Hβ.
    neon = 1e-3 * (3426.8 / 4862.7) ** 0.9
    assert width[3426.8] / hbeta == pytest.approx(neon, rel=1e-3)
    assert np.ravel(lines.blue) == pytest.approx(150.0)
    assert np.ravel(lines.red) == pytest.approx(150.0)
    assert not np.any(lines.wing)
    assert not np.any(lines.shift)
    more = _gas(ONE_SIGMA)
    at = list(lines.rest).index(4862.7)
    ratio = more.width[0, at] / lines.width[0, at]
    assert np.log10(ratio) == pytest.approx(0.28 + 0.06, abs=1e-3)


def test_gas_of_an_active_nucleus():
    """One in seven: a Seyfert's ratios, 4 Å more of Hβ, lines 2.4 times as broad."""
    q = 0.14
    lines, passive = _gas(q), _gas(0.16)
    width = dict(zip(lines.rest, lines.width[0], strict=True))
    hbeta = 22 * 0.4**1.3 * 10 ** Still(q).normal(0, 0.28)
    hbeta += 4 * 10 ** Still(q).normal(0, 0.3)
    same = 10 ** Still(q).normal(0, 0.06)
    assert width[4862.7] == pytest.approx(hbeta * same)
    oxygen = 10.0 * (5008.2 / 4862.7) ** 0.9
    assert width[5008.2] == pytest.approx(hbeta * same * oxygen)
    assert np.ravel(lines.blue) == pytest.approx(360.0)
    assert passive.blue[0, 0] == 150.0
