"""Histories of star formation."""

import numpy as np
import pytest
from simulated_stars import library
from skyloom.spectra.simulation.history import star_formation


def by_age(history):
    return history.weights.sum(axis=2)


def mean_metal(history):
    return (history.weights.sum(axis=1) * library().z_h).sum(axis=1)


def test_masses_add_to_one_whatever_the_history():
    rng = np.random.default_rng(1)
    n = 200
    history = star_formation(
        library(),
        rng.uniform(0.5, 13.5, n),
        rng.uniform(0.1, 20, n),
        burst=rng.uniform(0, 0.9, n),
        burst_age=10 ** rng.uniform(-2, 0.5, n),
        quenched=rng.uniform(0, 0.4, n),
        z_young=rng.uniform(-2, 1, n),
        z_spread=rng.uniform(0, 0.5, n),
        episodes=rng.lognormal(0, 1, (n, 12)),
    )
    assert history.weights.shape == (n, 25, 12)
    assert (history.weights > -1e-12).all()
    assert np.allclose(history.weights.sum(axis=(1, 2)), 1)
    assert (history.ssfr >= 0).all()


def test_rate_and_age_of_a_linear_rise():
    """With a long time scale the rate is t: now 2/T of the mass a year."""
    history = star_formation(library(), 10.0, 1e6)
    assert history.ssfr[0] == pytest.approx(2 / 10e9, rel=2e-3)
    # The mean of ln(age) of a rate T - age is ln T - 3/2.
    mean = (by_age(history)[0] * library().log_age).sum()
    assert mean == pytest.approx((np.log(10) - 1.5) / np.log(10), abs=5e-3)


def test_rate_of_a_short_time_scale():
    """T/tau² exp(-T/tau), over the mass 1 - (1 + T/tau) exp(-T/tau)."""
    x = 8 / 2.0
    history = star_formation(library(), 8.0, 2.0)
    exact = x / 2e9 * np.exp(-x) / (1 - (1 + x) * np.exp(-x))
    assert history.ssfr[0] == pytest.approx(exact, rel=5e-3)


def test_a_quenched_rate_fades():
    ages = np.array([0.0, 0.3, 1.0, 5.0])
    rate = star_formation(library(), 12.0, 4.0, quenched=ages).ssfr
    assert (np.diff(rate) < 0).all()
    fading = np.exp(-0.29 / 0.1), np.exp(-0.3 / 0.1)
    ratio = rate[1] / rate[0]
    assert fading[1] < ratio < 1.2 * fading[0]
    assert rate[3] < 1e-20


def test_a_burst_is_where_and_as_large_as_asked():
    plain, late = (
        by_age(star_formation(library(), 12.0, 1.0, burst=share, burst_age=0.05))[0]
        for share in (0.0, 0.2)
    )
    excess = late - 0.8 * plain
    assert excess.sum() == pytest.approx(0.2)
    centre = (excess * library().log_age).sum() / 0.2
    assert centre == pytest.approx(np.log10(0.05), abs=0.02)
    scatter = (excess * (library().log_age - centre) ** 2).sum() / 0.2
    step = np.diff(library().log_age)[0]
    assert 0.1**2 < scatter < 0.1**2 + step**2 / 4


@pytest.mark.parametrize("spread", [0.0, 0.05, 0.15])
@pytest.mark.parametrize("mean", [-0.7, -0.123, 0.0])
def test_metallicity_has_the_mean_and_spread_asked_for(mean, spread):
    history = star_formation(
        library(), 9.0, 3.0, z_young=mean, z_old=mean, z_spread=spread
    )
    shares = history.weights.sum(axis=1)[0]
    assert mean_metal(history)[0] == pytest.approx(mean, abs=0.003)
    variance = (shares * (library().z_h - mean) ** 2).sum()
    step = np.diff(library().z_h)[0]
    assert spread**2 - 1e-6 <= variance <= spread**2 + step**2 / 4 + 1e-6


def test_metals_grow_with_time():
    history = star_formation(library(), 12.0, 5.0, z_young=0.1, z_old=-0.5)
    metals = (history.weights[0] * library().z_h).sum(axis=1) / by_age(history)[0]
    assert (np.diff(metals) < 0).all()
    assert metals[0] == pytest.approx(0.1, abs=0.01)


def test_episodes():
    plain = star_formation(library(), 12.0, 5.0)
    same = star_formation(library(), 12.0, 5.0, episodes=np.full((1, 12), 3.0))
    assert np.allclose(plain.weights, same.weights)
    quiet = np.ones((1, 12))
    quiet[:, :3] = 0
    assert star_formation(library(), 12.0, 5.0, episodes=quiet).ssfr[0] == 0


def test_regions_do_not_depend_on_each_other():
    both = star_formation(library(), [12.0, 3.0], [5.0, 1.0], z_young=[0.1, -0.4])
    for i, (start, tau, metal) in enumerate([(12.0, 5.0, 0.1), (3.0, 1.0, -0.4)]):
        alone = star_formation(library(), start, tau, z_young=metal)
        assert np.allclose(both.weights[i], alone.weights[0])
