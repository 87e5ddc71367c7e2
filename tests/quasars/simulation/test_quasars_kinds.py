"""The kinds that are few in the sky: what each must show, and its right class."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from skyloom.quasars.config_simulation import Objects
from skyloom.quasars.simulation import galaxies, stars, targets
from skyloom.quasars.simulation.continuum import SMC
from skyloom.quasars.simulation.frame import LIGHT, PIXEL, SIZE, WAVE
from skyloom.quasars.simulation.instrument import boss, desi, observe
from skyloom.quasars.simulation.kinds import (
    NEAR,
    RED,
    draw_associated,
    draw_narrow,
    draw_red,
    host_ratio,
    limit_depth,
)
from skyloom.quasars.simulation.lines import add_lines
from skyloom.quasars.simulation.targets import draw_redshifts, simulate_targets

RNG = np.random.default_rng


def drawn(n, seed, **changes):
    """Return quasars of the broad redshifts."""
    settings = Objects(mix=(1, 0, 0, 0), redshifts="broad", gaps=0.0, **changes)
    return simulate_targets(n, settings, RNG(seed))


@pytest.mark.parametrize("z", [0.3, 1.5, 3.0])
def test_the_red_are_as_red_as_they_say(monkeypatch, z):
    """The ratio of two fluxes to those without dust is the law's."""
    monkeypatch.setattr(targets, "_add_hosts", lambda *_: None)
    place, m = np.full(20, z), np.full(20, 20.0)
    red, clear = (
        targets._unabsorbed("baldwin", place, m, Objects(red=share), RNG(1))
        for share in (1.0, 0.0)
    )
    assert not clear[1].any()
    ebv = red[1]
    two = [np.argmin(np.abs(w - WAVE)) for w in (4200.0, 9000.0)]
    ratio = np.log10((red[0] / clear[0])[:, two])
    size, power = SMC
    law = size * (WAVE[two] / (1 + z) / 1e4) ** power
    expected = -0.4 * ebv * (law[0] - law[1])
    assert ratio[:, 0] - ratio[:, 1] == pytest.approx(expected, rel=2e-3)


def test_how_many_are_red_and_how_red():
    """A share of them; from 0.15 to 0.5, at high redshift only what is still seen."""
    z = np.repeat([0.5, 3.0], 20_000)
    ebv = draw_red(z, 0.08, RNG(2))
    has = ebv > 0
    low, _, most = RED
    assert has.mean() == pytest.approx(0.08, abs=0.005)
    assert low <= ebv[has].min() < ebv[has].max() <= most
    assert ebv[:20_000].max() > 0.45
    assert ebv[20_000:].max() < 0.25
    assert not draw_red(z, 0.0, RNG(2)).any()


def test_a_quarter_of_the_broad_redshifts_is_low():
    """From 0.1 to 0.9."""
    z = draw_redshifts("broad", 20_000, RNG(3))
    assert ((z > 0.1) & (z < 0.9)).mean() == pytest.approx(0.25, abs=0.03)


def test_hosts_shine_beside_faint_nuclei():
    """Shen et al. 2011: 0.81 at 10^44 erg/s, 0.24 at 10^44.5, none from 10^45.053."""
    level = np.repeat([44.0, 44.5, 45.1, 47.0], 4000)
    ratio = np.median(host_ratio(level, RNG(4)).reshape(4, 4000), axis=1)
    assert ratio == pytest.approx([0.8052, 0.2384, 0.0, 0.0], abs=0.02)


def test_low_redshift_quasars_have_broad_balmer_lines():
    """Hβ stands out over 2000 km/s from its centre, in spite of the host."""
    settings = Objects(red=0.0)
    z = np.full(40, 0.4)
    light, _ = targets._unabsorbed("baldwin", z, np.full(40, 20.0), settings, RNG(5))
    speed = np.log(WAVE / (4862.7 * 1.4)) * LIGHT
    wing = light[:, np.abs(np.abs(speed) - 1500) < 500].mean(axis=1)
    beside = light[:, np.abs(speed + 11_000) < 1500].mean(axis=1)
    assert np.median(wing / beside) > 1.1


def test_associated_damped_systems_are_black_at_their_place():
    """At 1215.67 Å (1 + z_abs), within their speeds of the quasar."""
    z = np.full(300, 2.6)
    place, column, depth = draw_associated(z, 1.0, RNG(6))
    has = np.isfinite(place)
    assert has.mean() == pytest.approx(0.5, abs=0.1)
    assert (column[has] >= 20.3).all()
    speed = (1 - (1 + place[has]) / 3.6) * LIGHT
    assert NEAR[0] <= speed.min() <= speed.max() <= NEAR[1]
    for i in np.flatnonzero(has):
        at = np.argmin(np.abs(WAVE - 1215.67 * (1 + place[i])))
        assert np.exp(-depth[i, at]) < 1e-3
    low, _, free = draw_associated(np.full(50, 0.5), 1.0, RNG(6))
    assert np.isnan(low).all()
    assert free.max() > 0.5
    assert not draw_associated(z, 0.0, RNG(6))[2].any()


def test_their_lyman_limit_lets_nothing_through():
    """Black just below 912 Å (1 + z_abs), nothing above."""
    depth = limit_depth(3.5, 20.5)
    edge = 911.75 * 4.5
    assert np.exp(-depth[(edge - 50 < WAVE) & (edge - 2 > WAVE)]).max() < 1e-6
    assert not depth[edge + 2 < WAVE].any()


def test_narrow_complexes_are_narrow_and_no_broad_absorption():
    """The C IV of none is absorbed over 2000 km/s on end; the truth says no BAL."""
    z = np.full(400, 2.3)
    depth = draw_narrow(z, 1.0, RNG(7))
    speed = -np.log(WAVE / (1549.06 * 3.3)) * LIGHT
    deep = np.exp(-depth[:, (speed > 3000) & (speed < 18_000)]) < 0.9
    assert deep.any()
    run = longest = np.zeros(len(z))
    for pixel in deep.T:
        run = np.where(pixel, run + 1, 0)
        longest = np.maximum(longest, run)
    assert np.quantile(longest, 0.95) * PIXEL < 2000
    assert np.exp(-depth).min(axis=1).max() < 0.95


def test_the_truth_of_absorbed_and_red_quasars():
    """They stay quasars; narrow absorption alone is no BAL."""
    truth, flux = drawn(200, 8, red=1.0, associated=1.0)
    assert truth["klass"].eq("QSO").all()
    assert truth["confident"].all()
    assert (truth["ebv"] >= RED[0]).all()
    high = truth[truth["z"] > 2.2]
    assert high["dla_z"].notna().mean() > 0.3
    known = truth[truth["bal"] != 0]
    assert ((known["bal"] == 1) == (known["bi"] > 0)).all()
    assert np.isfinite(flux).all()


def test_narrow_lines_of_galaxies_are_narrow():
    """[O III] of star formation is narrower than 500 km/s at half height."""
    gas = galaxies._gas(np.full(300, 0.8), np.full((300, 1), 10**2.2), RNG(9))
    calm = gas.blue[:, 0] < 200
    flux = np.ones((300, SIZE), dtype=np.float32)
    add_lines(flux, flux.copy(), np.full(300, 0.3), gas)
    speed = np.log(WAVE / (5008.2 * 1.3)) * LIGHT
    near = np.abs(speed) < 1200
    for spectrum in flux[calm][:, near] - 1:
        assert (spectrum > spectrum.max() / 2).sum() * PIXEL < 500


def test_three_fifths_of_galaxies_show_strong_lines():
    """[O II] or [O III] of 10 Å and more."""
    forming = RNG(10).random(4000) < galaxies.FORMING
    young = np.where(forming, RNG(11).beta(3.0, 1.5, 4000), 0.04)
    gas = galaxies._gas(young, np.full((4000, 1), 150.0), RNG(12))
    width = dict(zip(gas.rest, gas.width.T, strict=True))
    strongest = np.maximum(width[3727.1] + width[3729.9], width[5008.2])
    assert (strongest > 10).mean() == pytest.approx(0.62, abs=0.07)


@pytest.mark.parametrize(("kind", "least"), [("DC", 0.96), ("SD", 0.85)])
def test_featureless_stars_have_no_deep_line(kind, least):
    """Hβ and Hγ of DC and hot subdwarfs are within the veil, or nearly so."""
    light, _ = stars.draw_stars(np.full(40, kind, dtype=object), RNG(13))
    for line in (4862.7, 4341.7):
        core = light[:, np.abs(WAVE - line) < 6].mean(axis=1)
        beside = light[:, np.abs(np.abs(WAVE - line) - 60) < 8].mean(axis=1)
        assert np.median(core / beside) > least
    jump = light[:, np.abs(WAVE - 3900) < 20].mean(1)
    jump = jump / light[:, np.abs(WAVE - 3640) < 20].mean(1)
    assert np.median(jump) < 1.05


def test_a_tenth_of_the_stars_is_featureless():
    """DC and hot subdwarfs."""
    kinds = stars.draw_kinds(10_000, RNG(14))
    assert np.isin(kinds, ["DC", "SD"]).mean() == pytest.approx(0.11, abs=0.015)


@pytest.mark.parametrize("make", [boss, desi])
def test_gaps_have_no_weight(make):
    """A gap has ivar 0 at the same wavelengths in all arms; others keep theirs."""
    fault = np.array(["gap", ""] * 20)
    meta = pd.DataFrame({"targetid": np.arange(40)})
    meta[["tileid", "expid"]], meta[["ra", "dec"]] = 1, 0.0
    light = np.ones((40, SIZE), dtype=np.float32)
    spectra = observe(light, meta, make(), np.ones(40), RNG(15), fault)
    lost = np.concatenate([arm.ivar == 0 for arm in spectra.arms], axis=1)
    share = lost.mean(axis=1).reshape(20, 2)
    assert share[:, 1].max() < 0.01
    assert 0.04 < share[:, 0].mean() < 0.25
    assert share[:, 0].min() > 0.005


def test_gaps_come_in_their_share_and_keep_the_class():
    """They are of all classes, and confident."""
    settings = Objects(mix=(0.5, 0.25, 0.25, 0.0), gaps=0.3)
    truth, _ = simulate_targets(400, settings, RNG(16))
    lacking = truth["fault"].isin(["gap", "dead_arm", "step"])
    assert (truth["fault"] == "").sum() == (~lacking).sum()
    assert lacking.mean() == pytest.approx(0.3, abs=0.07)
    assert set(truth["klass"][lacking]) == {"QSO", "GALAXY", "STAR"}
    assert truth["confident"].all()
