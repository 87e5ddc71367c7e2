"""Files and cubes placed: tables, maps on the sky, pictures; and what is refused."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest
from astropy.io import fits
from astropy.wcs import WCS
from placed_spectra import GRID, LABELS, invented, noisy
from skyloom.io.errors import InputError
from skyloom.plots import style
from skyloom.spectra.place.figures import cube_figure, spectra_figure, unusual
from skyloom.spectra.place.spectra import place_spectra
from skyloom.spectra.rest.files import RestSpectra
from skyloom.spectra.tasks.anomalies import anomalies
from skyloom.spectra.tasks.place import (
    picture,
    place_file,
    redshift_for,
    write_placed,
)
from small_spectra import binning, galaxy

RECORD = {"code": "c", "config": "d", "inputs": {}, "versions": {"numpy": "2"}}
Z = 0.03
NY, NX = 7, 9
WAVE = 4750 + 1.25 * np.arange(3600)  # Å, in vacuum


def a_cube(path, harm=None, sky=True):
    """Write a cube in the layout of MUSE: age grows along x, one spaxel is empty."""
    lot = np.random.default_rng(1)
    y, x = np.mgrid[:NY, :NX]
    flux = invented((-0.4 + 0.15 * x).ravel(), (-0.6 + 0.1 * y).ravel())
    seen = np.stack([np.interp(WAVE, GRID.wave * (1 + Z), one) for one in flux])
    seen *= np.exp(-0.02 * ((x - 4) ** 2 + (y - 3) ** 2)).ravel()[:, None]
    seen, ivar = noisy(seen, 12, lot, masked=0)
    variance = np.divide(1, ivar, out=np.full(ivar.shape, np.nan), where=ivar > 0)
    variance[2 * NX + 3] = np.nan
    header = fits.Header({"CTYPE3": "WAVE", "CUNIT3": "Angstrom", "CRPIX3": 1.0})
    header.update({"CRVAL3": WAVE[0], "CDELT3": 1.25})
    if sky:
        del header["CDELT3"]
        header.update({"CTYPE1": "RA---TAN", "CTYPE2": "DEC--TAN", "CUNIT1": "deg"})
        header.update({"CUNIT2": "deg", "CRPIX1": 4.0, "CRPIX2": 3.0, "CRVAL1": 63.3})
        header.update({"CRVAL2": 10.4, "CD1_1": -5e-5, "CD1_2": 1e-5, "CD2_1": 1e-5})
        header.update({"CD2_2": 5e-5, "CD3_3": 1.25})
    hdus = [fits.PrimaryHDU()]
    for name, values in (("DATA", seen), ("STAT", variance)):
        cube = values.T.reshape(-1, NY, NX).astype("f4")
        hdus.append(fits.ImageHDU(cube, header, name=name))
    if harm:
        harm(hdus)
    fits.HDUList(hdus).writeto(path)
    return path


@pytest.fixture(scope="module")
def placed(tmp_path_factory, small_model):
    """Return a cube, what was found for it, and the file of that."""
    folder = tmp_path_factory.mktemp("cube")
    cube = a_cube(folder / "cube.fits")
    found = place_file(cube, small_model, Z, 1)
    write_placed(folder / "placed.fits", found, RECORD)
    return cube, found, folder / "placed.fits"


def test_maps_lie_on_the_sky_as_the_cube_does(placed):
    with fits.open(placed[0]) as cube, fits.open(placed[2]) as found:
        wcs = WCS(cube["DATA"].header).celestial
        y, x = np.mgrid[:NY, :NX]
        for hdu in found[2:]:
            assert hdu.shape == (NY, NX)
            ours = WCS(hdu.header).pixel_to_world(x, y)
            apart = ours.separation(wcs.pixel_to_world(x, y))
            assert apart.arcsec.max() < 1e-6


def test_each_spaxel_has_the_values_of_its_spectrum(placed):
    with fits.open(placed[2], checksum=True) as file:
        table = file["SPECTRA"].data
        assert len(table) == NY * NX
        assert file[0].header["NSPEC"] == NY * NX
        for name in ("NOVELTY", "LOG_AGE", "LOG_AGE_LOWER", "Z_H_UPPER", "BMU", "SN"):
            image = file[name].data
            values = image[table["row"], table["column"]]
            np.testing.assert_allclose(values, table[name.lower()].astype("f4"))
        names = {hdu.name for hdu in file[2:]}
        assert {
            f"{k.upper()}{e}" for k in LABELS for e in ("", "_LOWER", "_UPPER")
        } <= names


def test_an_empty_spaxel_is_masked_and_counted(placed):
    _, found, _ = placed
    assert found.images["MASK"][2, 3] == 1
    assert (found.images["MASK"] == 0).sum() == NY * NX - 1
    assert np.isnan(found.images["LOG_AGE"][2, 3])
    assert found.images["BMU"][2, 3] == -1
    assert found.report["rejected"] == {"no good pixel": 1}


def test_maps_show_what_was_put_in_and_are_coherent(placed):
    images = placed[1].images
    age = np.nanmean(images["LOG_AGE"], axis=0)
    assert age == pytest.approx(-0.4 + 0.15 * np.arange(NX), abs=0.1)
    for facts in placed[1].report["coherence"].values():
        assert facts["i"] > facts["null"] + 3 * facts["null_sd"]
        assert facts["p"] <= 0.01
    with fits.open(placed[2]) as file:
        header = file[0].header
        assert file["LOG_AGE"].header.get("BUNIT") is None
        assert file["NOVELTY"].header["BUNIT"] == "%"
    assert header["MORANI_R"] == placed[1].report["coherence"]["MAP_ROW"]["i"]


def test_the_same_cube_gives_the_same_bytes(placed, small_model, tmp_path):
    again = place_file(placed[0], small_model, Z, 1)
    write_placed(tmp_path / "placed.fits", again, RECORD)
    assert (tmp_path / "placed.fits").read_bytes() == placed[2].read_bytes()


def test_a_cube_has_a_picture(placed, small_model, tmp_path):
    style.save(picture(placed[1], small_model), tmp_path / "cube.png", dpi=60)
    assert (tmp_path / "cube.png").stat().st_size > 10_000


def test_the_picture_of_a_cube_warns_of_what_is_unlike_the_map(placed):
    """In words with units; a cube like the training spectra has no warning."""
    images = placed[1].images
    assert not unusual(images | {"EXCESS": np.full((NY, NX), 0.5)})
    odd = images | {"EXCESS": np.full((NY, NX), 1.5)}
    warned = cube_figure(odd, tuple(LABELS))
    assert warned.get_suptitle().startswith(f"{NY * NX - 1} of {NY * NX - 1} spaxels")
    titles = [" ".join(axes.get_title().split()) for axes in warned.axes]
    assert "± log10 of the light-weighted age in Gyr" in titles
    assert not set(LABELS) & set(titles)


def test_spectra_off_the_map_are_told_its_range(small_model, tmp_path):
    """All spectra off one end are counted by the same words."""
    path = a_cube(tmp_path / "cube.fits")
    found = place_file(path, small_model, 2.9, 1)
    (reason,) = set(found.report["rejected"]) - {"no good pixel"}
    assert reason == (
        "all its wavelengths at rest are shorter than those of the map, "
        f"{GRID.edges[0]:.0f} to {GRID.edges[-1]:.0f} Angstrom"
    )
    assert found.report["rejected"] == {reason: NY * NX - 1, "no good pixel": 1}
    write_placed(tmp_path / "placed.fits", found, RECORD)
    with fits.open(tmp_path / "placed.fits") as file:
        assert reason in set(file["SPECTRA"].data["reason"])


def test_a_cube_without_wcs_is_placed_and_said(small_model, tmp_path, caplog):
    cube = a_cube(tmp_path / "cube.fits", sky=False)
    found = place_file(cube, small_model, Z, 1)
    assert "no celestial WCS" in caplog.text
    assert found.images["BMU"].shape == (NY, NX)
    assert not len(found.sky)
    write_placed(tmp_path / "placed.fits", found, RECORD)


def a_spectrum(path, z=Z, sn=30):
    """Write a spectrum in the layout of SDSS."""
    loglam = 3.58 + 1e-4 * np.arange(3800)
    truth = np.interp(10**loglam, GRID.wave * (1 + z), invented([0.5], [-0.2])[0])
    flux, ivar = noisy(truth[None], sn, np.random.default_rng(2))
    columns = {"flux": flux[0], "loglam": loglam.astype("f4"), "ivar": ivar[0]}
    formats = dict.fromkeys(columns, "E")
    coadd = fits.BinTableHDU.from_columns(
        [fits.Column(k, formats[k], array=v) for k, v in columns.items()], name="COADD"
    )
    facts = fits.BinTableHDU.from_columns(
        [fits.Column("Z", "E", array=[z])], name="SPECOBJ"
    )
    primary = fits.PrimaryHDU()
    primary.header.update({"PLATEID": 1234, "MJD": 55555, "FIBERID": 7})
    primary.header.update({"PLUG_RA": 10.0, "PLUG_DEC": 1.0})
    fits.HDUList([primary, coadd, facts]).writeto(path)
    return path


def test_a_single_spectrum_makes_a_table_and_a_picture(small_model, tmp_path):
    path = a_spectrum(tmp_path / "spec-1234-55555-0007.fits")
    found = place_file(path, small_model, None, 1)
    assert not found.images
    assert found.table["log_age"][0] == pytest.approx(0.5, abs=0.1)
    write_placed(tmp_path / "placed.fits", found, RECORD)
    with fits.open(tmp_path / "placed.fits") as file:
        assert [hdu.name for hdu in file] == ["PRIMARY", "SPECTRA"]
        assert file[1].data["plateifu"][0] == "spec-1234-55555-0007"
    style.save(picture(found, small_model), tmp_path / "one.png", dpi=60)


def test_one_redshift_is_for_files_that_tell_none(small_model, tmp_path):
    """A row of a list names its file, and replaces the file's own."""
    path = a_spectrum(tmp_path / "spec-1234-55555-0007.fits")
    (tmp_path / "z.csv").write_text(f"file,redshift\n{path.name},0.2\n")
    for given, z in ((0.2, Z), (tmp_path / "z.csv", 0.2)):
        found = place_file(path, small_model, given, 1)
        assert found.table["redshift"][0] == pytest.approx(z)


def test_what_cannot_be_scaled_has_no_panel(small_model):
    flux, ivar = noisy(invented([0.1] * 3, [0.1] * 3), 20, np.random.default_rng(6))
    for empty, panels in (([0], 2), ([0, 1, 2], 0)):
        ivar[empty] = 0
        info = pd.DataFrame({"plateifu": ["a", "b", "c"]})
        spectra = RestSpectra(flux, ivar, info, GRID)
        found = pd.concat([info, place_spectra(small_model, spectra)], axis=1)
        fig = spectra_figure(spectra, found, small_model)
        assert [len(axes.lines) for axes in fig.axes] == [2] * panels


def test_anomalies_are_the_furthest_of_all_files(placed, small_model, tmp_path):
    def odd(hdus):
        hdus[1].data[1500:1520, 5, 5] *= 9

    cube = a_cube(tmp_path / "odd.fits", odd)
    write_placed(tmp_path / "p.fits", place_file(cube, small_model, Z, 1), RECORD)
    table = anomalies([placed[2], tmp_path / "p.fits"])
    assert (table["fname"][0], table["row"][0], table["column"][0]) == (
        "odd.fits",
        5,
        5,
    )
    assert (np.diff(table["excess"]) <= 0).all()
    assert (table["excess"] > 1).all()


def test_a_redshift_is_found_by_the_name_of_the_file(tmp_path):
    listed = tmp_path / "z.csv"
    listed.write_text("file,redshift\ncube.fits,0.088\n")
    assert redshift_for("/far/cube.fits", listed) == 0.088
    assert redshift_for("other.fits", listed) is None


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("file,z\na,1\n", "missing column"),
        ("file,redshift\na,far\n", "got 'far'"),
        ("file,redshift\na,-2\n", "expected -0.1 to 20"),
        ("file,redshift\na,0.1\na,0.2\n", "already stands"),
    ],
)
def test_a_bad_list_of_redshifts_is_refused(text, says, tmp_path):
    (tmp_path / "z.csv").write_text(text)
    with pytest.raises(InputError, match=says):
        redshift_for("a", tmp_path / "z.csv")


def _no_stat(hdus):
    del hdus[2]


def _short_stat(hdus):
    hdus[2].data = hdus[2].data[:-1]


def _negative(hdus):
    hdus[2].data[:] = -1


def _no_axis(hdus):
    del hdus[1].header["CTYPE3"]


@pytest.mark.parametrize(
    ("harm", "redshift", "says"),
    [
        (None, None, "no redshift; expected a number"),
        (None, -2.0, "redshift -2.0"),
        (None, float("nan"), "redshift nan"),
        (_no_stat, Z, "HDUs PRIMARY, DATA; expected"),
        (_short_stat, Z, "expected one shape"),
        (_negative, Z, "expected 0 or more"),
        (_no_axis, Z, "CTYPE3 is ''"),
    ],
)
def test_a_bad_cube_is_refused_and_named(harm, redshift, says, small_model, tmp_path):
    cube = a_cube(tmp_path / "cube.fits", harm)
    with pytest.raises(InputError, match=says) as error:
        place_file(cube, small_model, redshift, 1)
    assert str(error.value).startswith(str(cube))


def test_a_file_cut_short_is_refused(small_model, tmp_path):
    cube = a_cube(tmp_path / "cube.fits")
    cube.write_bytes(cube.read_bytes()[:-50_000])
    with pytest.raises(InputError, match="not a readable FITS file"):
        place_file(cube, small_model, Z, 1)


def test_spaxels_of_a_bin_share_its_values(tmp_path):
    from skyloom.spectra.place.sky import images, spaxels

    plane = np.array([[-1, 4, 4], [7, 7, 9]])
    hdus = [fits.PrimaryHDU(), fits.ImageHDU(np.stack([plane] * 5), name="BINID")]
    fits.HDUList(hdus).writeto(tmp_path / "manga-1-2-MAPS.fits")
    info = pd.DataFrame({"bin": [4, 7, 9]})
    cube = tmp_path / "manga-1-2-LOGCUBE.fits"
    place = spaxels(cube, info, (2, 3))
    assert place.tolist() == [[-1, 0, 0], [1, 1, 2]]
    found = pd.DataFrame({"reason": ["", "dark", ""], "bmu": [5, -1, 6], "sn": 2.0})
    made = images(found, place)
    assert made["MASK"].tolist() == [[2, 0, 0], [1, 1, 0]]
    assert made["BMU"].tolist() == [[-1, 5, 5], [-1, -1, 6]]
    assert np.isnan(made["SN"][0, 0])


def test_a_galaxy_of_manga_is_placed_by_its_bins(small_model, tmp_path):
    cube, _ = galaxy(tmp_path)
    found = place_file(cube, small_model, None, 1)
    plane, bmu = binning(), found.images["BMU"]
    assert found.report["kind"] == "manga"
    assert len(found.table) == len(np.unique(plane)) - 1
    assert ((found.images["MASK"] == 2) == (plane < 0)).all()
    assert np.unique(bmu[plane == 0]).tolist() == [found.table["bmu"][0]]
    by_bin = found.table.set_index("bin")["excess"]
    inside = plane >= 0
    expected = by_bin.loc[plane[inside]].to_numpy("f4")
    np.testing.assert_array_equal(found.images["EXCESS"][inside], expected)
    write_placed(tmp_path / "placed.fits", found, RECORD)
    assert anomalies([tmp_path / "placed.fits"])["bin"][0] in by_bin.index


def test_a_galaxy_whose_quality_is_critical_is_refused(small_model, tmp_path):
    cube, _ = galaxy(tmp_path, cards={"DRP3QUAL": 1 << 30})
    with pytest.raises(InputError, match=r"CRITICAL.*leave it out"):
        place_file(cube, small_model, None, 1)


def test_a_report_is_plain(placed):
    assert json.dumps(placed[1].report)


def test_one_negative_variance_of_a_cube_is_masked(small_model, tmp_path, caplog):
    """And counted in the log."""

    def spoil(hdus):
        hdus[2].data[5, 1, 1] = -1

    place_file(a_cube(tmp_path / "cube.fits", spoil), small_model, Z, 1)
    assert "1 pixels of negative variance" in caplog.text
