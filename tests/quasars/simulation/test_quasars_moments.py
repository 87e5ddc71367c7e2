"""Moments of what the simulator draws, against closed forms and its own tables."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from skyloom.quasars.simulation import (
    forest,
    galaxies,
    inspectors,
    junk,
    quasars,
    stars,
)
from skyloom.quasars.simulation.continuum import GREY, SMC, dust
from skyloom.quasars.simulation.forest import LIMIT, Forest
from skyloom.quasars.simulation.frame import LIGHT, WAVE, ZERO
from skyloom.quasars.simulation.tables import columns, names
from skyloom.quasars.simulation.troughs import _index, draw_damped, draw_troughs
from still import seen_by

RNG = np.random.default_rng


def magnitude_at(over, z):
    """Return the magnitude of a luminosity relative to the tables'."""
    one = quasars.luminosity(np.array([z]), np.array([20.0]))[0]
    return 20.0 - 2.5 * (over - one)


@pytest.mark.parametrize(
    ("law", "size", "power"), [(SMC, 1.39, -1.2), (GREY, 1.9, -0.75)]
)
def test_dust_is_the_law(law, size, power):
    """A_λ = size E(B-V) (λ/µm)^power."""
    wave = np.array([[1500.0, 2500.0, 6000.0]], np.float32)
    expected = 10 ** (-0.4 * size * 0.1 * (wave[0] / 1e4) ** power)
    assert dust(wave, np.array([0.1]), law)[0] == pytest.approx(expected, rel=1e-5)


def test_reddening_is_mostly_small():
    """Exponential of 0.022, one in twenty-five of 0.10."""
    ebv = quasars._reddening(200_000, RNG(1))
    assert ebv.mean() == pytest.approx(0.96 * 0.022 + 0.04 * 0.10, rel=0.02)
    red = 0.96 * np.exp(-0.15 / 0.022) + 0.04 * np.exp(-0.15 / 0.10)
    assert (ebv > 0.15).mean() == pytest.approx(red, rel=0.05)


def test_continua_of_the_baldwin_family(monkeypatch):
    """f_λ falls as λ^-1.63 ± 0.22 between the breaks; steeper into the far UV."""
    notes = seen_by(monkeypatch, quasars, "power_laws")
    quasars.draw_baldwin(np.full(1500, 2.0), np.full(1500, 20.0), RNG(2))
    far, middle, near = notes[0][2]
    assert middle.mean() == pytest.approx(-1.63, abs=0.03)
    assert middle.std() == pytest.approx(0.22, rel=0.1)
    assert (far - middle).mean() == pytest.approx(0.3, abs=0.05)
    assert (near - middle).min() == 0
    assert (near - middle).mean() == pytest.approx(0.6, abs=0.05)


@pytest.mark.parametrize("over", [-0.5, 0.5])
def test_lines_of_the_baldwin_family(monkeypatch, over):
    """Equivalent widths and shifts of the table, with its luminosity's slopes."""
    notes = seen_by(monkeypatch, quasars, "add_lines")
    m = magnitude_at(over, 2.0)
    assert quasars.luminosity(np.array([2.0]), np.array([m]))[0] == pytest.approx(over)
    quasars.draw_baldwin(np.full(1500, 2.0), np.full(1500, m), RNG(3))
    cores, bases, narrow = (note[3] for note in notes[:3])
    rest, ew, slope, _, load, share, *_ = columns("broad_lines")
    shift, follows = columns("broad_lines")[[8, 9]]
    peaky = -0.25 * over
    total = np.median(cores.width + bases.width, axis=0)
    expected = ew * 10 ** (slope * over + load * peaky)
    assert total == pytest.approx(expected, rel=0.05)
    assert np.median(cores.shift, 0) == pytest.approx(shift + follows * peaky, abs=35)
    civ = np.argmin(np.abs(rest - 1549.06))
    part = np.median(cores.width[:, civ] / total[civ])
    assert part == pytest.approx(share[civ] + 0.07 * peaky, rel=0.15)
    ratio = narrow.width[:, 7] / narrow.width[:, 6]  # [O III] 5008 and 4960
    assert np.median(ratio) == pytest.approx(3.0, rel=0.01)


def test_lines_of_the_composite_family(monkeypatch):
    """Between the peaky and the windy quasar of the table, nearer the peaky."""
    notes = seen_by(monkeypatch, quasars, "add_lines")
    m = magnitude_at(0.0, 2.0)
    quasars.draw_composite(np.full(1500, 2.0), np.full(1500, m), RNG(4))
    lines = notes[0][3]
    _, peaky, windy, still, blown = columns("peaky_windy")
    part = 1.6 / (1.6 + 2.2)
    expected = 10 ** ((1 - part) * np.log10(peaky) + part * np.log10(windy))
    assert np.median(lines.width, axis=0) == pytest.approx(expected, rel=0.05)
    shift = (1 - part) * still + part * blown
    assert lines.shift.mean(axis=0) == pytest.approx(shift, abs=30)


def test_scatter_of_the_forest_falls_with_redshift():
    """1.5 at z = 3, by (1 + z)^-0.7."""
    z = np.array([2.0, 3.0, 4.0])
    expected = 1.5 * (4.0 / np.array([3.0, 4.0, 5.0])) ** 0.7
    assert forest.scatter(z, Forest()) == pytest.approx(expected)


def test_a_limit_system_absorbs_as_the_cube(monkeypatch):
    """τ (λ/λ_edge)^2.75 below its edge, on top of the smooth loss below the quasar."""
    monkeypatch.setattr(forest, "_systems", lambda *_: [(3.4, 1.5)])
    both = forest.limit_transmission(np.array([3.5]), RNG(5))[0]
    monkeypatch.setattr(forest, "_systems", lambda *_: [])
    smooth = forest.limit_transmission(np.array([3.5]), RNG(5))[0]
    edge = LIMIT * 4.4
    expected = np.where(edge > WAVE, np.exp(-1.5 * (WAVE / edge) ** 2.75), 1.0)
    assert both / smooth == pytest.approx(expected, rel=1e-5)
    below = LIMIT * 4.5 > WAVE
    assert (smooth[~below] == 1).all()
    assert smooth[below] == pytest.approx(
        np.exp(-0.5 * (4.5 - WAVE[below] / LIMIT)), rel=1e-5
    )


def test_limit_systems_come_at_their_rate():
    """1.6 ((1 + z) / 4)^1.5 a unit redshift, with τ above 1."""
    found = [forest._systems(4.5, rng) for rng in map(RNG, range(600))]
    low = max(WAVE[0] / LIMIT - 1, 0.5)
    z = np.linspace(low, 4.5, 1000)
    expected = (1.6 * ((1 + z) / 4) ** 1.5).mean() * (4.5 - low)
    assert np.mean([len(some) for some in found]) == pytest.approx(expected, rel=0.08)
    place, tau = np.array([one for some in found for one in some]).T
    assert low <= place.min() <= place.max() <= 4.5
    assert tau.min() >= 1
    assert np.median(tau) == pytest.approx(2 ** (1 / 0.6), rel=0.15)


@pytest.mark.parametrize(("draw", "table"), [(stars, "stars"), (junk, "faults")])
def test_kinds_come_in_their_shares(draw, table):
    """Each within four standard deviations."""
    n, share = 40_000, columns(table)[0]
    share = share / share.sum()
    kinds = draw.draw_kinds(n, RNG(6))
    found = np.array([(kinds == name).mean() for name in names(table)])
    assert (np.abs(found - share) < 4 * np.sqrt(share * (1 - share) / n)).all()


def test_speeds_of_stars():
    """Normal, 110 km/s, at rest on average."""
    _, z = stars.draw_stars(np.full(1200, "F", dtype=object), RNG(7))
    assert (z * LIGHT).mean() == pytest.approx(0, abs=12)
    assert (z * LIGHT).std() == pytest.approx(110, rel=0.08)


def test_light_of_stars_follows_their_temperature():
    """M dwarfs are redder than G stars, these than A stars, hot B stars bluest."""
    ratio = []
    for kind in ("M", "G", "A", "B"):
        light, _ = stars.draw_stars(np.full(60, kind, dtype=object), RNG(8))
        blue, red = (np.abs(WAVE - a) < 100 for a in (4600, 8100))
        ratio.append(np.median(light[:, blue].mean(1) / light[:, red].mean(1)))
    assert (np.diff(np.log(ratio)) > 0.15).all()


def test_what_galaxies_are_made_of(monkeypatch):
    """Three fifths form stars, a quarter is old; one in seven has a Seyfert's lines."""
    notes = seen_by(monkeypatch, galaxies, "_gas")
    lines = seen_by(monkeypatch, galaxies, "add_lines")
    galaxies.draw_galaxies(np.full(2000, 0.3), RNG(9))
    young, spread, _ = notes[0]
    expected = 0.6 * 3 / 4.5 + 0.4 * (0.65 / 26 + 0.35 * 2 / 5)
    assert young.mean() == pytest.approx(expected, abs=0.02)
    assert (young < 0.12).mean() == pytest.approx(0.4 * 0.65 + 0.02, abs=0.04)
    assert np.median(spread) == pytest.approx(10**2.2, rel=0.03)
    gas = lines[-1][3]
    active = gas.blue[:, 0] / spread[:, 0] > 2
    assert active.mean() == pytest.approx(0.15, abs=0.025)
    at = {name: np.argmin(np.abs(gas.rest - name)) for name in (4862.7, 4960.3, 5008.2)}
    oxygen = gas.width[:, at[5008.2]] / gas.width[:, at[4960.3]]
    assert np.median(oxygen) == pytest.approx(3.0, rel=0.05)
    hbeta = gas.width[~active, at[4862.7]] / young[~active] ** 1.3
    assert np.median(hbeta) == pytest.approx(22, rel=0.06)


def test_redshifts_of_galaxies():
    """Half of them nearby, half around 1.05."""
    z = galaxies.draw_galaxy_redshifts(40_000, RNG(10))
    assert z.mean() == pytest.approx(0.5 * 2.2 * 0.14 + 0.5 * 1.05, rel=0.02)
    assert (z > 0.9).mean() == pytest.approx(0.5 * 0.68, abs=0.03)


def test_columns_of_damped_systems():
    """N^-1.8 from 10^20 to 10^22: 13.7 % above 10^21; anywhere in the forest."""
    z = np.full(60_000, 3.0)
    place, column = draw_damped(z, 0.3, RNG(11))
    has = np.isfinite(place)
    assert has.mean() == pytest.approx(0.3, abs=0.01)
    assert (np.isfinite(column) == has).all()
    assert 20 <= column[has].min() <= column[has].max() <= 22
    share = (10**-0.8 - 10**-1.6) / (1 - 10**-1.6)
    assert (column[has] > 21).mean() == pytest.approx(share, abs=0.01)
    low = max(WAVE[0] / 1215.67, 4.0 * 1025.72 / 1215.67) - 1
    assert place[has].mean() == pytest.approx((low + 2.99) / 2, abs=0.01)


def test_troughs_are_as_frequent_as_asked():
    """The share that absorbs, and one in eight of these in low ions."""
    troughs = draw_troughs(np.full(40_000, 2.5), 0.25, RNG(12))
    has = (troughs.depth > 0).any(axis=1)
    assert has.mean() == pytest.approx(0.25, abs=0.01)
    assert not troughs.low[~has].any()
    assert troughs.low[has].mean() == pytest.approx(0.12, abs=0.01)
    assert 300 <= troughs.speed.min() <= troughs.speed.max() <= 26_000


@pytest.mark.parametrize(("width", "expected"), [(1950, 0.0), (3000, 500.0)])
def test_balnicity_counts_from_2000_km_s_on(width, expected):
    """A trough of transmission 0.45 counts by half, what lies beyond 2000 km/s."""
    speed = np.arange(0.0, 26_000.0, 50.0)
    inside = (speed >= 5000) & (speed < 5000 + width)
    passed = np.where(inside, 0.45, 1.0)
    assert _index(speed, passed, 3000, 25_000, 2000) == pytest.approx(expected)


def views(quality, z=1.0, klass="QSO"):
    """Return what a person says of one target."""
    return pd.DataFrame({"VI_Z": [z], "VI_QUALITY": [quality], "VI_CLASS": [klass]})


@pytest.mark.parametrize(
    ("first", "second", "doubtful"),
    [
        (views(4), views(4), False),
        (views(4), views(3), False),
        (views(3), views(3), True),
        (views(3), views(2), True),
        (views(2), views(1), True),
        (views(1), views(1), False),
        (views(4), views(4, klass="STAR"), True),
        (views(4), views(4, 1 + 2 * 990 / LIGHT), False),
        (views(4), views(4, 1 + 2 * 1010 / LIGHT), True),
        (views(4), views(4, 1 - 2 * 1010 / LIGHT), True),
    ],
)
def test_who_is_asked_for_a_third_opinion(first, second, doubtful):
    """Mean quality from 1.5 to 3, another class, or 1000 km/s to either side."""
    assert inspectors._doubtful(first, second).tolist() == [doubtful]


@pytest.mark.parametrize("z", [0.5, 3.0])
def test_redshifts_of_inspectors_scatter_in_velocity(z):
    """250 km/s at any redshift."""
    truth = pd.DataFrame({"targetid": np.arange(3000), "z": z, "klass": "QSO"})
    said = inspectors.inspect(truth, np.full(3000, 50.0), RNG(13))
    speed = (said["VI_Z"] - z) / (1 + z) * LIGHT
    right = speed.abs() < 2000
    assert right.mean() > 0.98
    assert speed[right].mean() == pytest.approx(0, abs=15)
    assert speed[right].std() == pytest.approx(250, rel=0.05)


def test_half_is_evident_at_the_classes_own_signal():
    """S/N 0.8 for quasars, 1.1 for galaxies, 1.2 for stars; skill adds dex."""
    truth = pd.DataFrame({"klass": ["QSO", "GALAXY", "STAR"]})
    sn = np.array([0.8, 1.1, 1.2])
    assert inspectors.evident(truth, sn) == pytest.approx(0.995 / 2)
    better = inspectors.evident(truth, sn / 10**0.1, 0.1)
    assert better == pytest.approx(0.995 / 2)


def test_magnitude_zero():
    """3631 Jy at 5300 Å."""
    jansky = 1e-23  # erg/s/cm2/Hz
    expected = 3631 * jansky * LIGHT * 1e13 / 5300.0**2 / 1e-17
    assert pytest.approx(expected) == ZERO
