"""Pictures of files of any kind, and where they lie."""

from __future__ import annotations

import math

import numpy as np
import pytest
from astropy.io import fits
from PIL import Image
from skyloom.io.errors import DatumError, InputError
from skyloom.io.parquet import write_parquet
from skyloom.spirals.cutouts.files import write_cutout
from skyloom.spirals.cutouts.pictures import read_picture, write_picture
from skyloom.spirals.geometry import PICTURE, Stamp
from skyloom.spirals.tasks.images import Place, Studio, places
from skyloom.spirals.tasks.marks import subjects

STAMP = Stamp(30.0, -5.0, 0.262, 80)
SIZE = 80


def galaxy() -> np.ndarray:
    """Return a galaxy in three bands, brightest in the north-east."""
    rows, columns = np.mgrid[:80, :80]
    light = np.exp(-np.hypot(rows - 60, columns - 20) / 6).astype(np.float32)
    return np.stack([light, 2 * light, 3 * light])


@pytest.fixture
def cutout(tmp_path):
    """Return the file of a cutout with world coordinates."""
    write_cutout(tmp_path / "a.fits", galaxy(), STAMP, "grz", {})
    return str(tmp_path / "a.fits")


@pytest.fixture
def studio(recipe):
    """Return a function that makes studios for one file."""

    def of(path="", place=None, *, source="pictures", size=SIZE, pixscale=None):
        known = {"a": place} if place else {}
        none = subjects([], [], [])
        return Studio({"a": path}, known, size, pixscale, {"a": source}, none, recipe)

    return of


def test_a_cutout_and_its_picture_agree(tmp_path, cutout, studio):
    """A FITS file and the PNG of its colours show the same, north up, east left."""
    rgb, place = studio().shown(cutout, Place())
    assert (place.ra, place.dec) == pytest.approx((30, -5), abs=1e-9)
    assert place.pixscale == pytest.approx(0.262 * 80 / PICTURE)
    write_picture(tmp_path / "a.png", rgb)
    again, nowhere = studio().shown(str(tmp_path / "a.png"), Place())
    assert math.isnan(nowhere.ra)
    assert math.isnan(nowhere.pixscale)
    assert np.array_equal(again, rgb)
    assert np.unravel_index(rgb[..., 1].argmax(), (80, 80)) == (60, 20)
    with Image.open(tmp_path / "a.png") as image:
        upper_left = np.asarray(image)[:40, :40]
    assert upper_left.max() == rgb.max()


def test_a_picture_and_its_record(tmp_path, cutout, studio):
    """What is written is what was told; the same pixels have the same sum."""
    paths = {"images": tmp_path / "out.png"}
    found = studio(cutout).make("a", paths)
    assert found["source"] == "pictures"
    assert found["ra"] == pytest.approx(30)
    rgb, _ = studio().shown(cutout, Place())
    assert np.array_equal(read_picture(paths["images"]), rgb)
    again = studio(str(paths["images"])).make("a", {"images": tmp_path / "again.png"})
    assert again["pixels"] == found["pixels"]


def test_the_field_that_a_catalogue_tells(cutout, studio):
    """424 of its pixel scale, about its place: a part of the image."""
    place = Place(30.0, -5.0, 0.5 * 0.262 * 80 / PICTURE, 0.02)
    rgb, told = studio(size=64).shown(cutout, place)
    assert told == place
    assert rgb.shape == (64, 64, 3)
    far = Place(31.0, -5.0, place.pixscale)
    with pytest.raises(DatumError, match="have no flux"):
        studio().shown(cutout, far)


@pytest.mark.parametrize("ending", ["jpg", "PNG", "fits"])
@pytest.mark.parametrize("told", ["sheet", "setting", "nothing"])
def test_the_scale_of_what_has_no_world_coordinates(tmp_path, studio, ending, told):
    """That of its own pixels, as the sheet tells or the setting; or none."""
    path = tmp_path / f"b.{ending}"
    if ending == "fits":
        fits.writeto(path, galaxy(), fits.Header({"BANDS": "grz"}))
    else:
        pixels = (255 * galaxy() / 3).astype(np.uint8).transpose(1, 2, 0)[::-1]
        Image.fromarray(pixels).save(path)
    sheet = Place(10.0, 20.0, 0.3) if told == "sheet" else Place(10.0, 20.0)
    made = studio(size=48, pixscale=None if told == "nothing" else 0.4)
    rgb, place = made.shown(str(path), sheet)
    assert rgb.shape == (48, 48, 3)
    assert (place.ra, place.dec) == (10, 20)
    own = {"sheet": 0.3, "setting": 0.4, "nothing": math.nan}[told]
    assert place.pixscale == pytest.approx(own * 80 / PICTURE, nan_ok=True)


def test_a_galaxy_that_no_catalogue_has(tmp_path, cutout, studio):
    """Its field is not known; a picture is black and says why."""
    made, paths = studio(cutout, source="gz3d"), {"images": tmp_path / "out.png"}
    with pytest.raises(DatumError, match=r"near enough; see spirals\.match\.radius"):
        made.make("a", paths)
    row = made.rescue("a", "why not", paths)
    assert (row["reason"], row["source"]) == ("why not", "gz3d")
    assert math.isnan(row["ra"])
    with Image.open(paths["images"]) as image:
        assert image.size == (SIZE, SIZE)
        assert image.getextrema() == ((0, 0),) * 3


def test_marks_need_a_picture_that_is_placed(tmp_path, studio):
    """A file that was fetched when nothing was matched stops; one without WCS fails."""
    path, paths = tmp_path / "a.fits", {"images": tmp_path / "out.png"}
    path.touch()
    made = studio(str(path), Place(30.0, -5.0, 0.3), source="gz3d")
    with pytest.raises(InputError, match=r"a\.fits: empty, .*; delete it and run"):
        made.make("a", paths)
    fits.writeto(path, galaxy(), fits.Header({"BANDS": "grz"}), overwrite=True)
    with pytest.raises(DatumError, match="no world coordinates: where the marks lie"):
        made.make("a", paths)


def test_a_dead_image_is_refused(tmp_path, studio):
    """What has no light is no picture."""
    Image.new("RGB", (60, 60), (9, 9, 9)).save(tmp_path / "dead.png")
    with pytest.raises(DatumError, match=r"dead\.png: all of one colour"):
        studio(str(tmp_path / "dead.png")).make("a", {"images": tmp_path / "out.png"})
    assert not (tmp_path / "out.png").exists()


def test_what_a_sheet_tells(tmp_path):
    """By the name of the file; empty cells are not known."""
    sheet = tmp_path / "sheet.csv"
    sheet.write_text("file,ra,dec,pixscale,redshift\na.jpg,10,20,0.3,\nc.jpg,1,2,,\n")
    found = places([], [sheet], {"a": "/x/a.jpg", "b": "/x/b.jpg"})
    assert found == {"a": Place(10, 20, 0.3, found["a"].redshift)}
    assert math.isnan(found["a"].redshift)
    sheet.write_text("file,redshift\na.jpg,0.02\n")
    assert places([], [sheet], {"a": "a.jpg"})["a"].redshift == 0.02


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("file,ra\na.jpg,400\n", "row 2, column .ra.: got 400"),
        ("file,dec\na.jpg,x\n", "row 2, column .dec.: got .x.; expected a finite"),
        ("file,pixscale\na.jpg,0\n", "pixscale"),
        ("name,ra\na.jpg,10\n", "file"),
        ("file,ra\na.jpg,1\na.jpg,1\n", "a.jpg"),
    ],
)
def test_sheets_that_are_none(tmp_path, text, said):
    """The row, the column, and what was expected."""
    (tmp_path / "sheet.csv").write_text(text)
    with pytest.raises(InputError, match=said):
        places([], [tmp_path / "sheet.csv"], {"a": "a.jpg"})


def test_what_the_catalogue_tells(tmp_path, survey):
    """Places of the crossmatched galaxies."""
    table = survey.table[["name"]].assign(
        ra_manga=[1.0, *[math.nan] * 19], ra_desi=2.0, dec_manga=3.0, dec_desi=4.0
    )
    table = table.assign(est_dr5_pixscale=0.2, redshift=0.03, sky_separation=0.1)
    rest = survey.table.drop(columns=["name", "ra", "dec", "pixscale", "redshift"])
    table = table.join(rest)
    write_parquet(tmp_path / "m.parquet", table, {})
    found = places([tmp_path / "m.parquet"], [], {})
    assert found["galaxy00"] == Place(1, 3, 0.2, 0.03)
    assert found["galaxy01"].ra == 2


@pytest.mark.real
def test_real_native_cutouts(real, studio):
    """The survey's own cutouts become pictures; one with a dead region is refused."""
    folder = real / "spirals" / "decals_native_fits"
    for name in ("example_a", "example_c", "temp_extended", "temp_small"):
        rgb, place = studio(size=128).shown(str(folder / f"{name}.fits.gz"), Place())
        assert math.isfinite(place.ra)
        assert rgb[48:80, 48:80].mean() > rgb[:8, :8].mean() + 20
    with pytest.raises(DatumError, match="band g: 75% of the pixels"):
        studio(size=128).shown(str(folder / "example_bad_pix.fits.gz"), Place())


def test_damaged_headers_are_refused_or_read(tmp_path, cutout, studio):
    """Whatever bytes of a header are wrong, the error names the file or the flux."""
    header = fits.getheader(cutout)
    del header["CHECKSUM"], header["DATASUM"]
    fits.writeto(tmp_path / "b.fits", galaxy(), header)
    whole = (tmp_path / "b.fits").read_bytes()
    rng, refused, made = np.random.default_rng(0), [], studio(size=32)
    for _ in range(200):
        content = bytearray(whole)
        for place in rng.integers(0, 2880, 3):
            content[place] = rng.choice(list(b"09 .-+E'TAZ=/\x00\xff"))
        (tmp_path / "c.fits").write_bytes(bytes(content))
        try:
            made.shown(str(tmp_path / "c.fits"), Place())
        except (InputError, DatumError) as bad:
            refused.append(str(bad))
    assert all("c.fits" in text or "no flux" in text for text in refused)
    assert 50 < len(refused) < 200
