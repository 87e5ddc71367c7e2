"""Amplitudes: what noisy spectra with gaps say of a few shapes, and no more."""

import numpy as np
import pytest
from skyloom.spectra.labels.amplitudes import (
    FLOOR,
    Amplitudes,
    Basis,
    amplitudes,
    gathered,
    learn_basis,
)

PIXELS, WIDTH = 200, 4


def drawn(count, sigma, seed=0):
    """Return a basis, true amplitudes, and noisy spectra of sigma (count, 1)."""
    lot = np.random.default_rng(seed)
    wave = np.linspace(0, 1, PIXELS)
    shapes = [np.sin((k + 1) * np.pi * wave) / (k + 1) for k in range(WIDTH)]
    basis = Basis(np.full(PIXELS, 1, "f4"), np.array(shapes, "f4"))
    true = lot.normal(size=(count, WIDTH))
    sigma = np.broadcast_to(sigma, (count, PIXELS))
    flux = basis.mean + true @ basis.axes + sigma * lot.normal(size=sigma.shape)
    return basis, true, flux.astype("f4"), (sigma**-2.0).astype("f4")


def test_errors_of_amplitudes_are_as_large_as_their_covariance():
    """Over a range of noise, with gaps: χ² of the amplitudes is their number."""
    sigma = np.geomspace(0.05, 5, 4000)[:, None]
    basis, true, flux, ivar = drawn(4000, sigma)
    ivar[:, 60:120] = 0
    found = amplitudes(basis, flux, ivar)
    apart = found.value - true
    chi2 = np.einsum("ni,nij,nj->n", apart, np.linalg.inv(found.covariance), apart)
    for part in np.array_split(chi2, 4):
        assert part.mean() == pytest.approx(WIDTH, rel=0.1)


def test_without_data_nothing_is_known_and_without_noise_everything():
    basis, true, flux, ivar = drawn(5, 1e-6)
    blind = amplitudes(basis, flux, 0 * ivar)
    np.testing.assert_allclose(blind.value, 0)
    np.testing.assert_allclose(blind.covariance, [np.eye(WIDTH)] * 5)
    np.testing.assert_allclose(amplitudes(basis, flux, ivar).value, true, atol=0.01)


def test_masked_pixels_take_no_part():
    basis, _, flux, ivar = drawn(20, 0.1)
    ivar[:, 30:90] = 0
    other = flux.copy()
    other[:, 30:90] = 1e3
    one, two = (amplitudes(basis, f, ivar) for f in (flux, other))
    np.testing.assert_array_equal(one.value, two.value)
    np.testing.assert_array_equal(one.covariance, two.covariance)


def test_a_spectrum_that_shapes_do_not_fit_is_known_less_well():
    basis, _, flux, ivar = drawn(20, 0.1)
    odd = flux + np.where(np.arange(PIXELS) % 2, 1, -1).astype("f4")
    fits, misfits = (amplitudes(basis, f, ivar).covariance for f in (flux, odd))
    assert (misfits[:, 0, 0] > 20 * fits[:, 0, 0]).all()


def test_shapes_are_found_again():
    """The subspace is that of the truth, and amplitudes have variance 1."""
    basis, _, flux, ivar = drawn(1500, np.geomspace(0.02, 1, 1500)[:, None])
    lot = np.random.default_rng(3)
    ivar[lot.random(ivar.shape) < 0.2] = 0
    found = learn_basis(flux, ivar, np.ones(1500), lot)
    truth = np.linalg.qr(basis.axes.T)[0]
    largest = found.axes[np.argsort(-(found.axes**2).sum(1))]
    apart = basis.axes - (basis.axes @ largest.T @ np.linalg.pinv(largest.T))
    assert np.abs(apart).max() < 0.03
    assert truth.shape == (PIXELS, WIDTH)
    np.testing.assert_allclose(found.mean, basis.mean, atol=0.15)
    known = amplitudes(found, flux, ivar)
    variance = np.cov(known.value.T) + known.covariance.mean(axis=0)
    np.testing.assert_allclose(variance, np.eye(len(found.axes)), atol=0.12)


def test_a_few_spectra_give_fewer_shapes():
    basis, _, flux, ivar = drawn(3, 0.1)
    found = learn_basis(flux, ivar, np.ones(3), np.random.default_rng(0))
    assert found.axes.shape[1] == PIXELS
    assert 1 <= len(found.axes) < 3
    assert basis.axes.dtype == found.axes.dtype


def test_the_floor_keeps_perfect_pixels_finite():
    basis, _, flux, ivar = drawn(2, 1e-6)
    found = amplitudes(basis, flux, ivar * 1e8)
    assert np.isfinite(found.value).all()
    assert (np.diagonal(found.covariance, axis1=1, axis2=2) > FLOOR**2 / PIXELS).all()


def test_pieces_are_the_whole():
    basis, _, flux, ivar = drawn(7, 0.1)
    whole = amplitudes(basis, flux, ivar)
    parts = (amplitudes(basis, flux[i : i + 3], ivar[i : i + 3]) for i in (0, 3, 6))
    found = gathered(parts)
    assert isinstance(found, Amplitudes)
    np.testing.assert_allclose(found.value, whole.value, atol=1e-6)
