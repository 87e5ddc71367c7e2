"""A galaxy of GZ3D, with the troubles of real ones, and its file."""

from __future__ import annotations

import numpy as np
import pytest
from skyloom.spirals.geometry import Canvas
from skyloom.spirals.gz3d.galaxy import Clicks, Gz3d, Strokes
from skyloom.spirals.gz3d.writing import write_gz3d

TIME = "2017-03-12 10:11:12 UTC"
METADATA = {
    "MANGAID": "1-304336",
    "IAUNAME": "J081228.32+501455.0",
    "IFUDESIGNSIZE": 127.0,
    "MANGA_TILEID": 2001.0,
    "nsa_id": 155975,
    "explorer_link": "http://skyserver.sdss.org/dr13/en/tools/explore",
    "GZ_total_classifications": 46,
    "GZ_bar_votes": 12,
    "GZ_spiral_votes": 21,
    "sample": "MaNGA, Primary",
}


def invented(ra=123.118, dec=50.24861, size=525):
    """Return a galaxy: arms asked of five, the bar of nobody."""
    rng = np.random.default_rng(4)
    canvas = Canvas(ra, dec, 51.975 / size, size)
    square = np.array([[200.0, 210], [260, 210], [260, 270.5], [200, 270.5]])
    bow = np.array([[100.25, 100], [180, 180], [180, 100], [100, 180]])
    off = np.array([[-2.0, 300], [80, 300], [80, 534.75], [-2, 500]])
    click = np.array([[281.3, 264.5]])
    paths = ((square, square + 30), (), (bow,), (off, click), (square + 5,))
    ids = tuple(range(31_000_001, 31_000_006))
    centres = tuple(262.5 + rng.normal(0, 1.5, (1, 2)) for _ in ids)
    place = np.array([400.0, 120])
    stars = tuple(place + rng.normal(0, 1.0, (n, 2)) for n in (1, 0, 1, 1, 2))
    image = rng.integers(0, 255, (25, 25, 3), np.uint8)
    return Gz3d(
        "gz3d_1-304336_127_14724446",
        canvas,
        METADATA | {"ra": ra, "dec": dec},
        spiral=Strokes(ids, (TIME,) * 5, paths),
        clicks=Clicks(ids, (TIME,) * 5, centres, stars),
        image=image.repeat(size // 25, 0).repeat(size // 25, 1),
    )


@pytest.fixture(scope="session")
def galaxy():
    return invented()


@pytest.fixture(scope="session")
def written(tmp_path_factory, galaxy):
    """Return the path of its file, which no test may change."""
    return write_gz3d(tmp_path_factory.mktemp("gz3d"), galaxy)


@pytest.fixture(scope="session")
def small(tmp_path_factory):
    """Return the path of the file of a small canvas, which no test may change."""
    return write_gz3d(tmp_path_factory.mktemp("small"), invented(size=75))
