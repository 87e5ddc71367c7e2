"""Images of fields, and the files of data that they become."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from astropy.table import Table
from invented_fields import file_name
from skyloom.clusters.bands import BANDS
from skyloom.clusters.catalogue.lists import write_clusters
from skyloom.clusters.catalogue.table import COLUMNS, write_catalogue
from skyloom.clusters.config_encoder import Data
from skyloom.clusters.config_simulation import Images
from skyloom.clusters.data.files import read_file_data
from skyloom.clusters.images.noise import band_noise
from skyloom.clusters.images.survey import (
    read_survey_image,
    survey_wcs,
    write_survey_image,
)
from skyloom.clusters.tasks.file_data import fields_of, write_fields
from skyloom.clusters.tasks.images import Camera, paint
from skyloom.clusters.tasks.products import by_tile, tile_of
from skyloom.run.provenance import Recipe
from skyloom.sky.tan import tan_wcs
from small_clusters import clusters

WCS = tan_wcs(30.0, -20.0, (128, 128), 0.263)
CAMERA = Camera(Images(), 4)
DATA = Data(tile_size=32, pool=4, n_per_file=2)


def star(x: float, y: float, flux: float = 1e5) -> Table:
    """Return a catalogue of one star and of one member."""
    row = dict.fromkeys(COLUMNS, 0.0) | {"X": x, "Y": y, "Z": -1.0}
    row |= dict.fromkeys(("FLUX_G", "FLUX_R", "FLUX_I", "FLUX_Z"), flux)
    other = row | {"X": 5.0, "Y": 100.0, "MEM": 1, "SOURCE_TYPE": 1, "HLR": 0.5}
    return Table([row, other])[list(COLUMNS)]


@pytest.fixture
def painted(tmp_path):
    """Return the folder of two fields, painted from their catalogues."""
    catalogs = {i: str(tmp_path / f"galsim_des_{i:03d}.dat") for i in (0, 1)}
    truth = {i: str(tmp_path / f"clusters_{i:03d}.fits") for i in (0, 1)}
    for i, path in catalogs.items():
        write_catalogue(path, star(40.0, 90.0))
        write_clusters(truth[i], clusters(), WCS)
    for i in catalogs:
        files = {b: tmp_path / f"galsim_des_{i:03d}_{b}.fits" for b in BANDS}
        paint(i, files, CAMERA, catalogs, truth, Recipe({}, "c0de"))
    return tmp_path


def test_a_source_is_where_its_catalogue_says(painted):
    """Row Y, column X; the header says how the image was made."""
    image = read_survey_image(painted / "galsim_des_000_i.fits")
    assert np.unravel_index(image.image.argmax(), image.image.shape) == (90, 40)
    assert image.good.all()
    assert image.header["BAND"] == "i"
    assert image.header["SEED"] == 4
    assert image.header["CODESHA"] == "c0de"
    assert 0.5 < image.header["PSF_FWHM"] < 1.3
    assert image.header["DEPTH10"] == pytest.approx(23.8)
    assert np.std(image.image[:40]) == pytest.approx(image.header["SKYSIGMA"], rel=0.3)
    assert np.allclose(image.wcs.all_pix2world(0, 0, 0), WCS.all_pix2world(0, 0, 0))
    seen = survey_wcs(painted / "galsim_des_000_i.fits")
    assert seen.array_shape == (128, 128)
    assert np.allclose(seen.all_pix2world(0, 0, 0), WCS.all_pix2world(0, 0, 0))


def test_each_image_has_noise_of_its_own(painted):
    """Fields and bands differ; the same field again has the same bytes."""
    named = {name: read_survey_image(painted / name).image for name in images(painted)}
    flat = [image[:40].ravel() for image in named.values()]
    assert np.abs(np.corrcoef(flat) - np.eye(len(flat))).max() < 0.1
    before = (painted / "galsim_des_001_z.fits").read_bytes()
    catalog = {1: str(painted / "galsim_des_001.dat")}
    truth = {1: str(painted / "clusters_001.fits")}
    files = {b: painted / f"galsim_des_001_{b}.fits" for b in BANDS}
    paint(1, files, CAMERA, catalog, truth, Recipe({}, "c0de"))
    assert (painted / "galsim_des_001_z.fits").read_bytes() == before


def images(folder):
    return sorted(path.name for path in folder.glob("galsim_des_*_?.fits"))


def test_files_of_data_hold_what_tiles_show(painted):
    """Pooled pixels, members, centres, and masked tiles, in the order of the fields."""
    truths = {}
    for i in (0, 1):
        truths[i] = [str(painted / f"clusters_{i:03d}.fits")]
        write_clusters(truths[i][0], clusters())
    image = read_survey_image(painted / "galsim_des_001_r.fits")
    bad = np.zeros((128, 128), np.uint8)
    bad[:32, :32] = 1
    noise = np.ones((128, 128))
    about = {"MAGZERO": 30.0}
    place = painted / "galsim_des_001_r.fits"
    write_survey_image(place, image.image, noise, bad, image.wcs, about)
    fields = {
        i: [str(painted / f"galsim_des_{i:03d}_{b}.fits") for b in BANDS]
        for i in (0, 1)
    }
    catalogs = {i: [str(painted / f"galsim_des_{i:03d}.dat")] for i in (0, 1)}
    target = painted / file_name(3, 2)
    given = {"images": fields, "catalogs": catalogs, "truth": truths}
    write_fields(3, {"data": target}, {3: [0, 1]}, given, DATA)
    first, second = read_file_data(target)
    assert first["images"].shape == (4, 32, 32)
    maps = first["tile_catalog"]
    assert maps["membership"][..., 0, 0].nonzero().tolist() == [[3, 0]]
    assert maps["center"][..., 0, 0].nonzero().tolist() == [[2, 0]]
    assert maps["valid"].all()
    assert second["tile_catalog"]["valid"].logical_not().nonzero().tolist() == [[0, 0]]
    assert torch.all(second["images"][:, :8, :8] == 0)


def test_fields_of_files():
    """A full file tells where the others begin; the last may be short."""
    names = [file_name(2, 3), file_name(0, 4)]
    assert fields_of(names, 4) == {2: [8, 9, 10], 0: [0, 1, 2, 3]}


def test_files_of_a_tile():
    """By name, whatever band or kind; a tile's own name may have underscores."""
    assert tile_of("a/sim_1_g.fits.fz") == tile_of("b/sim_1.npz") == "sim_1"
    assert by_tile(["x/A_g.fits.fz", "x/B.fits", "y/A_z.fits.fz"]) == {
        "A": ["x/A_g.fits.fz", "y/A_z.fits.fz"],
        "B": ["x/B.fits"],
    }


def test_depths_scatter_about_the_surveys(tmp_path):
    """By what was asked for, over images and bands; the noise is that of the depth."""
    images = Images(depth_scatter=0.15)
    wcs, away = tan_wcs(30.0, -20.0, (32, 32), 0.263), []
    record = Recipe({}, "c0de").record([])
    for name in range(15):
        paths = {band: tmp_path / f"{band}.fits" for band in BANDS}
        Camera(images, 4).expose(star(10.0, 10.0), wcs, name, paths, record)
        for band, depth in zip(BANDS, images.depth10, strict=True):
            header = read_survey_image(paths[band]).header
            away.append(header["DEPTH10"] - depth)
            sigma, gain = band_noise(band, header["DEPTH10"])
            assert header["SKYSIGMA"] == pytest.approx(sigma)
            assert header["GAIN"] == pytest.approx(gain)
    assert np.std(away) == pytest.approx(0.15, rel=0.3)
    assert np.mean(away) == pytest.approx(0.0, abs=0.06)
