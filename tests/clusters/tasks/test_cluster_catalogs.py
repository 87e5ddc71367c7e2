"""Fields drawn by a prior, and written with their truth."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

import numpy as np
import pytest
from skyloom.clusters.catalogue.lists import (
    read_clusters,
    read_wcs,
    write_clusters,
)
from skyloom.clusters.catalogue.model_list import draw_list
from skyloom.clusters.catalogue.sample import Sample, draw_field
from skyloom.clusters.catalogue.table import read_catalogue
from skyloom.clusters.config_simulation import Halos
from skyloom.clusters.tasks.catalogs import draw as draw_and_write
from skyloom.clusters.tasks.catalogs import read_world, write_field
from skyloom.clusters.tasks.products import FIRST_TILE, by_field, tile_number
from skyloom.io.errors import InputError
from skyloom.run.provenance import Recipe
from skyloom.run.seeds import rng

SAMPLE = Sample(256, Halos(per_field=6, margin=0.0), faintest=21.0)


@pytest.fixture(scope="module")
def listed(tmp_path_factory):
    path = tmp_path_factory.mktemp("list") / "clusters.fits"
    write_clusters(path, draw_list(rng(1, "list"), 200))
    return path


@pytest.fixture(scope="module")
def listed_world(listed, checkout):
    return read_world(listed, checkout / "resources")


@pytest.fixture(scope="module")
def record(listed):
    return Recipe({}, "c0de").record([listed])


@pytest.fixture
def field(listed_world):
    """Return what draws the field of a number."""
    return partial(draw_field, 3, world=listed_world, settings=SAMPLE)


@pytest.fixture
def paths(tmp_path):
    return {"catalog": tmp_path / "a.dat", "truth": tmp_path / "a.fits"}


def test_what_is_written_is_what_was_drawn(listed_world, record, field, paths):
    """Catalogue and truth are read again; the record stands in the truth."""
    draw_and_write(5, paths, 3, listed_world, SAMPLE, record)
    sources, clusters = (
        read_catalogue(paths["catalog"]),
        read_clusters(paths["truth"], empty=True),
    )
    drawn = field(5)
    assert (len(drawn[0]), len(drawn[1])) == (len(sources), len(clusters))
    assert len(sources) > 2
    assert b"CODESHA = 'c0de" in paths["truth"].read_bytes()


def test_the_truth_says_where_the_field_lies(field, record, paths):
    """World coordinates are read, with the shape: those of the catalogue."""
    sources, _, drawn = field(7)
    write_field(paths, field(7), record)
    wcs = read_wcs(paths["truth"])
    assert wcs.array_shape == (256, 256)
    x, y = wcs.all_world2pix(sources["RA"], sources["DEC"], 0)
    assert np.allclose(x, sources["X"], rtol=0, atol=1e-6)
    assert np.allclose(y, sources["Y"], rtol=0, atol=1e-6)
    assert (wcs.wcs.crval == drawn.wcs.crval).all()


def test_a_list_without_an_image_is_no_field(listed, tmp_path):
    """A list of clusters as any other, a damaged file, or none: named."""
    (tmp_path / "b.fits").write_bytes(b"no list")
    problems = {listed: "primary header: no world", tmp_path / "b.fits": "not"}
    for path, problem in problems.items():
        with pytest.raises(InputError, match=f"{path.name}: {problem}"):
            read_wcs(path)


def test_tiles_lie_apart(field):
    """No two tiles show the same sky: none of their clusters are merged."""
    tiles = [tile_number(f"sim{i:04d}") for i in range(20)]
    drawn = partial(field, settings=replace(SAMPLE, faintest=15.0))
    centres = [drawn(n)[2].pixel_to_world(127.5, 127.5) for n in tiles]
    apart = [a.separation(b).deg for k, a in enumerate(centres) for b in centres[:k]]
    assert min(apart) > 2 * 256 * 0.263 / 3600


def test_fields_are_their_own(field):
    """Another number is another field; the same number the same."""
    first, again, other = (field(i)[0] for i in (1, 1, 2))
    assert np.array_equal(first["RA"], again["RA"])
    assert len(other) != len(first) or not np.array_equal(first["RA"], other["RA"])


def test_files_are_known_by_their_numbers():
    """Catalogues, lists and images; tiles have numbers beyond all fields."""
    names = ["a/galsim_des_1234.dat", "b/clusters_007.fits", "b/galsim_des_007_g.fits"]
    found = by_field(names)
    assert found == {1234: names[:1], 7: names[1:]}
    assert tile_number("sim0012") == FIRST_TILE + 12
