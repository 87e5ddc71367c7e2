"""Simulated LOGCUBE and MAPS, as MaNGA's."""

import numpy as np
import pytest
from astropy.wcs import WCS
from skyloom.io.fits import opened, write_hdus
from skyloom.spectra.simulation.cubes import (
    DONOTUSE,
    LOWCOV,
    NOCOV,
    blending,
    logcube,
    maps,
    simulate_cube,
)
from skyloom.spectra.simulation.footprint import Footprint
from skyloom.spectra.simulation.frame import WAVE
from skyloom.spectra.simulation.galaxies import draw

NAME, MANGA = "9001-1901", "1-500005"


@pytest.fixture(scope="module")
def cube(settings, library, noise):
    galaxy = draw(NAME, MANGA, settings.redshift, 1)
    return simulate_cube(galaxy, settings, library, noise, 1)


@pytest.fixture(scope="module")
def files(cube, noise, tmp_path_factory):
    folder = tmp_path_factory.mktemp("cubes")
    paths = {"cube": folder / "c-LOGCUBE.fits.gz", "maps": folder / "c-MAPS.fits.gz"}
    write_hdus(paths["cube"], logcube(cube, noise))
    write_hdus(paths["maps"], maps(cube))
    return paths


def test_the_cube_has_the_hdus_of_manga(files):
    with opened(files["cube"]) as file:
        assert file.names[1:] == ["FLUX", "IVAR", "MASK", "WAVE", "SPECRES"]
        header = file[0].header
        assert (header["PLATEIFU"], header["MANGAID"]) == (NAME, MANGA)
        assert header["DRP3QUAL"] == 0
        np.testing.assert_array_equal(file.pixels("WAVE"), WAVE)
        assert file.pixels("FLUX").shape == (4563, 34, 34)
        assert file.pixels("MASK").dtype == np.int32


def test_the_maps_have_what_the_analysis_gives(files, cube):
    with opened(files["maps"]) as file:
        assert file.pixels("BINID").shape == (5, 34, 34)
        assert file.pixels("SPX_ELLCOO").shape == (4, 34, 34)
        for name in ("STELLAR_VEL", "STELLAR_SIGMA"):
            used = file.pixels(f"{name}_MASK") == 0
            np.testing.assert_array_equal(used, cube.bins >= 0)
            assert (file.pixels(f"{name}_IVAR")[used] > 0).all()
        assert (file.pixels("STELLAR_SIGMACORR") == 0).all()  # sigma is intrinsic
        velocity = file.pixels("STELLAR_VEL")
        one = cube.bins == 3
        assert velocity[one] == pytest.approx(cube.known["v_star"][3], rel=1e-5)
        z = file[0].header["SCINPVEL"] / 299792.458
        assert z == pytest.approx(cube.galaxy.redshift, rel=1e-6)


def test_the_maps_are_laid_out_as_the_real_ones(files, cube):
    """HDUs and channels have the names of a real file (8080-12701, DAP 2.2.1)."""
    with opened(files["maps"]) as file:
        sky = file.pixels("SPX_SKYCOO")
        assert sky[0, 17, 0] > 0 > sky[0, 17, 33]  # east at low columns
        assert sky[1, 0, 17] < 0 < sky[1, 33, 17]
        assert file["SPX_ELLCOO"].header["C2"] == "R/Re"
        ellipse = file.pixels("SPX_ELLCOO")
        np.testing.assert_allclose(ellipse[0] / cube.galaxy.re, ellipse[1], rtol=1e-5)


@pytest.mark.parametrize("which", ["cube", "maps"])
def test_coordinates_return_to_the_galaxy(files, cube, which):
    """The WCS of any image gives OBJRA and OBJDEC in the middle, and back again."""
    hdu = {"cube": "FLUX", "maps": "BIN_SNR"}[which]
    with opened(files[which]) as file:
        wcs = WCS(file[hdu].header).celestial
        header = file[0].header
    ra, dec = wcs.pixel_to_world_values(17, 17)
    assert (ra, dec) == pytest.approx((header["OBJRA"], header["OBJDEC"]), abs=1e-9)
    east, north = cube.footprint.sky[:, 20, 9]
    ra, dec = wcs.pixel_to_world_values(9, 20)
    assert (dec - cube.galaxy.dec) * 3600 == pytest.approx(north, abs=1e-3)
    offset = (ra - cube.galaxy.ra) * np.cos(np.deg2rad(cube.galaxy.dec)) * 3600
    assert offset == pytest.approx(east, abs=1e-2)
    x, y = wcs.world_to_pixel_values(ra, dec)
    assert (x, y) == pytest.approx((9, 20), abs=1e-6)


def test_spaxels_beyond_the_unit_are_masked_and_the_edge_is_of_low_coverage(cube):
    inside = Footprint(19).inside
    assert (cube.mask[:, ~inside] == NOCOV | LOWCOV | DONOTUSE).all()
    edge = inside & (cube.mask[2000] == (LOWCOV | DONOTUSE))
    assert 40 < edge.sum() < 120
    core = cube.mask[2000] == 0
    assert (cube.ivar[2000][core] > 0).all()
    assert (cube.flux[:, ~inside] == 0).all()
    assert (cube.mask[cube.ivar == 0] & DONOTUSE > 0).all()


def test_bins_hold_usable_spaxels_alone_and_are_numbered_without_gaps(cube):
    usable = (cube.mask == 0).any(axis=0)
    np.testing.assert_array_equal(cube.bins >= 0, usable)
    found = np.unique(cube.bins[cube.bins >= 0])
    np.testing.assert_array_equal(found, np.arange(len(found)))
    assert len(found) == len(cube.known)


def test_noise_of_neighbours_is_alike_as_in_reconstructed_cubes():
    """The noise of the mean of N is 1 + 1.62 log10 N larger (Law et al. 2016)."""
    inside = Footprint(61).inside
    white = np.random.default_rng(3).normal(size=(inside.sum(), 3000))
    noise = np.zeros((3000, *inside.shape))
    noise[:, inside] = blending(inside)(white.astype(np.float32)).T
    assert noise[:, inside].std() == pytest.approx(1, abs=0.02)
    middle = inside.shape[0] // 2
    for side in (3, 5, 8):
        square = noise[:, middle : middle + side, middle : middle + side]
        grown = square.mean(axis=(1, 2)).std() * side
        assert grown == pytest.approx(1 + 1.62 * np.log10(side**2), rel=0.3)


def test_the_same_galaxy_gives_the_same_bytes(files, cube, noise, tmp_path):
    again = tmp_path / "again-LOGCUBE.fits.gz"
    write_hdus(again, logcube(cube, noise))
    assert again.read_bytes() == files["cube"].read_bytes()
    write_hdus(again, maps(cube))
    assert again.read_bytes() == files["maps"].read_bytes()
