"""Pictures of files of any kind."""

from pathlib import Path

import numpy as np
import pytest
from astropy.io import fits
from PIL import Image
from skyloom.io.errors import DatumError, InputError
from skyloom.spirals.cutouts.files import write_cutout
from skyloom.spirals.cutouts.pictures import write_picture
from skyloom.spirals.cutouts.show import shown
from skyloom.spirals.geometry import Stamp

STAMP = Stamp(30.0, -5.0, 0.262, 80)


def galaxy() -> np.ndarray:
    """Return a galaxy in three bands, brightest in the north-east."""
    rows, columns = np.mgrid[:80, :80]
    light = np.exp(-np.hypot(rows - 60, columns - 20) / 6).astype(np.float32)
    return np.stack([light, 2 * light, 3 * light])


def test_a_cutout_and_its_picture_agree(tmp_path: Path) -> None:
    """A FITS file and the PNG of its colours show the same."""
    write_cutout(tmp_path / "a.fits", galaxy(), STAMP, "grz", {})
    rgb, field = shown(tmp_path / "a.fits", 80)
    assert (field.ra, field.dec) == pytest.approx((30, -5), abs=1e-9)
    write_picture(tmp_path / "a.png", rgb)
    again, nowhere = shown(tmp_path / "a.png", 80)
    assert nowhere is None
    assert np.array_equal(again, rgb)
    assert np.unravel_index(rgb[..., 1].argmax(), (80, 80)) == (60, 20)
    with Image.open(tmp_path / "a.png") as image:  # north is up, east is left
        upper_left = np.asarray(image)[:40, :40]
    assert upper_left.max() == rgb.max()


def test_a_given_field(tmp_path: Path) -> None:
    """A part of the image, with other pixels."""
    write_cutout(tmp_path / "a.fits", galaxy(), STAMP, "grz", {})
    wanted = STAMP.middle(0.5, 100)
    rgb, field = shown(tmp_path / "a.fits", 64, wanted)
    assert rgb.shape == (64, 64, 3)
    assert field == wanted.resized(64)
    with pytest.raises(DatumError, match="have no flux"):
        shown(tmp_path / "a.fits", 64, Stamp(31.0, -5.0, 0.262, 80))


@pytest.mark.real
def test_real_native_cutouts(real: Path) -> None:
    """The survey's own cutouts become pictures; one with a dead region is refused."""
    folder = real / "spirals" / "decals_native_fits"
    for name in ("example_a", "example_c", "temp_extended", "temp_small"):
        rgb, field = shown(folder / f"{name}.fits.gz", 128)
        assert field is not None
        assert rgb[48:80, 48:80].mean() > rgb[:8, :8].mean() + 20
    with pytest.raises(DatumError, match="band g: 75% of the pixels"):
        shown(folder / "example_bad_pix.fits.gz", 128)


def test_damaged_headers_are_refused_or_read(tmp_path: Path) -> None:
    """Whatever bytes of a header are wrong, the error names the file or the flux."""
    write_cutout(tmp_path / "a.fits", galaxy(), STAMP, "grz", {})
    header = fits.getheader(tmp_path / "a.fits")
    del header["CHECKSUM"], header["DATASUM"]
    fits.writeto(tmp_path / "b.fits", galaxy(), header)
    whole = (tmp_path / "b.fits").read_bytes()
    rng, refused = np.random.default_rng(0), []
    for _ in range(200):
        content = bytearray(whole)
        for place in rng.integers(0, 2880, 3):
            content[place] = rng.choice(list(b"09 .-+E'TAZ=/\x00\xff"))
        (tmp_path / "c.fits").write_bytes(bytes(content))
        try:
            shown(tmp_path / "c.fits", 32)
        except (InputError, DatumError) as bad:
            refused.append(str(bad))
    assert all("c.fits" in text or "no flux" in text for text in refused)
    assert 50 < len(refused) < 200
