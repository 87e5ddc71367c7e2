"""Settings, noise and batches of a training."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from quasar_toys import SIGMA, toys
from skyloom.quasars.config_training import Train
from skyloom.quasars.ensemble.bootstrap import member_seed
from skyloom.quasars.ensemble.data import (
    added_noise,
    epoch_rows,
    noise_of,
    noisy,
)
from skyloom.quasars.spectra.grid import normalise
from skyloom.run.config import ConfigError, checked


@pytest.fixture(scope="module")
def flux_and_ivar():
    rng = np.random.default_rng(2)
    flux = (5 + rng.standard_normal((4, 443))).astype(np.float32)
    ivar = rng.uniform(0.5, 2, (4, 443)).astype(np.float32)
    flux[:, 100:120] = ivar[:, 100:120] = 0
    return flux, ivar


def test_noise_is_in_the_units_of_the_spectrum(flux_and_ivar):
    """Normalised flux over sigma is flux over its own error, up to a constant."""
    flux, ivar = flux_and_ivar
    x, sigma = noise_of(flux, ivar)
    assert np.array_equal(x, normalise(flux, ivar)[0])
    assert not sigma[:, 100:120].any()
    scale = (flux[:, 1] - flux[:, 0]) / (x[:, 1] - x[:, 0])
    np.testing.assert_allclose(
        sigma[:, :100] * scale[:, None], ivar[:, :100] ** -0.5, rtol=1e-4
    )


def test_added_noise_equals_noise_added_before(flux_and_ivar):
    """Noise on the normalised spectrum is noise on the flux, normalised after."""
    flux, ivar = flux_and_ivar
    x, sigma = noise_of(flux, ivar)
    draws = np.random.default_rng(1).standard_normal(x.shape).astype(np.float32)
    added = np.float32([0, 1, 2, 3])
    got = noisy(x, sigma, added, draws)
    error = np.divide(1, np.sqrt(ivar), out=np.zeros_like(ivar), where=ivar > 0)
    expected, _ = normalise(flux + added[:, None] * error * draws, ivar)
    np.testing.assert_allclose(got, expected, atol=2e-5)
    np.testing.assert_allclose(got[0], x[0], atol=1e-5)


def test_share_of_spectra_with_noise():
    """About `noise_share` of a batch gets noise, uniform up to `noise`."""
    settings = Train(noise=2.0, noise_share=0.25)
    added = added_noise(20_000, settings, np.random.default_rng(0))
    assert (added > 0).mean() == pytest.approx(0.25, abs=0.02)
    assert added[added > 0].mean() == pytest.approx(1.0, abs=0.03)
    assert added.max() <= 2


@given(st.integers(1, 90), st.integers(1, 40), st.integers(0, 5))
def test_an_epoch_sees_every_row(n, batch, epoch):
    """All rows, once each up to the filling of the last batch."""
    settings = Train(batch=batch)
    rows = np.arange(n) * 3
    steps = settings.steps(n)
    found = epoch_rows(rows, steps, settings, 1, epoch)
    assert found.shape == (steps, batch)
    counts = np.unique(found, return_counts=True)
    assert np.array_equal(counts[0], rows)
    assert sorted(found.ravel()[:n]) == sorted(rows)


@given(st.integers(2, 400), st.floats(0, 0.9))
def test_cosine_rises_and_falls(total, warmup):
    """From nothing (if warmed up) to the rate, and down to about a hundredth."""
    settings = Train(schedule="cosine", warmup=warmup, rate=1.0)
    rates = np.array([settings.rate_at(step, total) for step in range(total + 1)])
    top = min(round(warmup * total), total - 1)
    assert rates[top] == pytest.approx(1.0)
    assert (np.diff(rates[: top + 1]) > 0).all()
    assert (np.diff(rates[top:]) < 0).all()
    assert rates[-1] == pytest.approx(0.01)


def test_constant_rate_is_constant():
    """As upstream."""
    settings = Train(rate=2e-4)
    assert {settings.rate_at(step, 50) for step in range(50)} == {2e-4}


@pytest.mark.parametrize(
    "wrong",
    [
        {"schedule": "step"},
        {"epochs": 0},
        {"batch": 0},
        {"rate": 0},
        {"noise": -1},
        {"warmup": 1.5},
        {"noise_share": -0.1},
        {"momentum": 2},
    ],
    ids=lambda w: next(iter(w)),
)
def test_wrong_settings_are_refused(wrong):
    with pytest.raises(ConfigError, match=next(iter(wrong))):
        checked(Train, wrong)


def test_wrong_data_are_refused():
    """Nothing known."""
    data, *_ = toys(4)
    with pytest.raises(ValueError, match="no spectrum has a confident truth"):
        replace(data, weight=data.weight * 0)


def test_toys_have_the_noise_they_say():
    """The helper's sigma is that of its spectra."""
    data, _, quasar = toys(50)
    flat = data.x[~quasar]
    assert np.std(flat / data.sigma[~quasar]) == pytest.approx(1, abs=0.05)
    assert SIGMA == 0.3


def test_seeds_of_members():
    """They differ from member to member, and are the same each time."""
    assert len({member_seed(9, m) for m in range(50)}) == 50
    assert member_seed(9, 3) == member_seed(9, 3)
