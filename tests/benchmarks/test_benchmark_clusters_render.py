"""Speed of the batched renderer against GalSim's own config layer, same sources.

A field of 2560 x 2560 pixels, four bands, 4,391 sources: the size and number of the
published pipeline. Both run in one process on one core; processor time is compared.
"""

import time

import galsim
import numpy as np
import pytest
import torch
from skyloom.clusters.bands import BANDS, PIXEL_SCALE
from skyloom.clusters.config_simulation import Images
from skyloom.clusters.images.batched import render
from skyloom.clusters.images.noise import add_noise, band_noise
from skyloom.clusters.images.psf import draw_psf
from skyloom.run.seeds import rng
from small_fields import random_field
from threadpoolctl import threadpool_limits

pytestmark = pytest.mark.benchmark
SIDE, SOURCES = 2560, 4391


@pytest.fixture(scope="module")
def field():
    return random_field(SOURCES, SIDE)


@pytest.fixture(scope="module")
def psfs():
    widths = zip(BANDS, Images().fwhm, strict=True)
    return {band: draw_psf(rng(1, band), fwhm) for band, fwhm in widths}


def processor_time(function, *arguments):
    """Return the processor time of a call on one thread [s], and what it returned."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        with threadpool_limits(1):
            begin = time.process_time()
            result = function(*arguments)
            return time.process_time() - begin, result
    finally:
        torch.set_num_threads(threads)


def write_columns(path, field, band):
    """Write what the config layer reads: places, fluxes of the parts, shapes."""
    flux = np.asarray(field[f"FLUX_{band.upper()}"])
    bulge = np.asarray(field["FRACDEV"])
    star = np.asarray(field["SOURCE_TYPE"]) == 0
    columns = [
        np.asarray(field["X"]) + 1,
        np.asarray(field["Y"]) + 1,
        np.where(star, 0, 1),
        flux,
        np.maximum(field["HLR"], 1e-4),
        1 - bulge,
        bulge,
        field["G1"],
        field["G2"],
    ]
    np.savetxt(path, np.column_stack(columns), fmt="%.9g")


def column(number, kind="Catalog"):
    return {"type": kind, "col": number}


def recipe(path, psf):
    """Return the config layer's own description of the image."""
    size = {"half_light_radius": column(4)}
    parts = [
        {"type": "Exponential", "flux": column(5), **size},
        {"type": "DeVaucouleurs", "flux": column(6), **size},
    ]
    shear = {"type": "G1G2", "g1": column(7), "g2": column(8)}
    galaxy = {"type": "Sum", "items": parts, "ellip": shear}
    place = {"type": "XY", "x": column(0), "y": column(1)}
    ellip = {"type": "G1G2", "g1": psf.g1, "g2": psf.g2}
    return {
        "input": {"catalog": {"file_name": str(path)}},
        "gal": {
            "type": "List",
            "items": [{"type": "DeltaFunction"}, galaxy],
            "index": column(2),
            "flux": column(3),
        },
        "psf": {"type": "Kolmogorov", "fwhm": psf.fwhm, "ellip": ellip},
        "image": {
            "type": "Scattered",
            "size": SIDE,
            "pixel_scale": PIXEL_SCALE,
            "image_pos": place,
            "nobjects": SOURCES,
            "random_seed": 1,
        },
    }


def config_layer(folder, field, psfs):
    """Draw the field with `galsim.config`, a band at a time."""
    planes = []
    for band in BANDS:
        path = folder / f"{band}.dat"
        write_columns(path, field, band)
        config = recipe(path, psfs[band])
        galsim.config.ProcessInput(config)
        planes.append(galsim.config.BuildImage(config).array)
    return np.stack(planes)


def test_field_is_fast(tmp_path, field, psfs, record_property):
    """Ten times faster than GalSim's config layer, to 1e-3 of the peak."""
    render(field[:50], BANDS, (64, 64), psfs)  # tables are made once a process
    runs = (processor_time(render, field, BANDS, (SIDE, SIDE), psfs) for _ in range(3))
    ours, image = min(runs, key=lambda run: run[0])
    theirs, peer = processor_time(config_layer, tmp_path, field, psfs)
    apart = np.abs(image - peer).max(axis=(1, 2)) / peer.max(axis=(1, 2))
    record_property("seconds", ours)
    record_property("ratio", theirs / ours)
    print(f"field: {ours:.2f} s, GalSim's config layer {theirs:.1f} s, apart {apart}")
    assert (apart <= 1e-3).all()
    assert theirs / ours >= 10


def test_noise_is_fast(record_property):
    """Noise of one band costs less than drawing it."""
    sigma, gain = band_noise("r", 24.4)
    image = np.zeros((SIDE, SIDE), np.float32)
    calls = [
        processor_time(add_noise, rng(1), image, sigma, gain, 0.08)[0] for _ in "123"
    ]
    record_property("seconds", min(calls))
    print(f"noise: {min(calls):.3f} s a band")
    assert min(calls) < 0.3
