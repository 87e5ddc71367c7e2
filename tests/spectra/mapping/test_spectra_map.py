"""Spectra placed on a map: masked pixels take no part, and chunks do not matter."""

from __future__ import annotations

import numpy as np
import pytest
from skyloom.som.model import Som
from skyloom.spectra.mapping import model
from skyloom.spectra.mapping.codecs import Identity, Principal
from skyloom.spectra.mapping.model import SpectralMap
from skyloom.spectra.rest.grid import RestGrid

GRID = RestGrid(3600.0, 1e-3, 60)


@pytest.fixture(params=["som", "pca_som"])
def drawn(request):
    """Return a map of both kinds and spectra that its codec describes exactly."""
    lot = np.random.default_rng(2)
    axes = np.linalg.qr(lot.normal(size=(60, 3)))[0].T.astype("f4")
    mean = lot.normal(size=60).astype("f4")
    latent = lot.normal(size=(40, 3)).astype("f4")
    flux = latent @ axes + mean
    units = latent[:12]
    if request.param == "pca_som":
        codec, weights = Principal(mean, axes), units
    else:
        codec, weights, flux = Identity(), units @ axes + mean, flux[:12]
    som = Som(weights.reshape(3, 4, -1).astype("f4"), "sheet")
    return SpectralMap(request.param, codec, som, GRID, "median", mean), flux


def test_a_spectrum_that_is_a_prototype_lies_on_its_unit(drawn):
    made, flux = drawn
    unit, distance, latent = made.place(flux[:12], np.ones((12, 60), "f4"))
    assert unit.tolist() == list(range(12))
    np.testing.assert_allclose(distance, 0, atol=1e-5)
    np.testing.assert_allclose(made.reconstruct(latent), flux[:12], atol=1e-5)
    np.testing.assert_allclose(made.prototypes(), flux[:12], atol=1e-5)


def test_values_under_a_mask_change_nothing(drawn):
    made, flux = drawn
    ivar = np.ones_like(flux)
    ivar[:, 20:26] = 0
    wild = flux.copy()
    wild[:, 20:26] = 1e9
    for one, other in zip(made.place(flux, ivar), made.place(wild, ivar), strict=True):
        np.testing.assert_array_equal(one, other)


def test_gaps_are_filled_from_the_rest_of_the_spectrum(drawn):
    made, flux = drawn
    ivar = np.ones_like(flux)
    ivar[:, 20:26] = 0
    placed, whole = made.place(flux, ivar), made.place(flux, np.ones_like(flux))
    assert (placed[0] == whole[0]).mean() > 0.9
    mean_filled = made.codec.encode(np.where(ivar > 0, flux, made.mean))
    gap = np.linalg.norm(placed[2] - whole[2], axis=1)
    assert gap.mean() < 0.5 * np.linalg.norm(mean_filled - whole[2], axis=1).mean()


def test_chunks_do_not_matter(drawn, monkeypatch):
    made, flux = drawn
    ivar = (np.random.default_rng(3).random(flux.shape) > 0.2).astype("f4")
    whole = made.encode(flux, ivar)
    monkeypatch.setattr(model, "CHUNK", 5)
    np.testing.assert_allclose(made.encode(flux, ivar), whole, atol=1e-5)


def test_no_spectra_have_no_places(drawn):
    made, flux = drawn
    latent = made.encode(flux[:0], flux[:0])
    assert latent.shape == (0, made.som.width)
