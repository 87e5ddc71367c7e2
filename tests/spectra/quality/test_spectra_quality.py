"""Measures of a map: known answers, and what they must do."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from skyloom.som.model import Som
from skyloom.spectra.baselines.train import BASELINES
from skyloom.spectra.config_map import Units
from skyloom.spectra.mapping.codecs import Identity
from skyloom.spectra.mapping.model import SpectralMap
from skyloom.spectra.quality import labels, measures
from skyloom.spectra.quality.judge import judge, summary
from skyloom.spectra.quality.shifts import REDSHIFTS, invariance, seen_at
from skyloom.spectra.quality.stability import compare, placements
from skyloom.spectra.rest.files import RestSpectra
from skyloom.spectra.rest.grid import RestGrid
from small_maps import GRID, spectra


def share_of(values, units) -> float:
    return labels.explained_by_units(labels.squares(values, units))


DRAW = np.random.default_rng(1)


@pytest.fixture(scope="module")
def test():
    return spectra(300, 2)


@pytest.fixture(scope="module")
def made():
    return BASELINES["pca_som"](spectra(600, 1), Units(rows=6, columns=5), 2, 3)


def lattice_map(lattice: str = "rectangular") -> SpectralMap:
    """Return a map whose prototypes lie as its units do, in two of 64 pixels."""
    grid = RestGrid(4000.0, 1e-3, 64)
    weights = np.zeros((5, 5, 64), np.float32)
    row, column = np.indices((5, 5))
    move = 0.5 * (row % 2) if lattice == "hexagonal" else 0
    weights[..., 0], weights[..., 1] = column + move, row
    if lattice == "hexagonal":
        weights[..., 1] *= np.sqrt(3) / 2
    mean = np.zeros(64, np.float32)
    return SpectralMap(
        "som", Identity(), Som(weights, "sheet", lattice), grid, "median", mean
    )


@pytest.mark.parametrize("lattice", ["rectangular", "hexagonal"])
def test_an_ordered_lattice_has_no_topographic_error(lattice):
    made = lattice_map(lattice)
    x = np.zeros((500, 64), np.float32)
    x[:, :2] = np.random.default_rng(1).uniform(0.3, 3.2, (500, 2))
    found = measures.topographic(made, x)
    assert set(found) == ({"6"} if lattice == "hexagonal" else {"8", "4"})
    assert all(share["value"] == 0 for share in found.values())


def test_corners_touch_among_eight_neighbours_alone():
    made = lattice_map()
    weights = made.som.weights.copy()
    weights[0, 1], weights[1, 1] = weights[1, 1].copy(), weights[0, 1].copy()
    swapped = SpectralMap(
        "som", Identity(), Som(weights, "sheet"), made.grid, "median", made.mean
    )
    x = np.zeros((1, 64), np.float32)
    x[0, 0] = 0.4  # between unit (0, 0) and the one that was put at (1, 1)
    found = measures.topographic(swapped, x)
    assert (found["8"]["value"], found["4"]["value"]) == (0, 1)


def test_quantisation_error_falls_with_more_units(test):
    def error(side):
        made = BASELINES["pca_som"](
            spectra(600, 1), Units(rows=side, columns=side), 2, 3
        )
        on = measures.placed(made, test)
        nodes = measures.pixel_errors(test, made.prototypes()[on.units])
        return on.distance.mean(), nodes["rms"].mean()

    few, some, many = error(2), error(4), error(8)
    assert few[0] > some[0] > many[0]
    assert few[1] > some[1] > many[1]


def test_pixel_errors_know_masks_and_noise(test):
    """The right model has chi² 1 a pixel and no bias, whatever masked pixels hold."""
    sigma = np.where(test.ivar > 0, 1 / np.sqrt(np.maximum(test.ivar, 1e-9)), 1e3)
    model = np.random.default_rng(1).normal(test.flux, sigma)
    errors = measures.pixel_errors(test, model)
    assert errors["chi2"].mean() == pytest.approx(1, abs=0.02)
    assert abs(errors["bias"].mean()) < 0.002
    exact = measures.pixel_errors(test, test.flux)
    assert (
        measures.explained(exact, test.info["plateifu"].to_numpy(), DRAW)["value"] == 1
    )


def test_mean_spectrum_explains_nothing(test):
    good = test.ivar > 0
    mean = np.where(good, test.flux, 0).sum(axis=0) / good.sum(axis=0).clip(1)
    errors = measures.pixel_errors(test, np.broadcast_to(mean, test.flux.shape))
    share = measures.explained(errors, test.info["plateifu"].to_numpy(), DRAW)
    assert share["value"] == pytest.approx(0, abs=1e-6)


def test_units_by_lot_explain_nothing_and_right_ones_all():
    rng = np.random.default_rng(1)
    values, lots = rng.normal(size=4000), rng.integers(0, 200, 4000)
    assert abs(share_of(values, lots)) < 0.03
    groups = np.repeat(np.arange(8), 500)
    assert share_of(groups + 0.0, groups) == 1
    # Half of the variance within groups, half between: known beforehand.
    half = np.repeat(rng.normal(size=400), 10) + rng.normal(size=4000)
    found = share_of(half, np.repeat(np.arange(400), 10))
    assert found == pytest.approx(0.5, abs=0.06)


def test_spectra_of_one_galaxy_do_not_make_units_know_its_redshift():
    """Each galaxy has units of its own liking, and a redshift by lot."""
    rng = np.random.default_rng(1)
    galaxies = np.repeat(np.arange(400).astype(str), 10)
    units = np.repeat(rng.integers(0, 200, (400, 2)), 5, axis=1).ravel()
    z = np.repeat(rng.random(400), 10)
    assert share_of(z, units) > 0.15
    value, unit, _ = labels.by_galaxy(z, units, galaxies)
    assert abs(share_of(value, unit)) < 0.08
    # What units do know remains.
    value, unit, _ = labels.by_galaxy(units + 0.0, units, galaxies)
    assert share_of(value, unit) == 1


@pytest.mark.parametrize("values", [np.ones(9), np.arange(9.0)])
def test_nothing_to_explain_is_unknown(values):
    assert np.isnan(share_of(values, np.arange(9)))


def test_perfect_clusters_are_pure():
    classes = np.repeat(["a", "b", "c"], 40)
    units = np.repeat([4, 7, 1], 40)
    found = labels.classification(classes, units)
    assert all(found[k] == pytest.approx(1) for k in ("purity", "nmi", "ami", "ari"))


def test_chance_has_no_ami_but_some_purity_and_nmi():
    rng = np.random.default_rng(1)
    found = labels.classification(rng.integers(0, 2, 300), rng.integers(0, 60, 300))
    assert abs(found["ami"]) < 0.05
    assert abs(found["ari"]) < 0.05
    assert found["nmi"] > 0.02
    assert found["purity"] > 0.6


@pytest.mark.parametrize(
    ("shape", "topology", "count"),
    [((4, 4), "sheet", 8), ((4, 5), "sheet", 4), ((3, 4), "torus", 48)],
)
def test_placements_are_the_symmetries_of_the_grid(shape, topology, count):
    found = list(placements(shape, topology, "rectangular"))
    assert len({tuple(p) for p in found}) == len(found) == count
    assert all(sorted(p) == list(range(shape[0] * shape[1])) for p in found)


@pytest.mark.parametrize(
    ("topology", "lattice"),
    [("sheet", "rectangular"), ("torus", "rectangular"), ("sheet", "hexagonal")],
)
def test_a_reflected_map_is_the_same_map(topology, lattice):
    rng = np.random.default_rng(1)
    shape = (5, 4)
    one = rng.integers(0, 20, 400)
    units = np.arange(20).reshape(shape)
    place = units[::-1] if topology == "sheet" else np.roll(units[:, ::-1], 2, axis=0)
    found = compare(one, place.ravel()[one], shape, topology, lattice)
    assert found["ami"] == pytest.approx(1)
    assert found["steps"] == 0
    assert found["steps_by_chance"] > 1


def test_independent_maps_are_as_far_as_chance():
    rng = np.random.default_rng(1)
    one, two = rng.integers(0, 16, (2, 5000))
    found = compare(one, two, (4, 4), "sheet", "rectangular")
    assert abs(found["ami"]) < 0.01
    assert found["steps"] == pytest.approx(found["steps_by_chance"], abs=0.1)


def test_trend_is_found_with_its_interval():
    rng = np.random.default_rng(1)
    sn = rng.uniform(5, 100, 2000)
    values = 1 / sn + rng.normal(0, 0.001, 2000)
    values[:5] = np.nan
    table = measures.trend(values, sn, np.arange(2000) // 4, DRAW)
    assert table["n"].sum() == 1995
    assert (table["low"] < 1 / table["centre"]).all()
    assert (np.diff(table["value"]) < 0).all()
    none = measures.trend(values, np.full(2000, np.nan), np.arange(2000), DRAW)
    assert len(none) == 0


def test_what_the_observed_window_does_not_hold_is_masked():
    """At z = 0.15 the blue end comes in, and the red one goes out."""
    flux = np.ones((2, GRID.pixels), np.float32)
    info = pd.DataFrame({"plateifu": ["a", "b"]})
    some = RestSpectra(flux, flux, info, GRID, "median")
    for z in (0.01, 0.15):
        seen, ivar = seen_at(some, z)
        wave = GRID.wave[ivar[0] > 0]
        assert wave.min() == pytest.approx(max(3600, 3621.6 / (1 + z)), rel=3e-3)
        assert wave.max() == pytest.approx(min(10080, 10354 / (1 + z)), rel=3e-3)
        inner = slice(60, 400)
        np.testing.assert_allclose(seen[0, inner], 1, rtol=1e-5)
    assert REDSHIFTS[0] == 0.01


def test_spectra_stay_where_they_are_at_any_redshift(made, test):
    found = invariance(made, test.rows(np.arange(100)))
    assert found["stays"]["n"] == 100
    assert found["stays"]["value"] > 0.95
    assert found["stays"]["low"] < found["stays"]["value"] <= found["stays"]["high"]
    assert list(found["by_redshift"]) == [f"{z:.2f}" for z in REDSHIFTS]


def test_a_map_that_knows_the_window_is_found_out(made, test):
    """A map that masks order moves spectra with redshift."""

    class Seen(Identity):
        """A code that tells how many of the red pixels are filled."""

        identity = False

        def encode(self, flux):
            red = flux[:, GRID.wave > 8800]
            same = (red == made.prototypes()[0, GRID.wave > 8800]).mean(axis=1)
            return np.broadcast_to(same[:, None], flux.shape).astype(np.float32)

        def decode(self, latent):
            return np.broadcast_to(made.prototypes()[:1], latent.shape)

    level = np.zeros((9, 1, GRID.pixels), np.float32)
    level[:] = np.linspace(0, 1, 9)[:, None, None]
    far = SpectralMap("som", Seen(), Som(level, "sheet"), GRID, "median", made.mean)
    assert invariance(far, test.rows(np.arange(60)))["stays"]["high"] < 0.8


def test_judgement_holds_what_the_map_shows(made, test):
    units = made.place(test.flux, test.ivar)[0]
    report = judge(made, test, units, ["log_age", "line", "absent"], 1)
    assert set(report["labels"]) == {"log_age", "line"}
    assert report["labels"]["log_age"]["value"] > 0.8
    assert report["dead"]["test"] == report["dead"]["training"]
    assert report["explained"]["low"] < report["explained"]["value"]
    assert 0.9 < report["chi2"]["value"] < 1.3
    assert report["classes"]["bpt"]["purity"] > 0.8
    assert set(report["bias"]) == {"meansn2", "redshift"}
    assert (
        report["indices"]["Dn4000"]["scatter"] < report["indices"]["Dn4000"]["spread"]
    )
    again = judge(made, test, units, ["log_age", "line", "absent"], 1)
    assert again == report
    table = summary({"pca_som": report})
    assert {"map", "what", "value", "low", "high"} == set(table)
    assert len(table) == 10
