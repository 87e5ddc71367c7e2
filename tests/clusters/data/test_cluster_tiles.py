"""Maps over tiles: what is marked is found where it was marked, rows along Y."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from invented_fields import SHAPE, TILE, catalog, clusters, sources
from skyloom.clusters.data.tiles import KEYS, UNKNOWN_Z, tile_catalog, tile_grid

FEW = settings(max_examples=20, deadline=None)
SEEDS = st.integers(0, 10_000)
NONE = clusters(0)


def _one(x, y, **columns):
    table = sources(1)
    table["X"], table["Y"] = x, y
    for name, value in columns.items():
        table[name] = value
    return table


def _cluster(x, y, radius=1.0, richness=30.0, z=0.4):
    table = clusters(1)
    for name, value in zip(table.colnames, (x, y, radius, richness, z), strict=True):
        table[name] = value
    return table


def test_keys_shapes_and_types_are_the_formats():
    """A field that is wider than high has its rows along Y."""
    maps = catalog(shape=(16, 40))
    assert list(maps) == list(KEYS)
    for name, key in KEYS.items():
        assert maps[name].shape == (2, 5, *key.axes), name
        assert maps[name].dtype == key.dtype, name


@FEW
@given(st.floats(-0.499, 39.499), st.floats(-0.499, 15.499))
def test_a_marked_source_is_found_in_its_tile(x, y):
    """The tile that holds the source's pixel, as the image array says it."""
    maps = tile_catalog(_one(x, y, MEM=1), NONE, (16, 40), TILE)
    image = np.zeros((16, 40))
    image[round(y), round(x)] = 1
    # An exact half is a border of pixels: it belongs to the next, round() to the even.
    if abs(x % 1 - 0.5) > 1e-9 and abs(y % 1 - 0.5) > 1e-9:
        found = image.reshape(2, 8, 5, 8).sum((1, 3))
        assert np.array_equal(maps["n_sources"], found)
        assert np.array_equal(maps["membership"][..., 0, 0], found > 0)
    row, column = maps["n_sources"].nonzero()[0].tolist()
    down, along = maps["locs"][row, column, 0].tolist()
    assert (row + down) * TILE - 0.5 == pytest.approx(y, abs=1e-4)
    assert (column + along) * TILE - 0.5 == pytest.approx(x, abs=1e-4)


def test_the_first_pixel_has_its_centre_half_a_pixel_from_the_edge():
    """Positions are 0-based: (0, 0) is the first pixel's centre."""
    maps = tile_catalog(_one(0, 8), NONE, SHAPE, TILE)
    assert maps["locs"][1, 0, 0].tolist() == [0.0625, 0.0625]


@FEW
@given(SEEDS)
def test_transposed_fields_have_transposed_maps(seed):
    """X and Y exchanged: rows and columns exchanged, and the fractions with them."""
    shape, table, rich = (16, 40), sources(30, seed, (16, 40)), clusters(3, seed)
    maps = tile_catalog(table, rich, shape, TILE)
    for each in (table, rich):
        each["X"], each["Y"] = each["Y"].copy(), each["X"].copy()
    other = tile_catalog(table, rich, shape[::-1], TILE)
    for name in KEYS:
        expected = maps[name].transpose(0, 1)
        expected = expected.flip(-1) if name in ("locs", "center_locs") else expected
        assert torch.equal(other[name], expected), name


@FEW
@given(SEEDS, st.floats(0, 2000))
def test_negative_fluxes_are_left_out_of_the_seeds_keys_only(seed, below):
    """Membership and counts do not know the limit; fluxes keep to it."""
    table = sources(40, seed)
    everything = tile_catalog(table, NONE, SHAPE, TILE)
    table["FLUX_I"] -= below
    limited = tile_catalog(table, NONE, SHAPE, TILE)
    for name in ("membership", "n_members"):
        assert torch.equal(everything[name], limited[name])
    there = limited["n_sources"] > 0
    assert (limited["fluxes"][there][:, 0, 2] > 0).all()
    assert not limited["fluxes"][~there].any()
    bright = table[table["FLUX_I"] > 0]
    again = tile_catalog(bright, NONE, SHAPE, TILE)
    assert all(torch.equal(again[k], limited[k]) for k in ("locs", "fluxes"))


@FEW
@given(SEEDS)
def test_agrees_with_a_loop_over_tiles(seed):
    """Every key, by the plainest code there is."""
    table, rich = sources(60, seed), clusters(5, seed)
    table["FLUX_I"] -= 100
    maps = tile_catalog(table, rich, SHAPE, TILE)
    for row in range(4):
        for column in range(4):
            _compare(maps, table, rich[rich["LAMBDA"] >= 20], row, column)


def _compare(maps, table, rich, row, column):
    here = _inside(table, row, column)
    at = {name: maps[name][row, column].flatten().tolist() for name in KEYS}
    assert at["n_members"] == [here["MEM"].sum()]
    assert at["membership"] == [here["MEM"].sum() > 0]
    bright = here[here["FLUX_I"] > 0]
    assert at["n_sources"] == [len(bright) > 0]
    if len(bright):
        best = bright[bright["FLUX_I"].argmax()]
        names = ("FLUX_G", "FLUX_R", "FLUX_I", "FLUX_Z")
        assert at["fluxes"] == pytest.approx([best[n] for n in names])
        shape = [best[n] for n in ("HLR", "G1", "G2", "FRACDEV")]
        assert at["galaxy_params"] == pytest.approx(shape)
        assert at["redshift"] == pytest.approx([best["Z"]])
        assert at["source_type"] == [best["SOURCE_TYPE"]]
    _compare_clusters(at, rich, row, column)


def _compare_clusters(at, rich, row, column):
    inside = _inside(rich, row, column)
    assert at["center"] == [len(inside) > 0]
    y, x = row * TILE + TILE / 2 - 0.5, column * TILE + TILE / 2 - 0.5
    reach = [
        c
        for c in rich
        if (c["X"] - x) ** 2 + (c["Y"] - y) ** 2 <= c["R_PIX"] ** 2
        or any(c["X"] == other["X"] for other in inside)
    ]
    best = max(reach, key=lambda c: c["LAMBDA"], default=None)
    expected = (0, UNKNOWN_Z) if best is None else (best["LAMBDA"], best["Z_LAMBDA"])
    assert at["richness"] + at["cluster_redshift"] == pytest.approx(list(expected))


def _inside(table, row, column):
    first, last = row * TILE - 0.5, row * TILE + TILE - 0.5
    left, right = column * TILE - 0.5, column * TILE + TILE - 0.5
    y, x = table["Y"], table["X"]
    return table[(y >= first) & (y < last) & (x >= left) & (x < right)]


def test_of_equally_bright_sources_the_first_counts():
    """Neither the order of sorting nor the number of sources decides."""
    table = sources(6)
    table["X"], table["Y"], table["FLUX_I"] = np.arange(6), 1.0, 50.0
    maps = tile_catalog(table, NONE, SHAPE, TILE)
    assert maps["locs"][0, 0, 0, 1] == 0.5 / TILE


def test_a_field_without_anything_is_zeros_and_unknown_redshifts():
    """Empty tables are fields too."""
    maps = tile_catalog(sources(0), NONE, SHAPE, TILE)
    for name, values in maps.items():
        known = {"redshift": -1, "cluster_redshift": -1, "valid": 1}.get(name, 0)
        assert (values == known).all(), name


def test_a_cluster_fills_the_tiles_whose_centres_it_holds():
    """A radius of 9 px about a tile's centre takes its four neighbours along."""
    maps = tile_catalog(sources(0), _cluster(11.5, 19.5, radius=9), SHAPE, TILE)
    cross = [[0, 0, 0, 0], [0, 1, 0, 0], [1, 1, 1, 0], [0, 1, 0, 0]]
    assert (maps["richness"][..., 0, 0] / 30).tolist() == cross
    assert maps["center"].nonzero()[:, :2].tolist() == [[2, 1]]
    assert maps["center_locs"][2, 1, 0].tolist() == [0.5, 0.5]


def test_a_centre_outside_reaches_in_without_being_in_a_tile():
    """Its members are in the image, hence its richness; its centre is not."""
    maps = tile_catalog(sources(0), _cluster(-3.0, 3.5, radius=8), SHAPE, TILE)
    assert maps["richness"][0, 0] == 30
    assert not maps["center"].any()


def test_a_small_cluster_belongs_to_the_tile_of_its_centre():
    """Even where its radius does not reach the tile's centre."""
    maps = tile_catalog(sources(0), _cluster(0.0, 0.0, radius=0.1), SHAPE, TILE)
    assert maps["richness"].nonzero()[:, :2].tolist() == [[0, 0]]


def test_poor_clusters_count_nowhere():
    """From a richness of 20 on they do."""
    for richness, there in ((20.0, True), (19.9, False)):
        poor = _cluster(4, 4)
        poor["LAMBDA"] = richness
        maps = tile_catalog(sources(0), poor, SHAPE, TILE)
        assert maps["center"].any() == maps["richness"].any() == there


def test_tiles_are_valid_while_less_than_half_is_masked():
    """Any value but 0 masks."""
    mask = np.zeros((16, 40), np.uint8)
    mask[:4, 8:16] = 4  # half a tile
    mask[8:12, 0:7] = 1  # a little less
    maps = tile_catalog(sources(0), NONE, (16, 40), TILE, mask=mask)
    assert (~maps["valid"]).nonzero().tolist() == [[0, 1]]


@pytest.mark.parametrize(
    ("shape", "tile"), [((30, 32), 8), ((32, 30), 8), ((32, 32), 0), ((0, 8), 8)]
)
def test_tiles_that_do_not_cover_the_image_are_refused(shape, tile):
    """The seed never looked at the last 75 pixels of a survey tile."""
    with pytest.raises(ValueError, match="divide"):
        tile_grid(shape, tile)
