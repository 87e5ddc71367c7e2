"""Footprints of HEALPix pixels."""

from __future__ import annotations

import numpy as np
import pytest
from astropy.table import Table
from invented_galaxies import MASTER, rows, write_folder, write_master
from skyloom.clusters.real_field.footprint import (
    image_mask,
    occupied,
    read_field,
    read_footprint,
)
from skyloom.clusters.real_field.sdss import read_galaxies
from skyloom.io.errors import InputError
from skyloom.sky.footprint import Footprint, pixel_of
from skyloom.sky.tan import tan_wcs


def test_galaxies_say_where_they_are():
    """The occupied pixels hold all galaxies and about their area."""
    rng = np.random.default_rng(1)
    sines = rng.uniform(np.sin(np.radians(10)), np.sin(np.radians(12)), 20000)
    dec = np.degrees(np.arcsin(sines))
    ra = rng.uniform(359, 361, 20000) % 360
    footprint = occupied(Table({"RA": ra, "DEC": dec}))
    assert footprint(ra, dec).all()
    true = 2 * (180 / np.pi) * np.ptp(np.sin(np.radians([10, 12])))
    assert footprint.area == pytest.approx(true, rel=0.12)
    assert not footprint(np.array([180.0]), np.array([11.0])).any()


def test_the_master_table_says_the_pixels(tmp_path):
    """If it holds all galaxies; without it they say it themselves."""
    galaxies = read_galaxies(write_folder(tmp_path))
    alone = read_footprint(None, galaxies)
    pixels = np.unique(pixel_of(32, galaxies["RA"], galaxies["DEC"]))
    write_master(tmp_path, 32, pixels)
    told = read_footprint(tmp_path / MASTER, galaxies)
    again, found = read_field([*sorted(tmp_path.glob("*_0*.fit")), tmp_path / MASTER])
    assert len(again) == len(galaxies)
    assert found.pixels.tolist() == pixels.tolist()
    assert told.nside == 32
    assert told.pixels.tolist() == pixels.tolist()
    assert alone.area < told.area


@pytest.mark.parametrize(
    ("nside", "pixels", "message"),
    [(32, [5], "120 of 120 galaxies lie outside"), (33, [5], "NSIDE is 33")],
)
def test_wrong_master_tables_are_refused(tmp_path, nside, pixels, message):
    """Pixels that hold no galaxy, or none of HEALPix."""
    galaxies = read_galaxies(write_folder(tmp_path))
    write_master(tmp_path, nside, pixels)
    with pytest.raises(InputError, match=message):
        read_footprint(tmp_path / MASTER, galaxies)


def test_mask_of_an_image_is_zero_inside():
    """An image across the edge of a pixel shows both, the right way round."""
    ra, dec = rows()["RA"].mean(), 65.0
    nside = 64
    pixel = pixel_of(nside, np.array([ra]), np.array([dec]))
    wcs = tan_wcs(float(ra), dec, (700, 500), 12.0)
    mask = image_mask(Footprint(nside, pixel), wcs, (700, 500))
    assert mask.shape == (700, 500)
    assert mask.dtype == np.uint8
    assert set(np.unique(mask)) == {0, 1}
    x, y = np.meshgrid(np.arange(32, 480, 64), np.arange(32, 672, 64))
    there = pixel_of(nside, *wcs.wcs_pix2world(x.ravel(), y.ravel(), 0))
    assert np.array_equal(mask[y.ravel(), x.ravel()] == 0, there == pixel[0])
