"""Null skies: what they keep of the real one, and what they lose."""

from __future__ import annotations

import numpy as np
import pytest
from astropy.table import Table
from skyloom.clusters.real_field.footprint import occupied
from skyloom.clusters.real_field.sdss import SDSS_BANDS
from skyloom.clusters.real_field.skies import BIN, permuted, sky

RNG = np.random.default_rng


@pytest.fixture
def galaxies() -> Table:
    """Return galaxies of which every third one is in a red clump."""
    rng, n = RNG(0), 900
    red = np.arange(n) % 3 == 0
    table = Table({"ID": np.arange(n)})
    table["RA"] = np.where(red, rng.normal(140, 0.01, n), rng.uniform(139, 141, n))
    table["DEC"] = np.where(red, rng.normal(5, 0.01, n), rng.uniform(4, 6, n))
    i_mag = rng.uniform(18, 20, n)
    for k, band in enumerate(SDSS_BANDS):
        colour = np.where(red, 2.0, 1.0) * (3 - k)
        table[f"MAG_{band.upper()}"] = i_mag + colour
        table[f"MAG_ERR_{band.upper()}"] = np.where(red, 0.1, 0.2)
    return table


def test_permuted_galaxies_keep_place_and_magnitude(galaxies):
    """Colours come whole, with their errors, from galaxies as bright to `BIN`."""
    given = permuted(galaxies, RNG(1))
    for name in ("ID", "RA", "DEC"):
        assert np.array_equal(given[name], galaxies[name])
    np.testing.assert_allclose(given["MAG_I"], galaxies["MAG_I"], atol=1e-9)
    red = (given["MAG_G"] - given["MAG_I"]) > 3
    assert red.sum() == 300
    assert np.array_equal(red, np.asarray(given["MAG_ERR_R"]) == 0.1)
    bins = np.floor(galaxies["MAG_I"] / BIN)
    before = np.arange(900) % 3 == 0
    for one in np.unique(bins):
        assert red[bins == one].sum() == before[bins == one].sum()


def test_a_clump_loses_its_colour(galaxies):
    """Of the galaxies in it as many are red as anywhere."""
    given = permuted(galaxies, RNG(1))
    red = (given["MAG_G"] - given["MAG_I"]) > 3
    assert red[::3].mean() == pytest.approx(1 / 3, abs=0.08)


def test_skies_are_told_apart_by_kind_and_number(galaxies):
    """The same name is the same sky, another number another."""
    where = occupied(galaxies)
    assert sky(galaxies, where, "real", 3) is galaxies
    one, again, two = (
        sky(galaxies, where, name, 3)
        for name in ("permuted1", "permuted1", "permuted2")
    )
    assert np.array_equal(one["MAG_G"], again["MAG_G"])
    assert not np.array_equal(one["MAG_G"], two["MAG_G"])
    moved = sky(galaxies, where, "shuffled12", 3)
    assert not np.isin(moved["RA"], galaxies["RA"]).any()
    assert np.array_equal(moved["MAG_G"], galaxies["MAG_G"])
