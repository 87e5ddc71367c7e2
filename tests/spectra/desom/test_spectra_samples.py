"""What a network learns from, and when."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from skyloom.spectra.config_map import Temperature, Training
from skyloom.spectra.desom.samples import Samples, batch_rows
from skyloom.spectra.desom.schedule import temperature
from skyloom.spectra.mapping.fill import mean_spectrum

RNG = np.random.default_rng(1)
FLUX = RNG.normal(size=(7, 12)).astype(np.float32)
IVAR = np.where(RNG.random((7, 12)) < 0.3, 0, RNG.uniform(1, 9, (7, 12)))
MEAN = np.arange(12, dtype=np.float32)


@pytest.mark.parametrize("weighted", [True, False])
def test_weights_of_a_sample_sum_to_one(weighted):
    """Whatever its S/N; masked pixels weigh nothing, and are as the mean."""
    samples = Samples(FLUX, IVAR, MEAN, weighted, MEAN)
    x, weight = samples.batch(np.array([4, 2]))
    np.testing.assert_allclose(weight.sum(axis=1), 1, rtol=1e-6)
    masked = IVAR[[4, 2]] == 0
    assert (weight[masked] == 0).all()
    assert (weight[~masked] > 0).all()
    np.testing.assert_allclose(x, np.where(masked, 0, FLUX[[4, 2]] - MEAN))
    brighter = Samples(FLUX, 100 * IVAR, MEAN, weighted).batch(np.array([4, 2]))[1]
    np.testing.assert_allclose(weight, brighter, rtol=1e-6)


def test_good_pixels_weigh_as_their_ivar_says():
    """By ratio, or alike."""
    ivar = np.array([[1.0, 3.0, 0.0]])
    for weighted, wanted in ((True, [0.25, 0.75, 0]), (False, [0.5, 0.5, 0])):
        samples = Samples(np.ones((1, 3)), ivar, np.zeros(3), weighted)
        np.testing.assert_allclose(samples.batch(slice(None))[1][0], wanted)


def test_sample_without_a_good_pixel_is_named():
    """By its number among all, not in the batch."""
    ivar = IVAR.copy()
    ivar[5] = 0
    with pytest.raises(ValueError, match="sample 5 has no good pixel"):
        Samples(FLUX, ivar, MEAN).batch(np.array([1, 5]))


def test_samples_without_ivar_are_as_they_are():
    """Images too: their weights are None, in pieces and by lot."""
    images = RNG.normal(size=(9, 3, 3, 1))
    x, weight = Samples(images).batch(slice(2, 4))
    assert weight is None
    assert x.dtype == np.float32
    np.testing.assert_allclose(x, images[2:4], rtol=1e-6)
    pieces = list(Samples(images).pieces(4))
    assert [len(piece) for piece in pieces] == [4, 4, 1]
    assert len(Samples(images).some(5, np.random.default_rng(1))) == 5


@given(st.integers(1, 50), st.integers(1, 60), st.integers(0, 9))
def test_a_pass_sees_no_sample_twice(n_samples, size, seed):
    """Batches of one pass are apart, all full, and other passes have another order."""
    per_pass = n_samples // min(size, n_samples)
    first = [batch_rows(n_samples, size, seed, k) for k in range(per_pass)]
    rows = np.concatenate(first)
    assert len(set(rows.tolist())) == len(rows) == per_pass * min(size, n_samples)
    assert all(len(batch) == min(size, n_samples) for batch in first)
    if n_samples > 20:
        later = batch_rows(n_samples, n_samples, seed, 1)
        assert (later != batch_rows(n_samples, n_samples, seed, 0)).any()


def test_mean_spectrum_is_of_good_pixels():
    """A pixel that is masked in all spectra lies between its neighbours."""
    ivar = IVAR.copy()
    ivar[:, 3] = 0
    wanted = np.ma.masked_array(FLUX, ivar == 0).mean(axis=0)
    found = mean_spectrum(FLUX, ivar)
    np.testing.assert_allclose(found[~wanted.mask], wanted.compressed(), rtol=1e-5)
    np.testing.assert_allclose(found[3], (found[2] + found[4]) / 2, rtol=1e-5)
    with pytest.raises(ValueError, match="no spectrum has a good pixel"):
        mean_spectrum(FLUX, 0 * ivar)


def training(schedule):
    heat = Temperature(first=15, last=0.7, schedule=schedule)
    return Training(iterations=120, decay=101, temperature=heat)


@pytest.mark.parametrize(
    ("schedule", "middle", "last"),
    [
        ("exponential", np.sqrt(15 * 0.7), 0.7),
        ("linear", (15 + 0.7) / 2, 0.7),
        ("constant", 15, 15),
    ],
)
def test_temperature_falls_and_stays(schedule, middle, last):
    """From first to last over the decay, then the same."""
    values = [temperature(t, training(schedule)) for t in (0, 50, 100, 119)]
    np.testing.assert_allclose(values, [15, middle, last, last])
