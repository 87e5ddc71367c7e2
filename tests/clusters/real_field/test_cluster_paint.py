"""A real catalogue as sources of tiles."""

from __future__ import annotations

import numpy as np
import pytest
from astropy.table import Table
from hypothesis import given, settings
from hypothesis import strategies as st
from invented_galaxies import rows, write
from scipy.stats import kstest
from skyloom.clusters.bands import magnitude
from skyloom.clusters.catalogue.table import (
    COLUMNS,
    read_catalogue,
    write_catalogue,
)
from skyloom.clusters.real_field.paint import (
    ObjectRandom,
    SkyTile,
    _shapes,
    cover,
    on_tile,
    tile_sources,
    with_faint,
)
from skyloom.clusters.real_field.sdss import read_galaxies, to_des


@pytest.fixture
def galaxies(tmp_path):
    """Return 40 galaxies within 0.2 degrees."""
    return read_galaxies([write(tmp_path / "all.fit", rows())])


@settings(max_examples=10, deadline=None)
@given(st.floats(0, 360), st.floats(-80, 80), st.integers(2500, 8000))
def test_every_galaxy_is_on_a_tile(ra, dec, side):
    """Across RA = 0, near the equator and far from it."""
    rng = np.random.default_rng(1)
    near = np.cos(np.radians(dec))
    east, north = rng.uniform(-0.4, 0.4, (2, 200))
    table = Table({"RA": (ra + east / near) % 360, "DEC": dec + north})
    tiles = cover(table, side, side // 10)
    held = np.array([on_tile(table, tile) for tile in tiles])
    assert held.any(axis=0).all()
    assert held.any(axis=1).all()
    assert len({tile.name for tile in tiles}) == len(tiles)


def test_tiles_overlap():
    """Neighbours of a row share what was asked for, or a little more."""
    rng = np.random.default_rng(2)
    table = Table({"RA": rng.uniform(10, 12, 3000), "DEC": rng.uniform(-1, 1, 3000)})
    tiles = cover(table, 4000, 500)
    row = [t for t in tiles if t.dec == tiles[0].dec]
    left, right = row[0], row[1]
    x, _ = left.wcs.wcs_world2pix(*right.wcs.wcs_pix2world(3999, 2000, 0), 0)
    assert 495 <= x + 0.5 < 1100


def test_a_pole_is_refused():
    """Rows of tiles make no sense there."""
    with pytest.raises(ValueError, match="pole"):
        cover(Table({"RA": [10.0], "DEC": [89.5]}))


def test_sources_have_the_seventeen_columns(galaxies, tmp_path, transform):
    """They pass the reader of catalogues; positions by the tile's WCS."""
    (tile,) = cover(galaxies)
    table = tile_sources(galaxies, tile, transform, seed=1)
    assert table.colnames == list(COLUMNS)
    assert len(table) == 40
    write_catalogue(tmp_path / "t.dat", table)
    again = read_catalogue(tmp_path / "t.dat")
    np.testing.assert_allclose(again["FLUX_I"], table["FLUX_I"], rtol=1e-5)
    sky = tile.wcs.all_pix2world(table["X"], table["Y"], 0)
    np.testing.assert_allclose(sky, [table["RA"], table["DEC"]], atol=1e-8)
    assert set(table["Z"]) == {-1.0}
    assert set(table["MEM"]) == {0}
    assert np.all(table["HLR"] > 0)


def test_fluxes_are_those_of_des(galaxies, transform):
    """Where asinh magnitudes are plain."""
    (tile,) = cover(galaxies)
    table = tile_sources(galaxies, tile, transform, seed=1)
    mag = np.asarray(to_des(galaxies, transform)["MAG"])
    for k, band in enumerate("GRIZ"):
        np.testing.assert_allclose(
            magnitude(table[f"FLUX_{band}"]), mag[:, k], atol=0.02
        )
    np.testing.assert_allclose(table["GI_COLOR"], mag[:, 0] - mag[:, 2])


def test_a_galaxy_is_the_same_on_each_tile(galaxies, transform):
    """Whatever else is there; another seed makes another galaxy."""
    shape = ["HLR", "FRACDEV", "G1", "G2"]
    one = SkyTile("A", 140.2, 65.1, 4000)
    two = SkyTile("B", 140.25, 65.12, 4000)
    first, second = (tile_sources(galaxies, t, transform, seed=3) for t in (one, two))
    both = sorted(set(first["RA"]) & set(second["RA"]))
    assert len(both) > 10
    for ra in both:
        a, b = (t[t["RA"] == ra][shape][0] for t in (first, second))
        assert tuple(a) == tuple(b)
    other = tile_sources(galaxies, one, transform, seed=4)
    assert not np.allclose(other["HLR"], first["HLR"])


def test_a_band_without_light_has_no_flux(galaxies, transform):
    """An asinh magnitude below zero flux is not negative light."""
    galaxies["MAG_G"][0] = 27.5
    (tile,) = cover(galaxies)
    assert tile_sources(galaxies, tile, transform, seed=1)["FLUX_G"][0] == 0.0


def test_an_empty_tile_has_no_sources(galaxies, transform):
    """Nor an error."""
    away = SkyTile("C", 320.2, -65.1, 1000)
    assert len(tile_sources(galaxies, away, transform, seed=1)) == 0


def test_faint_galaxies_come_below_the_limit(galaxies, transform):
    """Only what the real catalogue cannot show."""
    (tile,) = cover(galaxies)
    sources = tile_sources(galaxies, tile, transform, seed=1)
    modelled = sources.copy()
    modelled["FLUX_I"] = np.where(np.arange(40) < 10, 1e3, 1e5)
    assert len(with_faint(sources, modelled, 21.0)) == 50


def test_numbers_of_objects_are_random():
    """Uniform, normal, and without correlation between calls or neighbours."""
    rng = ObjectRandom(np.arange(20000), 5)
    first, second = rng.random(20000), rng.random(20000)
    assert kstest(first, "uniform").pvalue > 1e-3
    assert kstest(rng.normal(0, 1, 20000), "norm").pvalue > 1e-3
    assert abs(np.corrcoef(first, second)[0, 1]) < 0.03
    assert abs(np.corrcoef(first[1:], first[:-1])[0, 1]) < 0.03
    assert ObjectRandom(np.array([7]), 5).random(1)[0] == first[7]


def test_early_types_are_told_by_g_less_i():
    """On both sides of 1.5 mag, whatever r is."""
    known = Table({"ID": np.arange(2000)})
    for g_i, early in ((1.45, False), (1.55, True)):
        shown = np.tile([20.0 + g_i, 20.4, 20.0, 19.7], (2000, 1))
        drawn = _shapes(known, shown, 3)
        assert (drawn["FRACDEV"].min() >= 0.7) == early
        assert drawn["G1"].std() == pytest.approx(0.18 if early else 0.26, rel=0.06)
