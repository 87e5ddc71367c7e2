"""The sources of a tile, measured on its files."""

from __future__ import annotations

import numpy as np
import pytest
from astropy.io import fits
from skyloom.clusters.bands import BANDS
from skyloom.clusters.baselines.matched_filter import listed as found
from skyloom.clusters.baselines.member_list import member_list
from skyloom.clusters.catalogue.colours import read_red_sequence
from skyloom.clusters.images.survey import survey_wcs, write_survey_image
from skyloom.clusters.tasks import baselines as module
from skyloom.clusters.tasks.baselines import (
    SOURCES,
    background_of,
    filter_tile,
    galaxies_of,
    measure_tile,
)
from skyloom.clusters.tasks.products import read_candidates
from skyloom.io.errors import InputError
from skyloom.run.provenance import Recipe
from skyloom.sky.tan import tan_wcs

SIDE, PIXEL = 256, 0.263
WIDE, NARROW = 4.0, 1.6  # px, sigma of a galaxy and of stars
STARS = [(60 + 15 * k, 60) for k in range(12)]


@pytest.fixture
def images(tmp_path) -> dict[str, list[str]]:
    """Return the files of a tile of twelve stars and a galaxy of i = 18, g - i = 1.5.

    Each band has a zero point of its own.
    """
    rng = np.random.default_rng(0)
    y, x = np.indices((SIDE, SIDE), float)
    wcs, paths = tan_wcs(0.0, -30.0, (SIDE, SIDE), PIXEL), []
    for k, band in enumerate(BANDS):
        zero_point, mag = 28.0 + k, 18.0 + (1.5, 0.6, 0.0, -0.2)[k]
        image = rng.normal(0, 2.0, (SIDE, SIDE))
        for (px, py), sigma in [((128, 190), WIDE), *((s, NARROW) for s in STARS)]:
            light = 10 ** (0.4 * (zero_point - mag)) / (2 * np.pi * sigma**2)
            image += light * np.exp(-((x - px) ** 2 + (y - py) ** 2) / 2 / sigma**2)
        mask = np.zeros((SIDE, SIDE), int)
        mask[:20] = 1
        path = tmp_path / f"t_{band}.fits"
        variance = np.full((SIDE, SIDE), 4.0)
        cards = {"MAGZERO": zero_point}
        write_survey_image(path, image, variance, mask, wcs, cards)
        paths.append(str(path))
    return {"t": paths}


def test_sources_are_measured_on_each_band_s_own_scale(images, tmp_path):
    """Places in the sky, about RA 0 too; zero points of each image."""
    path = tmp_path / "t.fits"
    measure_tile("t", {"sources": path}, images, 3, Recipe({}, "c0de"))
    table = read_candidates(path)
    assert table.colnames == list(SOURCES)
    assert len(table) == 1 + len(STARS)
    assert ((table["RA"] < 0.02) | (table["RA"] > 359.98)).all()
    found = galaxies_of(path)
    assert len(found) == 1
    place = found["X"][0], found["Y"][0]
    assert place == pytest.approx((128, 190), abs=0.3)
    assert found["MAG"][0][2] == pytest.approx(18.0, abs=0.1)
    assert found["MAG"][0][0] - found["MAG"][0][2] == pytest.approx(1.5, abs=0.03)
    wcs = tan_wcs(0.0, -30.0, (SIDE, SIDE), PIXEL)
    ra, dec = wcs.all_pix2world(*place, 0)
    assert found["RA"][0] == pytest.approx(ra % 360)
    assert found["DEC"][0] == pytest.approx(dec)


def test_the_filter_says_where_on_the_tile(images, tmp_path, checkout, monkeypatch):
    """Pixels, the distance to the edge, the tile's name, rows of the file of sources.

    Its footprint is what no band masks.
    """
    path, listed = tmp_path / "t.fits", tmp_path / "found.fits"
    measure_tile("t", {"sources": path}, images, 3, Recipe({}, "c0de"))
    red = read_red_sequence(checkout / "resources/clusters/red_sequence.csv")
    asked = ({"t": path}, images, red, background_of([path], red), Recipe({}, "c0de"))
    files = {"clusters": listed, "members": tmp_path / "members.fits"}
    filter_tile("t", files, *asked)
    assert len(read_candidates(listed)) == len(read_candidates(files["members"])) == 0
    wcs = survey_wcs(images["t"][0])

    def of_one(galaxies, _, inside, __):
        ra, dec = wcs.all_pix2world([50.0, 50.0], [19.0, 20.0], 0)
        assert inside(ra, dec).tolist() == [False, True]
        members = [(np.array([0]), np.array([0.9]), np.zeros(1), np.ones(1))]
        row = {"ROW": 0, "RA": 1.0, "Z": 0.3}
        return found([row], galaxies), member_list(members, galaxies)

    monkeypatch.setattr(module, "find_clusters", of_one)
    filter_tile("t", files, *asked)
    (row,), (member,) = (read_candidates(files[k]) for k in ("clusters", "members"))
    assert (row["X"], row["Y"]) == pytest.approx((128, 190), abs=0.3)
    edge = (SIDE - 1 - row["Y"] + 0.5) * PIXEL / 60
    assert row["EDGE"] == pytest.approx(edge)
    assert row["TILES"] == member["TILE"] == "t"
    source = read_candidates(path)[row["ROW"]]
    assert source["GALAXY"]
    assert row["ROW"] == member["ROW"]
    assert source["X"] == row["X"]


def test_the_background_is_that_of_unmasked_pixels(images, tmp_path, checkout):
    """Twenty rows are masked; a file that does not say so is refused."""
    path = tmp_path / "t.fits"
    measure_tile("t", {"sources": path}, images, 3, Recipe({}, "c0de"))
    area = SIDE * (SIDE - 20) * (PIXEL / 60) ** 2
    assert fits.getheader(path)["AREA"] == pytest.approx(area, rel=1e-3)
    fits.delval(path, "AREA")
    red = read_red_sequence(checkout / "resources/clusters/red_sequence.csv")
    with pytest.raises(InputError, match=r"t\.fits: AREA = None; expected an area"):
        background_of([path], red)
