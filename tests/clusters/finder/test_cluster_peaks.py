"""Peaks: every cluster once, where it is, with what the maps say of it."""

import numpy as np
import pytest
from astropy.coordinates import SkyCoord
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from skyloom.clusters.finder.peaks import PROPERTIES, candidates
from skyloom.clusters.inference.blend import MAPS, TileMaps
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
    assert {"RA", "DEC", "TILES", *PROPERTIES} <= set(none.colnames)
    one = candidates(made_maps([((500.0, 500.0), 0.3, 30.0, 0.5)]), WCS)
    assert one.colnames == none.colnames


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


def lone_cells(cells, *, tile=64, rows=30, columns=24) -> TileMaps:
    """Return maps whose only expected centres are in some cells.

    Of each cell: expected centres, z, its variance, ln λ and its variance.
    """
    shape = (rows, columns)
    y, x = np.indices(shape) * tile + (tile - 1) / 2.0
    arrays = {name: np.zeros(shape) for name in MAPS}
    arrays |= {"center_y": y + 3.0, "center_x": x - 5.0, "valid": np.ones(shape)}
    arrays["redshift"][:] = 0.4
    for place, values in cells.items():
        names = ("center", "redshift", "redshift_var", "richness", "richness_var")
        for name, value in zip(names, values, strict=True):
            arrays[name][place] = value
    return TileMaps(**arrays, tile=tile, height=rows * tile, width=columns * tile)


def test_errors_are_those_of_the_mixture():
    """Three unequal cells, weighted by their centres, in closed form.

    Variances add to the scatter of the means: what the cells disagree about is an
    error as well.
    """
    number = np.array([0.5, 0.3, 0.1])
    z, z_var = np.array([0.40, 0.46, 0.31]), np.array([1e-4, 9e-4, 4e-3])
    log, log_var = np.log([40.0, 25.0, 90.0]), np.array([0.01, 0.09, 0.25])
    places = [(10, 10), (10, 12), (12, 11)]
    values = zip(number, z, z_var, log, log_var, strict=True)
    maps = lone_cells(dict(zip(places, values, strict=True)))
    (row,) = candidates(maps, WCS)
    weight = number / 0.9
    middle, ln = weight @ z, weight @ log
    assert row["Z"] == pytest.approx(middle)
    error = np.sqrt(weight @ z_var + weight @ (z - middle) ** 2)
    assert row["Z_ERR"] == pytest.approx(error)
    assert row["LAMBDA"] == pytest.approx(np.exp(ln))
    spread = np.sqrt(weight @ log_var + weight @ (log - ln) ** 2)
    assert row["LAMBDA_ERR"] == pytest.approx(np.exp(ln) * spread)
    y = weight @ [64 * i + 31.5 + 3.0 for i, _ in places]
    x = weight @ [64 * j + 31.5 - 5.0 for _, j in places]
    assert (row["Y"], row["X"]) == pytest.approx((y, x))
    assert row["SCORE"] == pytest.approx(-np.expm1(-0.9))


@pytest.mark.parametrize(("steps", "found"), [(-5, 1), (5, 1), (-6, 2), (6, 2)])
@pytest.mark.parametrize("axis", [0, 1])
def test_a_cell_just_within_the_radius_is_taken_on_either_side(steps, found, axis):
    """Half a megaparsec is 5.55 cells at z = 0.4."""
    other = [12, 12]
    other[axis] += steps
    same = (0.4, 1e-4, np.log(30), 0.04)
    maps = lone_cells({(12, 12): (0.4, *same), tuple(other): (0.2, *same)})
    table = candidates(maps, WCS)
    total = [0.6] if found == 1 else [0.4, 0.2]
    assert table["PROBABILITY"].tolist() == pytest.approx(total)


def test_the_radius_has_a_least_number_of_cells():
    """At z = 1.5 half a megaparsec is 3.4 cells of 64 px: of larger ones, 1.5."""
    same = (0.4, 1.5, 1e-4, np.log(30), 0.04)
    pair = {(12, 12): same, (13, 13): same}
    assert len(candidates(lone_cells(pair, tile=512), WCS)) == 1
    apart = {(12, 12): same, (12, 14): same}
    assert len(candidates(lone_cells(apart, tile=512), WCS)) == 2


@pytest.mark.parametrize(("number", "found"), [(0.0101, 1), (0.0099, 0)])
def test_a_peak_has_a_least_number_of_centres(number, found):
    """Nine cells of 0.01 each make a candidate; a little less each, none."""
    same = (number, 0.4, 1e-4, np.log(30), 0.04)
    nine = {(i, j): same for i in (11, 12, 13) for j in (11, 12, 13)}
    assert len(candidates(lone_cells(nine), WCS)) == found


def test_edges_are_told_on_all_sides():
    """The nearest, in arcmin: left, right, lower and upper."""
    for place, away in {
        (12, 2): 2 * 64 + 32 - 5,
        (12, 21): 2 * 64 + 32 + 5,
        (2, 12): 2 * 64 + 32 + 3,
        (27, 12): 2 * 64 + 32 - 3,
    }.items():
        maps = lone_cells({place: (0.4, 0.4, 1e-4, 3.0, 0.04)})
        (row,) = candidates(maps, WCS)
        assert row["EDGE"] == pytest.approx(away * 0.263 / 60)


def test_right_ascensions_are_from_0_to_360():
    """Also where a header's reference is below 0, as it may be."""
    wcs = tan_wcs(-0.01, -40.0, (1920, 1536), 0.263)
    same = (0.4, 0.4, 1e-4, 3.0, 0.04)
    ra = candidates(lone_cells({(12, 2): same, (12, 20): same}), wcs)["RA"]
    assert ((ra >= 0) & (ra < 360)).all()
    assert np.ptp(ra) > 359
