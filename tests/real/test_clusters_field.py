"""The real SDSS field and redMaPPer's DR8 catalogue.

Nothing here is tuned on the field, and its clusters are not looked up.
"""

from __future__ import annotations

from time import process_time

import numpy as np
import pytest
from astropy.io import fits
from skyloom.clusters.baselines.colour_filter import CENTRE_CHI2, fit_ridge
from skyloom.clusters.baselines.matched_filter import find_clusters
from skyloom.clusters.baselines.randoms import shuffled
from skyloom.clusters.catalogue.colours import read_red_sequence
from skyloom.clusters.real_field.footprint import occupied, read_footprint
from skyloom.clusters.real_field.paint import cover, on_tile, tile_sources
from skyloom.clusters.real_field.sdss import (
    magnitudes,
    read_galaxies,
    read_transform,
    to_des,
)
from skyloom.sky.footprint import Footprint, pixel_of

pytestmark = pytest.mark.real
EXTINCTION = {"ug": 0.936, "gr": 1.018, "ri": 0.587}  # Schlegel et al. 1998, table 6
LIMIT = 20.9  # a tenth brighter than the faintest galaxies of the field


@pytest.fixture(scope="module")
def folder(real):
    path = real / "clusters/redmapper_tests/pixelized_dr8_test"
    if not path.is_dir():
        pytest.skip(f"no real data: {path} is not a folder")
    return path


@pytest.fixture(scope="module")
def galaxies(folder):
    return read_galaxies(sorted(folder.glob("*_[0-9]*.fit")))


@pytest.fixture(scope="module")
def red_sequence(checkout):
    return read_red_sequence(checkout / "resources/clusters/red_sequence.csv")


@pytest.fixture(scope="module")
def transform(checkout):
    return read_transform(checkout / "resources/clusters")


@pytest.fixture(scope="module")
def central(real):
    """SDSS magnitudes, errors and redshifts of redMaPPer DR8's central galaxies.

    Of every second cluster: the others have corrected the red sequence.
    """
    table = fits.getdata(real / "clusters/redmapper_dr8_v5.10.fits.gz")[1::2]
    return [table[k].astype(float) for k in ("MODEL_MAG", "MODEL_MAGERR", "Z_LAMBDA")]


def test_the_field_is_read_whole(galaxies):
    """14,449 galaxies, none brighter or fainter than it should be."""
    assert len(galaxies) == 14449
    mag, err = magnitudes(galaxies)
    assert np.median(mag[:, 3]) == pytest.approx(20.1, abs=0.2)
    assert mag[:, 3].max() < 22
    assert err.min() > 0


def test_pixels_are_those_of_the_file_names(folder):
    """Each galaxy lies in the HEALPix pixel (RING, 128) of its file, by formula."""
    parts = sorted(folder.glob("*_0*.fit"))
    assert len(parts) == 16
    for part in parts:
        table = fits.getdata(part)
        assert set(pixel_of(128, table["RA"], table["DEC"])) == {int(part.stem[-7:])}


def test_the_footprint_is_the_master_table_s(folder, galaxies):
    """Area to its own digits; the occupied pixels agree."""
    told = read_footprint(next(folder.glob("*_master_table.fit")), galaxies)
    master = fits.getdata(next(folder.glob("*master_table.fit")))
    assert told.area == pytest.approx(float(master["AREA"][0]), rel=1e-6)
    assert told(master["RA_PIX"][0], master["DEC_PIX"][0]).all()
    assert occupied(galaxies).area == pytest.approx(told.area, rel=0.03)


@pytest.mark.parametrize("pair", list(EXTINCTION))
def test_magnitudes_are_free_of_extinction(galaxies, pair):
    """Colours of bright galaxies do not follow EBV as uncorrected ones would."""
    mag, _ = magnitudes(galaxies)
    colour = mag[:, "ugriz".index(pair[0])] - mag[:, "ugriz".index(pair[1])]
    kept = (mag[:, 3] < 19.5) & (np.abs(colour - np.median(colour)) < 0.8)
    slope = np.polyfit(galaxies["EBV"][kept], colour[kept], 1)[0]
    assert abs(slope) < 0.5 * EXTINCTION[pair]


def test_every_galaxy_is_painted(galaxies, transform):
    """On one tile or more, with its magnitude."""
    tiles = cover(galaxies)
    held = np.array([on_tile(galaxies, tile) for tile in tiles])
    assert held.any(axis=0).all()
    assert 10 <= len(tiles) <= 20
    sources = tile_sources(galaxies, tiles[4], transform, seed=1)
    assert len(sources) == held[4].sum()
    mag, err = magnitudes(galaxies[held[4]])
    expected = mag[:, 3] + transform(mag, err)[0][:, 2]
    counted = 30 - 2.5 * np.log10(np.asarray(sources["FLUX_I"]))
    np.testing.assert_allclose(counted, expected, atol=0.05)


def test_central_galaxies_lie_on_the_red_sequence(central, red_sequence, transform):
    """RedMaPPer DR8: medians of the colours within 0.05 of the model."""
    mag, err, z = central
    des = mag[:, 1:] + transform(mag, err)[0]
    away = -np.diff(des, axis=1) - red_sequence.colours(z)
    plain = -np.diff(mag[:, 1:], axis=1) - red_sequence.colours(z)
    bins = np.digitize(z, np.arange(0.1, 0.51, 0.05))
    middle = np.array([np.median(away[bins == k], axis=0) for k in range(1, 9)])
    before = np.array([np.median(plain[bins == k], axis=0) for k in range(1, 9)])
    assert np.abs(middle).max() < 0.05
    # Without the transformation r-i is off where the break leaves r.
    assert np.abs(before[:, 1]).max() > 1.5 * np.abs(middle[:, 1]).max()


def test_central_galaxies_are_brighter_than_m_star(central, red_sequence, transform):
    """By 1.4 mag in the median, alike at all redshifts: m*(z) has the right run."""
    mag, err, z = central
    i_mag = mag[:, 3] + transform(mag, err)[0][:, 2]
    excess = red_sequence.m_star(z)[:, 2] - i_mag
    bins = np.digitize(z, np.arange(0.1, 0.46, 0.05))
    middle = np.array([np.median(excess[bins == k]) for k in range(1, 8)])
    assert np.all((middle > 1.2) & (middle < 1.6))
    assert np.ptp(middle) < 0.15


def test_the_field_has_more_clusters_than_its_galaxies_at_random(
    folder, galaxies, red_sequence, transform
):
    """On four of its pixels, with the physical defaults."""
    whole = read_footprint(next(folder.glob("*_master_table.fit")), galaxies)
    part = Footprint(whole.nside, whole.pixels[4:8])
    own = galaxies[part(galaxies["RA"], galaxies["DEC"])]
    table = to_des(own, transform)
    how = {"z": 0.1 + 0.02 * np.arange(21), "limit": LIMIT, "passes": 1}
    area = part.area * 3600
    found = find_clusters(table, red_sequence, part, area, **how)
    moved = shuffled(table, part, np.random.default_rng(1))
    chance = find_clusters(moved, red_sequence, part, area, **how)
    above = [int((t["SCORE"] > 10).sum()) for t in (found, chance)]
    assert above[0] >= 5
    assert above[0] > 3 * above[1]


def test_the_whole_field_takes_less_than_a_minute_of_a_core(
    folder, galaxies, red_sequence, transform
):
    """With its own background, measured twice."""
    footprint = read_footprint(next(folder.glob("*_master_table.fit")), galaxies)
    table, area = to_des(galaxies, transform), footprint.area * 3600
    before = process_time()
    found = find_clusters(table, red_sequence, footprint, area, limit=LIMIT)
    assert process_time() - before < 60
    assert (found["SCORE"] > 15).sum() >= 15
    assert (found["MASKFRAC"] <= 0.7).all()


def test_central_galaxies_are_tried_as_centres(central, red_sequence, transform):
    """Of redMaPPer DR8's, each at the step of redshift that is nearest."""
    mag, err, z = central
    change, scatter = transform(mag, err)
    des, des_err = mag[:, 1:] + change, np.hypot(err[:, 1:], scatter)
    steps = 0.1 + 0.02 * np.arange(21)
    fit = fit_ridge(des, des_err, red_sequence, steps)
    kept = (z > 0.1) & (z < 0.5)
    nearest = np.argmin(np.abs(z - steps[:, None]), axis=0)
    rows = np.arange(len(z))
    narrow = (fit.chi2 < CENTRE_CHI2) & (fit.relative < 0.0)
    wide, narrow = (k[nearest, rows][kept].mean() for k in (fit.central, narrow))
    print("central galaxies kept", wide, narrow)
    assert wide > 0.95
    assert wide > narrow + 0.02
