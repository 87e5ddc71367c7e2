"""Quasars, stars, galaxies, eigenspectra."""

from __future__ import annotations

import numpy as np
import pytest
from astropy.io import fits
from skyloom.io.errors import InputError
from skyloom.quasars.simulation import junk
from skyloom.quasars.simulation.continuum import (
    GREY,
    SMC,
    balmer,
    curved,
    dust,
    log_luminosity,
    power_laws,
)
from skyloom.quasars.simulation.eigen import project, read_templates
from skyloom.quasars.simulation.frame import SIZE, WAVE, rest
from skyloom.quasars.simulation.galaxies import draw_galaxies, draw_galaxy_redshifts
from skyloom.quasars.simulation.quasars import draw_baldwin, draw_composite
from skyloom.quasars.simulation.stars import draw_kinds, draw_stars, planck
from skyloom.quasars.simulation.tables import names

RNG = np.random.default_rng


def _contrast(flux, z, line, side):
    """Return the median height of a line (rest Å) over its sides."""
    middle = np.abs(rest(z) - line) < 8
    beside = np.abs(np.abs(rest(z) - line) - side) < 15
    ratio = [
        f[m].mean() / f[b].mean() for f, m, b in zip(flux, middle, beside, strict=True)
    ]
    return np.median(ratio)


@pytest.mark.parametrize("draw", [draw_baldwin, draw_composite])
def test_quasars_have_their_lines(draw):
    """C IV, C III] and Mg II stand out, and fluxes are positive and finite."""
    z = np.full(60, 1.9)
    flux = draw(z, np.full(60, 20.5), RNG(1))
    assert flux.shape == (60, SIZE)
    assert (flux > 0).all()
    for line, least in ((1549, 1.5), (1909, 1.12), (2798, 1.15)):
        assert _contrast(flux, z, line, 110) > least


@pytest.mark.parametrize("draw", [draw_baldwin, draw_composite])
def test_lines_weaken_with_luminosity(draw):
    """The Baldwin effect: C IV of bright quasars is weaker."""
    z = np.full(150, 2.3)
    bright, faint = (draw(z, np.full(150, m), RNG(2)) for m in (17.5, 22.5))
    assert _contrast(bright, z, 1549, 110) < 0.8 * _contrast(faint, z, 1549, 110)


def test_families_differ():
    """Medians of the two families are not each other's copies."""
    z, m = np.full(150, 2.4), np.full(150, 20.5)
    both = [np.median(d(z, m, RNG(3)), axis=0) for d in (draw_baldwin, draw_composite)]
    ratio = np.log(both[0] / both[1])
    assert 0.01 < ratio.std() < 0.3


def test_continua_are_what_they_say():
    """Exponents, curvature, dust and the Balmer edge at hand-made places."""
    wave = np.array([[1000.0, 2000.0, 4000.0, 8000.0]], dtype=np.float32)
    slopes = power_laws(wave, (2000.0, 4000.0), np.array([[0.0], [-1.0], [-2.0]]))
    assert slopes[0] == pytest.approx([1, 1, 0.5, 0.125], rel=1e-5)
    parabola = curved(1.25 * wave, np.array([-1.0]), np.array([0.0]))
    assert parabola[0] == pytest.approx([2, 1, 0.5, 0.25], rel=1e-5)
    for law in (SMC, GREY):
        passed = dust(wave, np.array([0.1]), law)[0]
        assert (np.diff(passed) > 0).all()
    edge = np.geomspace(2000, 6000, 4000, dtype=np.float32)[None]
    hump = balmer(edge, np.array([0.3]))[0]
    assert hump.max() == pytest.approx(0.3, rel=0.1)
    assert hump[edge[0] > 4500].max() < 1e-4


def test_luminosity_of_a_known_distance():
    """At z = 1 the luminosity distance is 6608 Mpc for H0 = 70, 30 % matter."""
    area = 4 * np.pi * (6607.7 * 3.0857e24) ** 2
    expected = np.log10(area * 1e-17 * 5000)
    assert log_luminosity(np.ones(1), np.ones(1), 5000.0) == pytest.approx(
        expected, abs=1e-3
    )


@pytest.mark.parametrize("kind", names("stars"))
def test_every_kind_of_star_can_be_drawn(kind):
    """Positive, finite, at rest within a few hundred km/s."""
    flux, z = draw_stars(np.full(12, kind, dtype=object), RNG(4))
    assert np.isfinite(flux).all()
    assert (flux > 0).all()
    assert np.abs(z).max() < 0.003


def test_stars_of_known_looks():
    """A stars have Balmer lines, M stars bands and red colours, white dwarfs wings."""
    a, m, white = (
        draw_stars(np.full(40, k, dtype=object), RNG(5))[0] for k in ("A", "M", "DA")
    )
    zero = np.zeros(40)
    assert _contrast(a, zero, 4862.7, 60) < 0.75
    assert _contrast(white, zero, 4862.7, 90) < 0.8
    blue, red = np.abs(WAVE - 4500) < 100, np.abs(WAVE - 8100) < 60
    assert np.median(m[:, red].mean(1) / m[:, blue].mean(1)) > 3
    assert _contrast(m, zero, 7080, 60) < 0.85


def test_planck_peaks_where_wien_says():
    """5,500 K peaks at 5269 Å."""
    assert WAVE[planck(np.array([5500.0]))[0].argmax()] == pytest.approx(5269, rel=0.01)


def test_kinds_follow_their_shares():
    """F stars are the commonest; every kind turns up."""
    kinds, count = np.unique(draw_kinds(5000, RNG(6)), return_counts=True)
    assert set(kinds) == set(names("stars"))
    assert kinds[count.argmax()] == "F"


def test_galaxies_have_breaks_and_lines():
    """Redshifts to 1.7; light redward of 4000 Å, oxygen and hydrogen in many."""
    z = np.full(120, 0.4)
    flux = draw_galaxies(z, RNG(7))
    assert (flux > 0).all()
    peak = np.abs(rest(z[:1])[0] - 5008.2) < 5
    beside = np.abs(rest(z[:1])[0] - 5060) < 15
    lit = flux[:, peak].max(axis=1) > 1.3 * flux[:, beside].mean(axis=1)
    assert 0.3 < lit.mean() < 0.95
    many = draw_galaxy_redshifts(2000, RNG(8))
    assert (many.min(), many.max()) == (
        pytest.approx(0.01, abs=0.02),
        pytest.approx(1.7, abs=0.1),
    )


def _templates(folder, vectors=4):
    x = np.arange(2.6, 4.0, 1e-3)
    power = np.stack([(x - 3.3) ** k + (k == 0) for k in range(vectors)])
    for name in ("LOZ", "HIZ"):
        hdu = fits.PrimaryHDU(power)
        hdu.header["CRVAL1"], hdu.header["CDELT1"] = x[0], 1e-3
        hdu.writeto(folder / f"rrtemplate-QSO-{name}-v1.1.fits")


def test_projection_keeps_what_templates_can_make(tmp_path):
    """A spectrum in the span of the templates is its own projection."""
    _templates(tmp_path)
    templates = read_templates(tmp_path)
    z = np.array([0.9, 2.5])
    x = np.log10(WAVE[None] / (1 + z[:, None])) - 3.3
    flux = (3.0 - 1.5 * x + 0.4 * x**2).astype(np.float32)
    assert project(flux, z, templates) == pytest.approx(flux, rel=1e-3)


def test_missing_or_broken_templates_are_refused(tmp_path):
    """No file, no image, no keyword: the file is named."""
    with pytest.raises(InputError, match="rrtemplate-QSO-LOZ"):
        read_templates(tmp_path)
    for name in ("LOZ", "HIZ"):
        fits.PrimaryHDU(np.ones((4, 9))).writeto(
            tmp_path / f"rrtemplate-QSO-{name}-v1.1.fits"
        )
    with pytest.raises(InputError, match="not a redrock template"):
        read_templates(tmp_path)


def test_junk_changes_only_its_own():
    """Sky is empty, the faint are faint, others stay."""
    flux = np.ones((6, SIZE), dtype=np.float32)
    kind = np.array(["sky", "faint", "step", "trough", "blend", ""], dtype=object)
    out, other = junk.spoil(flux, kind, RNG(9))
    assert (np.delete(other, 4) == [0, 1, 2, 3, 5]).all()
    assert not out[0].any()
    assert out[1] == pytest.approx(0.25)
    assert len(np.unique(out[2])) == 3
    assert out[3].min() < 0.95
    assert (out[5] == 1).all()
    assert set(junk.draw_kinds(500, RNG(9))) == set(names("faults"))
