"""Targets with their truth, and what is asked of them."""

from __future__ import annotations

import numpy as np
import pytest
from skyloom.quasars.config_simulation import Objects
from skyloom.quasars.simulation import junk
from skyloom.quasars.simulation.frame import SIZE
from skyloom.quasars.simulation.tables import columns
from skyloom.quasars.simulation.targets import (
    REDSHIFTS,
    draw_magnitudes,
    draw_redshifts,
    simulate_targets,
)
from skyloom.quasars.spectra.truth import COLUMNS
from skyloom.run.config import ConfigError, checked

RNG = np.random.default_rng


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("mix", (0.5, 0.5)),
        ("mix", (0.0, 0.0, 0.0, 0.0)),
        ("mix", (1.0, -0.1, 0.0, 0.1)),
        ("families", ()),
        ("families", ("redrock",)),
        ("families", ("eigen",)),
        ("redshifts", "sdss"),
        ("magnitudes", (22.0, 19.0)),
    ],
)
def test_settings_that_cannot_be_are_refused(name, value):
    """The message names the setting."""
    wrong = "templates" if value == ("eigen",) else name
    with pytest.raises(ConfigError, match=wrong):
        checked(Objects, {name: value})


@pytest.mark.parametrize("name", REDSHIFTS)
def test_redshifts_follow_their_table(name):
    """Drawn redshifts keep to the range; DESI has its peak near 1.5, 30 % above 2.1."""
    z = draw_redshifts(name, 20_000, RNG(1))
    nodes, density = columns(f"redshifts_{name}")
    assert nodes[0] <= z.min() < z.max() <= nodes[-1]
    fine = np.linspace(nodes[0], nodes[-1], 20_001)
    weight = np.interp(fine, nodes, density)
    for moment in (1, 2):
        expected = (fine**moment * weight).sum() / weight.sum()
        assert (z**moment).mean() == pytest.approx(expected, rel=0.03)
    if name == "desi":
        assert (z > 2.1).mean() == pytest.approx(0.3, abs=0.06)


def test_magnitudes_grow_as_the_counts():
    """Numbers per magnitude grow by 10^0.35 from one to the next."""
    m = draw_magnitudes(19.0, 22.0, 100_000, RNG(2))
    assert (m.min(), m.max()) == (pytest.approx(19, abs=0.01), pytest.approx(22))
    bright, middle, faint = np.histogram(m, [19, 20, 21, 22])[0]
    assert faint / middle == pytest.approx(10**0.35, rel=0.05)
    assert middle / bright == pytest.approx(10**0.35, rel=0.05)


@pytest.fixture(scope="module")
def drawn():
    """Return 600 targets of the default mix."""
    return simulate_targets(600, Objects(), RNG(3), first=1000)


def test_truth_is_complete(drawn):
    """Every target has an identifier, a class, and a redshift, but for empty sky."""
    truth, flux = drawn
    assert set(COLUMNS) <= set(truth)
    assert list(truth["targetid"]) == list(range(1000, 1600))
    sky = truth["fault"] == "sky"
    assert (truth["klass"][sky] == "").all()
    assert not truth["confident"][sky].any()
    assert truth["z"][~sky].notna().all()
    assert truth["klass"][~sky].isin(["QSO", "GALAXY", "STAR"]).all()
    assert flux.shape == (600, SIZE)
    assert flux.dtype == np.float32
    assert np.isfinite(flux).all()


def test_nobody_is_sure_of_a_blend_with_a_quasar(monkeypatch):
    """Of two other classes one is."""
    blends = np.full(90, "blend", dtype=object)
    monkeypatch.setattr(junk, "draw_kinds", lambda n, rng, table="": blends[:n])
    mixed, _ = simulate_targets(90, Objects(mix=(0.2, 0.1, 0.1, 0.6)), RNG(4))
    blend = mixed["fault"] == "blend"
    quasar = mixed["klass"] == "QSO"
    assert not mixed["confident"][blend & quasar].any()
    assert 0 < mixed["confident"][blend & ~quasar].mean() < 1
    assert (mixed["quality"][blend & ~mixed["confident"]] == 2).all()
    assert mixed["confident"][~blend].all()


def test_the_mix_is_that_of_the_settings(drawn):
    """70, 16, 6 and 8 per cent, within chance; gaps are no class of their own."""
    truth, _ = drawn
    lacking = truth["fault"].isin(["gap", "dead_arm", "step"])
    whole = truth[(truth["fault"] == "") | lacking]
    shares = whole["klass"].value_counts() / len(truth)
    assert shares["QSO"] == pytest.approx(0.70, abs=0.06)
    assert shares["GALAXY"] == pytest.approx(0.16, abs=0.05)
    assert shares["STAR"] == pytest.approx(0.06, abs=0.04)
    assert (truth["fault"] != "").mean() == pytest.approx(0.126, abs=0.05)


def test_bal_follows_the_balnicity(drawn):
    """1 with BI, -1 without (mini-BALs too), 0 where C IV cannot be seen."""
    truth, _ = drawn
    quasar = (truth["klass"] == "QSO") & (truth["z"] > 1.6)
    assert (truth["bal"][quasar & (truth["bi"] > 0)] == 1).all()
    assert (truth["bal"][quasar & (truth["bi"] == 0)] == -1).all()
    assert (quasar & (truth["bi"] == 0) & (truth["ai"] > 0)).any()
    assert (truth["bal"][(truth["klass"] == "QSO") & (truth["z"] < 1.5)] == 0).all()
    assert (truth["bal"][truth["klass"].isin(["STAR", "GALAXY"])] == -1).all()
    assert 0.05 < (truth["bal"][quasar] == 1).mean() < 0.2


def test_same_seed_same_targets(drawn):
    """The same stream gives the same bytes."""
    truth, flux = simulate_targets(600, Objects(), RNG(3), first=1000)
    assert truth.equals(drawn[0])
    assert flux.tobytes() == drawn[1].tobytes()


@pytest.mark.parametrize(
    "mix", [(0, 1, 0, 0), (0, 0, 1, 0), (0, 0, 0, 1), (1, 0, 0, 0)]
)
def test_one_class_alone_can_be_drawn(mix):
    """Any class may be absent."""
    truth, flux = simulate_targets(12, Objects(mix=mix), RNG(4))
    assert len(truth) == len(flux) == 12
    assert truth["bal"].dtype == np.int64
