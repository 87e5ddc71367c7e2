"""Maps of counts: where they lie on the sky, and whose strokes they count."""

from __future__ import annotations

import numpy as np
import pytest
import shapely
from skyloom.spirals.geometry import Canvas, Stamp
from skyloom.spirals.segmaps.counts import each, segmap
from skyloom.spirals.segmaps.marks import Marks

PLACES = [(137.1, 31.5), (200.0, 80.0), (359.99, -12.0), (0.002, 0.0)]


def disk(x, y, radius, n=400):
    """Return a circle on the canvas."""
    angle = np.linspace(0, 2 * np.pi, n, endpoint=False)
    return np.stack([x + radius * np.cos(angle), y + radius * np.sin(angle)], axis=1)


def marks(volunteers, frame=None, **others):
    return Marks(frame or Canvas(137.1, 31.5), volunteers, others.get("bar"))


@pytest.mark.parametrize(("ra", "dec"), PLACES)
@pytest.mark.parametrize("stamp_scale", [0.099, 0.31])
def test_a_place_on_the_sky_stays_there(ra, dec, stamp_scale):
    """Within 0.1 px of the canvas, on an image that is not centred on the galaxy."""
    frame = Canvas(ra, dec)
    cos = np.cos(np.radians(dec))
    places = [(9.0, 6.0), (-11.0, 4.0), (3.0, -13.0)]  # arcsec east and north
    stamp = Stamp((ra + 2.0 / 3600 / cos) % 360, dec - 1.5 / 3600, stamp_scale, 600)
    for east, north in places:
        sky = (ra + east / 3600 / cos) % 360, dec + north / 3600
        x, y = frame.drawn(*sky)
        counts, asked = segmap(marks(((disk(x, y, 120),),), frame), "spiral", stamp)
        rows, columns = np.nonzero(counts)
        middle = stamp.wcs.world_to_pixel_values(*sky)
        apart = np.subtract([columns.mean(), rows.mean()], middle) * stamp_scale / 0.099
        assert asked == 1
        assert np.hypot(*apart) < 0.1
        area = counts.sum() * (stamp_scale / 0.099) ** 2
        assert area == pytest.approx(np.pi * 120**2, rel=0.01)


def test_east_is_left_and_north_is_up():
    """A stroke at the upper left of the canvas is east and north of its middle."""
    frame = Canvas(10.0, -20.0)
    stamp = Stamp(10.0, -20.0, 0.2, 300)
    one = marks(((disk(100, 150, 20),),), frame)
    rows, columns = np.nonzero(segmap(one, "spiral", stamp)[0])
    ra, dec = stamp.wcs.pixel_to_world_values(columns.mean(), rows.mean())
    assert ra - 10.0 == pytest.approx(
        162.5 * 0.099 / 3600 / np.cos(np.radians(20)), 0.01
    )
    assert dec + 20.0 == pytest.approx(112.5 * 0.099 / 3600, 0.01)
    assert columns.mean() < 150 < rows.mean()  # column 0 is east, row 0 south


def test_counts_equal_shapely():
    """Pixel by pixel, of volunteers with components that overlap, leave the frame."""
    rng = np.random.default_rng(5)
    frame = Canvas(200.0, 80.0)
    people = tuple(
        tuple(disk(*rng.uniform(0, 525, 2), rng.uniform(20, 120), 60) for _ in range(k))
        for k in rng.integers(0, 4, 15)
    )
    stamp = Stamp(200.003, 80.001, 0.13, 300)
    counts, asked = segmap(marks(people, frame), "spiral", stamp)
    y, x = np.indices(counts.shape)
    own = each(marks(people, frame), "spiral", stamp)
    union = [
        shapely.union_all([shapely.Polygon(frame.on(stamp, c)) for c in components])
        for components in people
    ]
    expected = np.array([shapely.contains_xy(shape, x, y) for shape in union])
    assert asked == 15
    assert counts.dtype == np.float32
    assert (counts == expected.sum(axis=0)).all()
    assert (own == expected).all()


def test_nobody_counts_twice():
    """Overlapping components of a volunteer are one; the canvas may be the image."""
    frame = Canvas(10.0, 0.0)
    twice = ((disk(260, 260, 50), disk(270, 260, 50)), ())
    counts, asked = segmap(marks(twice, frame), "spiral", frame.stamp)
    assert (counts.max(), asked) == (1, 2)


def test_not_asked_is_not_blank():
    """No volunteers, and volunteers who saw nothing."""
    stamp = Stamp(137.1, 31.5, 0.3, 50)
    blank = marks(((), (), (disk(260, 260, 0.0, 1),)))
    counts, asked = segmap(blank, "spiral", stamp)
    assert (counts.sum(), asked) == (0, 3)
    assert segmap(blank, "bar", stamp)[1] == 0
    assert each(blank, "spiral", stamp).shape == (3, 50, 50)
    assert each(blank, "bar", stamp).shape == (0, 50, 50)


def test_an_unknown_choice_is_refused():
    with pytest.raises(ValueError, match="expected all, cleaned or reliable"):
        segmap(marks(((),)), "spiral", Stamp(137.1, 31.5, 0.3, 50), "best")
