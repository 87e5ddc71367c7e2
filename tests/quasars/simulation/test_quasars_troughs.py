"""Damped, narrow and broad absorption."""

from __future__ import annotations

import numpy as np
import pytest
from skyloom.quasars.simulation.frame import WAVE
from skyloom.quasars.simulation.troughs import (
    Troughs,
    damped_depth,
    draw_damped,
    draw_troughs,
    indices,
    metal_depth,
    trough_depth,
)

RNG = np.random.default_rng


def _trough(speed, width, depth):
    one = np.ones((1, 1))
    return Troughs(speed * one, width * one, depth * one, np.zeros(1, dtype=bool))


@pytest.mark.parametrize("log_n", [20.3, 21.0])
def test_damped_width_follows_the_square_root_of_the_column(log_n):
    """Rest equivalent width of Lyman α is about 7.3 Å sqrt(N / 1e20)."""
    lost = 1 - np.exp(-damped_depth(2.9, log_n))
    near = (WAVE > 1080 * 3.9) & (WAVE < 1400 * 3.9)
    width = (lost * np.gradient(WAVE))[near].sum() / 3.9
    assert width == pytest.approx(7.3 * 10 ** (0.5 * (log_n - 20)), rel=0.12)


def test_damped_systems_lie_in_the_forest():
    """Columns are damped, places between Lyman β and the quasar, at the rate asked."""
    z = np.full(4000, 2.8)
    place, column = draw_damped(z, 0.1, RNG(1))
    has = np.isfinite(place)
    assert has.mean() == pytest.approx(0.1, abs=0.015)
    assert ((column[has] >= 20) & (column[has] <= 22)).all()
    assert ((place[has] > 2.2) & (place[has] < 2.8)).all()
    assert np.isnan(draw_damped(np.full(50, 1.0), 1.0, RNG(1))[0]).all()


def test_balnicity_of_a_black_trough_is_its_width_less_2000():
    """A black trough from 8,000 to 14,000 km/s has a BI of about 4,000 km/s."""
    balnicity, absorption = indices(_trough(11_000.0, 2000.0, 50.0))
    # The profile exp(-x^4 / 8) of depth 50 is black out to 2.6 sigma.
    assert balnicity[0] == pytest.approx(2 * 2.7 * 2000 - 2000, rel=0.12)
    assert absorption[0] > balnicity[0]


def test_narrow_or_slow_troughs_have_no_balnicity():
    """1,500 km/s wide, or slower than 3,000 km/s: absorption, not balnicity."""
    for speed, width in ((9000.0, 250.0), (1200.0, 500.0)):
        balnicity, absorption = indices(_trough(speed, width, 8.0))
        assert balnicity[0] == 0
        assert absorption[0] > 0


def test_troughs_absorb_blueward_of_civ():
    """At z = 2.5 the trough is at 1549 (1 - v/c) of the rest frame."""
    depth = trough_depth(np.array([2.5]), _trough(10_000.0, 1000.0, 3.0))[0]
    red = WAVE > 1450 * 3.5
    deepest = WAVE[red][depth[red].argmax()] / 3.5
    assert deepest == pytest.approx(1549.06 * np.exp(-10_000 / 299_792), rel=2e-3)
    assert (depth[WAVE > 1549 * 3.5] == 0).all()


def test_fractions_are_those_asked_for():
    """One quasar in eight is given troughs; most of those have a balnicity."""
    balnicity, _ = indices(draw_troughs(np.zeros(3000), 0.125, RNG(2)))
    assert 0.08 < (balnicity > 0).mean() < 0.13
    assert not draw_troughs(np.zeros(100), 0.0, RNG(2)).depth.any()


def test_metals_are_sparse_and_positive():
    """Narrow systems cover a few per cent of the pixels."""
    depth = metal_depth(np.full(200, 2.5), np.full(200, np.nan), RNG(3))
    assert (depth >= 0).all()
    assert 0.002 < (depth > 0.1).mean() < 0.06
