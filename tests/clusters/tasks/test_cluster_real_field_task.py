"""What is painted of a real field, and what its report says."""

from __future__ import annotations

from functools import partial

import numpy as np
from astropy.io import fits
from astropy.table import Table
from skyloom.clusters.catalogue.sample import draw_field
from skyloom.clusters.config_simulation import Images
from skyloom.clusters.encoder.files import save_encoder
from skyloom.clusters.encoder.network import Encoder
from skyloom.clusters.encoder.settings import EncoderSettings
from skyloom.clusters.finder.catalogue import COLUMNS, catalogue
from skyloom.clusters.finder.merge import merge
from skyloom.clusters.inference.windows import WindowSettings
from skyloom.clusters.real_field.footprint import occupied
from skyloom.clusters.real_field.sdss import SDSS_BANDS
from skyloom.clusters.real_field.skies import sky
from skyloom.clusters.tasks import real_field
from skyloom.clusters.tasks.images import Camera
from skyloom.clusters.tasks.infer import Look, predictor_of
from skyloom.clusters.tasks.products import read_candidates
from skyloom.io.catalogues import write_catalogue
from skyloom.run.provenance import Recipe

SHAPE = EncoderSettings(tile=32, pool=4, widths=(4,), blocks=(), dilations=(), hidden=4)


def galaxies(n=40) -> Table:
    """Return galaxies of a real catalogue, on a tile of 256 px."""
    rng = np.random.default_rng(0)
    table = Table({"ID": np.arange(n)})
    table["RA"], table["DEC"] = rng.uniform(140, 140.01, n), rng.uniform(5, 5.01, n)
    for band, colour in zip(SDSS_BANDS, (3.0, 1.4, 0.5, 0.0, -0.3), strict=True):
        table[f"MAG_{band.upper()}"] = 19.0 + colour + rng.random(n)
        table[f"MAG_ERR_{band.upper()}"] = np.full(n, 0.05)
    return table


def found() -> Table:
    """Return the catalogue of two detections."""
    columns = dict.fromkeys(COLUMNS, np.full(2, 0.5))
    table = Table(columns | {"FLAG": [0, 2], "TILES": ["a", "a b"]})
    table["FOUND_BY"], table["PROBABILITY"] = ["both", "filter"], [0.9, 0.6]
    return catalogue(table)


def test_what_lies_below_needs_no_list(checkout, world):
    """Without clusters, all lists draw the same galaxies."""
    tables = checkout / "resources/clusters"
    painter = real_field.read_painter(tables, 21.0, None, 256)
    assert painter.limit == 21.0
    sources, clusters, _ = draw_field(3, 7, painter.world, painter.sample)
    others, _, _ = draw_field(3, 7, world, painter.sample)
    assert len(clusters) == 0
    assert len(sources) > 10
    assert all(np.array_equal(sources[k], others[k]) for k in sources.colnames)
    assert painter.sample.halos is None


def test_catalogue_says_its_threshold(tmp_path):
    """Cards of its own stand in the primary header, and it is read as before."""
    path = tmp_path / "a.fits"
    write_catalogue(path, found(), {"THRESHLD": (0.7, "pure from here on")})
    assert len(read_candidates(path)) == 2
    with fits.open(path, checksum=True) as file:
        assert file[0].header["THRESHLD"] == 0.7


class OneByOne:
    """A job that does one tile after the other."""

    def each(self, items, function, files, workers):
        """Write the files of each."""
        assert workers == 1
        return {item: function(item, files[item]) for item in items}


def test_tiles_of_skies_are_painted_and_looked_at(checkout, tmp_path):
    """Real and null ones; images and windows are dropped again."""
    tables, known = checkout / "resources/clusters", galaxies()
    footprint = occupied(known)
    save_encoder(tmp_path / "best_encoder.ckpt", Encoder(SHAPE))
    windows = WindowSettings(window=256, step=256, tile=32, pool=4)
    painter = real_field.read_painter(tables, 21.0, Camera(Images(), 3), 256)
    for name in ("real", "permuted1"):
        tiles = real_field.sky_tiles(known, name, 256)
        seen = sky(known, footprint, name, 3)
        look = partial(
            real_field.look_at_tile,
            galaxies=seen,
            footprint=footprint,
            tiles=tiles,
            painter=painter,
            look=Look(predictor_of(tmp_path / "best_encoder.ckpt", 32, 4), windows, 1),
            folder=tmp_path / "work",
            record=Recipe({}, "c0de").record([]),
        )
        item = next(iter(tiles))
        assert item.startswith(f"{name}_SKY")
        look(item, {"candidates": tmp_path / "found.fits"})
        assert len(painter.sources(seen, tiles[item], item)) > 10
        one = read_candidates(tmp_path / "found.fits")
        whole = real_field.looked(look, tiles, OneByOne())
        write_catalogue(tmp_path / "sky.fits", whole)
        table = merge([read_candidates(tmp_path / "sky.fits")])
        assert len(table) == len(whole) <= len(one)
    assert not list((tmp_path / "work").rglob("*.fits"))


def test_each_tile_is_in_one_part():
    """Parts beyond the tiles are empty, and lists of them have no rows."""
    tiles = dict.fromkeys("edcba")
    parts = [list(real_field.part_of(tiles, k, 7)) for k in range(7)]
    assert parts == [["a"], ["b"], ["c"], ["d"], ["e"], [], []]
    assert list(real_field.part_of(tiles, 1, 2)) == ["b", "d"]


def test_a_part_without_tiles_has_no_candidates(tmp_path):
    """Its file is read and merged as others are."""
    write_catalogue(tmp_path / "a.fits", real_field.looked(None, {}, None))
    none = read_candidates(tmp_path / "a.fits")
    assert len(merge([none, none])) == 0


def test_a_list_that_is_nowhere_pure_is_written(tmp_path):
    """Its threshold is a card without a value."""
    for name in ("a.fits", "a.ecsv"):
        table = found()
        table.meta["threshold"] = None
        write_catalogue(tmp_path / name, table, {"THRESHLD": (None, "pure from here")})
    assert len(read_candidates(tmp_path / "a.fits")) == 2
    assert "THRESHLD" in fits.getheader(tmp_path / "a.fits")
