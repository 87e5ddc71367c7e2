"""Maps, votes and measures as files on the sky."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from astropy.io import fits
from astropy.table import Table
from astropy.wcs import WCS
from skyloom.io.catalogues import write_catalogue
from skyloom.io.errors import DatumError, InputError
from skyloom.spirals.cutouts.pictures import read_picture, write_picture
from skyloom.spirals.geometry import picture_stamp
from skyloom.spirals.network.predict import Predictions, predict
from skyloom.spirals.questions import columns, questions
from skyloom.spirals.tasks.cataloguing import catalogue
from skyloom.spirals.tasks.drawing import picture
from skyloom.spirals.tasks.drawing import write_picture as write_page
from skyloom.spirals.tasks.predicting import Writer, read_maps

PLACE = {"ra": 150.0, "dec": 2.0, "pixscale": 0.12, "redshift": 0.03}
NOWHERE = dict.fromkeys(PLACE)
SIZE = 32  # of the maps


def maps() -> tuple[np.ndarray, np.ndarray]:
    """Return a bar along columns, at a known place, and blank arms; deviations."""
    mean = np.full((2, SIZE, SIZE), 0.001, np.float32)
    y, x = np.mgrid[:SIZE, :SIZE]
    bar = np.exp(-(((x - 15.5) / 6) ** 4) - ((y - 15.5) / 2) ** 4)
    mean[1] = 0.9 * bar
    return mean, np.full_like(mean, 0.02)


@pytest.fixture
def writer(model, recipe):
    """Return a function that makes a writer of two galaxies."""

    def of(one=PLACE, two=NOWHERE, *, spaxel=None, found=None):
        draw = np.random.default_rng(1)
        pictures = draw.integers(0, 90, (2, 40, 40, 3)).astype(np.uint8)
        mean, std = maps()
        votes = draw.gamma(2, 3, (2, len(columns()))).astype(np.float32)
        made = found or Predictions(np.stack([mean] * 2), np.stack([std] * 2), votes)
        record = {"a": one, "b": two}
        return Writer(record, pictures, made, model, 1, spaxel, recipe.record())

    return of


def test_maps_lie_on_the_sky(tmp_path, writer):
    """A known place to a tenth of a pixel, in every map; north up, east left."""
    writer().write("a", {"maps": tmp_path / "a.fits"})
    canvas = picture_stamp(150.0, 2.0, 0.12, 424)
    with fits.open(tmp_path / "a.fits") as file:
        assert [hdu.name for hdu in file[1:5]] == [
            "SPIRAL",
            "SPIRAL_STD",
            "BAR",
            "BAR_STD",
        ]
        for hdu in file[1:5]:
            wcs = WCS(hdu.header)
            # A pixel of the picture, and where the map has it: 0.8 of 424 on 32 px.
            east_north = canvas.wcs.pixel_to_world_values(211.5 - 50, 211.5 + 80)
            x, y = wcs.world_to_pixel_values(*east_north)
            step = 0.8 * 424 / SIZE
            assert x == pytest.approx(15.5 - 50 / step, abs=0.1)
            assert y == pytest.approx(15.5 + 80 / step, abs=0.1)
        mean, std = maps()
        assert np.array_equal(file["BAR"].data, mean[1])
        assert np.array_equal(file["SPIRAL_STD"].data, std[0])
        assert file[0].header["CROP"] == 0.8


def test_votes_and_measures_of_a_file(tmp_path, writer):
    """Votes sum to 1 by question; measures are the row of the catalogue."""
    row = writer().write("a", {"maps": tmp_path / "a.fits"})
    found = read_maps(tmp_path / "a.fits")
    votes = found.votes
    assert len(votes) == len(columns())
    for one in questions():
        of = np.asarray(votes["question"]) == one.name
        assert votes["fraction"][of].sum() == pytest.approx(1, abs=1e-6)
        assert (votes["fraction_std"][of] > 0).all()
    assert np.asarray(votes["asked"])[0] == pytest.approx(1)
    write_catalogue(tmp_path / "c.fits", catalogue(pd.DataFrame([row])))
    whole = Table.read(tmp_path / "c.fits")
    whole.convert_bytestring_to_unicode()
    assert set(found.measures) < set(whole.colnames)
    for name, mine in found.measures.items():
        theirs = np.ma.filled(whole[name].astype(object), "")[0]
        words = isinstance(mine, str) or theirs == ""
        assert (theirs or "nan") == str(mine) if words else mine == theirs, name
    # The bar is 12 map pixels of 0.8 * 424 * 0.12 / 32 arcsec, east-west.
    assert row["bar_pa"] == pytest.approx(90, abs=3)
    assert row["bar_length"] == pytest.approx(12 * 0.8 * 424 * 0.12 / 32, rel=0.25)
    assert row["pixscale"] == pytest.approx(0.8 * 424 * 0.12 / 32)


def test_maps_on_spaxels(tmp_path, writer):
    """Of the size that was asked for, at the same place."""
    writer(spaxel=2.0).write("a", {"maps": tmp_path / "a.fits"})
    with fits.open(tmp_path / "a.fits") as file:
        hdu = file["SPAXELS_BAR"]
        wcs = WCS(hdu.header)
        assert np.abs(wcs.proj_plane_pixel_scales()[0].to_value("arcsec")) == (
            pytest.approx(2.0)
        )
        peak = np.unravel_index(np.nanargmax(hdu.data), hdu.data.shape)
        ra, dec = wcs.pixel_to_world_values(*peak[::-1])
        assert (ra, dec) == pytest.approx((150.0, 2.0), abs=3 / 3600)


def test_a_picture_without_a_place(tmp_path, writer):
    """Its maps have no world coordinates, its lengths are those of the map."""
    row = writer(spaxel=2.0).write("b", {"maps": tmp_path / "b.fits"})
    with fits.open(tmp_path / "b.fits") as file:
        assert "CTYPE1" not in file["BAR"].header
        assert "SPAXELS_BAR" not in file
    assert row["bar_length_px"] == pytest.approx(12, rel=0.25)
    assert np.isnan(row["bar_length"])
    assert np.isnan(row["bar_length_kpc"])
    assert catalogue(pd.DataFrame([row]))["ra"].unit == "deg"


def test_a_galaxy_without_a_picture_says_why(tmp_path, writer):
    """In its file, its row, and on its page."""
    made = writer(two=NOWHERE | {"reason": "all of one colour"})
    paths = {"maps": tmp_path / "b.fits"}
    with pytest.raises(DatumError, match="all of one colour"):
        made.write("b", paths)
    row = made.rescue("b", "all of one colour", paths)
    found = read_maps(paths["maps"])
    assert found.reason == row["reason"] == "all of one colour"
    assert found.mean is None
    figure = picture("b", None, found)
    assert "b: all of one colour" in figure.texts[0].get_text()
    rows = [made.write("a", {"maps": tmp_path / "a.fits"}), row]
    table = catalogue(pd.DataFrame(rows[::-1]))
    assert table["name"].tolist() == ["a", "b"]
    assert table["reason"].tolist() == ["", "all of one colour"]
    assert np.isnan(table["bar_pa"][1])


def test_pages_of_galaxies(tmp_path, writer, recipe):
    """With maps, or with the reason in their stead; the black picture is not read."""
    made = writer(two=NOWHERE | {"reason": "cut short"})
    maps = {name: str(tmp_path / f"{name}.fits") for name in "ab"}
    images = {name: str(tmp_path / f"{name}.png") for name in "ab"}
    write_picture(images["a"], made.pictures[0])
    write_picture(images["b"], np.zeros((40, 40, 3), np.uint8))
    made.write("a", {"maps": maps["a"]})
    made.rescue("b", "cut short", {"maps": maps["b"]})
    for name in "ab":
        page = {"picture": tmp_path / f"page_{name}.png"}
        write_page(name, page, images, maps, recipe)
        assert read_picture(page["picture"]).shape[2] == 3


def test_a_network_of_maps_alone(tmp_path, writer, model):
    """It has no votes; its files say so by NaN."""
    alone = replace(model, training={"heads": "segmentation"})
    found = predict(alone, np.zeros((2, 40, 40, 3), np.uint8))
    assert np.isnan(found.concentrations).all()
    writer(found=found).write("a", {"maps": tmp_path / "a.fits"})
    votes = read_maps(tmp_path / "a.fits").votes
    assert np.isnan(np.ma.filled(votes["fraction"], np.nan)).all()


def test_files_that_are_no_maps(tmp_path, writer):
    """Another file, or one cut short, is refused by name."""
    fits.writeto(tmp_path / "x.fits", np.zeros((3, 3)))
    with pytest.raises(InputError, match=r"x\.fits"):
        read_maps(tmp_path / "x.fits")
    path = tmp_path / "a.fits"
    writer().write("a", {"maps": path})
    with fits.open(path) as hdus:
        for hdu in hdus:
            del hdu.header["CHECKSUM"], hdu.header["DATASUM"]
        hdus["BAR"].data = hdus["BAR"].data[:-1]
        hdus.writeto(tmp_path / "y.fits")
        hdus["MEASURES"].columns.del_col("words")
        del hdus["BAR"].data, hdus["BAR"]
        hdus.writeto(tmp_path / "z.fits")
    with pytest.raises(InputError, match=r"y\.fits: maps of the shapes.*of one shape"):
        read_maps(tmp_path / "y.fits")
    with pytest.raises(InputError, match=r"z\.fits: HDU 'BAR'"):
        read_maps(tmp_path / "z.fits")
    path.write_bytes(path.read_bytes()[:9000])
    with pytest.raises(InputError, match=r"a\.fits"):
        read_maps(path)


def test_long_reasons_with_quotes_are_whole(tmp_path, writer):
    """A reason with a folder's name, of more than a line, survives its header."""
    reason = "/a/Bögen/00.jpg: not a readable picture (cannot identify image file\n"
    reason += "'/a/Bögen/00.jpg'); expected JPEG or PNG; fetch or export it again"
    paths = {"maps": tmp_path / "b.fits"}
    row = writer(two=NOWHERE | {"reason": reason}).rescue("b", reason, paths)
    assert row["reason"] == reason
    said = reason.replace("'", '"').replace("ö", "?").replace("\n", " ")
    assert read_maps(paths["maps"]).reason == said
