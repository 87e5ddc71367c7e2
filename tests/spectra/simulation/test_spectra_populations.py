"""Simple stellar populations: units, interpolation, and damaged files."""

import gzip
import shutil
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest
from astropy.io import fits
from simulated_stars import library
from skyloom.io.errors import InputError
from skyloom.spectra.simulation import populations
from skyloom.spectra.simulation.labels import break_bands, red_light
from skyloom.spectra.simulation.populations import read_library, template_files

SUN = 9  # the metallicity 0.04, the nearest to the Sun's


def at(values, age):
    """Return values of the grid's ages at an age [Gyr], in its logarithm."""
    return np.interp(np.log10(age), library().log_age, values)


def test_the_grid_reaches_as_far_as_the_files():
    stars = library()
    assert stars.flux.shape == (25, 12, 4562)
    assert np.allclose(10 ** stars.log_age[[0, -1]], (0.00316228, 14.0))
    assert np.allclose(stars.z_h[[0, -1]], (-1.35, 0.35))
    assert (stars.flux > 0).all()


@pytest.mark.parametrize(
    ("age", "metal", "name"), [(0, 0, "A00.003-Z-1.35"), (-1, -1, "A14.000-Z+0.35")]
)
def test_corners_have_the_shape_of_their_files(age, metal, name):
    path = template_files()[0].with_name(f"MaStar-SSP-{name}.fits.gz")
    ratio = library().flux[age, metal] / fits.getdata(path)
    assert np.ptp(ratio) / ratio.mean() < 1e-5


@pytest.mark.parametrize("age", [0.3, 1.0, 3.0, 9.0])
def test_light_a_unit_of_mass_is_that_of_the_same_stellar_evolution(age):
    """Maraston & Strömbäck 2011, in erg/s/Å for 1 M_sun formed, is in the package."""
    folder = Path(find_spec("mangadap").submodule_search_locations[0])
    name = f"M11_MILES_res2.54_imf_ss_age_{age:.7f}*_z_0.02.fits"
    (path,) = (folder / "data/spectral_templates/m11_miles").glob(
        name.replace("00000*", "*")
    )
    with fits.open(path) as file:
        flux, start = file[0].data, file[0].header["CRVAL1"]
        wave = start + file[0].header["CDELT1"] * np.arange(flux.size)
    light = np.log10(library().band(5450, 5550))
    ours = [np.interp(0.0, library().z_h, row) for row in light]
    near = (wave > 5450) & (wave < 5550)
    assert at(ours, age) == pytest.approx(
        np.log10(flux[near].mean() / 3.83e33), abs=0.03
    )


def test_mass_to_light_ratio_of_an_old_population():
    """Maraston 2005 (MNRAS 362, 799), Salpeter, 10 Gyr, solar: between 4 and 6."""
    ratio = library().survives[:, None] / red_light(library())
    assert 4 < at(ratio[:, SUN], 10.0) < 6
    assert (np.diff(ratio[library().log_age > -1.5], axis=0) > 0).all()


def test_mass_that_survives():
    """About 0.7 of a Salpeter population is left at 10 Gyr (Maraston 2005)."""
    assert 0.68 < at(library().survives, 10.0) < 0.74
    assert (np.diff(library().survives) < 0).all()


def test_the_break_grows_with_age_and_metallicity():
    """Kauffmann et al. 2003 (MNRAS 341, 33), their figure 2."""
    blue, red = break_bands(library())
    dn = red / blue
    old = library().log_age > -0.6
    assert (np.diff(dn[old], axis=0) > 0).all()
    assert (np.diff(dn[library().log_age > 0.2], axis=1) > 0).all()
    assert 1.0 < at(dn[:, SUN], 0.1) < 1.25
    assert 1.3 < at(dn[:, SUN], 1.0) < 1.55
    assert 1.8 < at(dn[:, SUN], 10.0) < 2.15


def test_light_fades():
    assert (np.diff(library().band(5450, 5550), axis=0) < 0).all()


def test_colours_redden_with_age_smoothly():
    """From 0.1 Gyr on, and for all but metal-poor stars, with no step at a file."""
    colour = np.log10(library().band(6000, 6200) / library().band(4000, 4200))
    steps = np.diff(colour[library().log_age > -1, 6:], axis=0)
    assert (steps > 0).all()
    assert np.abs(np.diff(steps, axis=0)).max() < 0.04


def written(path, flux=None, sres=None, **cards):
    """Write a file of a population with what is given in place of its own."""
    with fits.open(path) as file:
        own, resolution, header = file[0].data, file[1].data, file[0].header
    header.update(cards)
    hdus = [fits.PrimaryHDU(own if flux is None else flux(own), header)]
    if sres is not False:
        hdus.append(
            fits.ImageHDU(sres(resolution) if sres else resolution, name="SRES")
        )
    path.unlink()
    fits.HDUList(hdus).writeto(path)


def spoilt(values, value):
    values = values.copy()
    values[100] = value
    return values


def cut(path):
    data = path.read_bytes()
    path.unlink()
    path.write_bytes(data[: len(data) // 2])


def worded(path):
    path.unlink()
    path.write_bytes(gzip.compress(b"not a FITS file\n" * 200))


def emptied(path):
    path.unlink()
    path.touch()


BAD = {
    "missing": (lambda path: path.unlink(), "no such file"),
    "empty": (emptied, "0 bytes"),
    "cut short": (cut, "not a readable"),
    "no FITS": (worded, "not a readable"),
    "few pixels": (lambda path: written(path, lambda x: x[:4000]), "4000 pixels"),
    "two axes": (lambda path: written(path, lambda x: x[None]), "1 axes"),
    "short resolution": (lambda path: written(path, sres=lambda x: x[:7]), "7 of res"),
    "no resolution": (lambda path: written(path, sres=False), "SRES"),
    "other start": (lambda path: written(path, CRVAL1=3.55), "CRVAL1 3.55"),
    "other step": (lambda path: written(path, CDELT1=2e-4), "MaNGA's grid"),
    "start of words": (lambda path: written(path, CRVAL1="blue"), "CRVAL1 blue"),
    "NaN": (lambda path: written(path, lambda x: spoilt(x, np.nan)), "not finite"),
    "infinite": (lambda path: written(path, lambda x: spoilt(x, np.inf)), "not finite"),
    "negative": (lambda path: written(path, lambda x: spoilt(x, -1)), "not positive"),
    "no width": (lambda path: written(path, sres=lambda x: 0 * x), "HDU SRES"),
}


@pytest.mark.parametrize("damage", BAD)
def test_a_bad_file_is_named(tmp_path, damage):
    files = template_files()
    for path in files:
        (tmp_path / path.name).symlink_to(path)
    bad = tmp_path / files[3].name
    if damage not in ("missing", "empty", "no FITS"):
        bad.unlink()
        shutil.copyfile(files[3], bad)
    spoil, words = BAD[damage]
    spoil(bad)
    with pytest.raises(InputError, match=words) as error:
        read_library(tmp_path)
    assert bad.name in str(error.value)


def test_a_missing_folder_or_package_tells_what_to_install(tmp_path, monkeypatch):
    with pytest.raises(InputError, match="--no-deps sdss-mangadap"):
        read_library(tmp_path / "nowhere")
    monkeypatch.setattr(populations, "find_spec", lambda _: None)
    with pytest.raises(InputError, match="--no-deps sdss-mangadap"):
        read_library()
