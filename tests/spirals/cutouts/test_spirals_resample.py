"""Images keep their places and their surface brightness on another field."""

from pathlib import Path

import numpy as np
import pytest
from astropy.wcs import WCS
from hypothesis import given, settings
from hypothesis import strategies as st
from skyloom.io.errors import DatumError
from skyloom.spirals.cutouts.files import Cutout, read_cutout
from skyloom.spirals.cutouts.resample import averaged, onto
from skyloom.spirals.geometry import Stamp

RA, DEC = 150.1, 33.2
STAR = (RA + 6.3 / 3600, DEC - 4.7 / 3600)


def tan(angle: float, parity: int, scale: float, shape=(240, 260)) -> WCS:
    """Return a TAN system turned by an angle [rad], mirrored for parity +1."""
    wcs = WCS(naxis=2)
    wcs.wcs.ctype = ["RA---TAN", "DEC--TAN"]
    wcs.wcs.crval = [RA, DEC]
    wcs.wcs.crpix = [shape[1] / 2 + 3.3, shape[0] / 2 - 2.1]
    cos, sin = np.cos(angle) * scale / 3600, np.sin(angle) * scale / 3600
    wcs.wcs.cd = [[parity * cos, -sin], [parity * sin, cos]]
    wcs.wcs.set()
    return wcs


def tpv() -> WCS:
    """Return a system with a distortion of more than a pixel."""
    header = tan(0.4, -1, 0.3).to_header()
    header["CTYPE1"], header["CTYPE2"] = "RA---TPV", "DEC--TPV"
    for axis in (1, 2):
        header[f"PV{axis}_1"] = 1.003
        header[f"PV{axis}_4"] = 2.0
        header[f"PV{axis}_5"] = -1.0
    return WCS(header)


def star(wcs: WCS, shape=(240, 260), fwhm: float = 1.5) -> Cutout:
    """Return an image of a Gaussian star of unit surface brightness at STAR."""
    rows, columns = np.mgrid[: shape[0], : shape[1]]
    ra, dec = wcs.all_pix2world(columns.ravel(), rows.ravel(), 0)
    dx = (ra - STAR[0]) * np.cos(np.radians(DEC)) * 3600
    dy = (dec - STAR[1]) * 3600
    flux = np.exp(-(dx**2 + dy**2) / 2 / (fwhm / 2.355) ** 2).reshape(shape)
    return Cutout(flux[None].astype(np.float32), "r", wcs)


def centroid(flux: np.ndarray) -> np.ndarray:
    """Return x and y of the light."""
    rows, columns = np.mgrid[: flux.shape[0], : flux.shape[1]]
    return np.array([(flux * columns).sum(), (flux * rows).sum()]) / flux.sum()


SYSTEMS = {
    "north up": tan(0.0, -1, 0.262),
    "mirrored": tan(0.0, 1, 0.262),
    "turned": tan(0.7, -1, 0.262),
    "turned and mirrored": tan(2.5, 1, 0.262),
    "south up": tan(np.pi, -1, 0.4),
    "distorted": tpv(),
}


@pytest.mark.parametrize("scale", [0.1, 0.262, 0.5, 1.1])
@pytest.mark.parametrize("system", SYSTEMS)
def test_star_lands_where_it_is(system: str, scale: float) -> None:
    """A star is found within a twentieth of a pixel, and keeps its light."""
    stamp = Stamp(RA, DEC, scale, round(42 / scale))
    cutout = star(SYSTEMS[system])
    made = onto(cutout, stamp)
    flux = np.nan_to_num(made.flux[0])
    expected = stamp.wcs.all_world2pix([STAR], 0)[0]
    assert np.abs(centroid(flux) - expected).max() < 0.05
    light = 2 * np.pi * (1.5 / 2.355) ** 2
    assert flux.sum() * scale**2 == pytest.approx(light, rel=0.01)


@settings(max_examples=25, deadline=None)
@given(
    angle=st.floats(0, 6.28),
    parity=st.sampled_from([-1, 1]),
    scale=st.floats(0.15, 2.5),
    level=st.floats(-5, 5),
)
def test_level_is_kept(angle: float, parity: int, scale: float, level: float) -> None:
    """A flat image stays flat at any angle, parity and pixel size."""
    flux = np.full((1, 240, 260), level, np.float32)
    cutout = Cutout(flux, "r", tan(angle, parity, 0.262))
    made = onto(cutout, Stamp(RA, DEC, scale, round(36 / scale)))
    assert np.allclose(made.flux, level, atol=1e-5, equal_nan=True)
    assert made.missing["r"] < 0.01


def test_shrinking_does_not_alias() -> None:
    """Noise averages down as its number of pixels says: nothing is skipped."""
    rng = np.random.default_rng(1)
    noise = rng.normal(size=(1, 1000, 1000)).astype(np.float32)
    cutout = Cutout(noise, "r", tan(0.3, -1, 0.1, (1000, 1000)))
    for scale in (0.25, 0.4, 0.73):
        made = onto(cutout, Stamp(RA, DEC, scale, round(60 / scale)))
        # Splines are sharper than the mean over a pixel by a little.
        assert np.nanstd(made.flux) == pytest.approx(0.1 / scale, rel=0.25)


def test_missing_pixels_stay_missing() -> None:
    """What was not observed has no flux, at its place, without rings around it."""
    flux = np.full((2, 100, 100), 3.0, np.float32)
    flux[1, :10] = np.nan
    stamp = Stamp(RA, DEC, 0.1, 100)
    made = onto(Cutout(flux, "gr", stamp.wcs), stamp)
    assert np.isnan(made.flux[1, :10]).all()
    assert np.allclose(made.flux[1, 10:], 3.0)
    assert made.missing == {"g": 0.0, "r": pytest.approx(0.1)}


def test_too_much_missing_is_refused() -> None:
    """More than a fifth of a band without flux is no image of a galaxy."""
    flux = np.full((2, 100, 100), 3.0, np.float32)
    flux[1, :21] = np.nan
    stamp = Stamp(RA, DEC, 0.1, 100)
    with pytest.raises(DatumError, match="band r: 21% of the pixels have no flux"):
        onto(Cutout(flux, "gr", stamp.wcs), stamp)


@pytest.mark.parametrize("place", [(RA + 1, DEC), (RA + 180, -DEC), (RA, DEC + 0.01)])
def test_elsewhere_is_refused(place: tuple[float, float]) -> None:
    """A field beside the image, or on the other side of the sky, has no flux."""
    cutout = star(SYSTEMS["turned"])
    with pytest.raises(DatumError, match="have no flux"):
        onto(cutout, Stamp(*place, 0.262, 100))


def test_without_coordinates() -> None:
    """An image that is nowhere keeps its directions, and its middle."""
    flux = np.zeros((1, 60, 80), np.float32)
    flux[0, 20, 30] = 1.0
    cutout = Cutout(flux, "r", None)
    made = onto(cutout, cutout.whole(60))
    assert np.unravel_index(made.flux[0].argmax(), (60, 60)) == (20, 20)


def test_averages_of_known_pixels() -> None:
    """A square's mean is of the pixels that have a flux."""
    flux = np.array([[[1, np.nan, 5, np.nan], [3, 2, np.nan, np.nan]]], np.float32)
    found = averaged(flux, 2)
    assert found.shape == (1, 1, 2)
    assert found[0, 0, 0] == pytest.approx(2.0)
    assert np.isnan(found[0, 0, 1])


@pytest.mark.real
def test_real_fields_agree(real: Path) -> None:
    """One galaxy at 0.1 and at 0.262 arcsec/px looks the same on one field."""
    folder = real / "spirals" / "decals_native_fits"
    fine, coarse = (
        read_cutout(folder / f"{name}.fits.gz") for name in ("example_a", "temp_small")
    )
    stamp = fine.whole(80)
    one, two = (onto(cutout, stamp).flux[1] for cutout in (fine, coarse))
    assert np.corrcoef(one.ravel(), two.ravel())[0, 1] > 0.995
    assert np.median(two / one) == pytest.approx(1, abs=0.03)


@pytest.mark.real
def test_real_distorted_exposure(real: Path) -> None:
    """A DECam exposure, turned by 90 degrees and distorted, is put north up."""
    (path,) = (real / "spirals").glob("legacypipe_testcase4/*_ooi_z_ls9.N2.fits")
    cutout = read_cutout(path)
    made = onto(cutout, cutout.whole(200))
    bright = np.unravel_index(np.nanargmax(made.flux[0]), (200, 200))
    ra, dec = made.wcs.all_pix2world(bright[1], bright[0], 0)
    x, y = cutout.wcs.all_world2pix(ra, dec, 0)
    rows, columns = np.nonzero(cutout.flux[0] > 0.98 * np.nanmax(cutout.flux[0]))
    assert np.hypot(rows - y, columns - x).min() < 1.5
