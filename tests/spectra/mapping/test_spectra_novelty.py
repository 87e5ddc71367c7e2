"""Novelty: spectra like the training's are as unusual as they, at any noise."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest
from skyloom.run.seeds import rng
from skyloom.som.training import train
from skyloom.spectra.mapping.codecs import Principal
from skyloom.spectra.mapping.model import SpectralMap
from skyloom.spectra.mapping.novelty import (
    LENGTHS,
    Novelty,
    fit_novelty,
    noise_of,
    novelty_from,
    residual,
)
from skyloom.spectra.rest.files import RestSpectra
from skyloom.spectra.rest.grid import RestGrid
from skyloom.spectra.rest.scale import scale

GRID = RestGrid(4000.0, 1e-3, 160)


def drawn(n, sn, seed, method="median", odd=0.0):
    """Return scaled spectra of two shapes, and of a third one by `odd`."""
    lot = np.random.default_rng(seed)
    x = np.linspace(-1, 1, 160)
    one, other = lot.uniform(0, 1, (2, n, 1))
    truth = 2 + one * x + other * np.sin(5 * x) + odd * np.sign(np.sin(9 * x))
    sigma = truth / np.broadcast_to(sn, n)[:, None]
    ivar = np.where(lot.random(truth.shape) < 0.03, 0, sigma**-2.0)
    flux = truth + sigma * lot.normal(size=truth.shape)
    return scale(flux, ivar, GRID, method)[:2]


def spectra(flux, ivar, method):
    """Return them as training spectra."""
    return RestSpectra(flux, ivar, pd.DataFrame(index=range(len(flux))), GRID, method)


def mapped(method):
    """Return a map of such spectra, and its novelty."""
    flux, ivar = drawn(900, rng(0, "sn").uniform(10, 60, 900), 1, method)
    mean = (flux.sum(axis=0) / (ivar > 0).sum(axis=0)).astype("f4")
    axes = np.linalg.svd(np.where(ivar > 0, flux - mean, 0), full_matrices=False)[2]
    codec = Principal(mean, axes[:4].astype("f4"))
    som = train(
        codec.encode(np.where(ivar > 0, flux, mean)), (4, 4), "sheet", 8, rng(2)
    )
    made = SpectralMap("pca_som", codec, som, GRID, method, mean)
    return made, fit_novelty(made, spectra(flux, ivar, method), rng(3))


@pytest.fixture(scope="module", params=["median", "zscore"])
def made(request):
    return mapped(request.param)


def judged(made, flux, ivar):
    """Return the percentile of the distance, and the excess."""
    _, distance, latent = made[0].place(flux, ivar)
    left, noise = residual(flux, ivar, made[0].reconstruct(latent)), noise_of(ivar)
    return made[1].percentile(distance, noise), made[1].excess(distance, left, noise)


@pytest.mark.parametrize("sn", [2, 5, 15, 40])
def test_unseen_spectra_have_percentiles_from_0_to_100_at_any_noise(made, sn):
    # Of one S/N, spectra with much structure are less noisy once divided by it.
    within, tail = (9, 0.09) if made[0].scaled == "median" else (14, 0.13)
    percent, excess = judged(made, *drawn(900, sn, 50 + sn, made[0].scaled))
    quartiles = np.quantile(percent, [0.25, 0.5, 0.75])
    assert quartiles == pytest.approx([25, 50, 75], abs=within)
    assert 0.02 < (percent > 95).mean() < tail
    assert (excess > 1).mean() < 0.1
    assert (excess > 1.3).mean() < 0.01


def test_distances_alone_would_call_noise_new(made):
    calm, noisy = (drawn(300, sn, 9, made[0].scaled) for sn in (40, 3))
    limit = np.quantile(made[0].place(*calm)[1], 0.99)
    assert (made[0].place(*noisy)[1] > limit).mean() > 0.3


def test_another_shape_is_found_by_its_excess(made):
    """Though it lies near the map, whose codec knows nothing of it."""
    _, excess = judged(made, *drawn(200, 30, 4, made[0].scaled, odd=0.8))
    assert np.median(excess) > 3
    assert excess.min() > 1.3


def test_a_table_is_the_same_again_and_for_the_same_lot(made):
    _, table = made
    again = novelty_from(json.loads(json.dumps(table.to_json())))
    _, other = mapped(made[0].scaled)
    for name in ("noise", *LENGTHS):
        for one in (again, other):
            np.testing.assert_array_equal(getattr(one, name), getattr(table, name))


def test_between_levels_lengths_grow_as_a_power_of_the_noise():
    percent = np.arange(101.0)[None]
    rows = np.concatenate([percent, 100 * percent])
    table = Novelty(np.array([0.01, 1.0]), rows, rows)
    noise = np.array([0.001, 0.01, 0.1, 1.0, 50.0])
    length = np.array([50.0, 50, 500, 5000, 250_000])
    np.testing.assert_allclose(table.percentile(length, noise), 50, rtol=1e-6)
    for lengths in ((length, 0 * length), (0.1 * length, length)):
        found = table.excess(*lengths, noise)
        np.testing.assert_allclose(found, 50 / 99, rtol=1e-6)


def test_noise_is_the_median_of_good_pixels():
    ivar = np.array([[4, 0, 0, 16, 100], [0, 0, 0, 0, 0]], "f4")
    np.testing.assert_allclose(noise_of(ivar), [0.25, np.nan])


def test_few_spectra_make_a_table(made):
    few = spectra(*drawn(3, 20, 0, made[0].scaled), made[0].scaled)
    table = fit_novelty(made[0], few, rng(0))
    assert np.isfinite(table.distance).all()


def test_no_spectra_make_none(made):
    nothing = np.zeros((4, 160), "f4")
    with pytest.raises(ValueError, match="no training spectrum has a good pixel"):
        fit_novelty(made[0], spectra(nothing, nothing, made[0].scaled), rng(0))


@pytest.mark.parametrize(
    ("noise", "distance"),
    [
        ([], np.zeros((0, 101))),
        ([2.0, 1.0], np.zeros((2, 101))),
        ([1.0], np.zeros((1, 100))),
        ([1.0], -np.arange(101.0)[None]),
        ([1.0, 2.0], np.full((2, 101), np.nan)),
    ],
)
def test_what_is_no_table_is_refused(noise, distance):
    whole = np.tile(np.arange(101.0), (len(noise), 1))
    for tables in ((distance, whole), (whole, distance)):
        with pytest.raises(ValueError, match="tables by noise"):
            Novelty(np.array(noise), *tables)
