"""Peaks: every cluster once, where it is, with what the maps say of it."""

import numpy as np
import pytest
from astropy.coordinates import SkyCoord
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from skyloom.clusters.finder.catalogue import COLUMNS
from skyloom.clusters.finder.peaks import candidates
from skyloom.sky.tan import tan_wcs

WCS = tan_wcs(50.0, -40.0, (2560, 2560), 0.263)


def test_a_cluster_comes_back_whole(made_maps):
    """Position to a fraction of a pixel, z and λ with their errors, on a true sky."""
    maps = made_maps([((1010.0, 1333.0), 0.4, 40.0, 0.8)])
    (row,) = candidates(maps, WCS, name="DES0001-0001")
    assert (row["Y"], row["X"]) == pytest.approx((1010, 1333), abs=0.5)
    assert row["PROBABILITY"] == pytest.approx(0.8, abs=0.002)
    assert row["SCORE"] == pytest.approx(1 - np.exp(-0.8), abs=0.002)
    assert (row["Z"], row["Z_ERR"]) == pytest.approx((0.4, 0.02), rel=0.02)
    assert row["LAMBDA"] == pytest.approx(40, rel=0.01)
    assert row["LAMBDA_ERR"] == pytest.approx(8, rel=0.05)
    assert row["TILES"] == "DES0001-0001"
    assert row["AREA_FRACTION"] == 1.0
    assert row["EDGE"] == pytest.approx(1010.5 * 0.263 / 60, abs=0.01)
    # North up, east left: 0.263" a pixel from the middle, cos Dec not forgotten.
    here = SkyCoord(row["RA"], row["DEC"], unit="deg")
    east, north = SkyCoord(50.0, -40.0, unit="deg").spherical_offsets_to(here)
    assert east.arcsec == pytest.approx((1279.5 - row["X"]) * 0.263, abs=0.01)
    assert north.arcsec == pytest.approx((row["Y"] - 1279.5) * 0.263, abs=0.01)


def test_the_table_has_the_columns_of_the_catalogue(made_maps):
    """All but ID; and no row where there is no cluster."""
    none = candidates(made_maps([]), WCS, name="a")
    assert len(none) == 0
    assert set(COLUMNS) - {"ID"} <= set(none.colnames)
    one = candidates(made_maps([((500.0, 500.0), 0.3, 30.0, 0.5)]), WCS)
    assert one.colnames == none.colnames
    assert one["N_TILES"].dtype == none["N_TILES"].dtype == np.int64


@settings(
    deadline=None,
    max_examples=8,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(st.floats(800, 900), st.floats(800, 900), st.floats(0.1, 0.9))
def test_a_shift_changes_no_probability(made_maps, y, x, number):
    """Wherever a centre falls on the cells, its score and place are the same."""
    (row,) = candidates(made_maps([((y, x), 0.4, 40.0, number)]), WCS)
    assert row["PROBABILITY"] == pytest.approx(number, abs=0.005)
    assert (row["Y"], row["X"]) == pytest.approx((y, x), abs=2.0)


def test_two_clusters_are_two(made_maps):
    """1.2 Mpc apart at z = 0.4 (13 cells): neither one nor something between."""
    pair = [((1000.0, 800.0), 0.4, 40.0, 0.9), ((1000.0, 1650.0), 0.4, 30.0, 0.7)]
    table = candidates(made_maps(pair), WCS)
    assert table["X"].tolist() == pytest.approx([800, 1650], abs=3)
    assert table["PROBABILITY"].tolist() == pytest.approx([0.9, 0.7], abs=0.01)


def test_cells_within_the_radius_are_one_cluster(made_maps):
    """A centre that the encoder cannot place: its parts are added."""
    parts = [((1000.0, 800.0), 0.4, 40.0, 0.4), ((1000.0, 990.0), 0.4, 40.0, 0.3)]
    (row,) = candidates(made_maps(parts), WCS)
    assert row["PROBABILITY"] == pytest.approx(0.7, abs=0.01)
    assert 800 < row["X"] < 990


def test_the_radius_is_in_megaparsecs(made_maps):
    """Half a megaparsec is more cells at low redshift: one cluster there, two here."""
    places = [(1000.0, 800.0), (1000.0, 1200.0)]
    counts = [
        len(candidates(made_maps([(p, z, 40.0, 0.4) for p in places]), WCS))
        for z in (0.2, 0.8)
    ]
    assert counts == [1, 2]


def test_more_than_one_centre_is_no_probability_above_one(made_maps):
    """But the scores are still told apart."""
    clusters = [((600.0, 600.0), 0.5, 40.0, 1.2), ((1900.0, 1900.0), 0.5, 40.0, 1.6)]
    table = candidates(made_maps(clusters), WCS)
    assert table["PROBABILITY"].tolist() == [1.0, 1.0]
    assert table["X"][0] == pytest.approx(1900, abs=2)
    assert table["SCORE"][0] > table["SCORE"][1]


def test_extent_is_that_of_the_connected_members(made_maps):
    """A disc of radius 3 cells, in cells and as a diameter in arcmin."""
    maps = made_maps([((1311.5, 1311.5), 0.4, 40.0, 0.9)], members=3.01)
    (row,) = candidates(maps, WCS)
    assert row["N_TILES"] == 29
    wide = 2 * np.sqrt(29 / np.pi) * 64 * 0.263 / 60
    assert row["EXTENT"] == pytest.approx(wide)
    maps.membership[:] = 0.1
    (row,) = candidates(maps, WCS)
    assert (row["N_TILES"], row["EXTENT"]) == (0, 0)


def test_masked_area_is_told(made_maps):
    """Half of the disc is masked, or beyond the edge of the tile."""
    half = (slice(None), slice(0, 20))
    cluster = [((1311.5, 1290.0), 0.6, 40.0, 0.9)]
    (row,) = candidates(made_maps(cluster, masked=half), WCS)
    assert row["AREA_FRACTION"] == pytest.approx(0.5, abs=0.06)
    (row,) = candidates(made_maps([((1311.5, 5.0), 0.6, 40.0, 0.9)]), WCS)
    assert row["AREA_FRACTION"] == pytest.approx(0.5, abs=0.06)
    whole = (slice(None), slice(None))
    assert len(candidates(made_maps(cluster, masked=whole), WCS)) == 0


def test_faint_ones_are_left_out(made_maps):
    """Scores just above the threshold of 0.05, and just below."""
    for number, found in ((0.0515, 1), (0.0505, 0)):
        maps = made_maps([((900.0, 900.0), 0.4, 20.0, number)])
        maps.center[maps.center < 1e-4] = 0.0
        assert len(candidates(maps, WCS)) == found
