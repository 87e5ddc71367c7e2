"""Dead arms and the signal-to-noise ratio of spectra."""

import numpy as np
import pandas as pd
import pytest
from skyloom.io.spectra import Arm, Spectra
from skyloom.quasars.spectra.quality import dead_arms, signal_to_noise

WAVES = {
    "b": 3600 + 0.8 * np.arange(2751),
    "r": 5760 + 0.8 * np.arange(2326),
    "z": 7520 + 0.8 * np.arange(2881),
}


def spectra(names="brz", dead="", n=2):
    arms = []
    for name in names:
        ones = np.ones((n, len(WAVES[name])), "f4")
        arms.append(Arm(name, WAVES[name], 3 * ones, ones * (name not in dead)))
    meta = pd.DataFrame({"targetid": np.arange(n), "tileid": 1, "expid": 1})
    return Spectra(tuple(arms), meta.assign(ra=0.0, dec=0.0))


@pytest.mark.parametrize(
    ("names", "dead", "bits"),
    [
        *(("brz", "", 0), ("brz", "b", 1), ("brz", "r", 2), ("brz", "z", 4)),
        *(("rz", "r", 3), ("brz", "brz", 7), ("z", "", 3)),
    ],
)
def test_arms_of_no_weight_and_missing_arms_are_dead(names, dead, bits):
    """The pixels that a neighbour shares do not hide it."""
    assert (dead_arms(spectra(names, dead)) == bits).all()


def test_a_joined_spectrum_is_judged_by_wavelength():
    """A red half alone has a dead b."""
    wave = 10 ** np.linspace(np.log10(3600), np.log10(10300), 4600)
    ivar = np.ones((2, 4600), "f4")
    ivar[1, wave < 5800] = 0
    whole = spectra()
    joined = Spectra((Arm("sdss", wave, ivar, ivar),), whole.meta)
    assert dead_arms(joined).tolist() == [0, 1]


def test_signal_to_noise_is_the_median_of_the_usable():
    """Masked pixels do not count; none at all is NaN."""
    some = spectra(dead="b")
    assert signal_to_noise(some).tolist() == [3, 3]
    for arm in some.arms:
        arm.ivar[1] = 0
    assert np.isnan(signal_to_noise(some)).tolist() == [False, True]
