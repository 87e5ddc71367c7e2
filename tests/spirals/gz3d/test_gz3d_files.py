"""GZ3D's files: what is written is read, and is what GZ3D's own code writes."""

from __future__ import annotations

import dataclasses
import shutil

import numpy as np
import pytest
import shapely
from astropy.io import fits
from astropy.wcs import WCS
from matplotlib.path import Path as Outline
from skyloom.spirals.geometry import Canvas, Stamp
from skyloom.spirals.gz3d.files import read_gz3d
from skyloom.spirals.gz3d.galaxy import METADATA, Clicks, Strokes, name_of
from skyloom.spirals.gz3d.writing import write_gz3d
from skyloom.spirals.segmaps.counts import segmap


def same(one, other):
    """Tell whether nested tuples of arrays are the same."""
    if isinstance(one, np.ndarray):
        return np.array_equal(one, other)
    return len(one) == len(other) and all(map(same, one, other))


def test_what_is_written_is_read(galaxy, written):
    """Every vertex to its last digit; the position in full."""
    found = read_gz3d(written)
    assert (found.name, found.canvas) == (galaxy.name, galaxy.canvas)
    assert found.metadata == galaxy.metadata
    assert found.spiral.ids == galaxy.spiral.ids
    assert found.spiral.times == galaxy.spiral.times
    assert same(found.spiral.paths, galaxy.spiral.paths)


def test_not_asked_is_not_blank(galaxy, written, tmp_path):
    """A table without rows, and rows without strokes."""
    found = read_gz3d(written)
    assert found.bar is None
    assert found.marks.bar is None
    assert (found.marks.asked("spiral"), found.marks.asked("bar")) == (5, 0)
    assert found.spiral.paths[1] == ()
    blank = Strokes((1, 2), ("a", "b"), ((), ()))
    path = write_gz3d(tmp_path, dataclasses.replace(galaxy, spiral=None, bar=blank))
    found = read_gz3d(path, whole=True)
    assert found.spiral is None
    assert found.bar.paths == ((), ())
    assert (found.marks.asked("spiral"), found.marks.asked("bar")) == (0, 2)
    assert not found.maps["bar"].any()


def test_the_whole_file_is_read_on_demand(galaxy, written):
    """Image, clicks, clusters and maps."""
    assert read_gz3d(written).image is None
    found = read_gz3d(written, whole=True)
    assert np.array_equal(found.image, galaxy.image)
    assert same(found.clicks.centres, galaxy.clicks.centres)
    assert same(found.clicks.stars, galaxy.clicks.stars)
    assert list(found.tables["centres"]["count"]) == [5]
    assert list(found.tables["stars"]["count"]) == [5]
    assert set(found.maps) == {"centres", "stars", "spiral", "bar"}


def test_layout_is_that_of_the_archive(written):
    """Eleven HDUs, their types, columns and world coordinates."""
    with fits.open(written, checksum=True) as file:
        assert len(file) == 11
        assert file[0].data.shape == (525, 525, 3)
        assert file[0].header["NAXIS1"] == 3
        assert [h.header["BITPIX"] for h in file[:5]] == [8, *[-64] * 4]
        names = [hdu.columns.names for hdu in file[5:]]
        assert names[0] == [name for name, _ in METADATA]
        assert file[5].columns["ra"].format == "E"
        assert file[5].columns["MANGAID"].format == "11A"
        assert names[1] == names[2]
        assert names[1][-1] == "count"
        volunteer = ["classification_id", "time_stamp"]
        assert names[3] == [*volunteer, "center_points", "star_points"]
        assert names[4] == [*volunteer, "spiral_paths"]
        assert names[5] == [*volunteer, "bar_paths"]
        for hdu in file[1:5]:
            wcs = WCS(hdu.header)
            assert list(wcs.wcs.crpix) == [262.5, 262.5]
            assert list(wcs.wcs.crval) == [123.118, 50.24861]
            assert np.allclose(wcs.pixel_scale_matrix, np.diag([-2.75e-5] * 2))


def test_maps_are_gz3ds_own(galaxy, written):
    """The sum of strokes that do not cross themselves, as its code makes it."""
    pixels = np.indices((525, 525))[::-1].reshape(2, -1).T + 1e-6
    expected = np.zeros(525 * 525)
    for components in galaxy.spiral.paths:
        for c in components:
            if len(c) > 1 and shapely.LineString(c).is_simple:
                # Off its outline, whose pixels matplotlib gives to either side.
                expected += Outline([*c, c[0]]).contains_points(pixels)
    found = read_gz3d(written, whole=True).maps["spiral"]
    assert expected.max() == 3
    assert np.array_equal(found.ravel(), expected)


def test_clusters_have_their_place(galaxy, written):
    """Mean and covariance of the clicks, on the canvas and on the sky."""
    found = read_gz3d(written, whole=True)
    clicks = np.concatenate(galaxy.clicks.stars)
    row = found.tables["stars"][0]
    assert np.allclose([row["x"], row["y"]], clicks.mean(axis=0))
    assert row["var_x_y"] == pytest.approx(np.cov(clicks.T)[0, 1])
    assert np.allclose(galaxy.canvas.drawn(row["ra"], row["dec"]), clicks.mean(axis=0))
    stars = found.maps["stars"]
    assert set(np.unique(stars)) == {0, 5}
    area = 4 * np.pi * np.sqrt(np.linalg.det(np.cov(clicks.T)))
    assert (stars > 0).sum() == pytest.approx(area, rel=0.2)
    y, x = np.nonzero(stars)
    assert np.allclose([x.mean(), y.mean()], clicks.mean(axis=0), atol=0.5)


def test_clusters_across_right_ascension_0(galaxy, tmp_path):
    """Their mean is not on the other side of the sky."""
    near = 262.5 + np.array([[2.0, -1.0], [-1.0, 2.0], [-2.0, -2.0]])
    clicks = Clicks((1,), ("",), (near,), (np.zeros((0, 2)),))
    other = dataclasses.replace(galaxy, canvas=Canvas(0.0, 10.0), clicks=clicks)
    path = write_gz3d(tmp_path, other)
    row = read_gz3d(path, whole=True).tables["centres"][0]
    assert min(row["ra"], 360 - row["ra"]) < 1e-3
    assert row["var_ra"] < 1e-6


def test_clicks_on_one_line_have_no_ellipse(galaxy, tmp_path):
    """A cluster it is; its ellipse has no area."""
    clicks = Clicks((1,), ("",), (np.array([[100.0, 50], [102, 52], [104, 54]]),))
    clicks = dataclasses.replace(clicks, stars=(np.zeros((0, 2)),))
    path = write_gz3d(tmp_path, dataclasses.replace(galaxy, clicks=clicks))
    found = read_gz3d(path, whole=True)
    assert list(found.tables["centres"]["count"]) == [3]
    assert len(found.tables["stars"]) == 0
    assert not found.maps["centres"].any()


@pytest.mark.parametrize(("ra", "dec"), [(123.1, 50.2), (200.0, 80.0), (359.99, -5.0)])
def test_strokes_keep_their_place_on_the_sky(galaxy, tmp_path, ra, dec):
    """Through writer, reader, rasteriser and alignment, within 0.1 px of the canvas."""
    canvas = Canvas(ra, dec)
    angle = np.linspace(0, 2 * np.pi, 300, endpoint=False)
    cos = np.cos(np.radians(dec))
    centre = (ra + 7 / 3600 / cos) % 360, dec - 5 / 3600  # arcsec east, south
    ra_of = (centre[0] + 9 / 3600 / cos * np.cos(angle)) % 360
    ring = canvas.drawn(ra_of, centre[1] + 9 / 3600 * np.sin(angle))
    strokes = Strokes((1,), ("",), ((ring,),))
    path = write_gz3d(tmp_path, dataclasses.replace(galaxy, canvas=canvas, bar=strokes))
    stamp = Stamp(ra, dec, 0.2, 300)
    counts, _ = segmap(read_gz3d(path).marks, "bar", stamp)
    rows, columns = np.nonzero(counts)
    middle = stamp.wcs.world_to_pixel_values(*centre)
    apart = np.subtract([columns.mean(), rows.mean()], middle) * 0.2 / 0.099
    assert np.hypot(*apart) < 0.1


def test_same_galaxy_same_bytes(galaxy, written, tmp_path):
    """No time of day, no name of a folder."""
    assert write_gz3d(tmp_path, galaxy).read_bytes() == written.read_bytes()


def test_older_names_lack_the_prefix(written, tmp_path):
    """Their name is as it stands."""
    older = tmp_path / "1-304336_127_14724446.fits.gz"
    shutil.copy(written, older)
    assert name_of(older) == read_gz3d(older).name == "1-304336_127_14724446"
