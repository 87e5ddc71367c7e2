"""The survey's colours."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from skyloom.spirals.cutouts.colour import levels, rgb
from skyloom.spirals.cutouts.files import Cutout, read_cutout

SKY = 17  # level of a flux of 0: 255 asinh(0.5) / (asinh(300) + asinh(0.5)), cut


def cutout(bands: str, value: float, **how) -> Cutout:
    """Return a flat image."""
    flux = np.full((len(bands), 20, 20), value, np.float32)
    return Cutout(flux, bands, None, **how)


@pytest.mark.parametrize(
    ("bright", "level"), [(0.0, SKY), (-0.5, 0), (-9.0, 0), (300.0, 255), (1e6, 255)]
)
def test_grey_levels(bright: float, level: int) -> None:
    """Black is half a softening below the sky, white 300 above it."""
    assert levels(np.full(3, bright)) == pytest.approx([level] * 3, abs=1)


def test_a_grey_galaxy_by_hand() -> None:
    """Ten softenings in each band: (asinh 10 + asinh 0.5) / (asinh 300 + asinh 0.5)."""
    share = (np.arcsinh(10) + np.arcsinh(0.5)) / (np.arcsinh(300) + np.arcsinh(0.5))
    fading = np.sin(0.6 * np.pi / 2)
    faded = share * (1 + (1 - fading) ** 2 * 1)
    expected = share * fading + share * (1 - fading) + share * (1 - fading) ** 2 * share
    assert levels(np.full(3, 10.0)) == pytest.approx(int(expected * 255), abs=0)
    assert faded > share  # a grey pixel gains a little


@given(st.lists(st.floats(-100, 1e4), min_size=3, max_size=3))
def test_colours_fade_only(bright: list[float]) -> None:
    """The order of the bands is kept: no colour is turned into another."""
    found = levels(np.array(bright)).astype(int)
    assert (np.diff(found[np.argsort(bright)]) >= 0).all()


def test_one_band_alone_is_nearly_grey() -> None:
    """A pixel of noise in one band loses most of its colour."""
    found = levels(np.array([30.0, -0.5, -0.5])).astype(int)
    assert np.ptp(found) < 0.35 * 255 * 0.6


def test_bands_are_where_they_belong() -> None:
    """Z is red and g is blue, in whatever order the bands come."""
    flux = np.zeros((4, 20, 20), np.float32)
    flux[0] = 1.0
    for bands in ("zrig", "zgri"):
        found = rgb(Cutout(flux, bands, None))[0, 0].astype(int)
        assert found[0] > found[1]
        assert found[0] > found[2]
    blue = rgb(Cutout(flux, "grzi", None))[0, 0].astype(int)
    assert blue[2] > blue[0]


@pytest.mark.parametrize("bands", ["r", "z", "?", "gr", "gz"])
def test_other_bands_are_grey(bands: str) -> None:
    """Without three bands a picture is grey."""
    found = rgb(cutout(bands, 0.2))
    assert (found == found[..., :1]).all()
    assert found[0, 0, 0] > SKY


def test_missing_pixels_are_sky() -> None:
    """What has no flux is as dark as the sky."""
    empty = cutout("grz", np.nan)
    assert (rgb(empty) == SKY).all()


@given(
    gain=st.floats(1e-6, 1e6),
    sky=st.floats(-1e3, 1e3),
    bands=st.sampled_from(["r", "gri"]),
)
def test_unknown_units(gain: float, sky: float, bands: str) -> None:
    """A picture in other units is the same whatever its gain and its sky."""
    rows, columns = np.mgrid[:60, :60] - 29.5
    galaxy = np.exp(-np.hypot(rows, columns) / 5) * 100
    flux = np.stack([galaxy] * len(bands))
    plain = rgb(Cutout(flux, bands, None, calibrated=False)).astype(int)
    other = Cutout(gain * (flux + sky), bands, None, calibrated=False)
    assert np.abs(rgb(other).astype(int) - plain).max() <= 1
    assert plain[30, 30, 1] > 150
    assert plain[0, 0, 1] == pytest.approx(SKY, abs=2)


def test_noise_stays_dark() -> None:
    """A faint galaxy in other units does not make the sky bright."""
    rng = np.random.default_rng(0)
    flux = rng.normal(100, 7, (1, 100, 100)).astype(np.float32)
    found = rgb(Cutout(flux, "r", None, calibrated=False)).astype(float)
    assert np.median(found) == pytest.approx(SKY, abs=2)
    assert found.std() < 25


def _of_sky(picture: np.ndarray) -> np.ndarray:
    """Return what the stretch does to noise: levels, colours, and their correlation."""
    corners = [picture[y, x] for y in np.s_[:70, -70:] for x in np.s_[:70, -70:]]
    pixels = np.concatenate([c.reshape(-1, 3) for c in corners]).astype(float)
    mean = pixels.mean(axis=1)
    pixels, mean = (v[(mean > 3) & (mean < 45)] for v in (pixels, mean))
    strength = np.quantile(pixels.max(axis=1) / mean, [0.5, 0.95, 0.995])
    red_green = np.corrcoef(pixels.T)[0, 1]
    return np.array([np.median(pixels), *strength, red_green])


@pytest.mark.real
def test_real_sky_and_noise(real: Path) -> None:
    """The sky of the survey's own pictures has the levels and colours of ours.

    The five pictures beside the five native cutouts are of other galaxies, so that
    pixels cannot be compared. Without the fading of colours, the strengths would be
    1.6, 2.8 and 3.0, and the correlation 0.
    """
    folder = real / "spirals" / "decals_native_fits"
    ours, theirs = [], []
    for name in "abcde":
        ours.append(_of_sky(rgb(read_cutout(folder / f"example_{name}.fits.gz"))))
        with Image.open(folder / f"example_{name}.png") as image:
            theirs.append(_of_sky(np.asarray(image.convert("RGB"))))
    apart = np.mean(ours, axis=0) - np.mean(theirs, axis=0)
    assert (np.abs(apart) < [3, 0.03, 0.02, 0.02, 0.05]).all()
