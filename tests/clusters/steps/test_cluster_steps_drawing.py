"""Fields drawn by a prior, and written with their truth."""

from __future__ import annotations

import numpy as np
import pytest
from skyloom.clusters.catalogue.field import FieldSettings
from skyloom.clusters.catalogue.halos import HaloSettings
from skyloom.clusters.catalogue.lists import read_clusters, write_clusters
from skyloom.clusters.catalogue.model_list import ListSettings, draw_list
from skyloom.clusters.catalogue.sample import SampleSettings
from skyloom.clusters.catalogue.table import read_catalogue
from skyloom.clusters.steps import drawing
from skyloom.run.provenance import Recipe
from skyloom.run.seeds import rng

SAMPLE = SampleSettings(
    image_size=256,
    halos=HaloSettings(per_field=6, margin=0.0),
    field=FieldSettings(faintest=21.0),
)


@pytest.fixture(scope="module")
def listed(tmp_path_factory):
    path = tmp_path_factory.mktemp("list") / "clusters.fits"
    write_clusters(path, draw_list(rng(1, "list"), ListSettings(200)))
    return path


def prior(name, listed, checkout):
    files = {"clusters": [listed]}
    return drawing.read_prior(name, 3, SAMPLE, files, checkout / "resources")


@pytest.mark.parametrize("name", ["skyloom", "upstream_2024"])
def test_what_is_written_is_what_was_drawn(listed, checkout, tmp_path, name):
    """Catalogue and truth are read again; the record stands in the truth."""
    record = drawing.recorded(Recipe({}, "c0de"), {"clusters": [listed]})
    draw = drawing.Drawing(prior(name, listed, checkout), record)
    paths = {"catalog": tmp_path / "a.dat", "truth": tmp_path / "a.fits"}
    counts = draw(5, paths)
    sources, clusters = (
        read_catalogue(paths["catalog"]),
        read_clusters(paths["truth"], empty=True),
    )
    assert counts == {"sources": len(sources), "clusters": len(clusters)}
    assert len(sources) > 2
    assert b"CODESHA = 'c0de" in paths["truth"].read_bytes()


@pytest.mark.parametrize("name", ["skyloom", "upstream_2024"])
def test_world_coordinates_need_no_second_draw(listed, checkout, name):
    """They are those that the sources were placed with."""
    sources, _, wcs = prior(name, listed, checkout).draw(7)
    again = drawing.wcs_of(3, 7, SAMPLE)
    assert again.array_shape == wcs.array_shape == (256, 256)
    x, y = again.all_world2pix(sources["RA"], sources["DEC"], 0)
    assert np.allclose(x, sources["X"], atol=1e-6)
    assert np.allclose(y, sources["Y"], atol=1e-6)


def test_tiles_lie_apart():
    """No two tiles show the same sky: none of their clusters are merged."""
    tiles = [drawing.tile_number(f"sim{i:04d}") for i in range(20)]
    placed = [drawing.wcs_of(3, number, SAMPLE) for number in tiles]
    centres = [wcs.pixel_to_world(127.5, 127.5) for wcs in placed]
    apart = [a.separation(b).deg for k, a in enumerate(centres) for b in centres[:k]]
    assert min(apart) > 2 * 256 * 0.263 / 3600


def test_fields_are_their_own(listed, checkout):
    """Another number is another field; the same number the same."""
    known = prior("skyloom", listed, checkout)
    first, again, other = (known.draw(i)[0] for i in (1, 1, 2))
    assert np.array_equal(first["RA"], again["RA"])
    assert len(other) != len(first) or not np.array_equal(first["RA"], other["RA"])


def test_files_are_known_by_their_numbers():
    """Catalogues, lists and images; tiles have numbers beyond all fields."""
    names = ["a/galsim_des_1234.dat", "b/clusters_007.fits", "b/galsim_des_007_g.fits"]
    found = drawing.numbered(names)
    assert found == {1234: names[:1], 7: names[1:]}
    assert drawing.tile_number("sim0012") == drawing.FIRST_TILE + 12
