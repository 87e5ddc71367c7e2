"""What is painted of a real field, and what its report says."""

from __future__ import annotations

import numpy as np
import pytest
from astropy.io import fits
from astropy.table import Table
from skyloom.clusters.catalogue.halos import HaloSettings
from skyloom.clusters.catalogue.sample import draw_field
from skyloom.clusters.encoder.files import save_encoder
from skyloom.clusters.encoder.network import Encoder
from skyloom.clusters.encoder.settings import EncoderSettings
from skyloom.clusters.finder.catalogue import COLUMNS, catalogue, read_detections
from skyloom.clusters.finder.merge import MergeSettings
from skyloom.clusters.finder.peaks import PeakSettings
from skyloom.clusters.images.noise import NoiseSettings
from skyloom.clusters.images.psf import PsfSettings
from skyloom.clusters.inference.blend import read_maps
from skyloom.clusters.inference.windows import WindowSettings
from skyloom.clusters.real_field.footprint import occupied
from skyloom.clusters.real_field.sdss import SDSS_BANDS
from skyloom.clusters.real_field.transform import read_transform
from skyloom.clusters.steps import skies
from skyloom.clusters.steps.looking import predictor_of
from skyloom.clusters.steps.painting import Camera
from skyloom.run.provenance import Recipe

SECTION = {"faint": True, "side": 256, "limit": 21.0}
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
    columns = {k: np.full(2, 0.5) for k, c in COLUMNS.items() if c.kind == "f"}
    table = Table(columns | {"N_TILES": [3, 3], "TILES": ["a", "a b"]})
    table["PROBABILITY"] = table["SCORE"] = [0.9, 0.6]
    return catalogue(table)


def test_what_lies_below_needs_no_list(checkout, world):
    """Without clusters, all lists draw the same galaxies."""
    faint = skies.read_faint(checkout / "resources/clusters", SECTION)
    assert faint.limit == 21.0
    sources, clusters, _ = draw_field(3, 7, faint.world, faint.settings)
    others, _, _ = draw_field(3, 7, world, faint.settings)
    assert len(clusters) == 0
    assert len(sources) > 10
    assert all(np.array_equal(sources[k], others[k]) for k in sources.colnames)
    assert faint.settings.halos == HaloSettings(per_field=0.0)
    assert skies.read_faint(checkout, SECTION | {"faint": False}) is None


def test_counts_from_the_threshold_on():
    """Of the sky and of chance, the threshold among the others."""
    chance = [np.array([0.55, 0.65]), np.array([0.95])]
    report = skies.counted(np.array([0.2, 0.6, 0.8]), chance, 2.0, 0.6)
    assert (report["clusters"], report["clusters_above"]) == (3, 2)
    assert report["threshold"] == 0.6
    alarms = report["false_alarms"]
    assert [row["above"] for row in alarms] == [0.5, 0.6, 0.7, 0.9]
    assert [row["k"] for row in alarms] == [3, 2, 1, 1]
    assert alarms[1]["value"] == pytest.approx(2 / 4.0)
    assert skies.counted(np.zeros(0), [], 2.0, 0.5)["false_alarms"] == []
    usual = skies.counted(np.zeros(0), chance, 2.0, 0.5)["false_alarms"]
    assert [row["above"] for row in usual] == [0.5, 0.7, 0.9]


def test_catalogue_says_its_threshold(tmp_path):
    """In either format, which is read as before; the same is the same bytes."""
    paths = [tmp_path / name for name in ("a.fits", "b.fits", "c.ecsv")]
    for path in paths:
        skies.write_found(path, found(), 0.7)
        assert len(read_detections(path)) == 2
    assert paths[0].read_bytes() == paths[1].read_bytes()
    with fits.open(paths[0], checksum=True) as file:
        assert file[0].header["THRESHLD"] == 0.7
    assert Table.read(paths[2]).meta["threshold"] == 0.7


def test_tiles_of_skies_are_painted_and_looked_at(checkout, tmp_path):
    """Real and shuffled ones; images and windows are dropped again."""
    tables, known = checkout / "resources/clusters", galaxies()
    sky = skies.make_skies(known, occupied(known), 1, (256, 25), 3)
    save_encoder(tmp_path / "best_encoder.ckpt", Encoder(SHAPE))
    windows = WindowSettings(window=256, step=256, tile=32, pool=4)
    predictor = predictor_of(tmp_path / "best_encoder.ckpt", windows)
    camera = Camera("batched", PsfSettings(), NoiseSettings(), 3)
    faint = skies.read_faint(tables, SECTION)
    painter = skies.Painter(read_transform(tables), faint, camera)
    finder = skies.Finder(predictor, windows, 1, PeakSettings())
    record = Recipe({}, "c0de").record([])
    look = skies.SkyLook(sky, painter, finder, tmp_path / "work", record)
    (real, *_), (other, *_) = (
        [name for name in sky.names() if name.startswith(k)] for k in ("sky0", "sky1")
    )
    for item in (real, other):
        paths = {"maps": tmp_path / f"{item}.npz"}
        paths["candidates"] = tmp_path / f"{item}.fits"
        told = look(item, paths)
        assert told["sources"] > 10
        assert read_maps(paths["maps"]).valid.shape == (8, 8)
    assert not list((tmp_path / "work").rglob("*.fits"))
    found, chance = skies.merged_skies(tmp_path, MergeSettings())
    assert len(chance) == 1
    assert set(found["TILES"]) <= set(sky.tiles)
