"""Pictures as people have them, and those that are none."""

import struct
import zlib
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from skyloom.io.errors import InputError
from skyloom.spirals.cutouts.pictures import read_picture, resized, write_picture


def colours(ny: int = 40, nx: int = 50) -> np.ndarray:
    """Return a picture, row 0 north."""
    return np.random.default_rng(2).integers(0, 256, (ny, nx, 3), np.uint8)


def test_what_is_written_is_read(tmp_path: Path) -> None:
    """A picture comes back exactly; the same one makes the same bytes."""
    rgb = colours()
    for name in "ab":
        write_picture(tmp_path / f"{name}.png", rgb, '{"code": "x"}')
    assert np.array_equal(read_picture(tmp_path / "a.png"), rgb)
    assert (tmp_path / "a.png").read_bytes() == (tmp_path / "b.png").read_bytes()
    with Image.open(tmp_path / "a.png") as image:
        assert image.text == {"skyloom": '{"code": "x"}'}
        assert np.array_equal(np.asarray(image)[0], rgb[-1])  # north is up


def test_row_0_is_south(tmp_path: Path) -> None:
    """A picture's upper row is an array's last one."""
    rgb = colours()
    Image.fromarray(rgb).save(tmp_path / "a.png")
    assert np.array_equal(read_picture(tmp_path / "a.png"), rgb[::-1])


@pytest.mark.parametrize("mode", ["L", "LA", "RGBA", "P", "CMYK", "1", "I;16"])
def test_modes(tmp_path: Path, mode: str) -> None:
    """Whatever its kind, a picture becomes RGB of 8 bits that looks like it."""
    ramp = np.linspace(0, 255, 64).astype(np.uint8)
    grey = np.repeat(ramp[None], 40, axis=0)
    if mode == "I;16":
        image = Image.fromarray((grey.astype(np.uint16) << 8) | grey)
    else:
        image = Image.fromarray(np.stack([grey] * 3, axis=-1)).convert(mode)
    path = tmp_path / ("a.jpg" if mode == "CMYK" else "a.png")
    image.save(path)
    rgb = read_picture(path)
    assert (rgb.shape, rgb.dtype) == ((40, 64, 3), np.uint8)
    assert np.corrcoef(rgb.mean(axis=(0, 2)), ramp)[0, 1] > 0.9


def test_what_is_transparent_is_sky(tmp_path: Path) -> None:
    """Transparent parts are black."""
    rgba = np.full((40, 40, 4), 200, np.uint8)
    rgba[:10, :, 3] = 0
    rgba[10:, :, 3] = 255
    Image.fromarray(rgba).save(tmp_path / "a.png")
    rgb = read_picture(tmp_path / "a.png")
    assert (rgb[-10:] == 0).all()
    assert (rgb[:30] == 200).all()


def test_orientation_of_a_camera(tmp_path: Path) -> None:
    """A picture that a camera took on its side is turned."""
    rgb = colours(40, 60)
    exif = Image.Exif()
    exif[0x0112] = 6
    Image.fromarray(rgb).save(tmp_path / "a.png", exif=exif)
    assert np.array_equal(read_picture(tmp_path / "a.png"), np.rot90(rgb, -1)[::-1])


@pytest.mark.parametrize("size", [16, 33, 64, 100])
def test_resized(size: int) -> None:
    """The square middle is kept, with its mean."""
    rgb = np.zeros((80, 100, 3), np.uint8)
    rgb[30:50, 40:60] = 240
    made = resized(rgb, size)
    assert made.shape == (size, size, 3)
    assert made.mean() == pytest.approx(240 * 400 / 6400, rel=0.06)
    rows, columns = np.nonzero(made[..., 0] > 120)
    middle = (size - 1) / 2
    assert (rows.mean(), columns.mean()) == pytest.approx((middle, middle), abs=0.3)


def _jpeg(rgb: np.ndarray) -> bytes:
    stream = BytesIO()
    Image.fromarray(rgb).save(stream, "JPEG")
    return stream.getvalue()


def _gif() -> bytes:
    stream = BytesIO()
    Image.fromarray(colours()).save(stream, "GIF")
    return stream.getvalue()


def _bomb() -> bytes:
    """Return a PNG whose header claims 30000 x 30000 pixels."""
    stream = BytesIO()
    Image.new("1", (30, 30)).save(stream, "PNG")
    content = bytearray(stream.getvalue())
    content[16:24] = struct.pack(">II", 30000, 30000)
    content[29:33] = struct.pack(">I", zlib.crc32(content[12:29]))
    return bytes(content)


BAD = {
    "nothing": (lambda: b"", "empty"),
    "a page": (lambda: b"<html>404</html>", "not a readable picture"),
    "cut in its header": (lambda: _jpeg(colours())[:100], "not a readable picture"),
    "cut in its pixels": (lambda: _jpeg(colours())[:-400], "not a readable picture"),
    "another format": (_gif, "expected JPEG or PNG"),
    "a thumbnail": (lambda: _jpeg(colours(8, 8)), "8 x 8 px"),
    "a mosaic": (_bomb, "cut the galaxy out"),
    "one colour": (lambda: _jpeg(np.full((40, 40, 3), 32, np.uint8)), "one colour"),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_pictures(tmp_path: Path, case: str) -> None:
    """What is no picture of a galaxy is refused, with its file and a remedy."""
    content, problem = BAD[case]
    path = tmp_path / "a.jpg"
    path.write_bytes(content())
    with pytest.raises(InputError, match=problem) as bad:
        read_picture(path)
    assert str(path) in str(bad.value)


@pytest.mark.parametrize("seed", range(20))
def test_damaged_png_is_refused_or_read(tmp_path: Path, seed: int) -> None:
    """A flipped byte is found by the file's checksums."""
    rng = np.random.default_rng(seed)
    path = tmp_path / "a.png"
    write_picture(path, colours())
    content = bytearray(path.read_bytes())
    content[rng.integers(0, len(content))] ^= 0xFF
    path.write_bytes(bytes(content))
    with pytest.raises(InputError, match=str(path)):
        read_picture(path)


@pytest.mark.real
@pytest.mark.parametrize(
    ("folder", "count"), [("decals_rgb", 366), ("gz_decals_help_images", 185)]
)
def test_real_pictures(real: Path, folder: str, count: int) -> None:
    """All pictures of the survey that are at hand are read."""
    files = sorted((real / "spirals" / folder).rglob("*.jpg"))
    assert len(files) == count
    for path in files:
        rgb = read_picture(path)
        assert resized(rgb, 64).shape == (64, 64, 3)
