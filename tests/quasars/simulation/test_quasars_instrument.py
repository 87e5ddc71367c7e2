"""What spectrographs make of light."""

from __future__ import annotations

import dataclasses

import numpy as np
import pandas as pd
import pytest
from skyloom.quasars.simulation.frame import SIZE, WAVE
from skyloom.quasars.simulation.instrument import Flaws, boss, desi, observe

RNG = np.random.default_rng
PERFECT = Flaws(**{f.name: 0.0 for f in dataclasses.fields(Flaws)})


def _meta(n):
    nothing = np.zeros(n)
    return pd.DataFrame(
        {
            "targetid": np.arange(1, n + 1),
            "tileid": 1,
            "expid": 1,
            "ra": nothing,
            "dec": nothing,
        }
    )


def _light(n, level=1.0):
    return np.full((n, SIZE), level, dtype=np.float32)


@pytest.mark.parametrize("make", [boss, desi])
def test_noise_is_what_the_inverse_variance_says(make):
    """Without flaws, residuals over noise have scatter 1 in every arm."""
    instrument = dataclasses.replace(make(), flaws=PERFECT)
    spectra = observe(_light(20), _meta(20), instrument, np.ones(20), RNG(1))
    for arm in spectra.arms:
        pull = (arm.flux - 1.0) * np.sqrt(arm.ivar)
        assert pull.mean() == pytest.approx(0, abs=0.02)
        assert pull.std() == pytest.approx(1, abs=0.02)


def test_arms_are_those_of_desi():
    """2751, 2326 and 2881 pixels of 0.8 Å from 3600, 5760 and 7520 Å."""
    spectra = observe(_light(2), _meta(2), desi(), np.ones(2), RNG(2))
    assert [arm.name for arm in spectra.arms] == ["b", "r", "z"]
    assert [len(arm.wave) for arm in spectra.arms] == [2751, 2326, 2881]
    ends = [arm.wave[k] for arm in spectra.arms for k in (0, -1)]
    assert ends == pytest.approx([3600, 5800, 5760, 7620, 7520, 9824])


def test_boss_is_a_slice_of_the_frame():
    """One arm from 10^3.5525 Å in steps of 1e-4."""
    spectra = observe(_light(2), _meta(2), boss(), np.ones(2), RNG(3))
    wave = spectra.arms[0].wave
    assert len(wave) == 4620
    assert np.log10(wave[0]) == pytest.approx(3.5525)
    assert np.isin(wave, WAVE).all()


def test_noise_is_loud_in_the_blue_and_on_sky_lines():
    """3600 Å is louder than 5250 Å by five at least; 5577 Å stands out."""
    arm = observe(_light(4), _meta(4), boss(), np.ones(4), RNG(4)).arms[0]
    noise = 1 / np.sqrt(np.where(arm.ivar > 0, arm.ivar, np.nan))
    at = [np.nanmedian(noise[:, np.abs(arm.wave - w) < 3]) for w in (3600, 5250, 5579)]
    assert at[0] > 5 * at[1]
    assert at[2] > 4 * at[1]


def test_depth_and_light_make_noise():
    """Twice the depth factor is twice the noise; light adds to it."""
    one, two = (
        observe(_light(30, 0.0), _meta(30), boss(), np.full(30, d), RNG(5)).arms[0]
        for d in (1.0, 2.0)
    )
    ratio = np.median(one.ivar) / np.median(two.ivar)
    assert ratio == pytest.approx(4, rel=0.05)
    bright = observe(_light(30, 20.0), _meta(30), boss(), np.ones(30), RNG(5)).arms[0]
    assert np.median(bright.ivar) < 0.3 * np.median(one.ivar)


@pytest.mark.parametrize(("make", "share"), [(boss, 1 / 3), (desi, None)])
def test_dead_arms_are_dead(make, share):
    """A dead arm has no data; other targets keep theirs."""
    fault = np.array(["dead_arm", "", "dead_arm"])
    spectra = observe(_light(3), _meta(3), make(), np.ones(3), RNG(6), fault)
    lost = np.concatenate([arm.ivar == 0 for arm in spectra.arms], axis=1).mean(axis=1)
    assert lost[1] < 0.01
    if share:
        assert lost[[0, 2]] == pytest.approx(share, abs=0.01)
    else:
        alive = [[(arm.ivar[i] > 0).any() for arm in spectra.arms] for i in (0, 2)]
        assert [sum(a) for a in alive] == [2, 2]


def test_cosmic_rays_hit():
    """The fault has many more pixels far above their noise."""
    fault = np.repeat(["", "cosmics"], 20)
    arm = observe(_light(40), _meta(40), boss(), np.ones(40), RNG(7), fault).arms[0]
    far = ((arm.flux - 1) * np.sqrt(arm.ivar) > 8).sum(axis=1)
    assert far[20:].sum() > 20 * max(far[:20].sum(), 1)


def test_flaws_bend_the_continuum():
    """Calibration errors are smooth: seen in broad bands, not from pixel to pixel."""
    spectra = observe(_light(60, 500.0), _meta(60), boss(), np.ones(60), RNG(8))
    flux = spectra.arms[0].flux[:, 600:4200] / 500
    broad = flux.reshape(60, 36, 100).mean(axis=2)
    assert 0.02 < broad.std(axis=0).mean() < 0.15
