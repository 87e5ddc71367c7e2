"""The sources of a tile, measured on its files."""

from __future__ import annotations

import numpy as np
import pytest
from skyloom.clusters.bands import BANDS
from skyloom.clusters.images.survey import write_survey_image
from skyloom.clusters.tasks.baselines import SOURCES, galaxies_of, measure_tile
from skyloom.clusters.tasks.products import read_candidates
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
    found = galaxies_of("t", {"t": path})
    assert len(found) == 1
    place = found["X"][0], found["Y"][0]
    assert place == pytest.approx((128, 190), abs=0.3)
    assert found["MAG"][0][2] == pytest.approx(18.0, abs=0.1)
    assert found["MAG"][0][0] - found["MAG"][0][2] == pytest.approx(1.5, abs=0.03)
    wcs = tan_wcs(0.0, -30.0, (SIDE, SIDE), PIXEL)
    ra, dec = wcs.all_pix2world(*place, 0)
    assert found["RA"][0] == pytest.approx(ra % 360)
    assert found["DEC"][0] == pytest.approx(dec)
