"""Spectra placed on a map: labels that hold, rejections with a reason."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from placed_spectra import GRID, LABELS, invented, noisy, population
from skyloom.spectra.place.spectra import place_spectra
from skyloom.spectra.rest.files import RestSpectra
from skyloom.spectra.rest.grid import RestGrid


def of(flux, ivar, grid=GRID):
    return RestSpectra(flux, ivar, pd.DataFrame(index=range(len(flux))), grid)


def test_labels_of_unseen_spectra_are_right_within_their_intervals(small_model):
    new = population(400, np.random.default_rng(9))
    found = place_spectra(small_model, new)
    assert (found["reason"] == "").all()
    for name in LABELS:
        truth, low, high = (
            new.info[name],
            found[f"{name}_lower"],
            found[f"{name}_upper"],
        )
        assert 0.55 < ((low <= truth) & (truth <= high)).mean() < 0.9
        assert np.corrcoef(found[name], truth)[0, 1] > 0.9
    assert found["novelty"].median() == pytest.approx(50, abs=20)
    assert found["chi2"].median() == pytest.approx(1.05, abs=0.1)


def test_a_unit_is_that_of_the_map_and_its_row_and_column(small_model):
    found = place_spectra(small_model, population(50, np.random.default_rng(2)))
    columns = small_model.map.som.shape[1]
    expected = found["map_row"] * columns + found["map_column"]
    assert found["bmu"].tolist() == expected.tolist()
    assert found["map_column"].max() < columns


def test_noise_widens_intervals_and_is_not_called_new(small_model):
    truth = np.random.default_rng(1).uniform([-0.5, -0.8], [1, 0.3], (200, 2)).T
    widths = {}
    for sn in (1.5, 6, 40):
        lot = np.random.default_rng(7)
        found = place_spectra(small_model, of(*noisy(invented(*truth), sn, lot)))
        widths[sn] = (found["log_age_upper"] - found["log_age_lower"]).median()
        assert (found["novelty"] > 99).mean() < 0.05
        assert found["sn"].median() == pytest.approx(sn, rel=0.1)
    assert widths[1.5] > 2 * widths[6] > 3 * widths[40]


def test_what_the_map_does_not_know_is_an_anomaly(small_model):
    lot = np.random.default_rng(3)
    flux = invented([0.3] * 20, [0.0] * 20)
    flux[:10] += 5 * np.exp(-0.5 * ((GRID.wave - 5007) / 15) ** 2)
    found = place_spectra(small_model, of(*noisy(flux, 30, lot)))
    assert found["excess"][:10].min() > 2
    assert found["excess"][10:].max() < 1.3


@pytest.fixture
def spoiled():
    """Return ten spectra, some of them spoiled, and the reasons."""
    lot = np.random.default_rng(5)
    flux, ivar = noisy(invented(np.full(10, 0.2), np.zeros(10)), 20, lot)
    ivar[0] = 0
    ivar[1, 40:] = 0
    flux[2] *= -1
    flux[3, 7], ivar[3, 7] = np.nan, 1
    flux[4, 7], ivar[4, 7] = np.inf, 1
    flux[5] = 0
    reasons = ["no good pixel", "less than 20 % of the map's pixels are good"]
    reasons += ["its flux cannot be scaled (median)"] * 4 + [""] * 4
    return of(flux, ivar), reasons


def test_what_cannot_be_placed_has_a_reason_and_no_numbers(small_model, spoiled):
    spectra, reasons = spoiled
    found = place_spectra(small_model, spectra)
    assert found["reason"].tolist() == reasons
    rejected = found[found["reason"] != ""]
    assert (rejected["bmu"] == -1).all()
    empty = rejected.drop(
        columns=["reason", "good", "sn", "bmu", "map_row", "map_column"]
    )
    assert empty.isna().all(axis=None)
    placed = found[found["reason"] == ""]
    assert placed.notna().all(axis=None)


def test_spoiled_neighbours_change_nothing(small_model, spoiled):
    spectra, reasons = spoiled
    whole = place_spectra(small_model, spectra)
    good = np.flatnonzero(np.array(reasons) == "")
    alone = place_spectra(small_model, spectra.rows(good))
    pd.testing.assert_frame_equal(
        alone, whole.iloc[good].reset_index(drop=True), rtol=1e-5
    )


def test_none_of_many_and_no_spectra_give_tables_of_the_same_columns(small_model):
    lot = np.random.default_rng(6)
    flux, ivar = noisy(invented([0.1], [0.1]), 20, lot)
    columns = list(place_spectra(small_model, of(flux, ivar)))
    assert list(place_spectra(small_model, of(flux, 0 * ivar))) == columns
    assert list(place_spectra(small_model, of(flux[:0], ivar[:0]))) == columns


def test_part_of_the_wavelengths_is_enough(small_model):
    lot = np.random.default_rng(8)
    truth = lot.uniform([-0.5, -0.8], [1, 0.3], (100, 2)).T
    flux, ivar = noisy(invented(*truth), 40, lot)
    cut = ivar * ((GRID.wave > 4400) & (GRID.wave < 8500))
    whole, part = (place_spectra(small_model, of(flux, some)) for some in (ivar, cut))
    assert (part["reason"] == "").all()
    assert np.abs(part["log_age"] - whole["log_age"]).median() < 0.05


@pytest.mark.parametrize(
    ("grid", "scaled"),
    [
        (RestGrid(3600.0, 1e-3, 464), "none"),
        (RestGrid(3601.0, 1e-3, 448), "none"),
        (GRID, "median"),
    ],
)
def test_spectra_on_another_grid_or_scaled_are_refused(small_model, grid, scaled):
    values = np.ones((2, grid.pixels), "f4")
    spectra = RestSpectra(values, values, pd.DataFrame(index=range(2)), grid, scaled)
    with pytest.raises(ValueError, match="spectra on RestGrid"):
        place_spectra(small_model, spectra)
