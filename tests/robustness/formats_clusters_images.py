"""The formats of the area `clusters`: images, maps and the encoder."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import numpy as np
import torch
from astropy.io import fits
from astropy.table import Table
from formats_clusters import WCS, listed, sane_wcs
from formats_hall import unsummed
from rows import Format, finite, within
from skyloom.clusters.bands import BANDS
from skyloom.clusters.catalogue import lists
from skyloom.clusters.data.files import read_file_data, write_file_data
from skyloom.clusters.data.tiles import KEYS
from skyloom.clusters.encoder.files import load_encoder, save_encoder
from skyloom.clusters.encoder.network import Encoder
from skyloom.clusters.encoder.settings import EncoderSettings
from skyloom.clusters.images.psf import read_psfex
from skyloom.clusters.images.survey import read_survey_image, write_survey_image
from skyloom.clusters.inference.blend import MAPS, TileMaps, read_maps
from skyloom.clusters.inference.survey_tile import open_survey_tile
from skyloom.clusters.tasks import evaluate, infer, products
from skyloom.io.catalogues import write_catalogue as write_table
from skyloom.io.documents import write_json
from skyloom.sky.tan import tan_wcs
from skyloom.stats.logistic import Logistic

SHAPE = EncoderSettings(tile=32, pool=4, widths=(4,), blocks=(), dilations=(), hidden=4)


RECORD = {"code": "a", "config": "b", "inputs": {}, "versions": {"numpy": "2"}}


def sky_survey(suffix: str):
    def make(folder: Path) -> Path:
        rng = np.random.default_rng(1)
        image = 2.0 * rng.standard_normal((96, 96), dtype=np.float32)
        mask = np.zeros((96, 96), np.uint8)
        mask[:3, :5], image[:3, :5] = 2, np.nan
        for band in BANDS:
            path = folder / f"galsim_des_003_{band}.{suffix}"
            cards = {"BAND": (band, "filter")}
            write_survey_image(path, image, np.full((96, 96), 4.0), mask, WCS, cards)
        return folder / f"galsim_des_003_r.{suffix}"

    return make


def plain_survey(folder: Path) -> Path:
    return unsummed(sky_survey("fits")(folder))


def coadd_of_others(folder: Path) -> Path:
    hdu = fits.PrimaryHDU(np.random.default_rng(1).normal(size=(60, 60)).astype("f4"))
    hdu.header.update(tan_wcs(50.0, -40.0, (60, 60), 0.263).to_header())
    hdu.header["MAGZERO"] = 30.0
    hdu.writeto(folder / "other_g.fits", overwrite=True)
    return folder / "other_g.fits"


def pixels_of(path: Path) -> tuple:
    found = read_survey_image(path)
    return found, found.image, found.good, found.zero_point, found.wcs


def said(found: tuple) -> dict:
    return {None: found[1:]}  # but for the header, which may have a checksum


def sane_image(found) -> None:
    found = found[0]
    sane_wcs(found.wcs)
    finite(found.image[found.good], found.zero_point)
    assert found.image.ndim == 2, "no image"
    assert found.good.shape == found.image.shape, "a mask of another shape"


def tile_of(path: Path):
    suffix = path.name.split(".", 1)[1]
    return open_survey_tile(
        {b: path.parent / f"galsim_des_003_{b}.{suffix}" for b in BANDS}
    )


def sane_tile(found) -> None:
    sane_wcs(found.wcs)
    finite(found.factor)
    assert found.factor > 0, "a factor that is not positive"


def psfex(folder: Path) -> Path:
    r2 = np.add.outer(*[(np.arange(15.0) - 7) ** 2] * 2)
    planes = np.stack([np.exp(-r2 / 6), np.exp(-r2 / 8) * 0.01, r2 * 0]).astype("f4")
    column = fits.Column(
        "PSF_MASK", f"{planes.size}E", array=planes[None], dim="(15,15,3)"
    )
    table = fits.BinTableHDU.from_columns([column], name="PSF_DATA")
    cards = {"POLNAXIS": 2, "POLGRP1": 1, "POLGRP2": 1, "POLNGRP": 1, "POLDEG1": 1}
    cards |= {"POLNAME1": "X_IMAGE", "POLNAME2": "Y_IMAGE", "POLZERO1": 50.0}
    cards |= {"POLZERO2": 50.0, "POLSCAL1": 50.0, "POLSCAL2": 50.0, "PSF_FWHM": 3.5}
    cards |= {
        "PSF_SAMP": 0.5,
        "PSFNAXIS": 3,
        "PSFAXIS1": 15,
        "PSFAXIS2": 15,
        "PSFAXIS3": 3,
    }
    table.header.update(cards)
    fits.HDUList([fits.PrimaryHDU(), table]).writeto(folder / "r.psf", overwrite=True)
    return folder / "r.psf"


def sane_psf(found) -> None:
    finite(found.image, found.fwhm)
    assert found.image.sum() > 0, "no light"
    within(found.fwhm, 0.01, 30)
    within(found.image_scale, 1e-3, 10)


def maps(folder: Path) -> Path:
    arrays = {name: np.zeros((3, 3)) for name in MAPS}
    arrays |= {"valid": np.ones((3, 3)), "redshift": np.full((3, 3), 0.4)}
    made = TileMaps(**arrays, tile=32, height=96, width=96)
    products.write_prediction(folder / "sim0001.npz", made, WCS, RECORD)
    return folder / "sim0001.npz"


def sane_maps(found: TileMaps) -> None:
    finite(found.valid)
    within(found.valid, 0, 1)
    within(found.membership, 0, 1)
    held = found.valid >= 0.5
    finite(*(getattr(found, name)[held] for name in MAPS))


def sky_of(path: Path) -> dict:
    found = evaluate.read_sky([str(path)])
    return {name: (seen, found.wcs[name]) for name, seen in found.seen.items()}


def candidates(folder: Path) -> Path:
    table = Table({"RA": [10.0, 10.01], "DEC": [0.0, 0.01], "Z": [0.4, 0.5]})
    table["Z_ERR"], table["LAMBDA"], table["LAMBDA_ERR"] = 0.01, [40.0, 20.0], 2.0
    table["SCORE"], table["PROBABILITY"] = [0.9, 0.4], [0.8, 0.3]
    table["TILES"], table["ID"] = ["sim0001"] * 2, ["a", "b"]
    write_table(folder / "candidates.fits", table, {})
    return folder / "candidates.fits"


def case(path: Path):
    maps(path.parent)
    truth = path.parent / "sim0001.ecsv"
    lists.write_clusters(truth, listed())
    sky = evaluate.read_sky([str(path.parent / "sim0001.npz")])
    return evaluate.read_case(sky, str(path), [str(truth)], {}).found


def worth(folder: Path) -> Path:
    tree = {"calibration": Logistic((0.1, 1.3, 2.0), -0.2).to_json()}
    tree |= {"redshifts": [0.1, 0.8], "other": 1}
    write_json(folder / "calibration.json", tree)
    return folder / "calibration.json"


def sane_worth(found) -> None:
    finite(*found.probability.slopes, found.probability.intercept)
    within(np.array(found.redshifts), 0, 10)


def threshold(folder: Path) -> Path:
    write_json(folder / "purity.json", {"threshold": {"value": 0.7, "purity": 0.9}})
    return folder / "purity.json"


def sane_threshold(found: float) -> None:
    assert 0 <= found <= 1, "no probability"


def encoder(folder: Path) -> Path:
    torch.manual_seed(0)
    save_encoder(folder / "best_encoder.ckpt", Encoder(SHAPE), provenance=RECORD)
    return folder / "best_encoder.ckpt"


def sane_encoder(found) -> None:
    for name, value in found.encoder.state_dict().items():
        assert value.isfinite().all(), f"{name} is not finite"


def look(path: Path):
    survey = SimpleNamespace(window=640, step=320, shifts=1, device="cpu", batch=4)
    data = SimpleNamespace(tile_size=32, pool=4)
    return infer.read_look(path, SimpleNamespace(survey=survey, data=data)).windows


def file_data(folder: Path) -> Path:
    data = []
    for i in range(2):
        grid = {k: torch.zeros(4, 4, *v.axes, dtype=v.dtype) for k, v in KEYS.items()}
        data.append({"tile_catalog": grid, "images": torch.full((4, 16, 16), float(i))})
    write_file_data(folder / "file_data_0_size_2.pt", data)
    return folder / "file_data_0_size_2.pt"


def sane_data(data: list) -> None:
    for one in data:
        assert one["images"].isfinite().all(), "pixels that are not finite"
        for key, value in one["tile_catalog"].items():
            assert value.float().isfinite().all(), f"{key} is not finite"


FORMATS = [
    Format(
        "survey image",
        "fits",
        plain_survey,
        read_survey_image,
        pixels_of,
        said,
        sane_image,
    ),
    Format(
        "survey image with sums",
        "fits",
        sky_survey("fits"),
        read_survey_image,
        pixels_of,
        said,
        sane_image,
        sealed=True,
        weight=0.5,
    ),
    Format(
        "packed survey image",
        "fits",
        sky_survey("fits.fz"),
        read_survey_image,
        pixels_of,
        said,
        sane_image,
        sealed=True,
        weight=0.5,
    ),
    Format(
        "image of others",
        "fits",
        coadd_of_others,
        read_survey_image,
        pixels_of,
        said,
        sane_image,
        weight=1.5,
    ),
    Format(
        "survey tile",
        "fits",
        sky_survey("fits"),
        open_survey_tile,
        tile_of,
        sane=sane_tile,
        sealed=True,
        weight=0.5,
    ),
    Format(
        "psfex",
        "fits",
        psfex,
        read_psfex,
        lambda p: read_psfex(p, 10.0, 20.0),
        sane=sane_psf,
    ),
    Format("maps", "npz", maps, read_maps, sane=sane_maps, sealed=True),
    Format(
        "maps wcs",
        "npz",
        maps,
        products.read_wcs,
        sane=sane_wcs,
        sealed=True,
        weight=0.5,
    ),
    Format("sky", "npz", maps, evaluate.read_sky, sky_of, sealed=True, weight=0.5),
    Format("candidates", "fits", candidates, products.read_candidates, sealed=True),
    Format(
        "case", "fits", candidates, evaluate.read_case, case, sealed=True, weight=0.4
    ),
    Format("worth", "json", worth, products.read_calibration, sane=sane_worth),
    Format(
        "threshold", "json", threshold, products.read_threshold, sane=sane_threshold
    ),
    Format("encoder", "tensors", encoder, load_encoder, sane=sane_encoder, sealed=True),
    Format("look", "tensors", encoder, infer.read_look, look, weight=0.3),
    Format(
        "file data", "tensors", file_data, read_file_data, sane=sane_data, sealed=True
    ),
]
