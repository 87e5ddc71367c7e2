"""Baselines: they are maps as any other, at equal numbers of units."""

from __future__ import annotations

import numpy as np
import pytest
from skyloom.som.matching import two_best
from skyloom.spectra.baselines.train import BASELINES, principal
from skyloom.spectra.config_map import Units
from skyloom.spectra.mapping.files import read_plain, write_map
from skyloom.spectra.quality.labels import explained_by_units, squares
from skyloom.spectra.quality.measures import explained, pixel_errors
from small_maps import spectra

UNITS = Units(rows=6, columns=5)
LATENT = 4


def share_of(values, units) -> float:
    return explained_by_units(squares(values, units))


@pytest.fixture(scope="module")
def data():
    return spectra(600, 1), spectra(300, 2)


@pytest.fixture(scope="module")
def maps(data):
    return {k: make(data[0], UNITS, LATENT, 3) for k, make in BASELINES.items()}


@pytest.mark.parametrize("kind", BASELINES)
def test_map_has_its_units_and_follows_what_shapes_spectra(kind, maps, data):
    made, unseen = maps[kind], data[1]
    assert made.kind == kind
    assert made.som.shape == (6, 5)
    units, _, _ = made.place(unseen.flux, unseen.ivar)
    for name in ("log_age", "line"):
        assert share_of(unseen.info[name].to_numpy(), units) > 0.6
    model = made.prototypes()[units]
    errors = pixel_errors(unseen, model)
    draw = np.random.default_rng(1)
    assert explained(errors, unseen.info["plateifu"], draw)["value"] > 0.7


@pytest.mark.parametrize("kind", BASELINES)
def test_redshift_does_not_order_the_map(kind, maps, data):
    """The ends of spectra are masked by redshift: filled well, they say nothing."""
    units, _, _ = maps[kind].place(data[1].flux, data[1].ivar)
    assert share_of(data[1].info["redshift"].to_numpy(), units) < 0.05


@pytest.mark.parametrize("kind", BASELINES)
def test_same_seed_gives_same_bytes(kind, data, maps, tmp_path):
    again = BASELINES[kind](data[0], UNITS, LATENT, 3)
    for name, made in (("a", maps[kind]), ("b", again)):
        write_map(tmp_path / f"{name}.npz", made)
    assert (tmp_path / "a.npz").read_bytes() == (tmp_path / "b.npz").read_bytes()
    read = read_plain(tmp_path / "a.npz")
    unseen = data[1]
    units = maps[kind].place(unseen.flux, unseen.ivar)[0]
    np.testing.assert_array_equal(read.place(unseen.flux, unseen.ivar)[0], units)


def test_maps_are_ordered_and_k_means_is_not(maps, data):
    def error(kind):
        made = maps[kind]
        pairs = two_best(made.som, made.encode(data[1].flux, data[1].ivar))
        row, column = np.divmod(pairs, 5)
        far = np.maximum(*(np.abs(np.diff(x, axis=1)) for x in (row, column))) > 1
        return far.mean()

    assert max(error("som"), error("pca_som")) < 0.25
    assert error("kmeans") > 0.5


def test_hexagonal_torus_is_laid():
    units = Units(rows=4, columns=4, lattice="hexagonal", topology="torus")
    made = BASELINES["pca_som"](spectra(200, 1), units, LATENT, 3)
    assert (made.som.lattice, made.som.topology) == ("hexagonal", "torus")


def test_principal_components_are_fewer_where_spectra_are(data):
    few = data[0].rows(np.arange(4))
    assert principal(few, 100, 1).amplitudes.shape == (4, 4)


def test_masked_pixels_play_no_part(data):
    """Whatever lies in masked pixels, the map is the same."""
    some = data[0].rows(np.arange(200))
    spoilt = some.flux.copy()
    spoilt[some.ivar == 0] = 1e3
    other = type(some)(spoilt, some.ivar, some.info, some.grid, some.scaled)
    for make in BASELINES.values():
        one, two = (make(s, UNITS, LATENT, 1).som.weights for s in (some, other))
        np.testing.assert_array_equal(one, two)
