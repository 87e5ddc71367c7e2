"""DESI coadds, made here: what is written is read, and what is wrong in one."""

import re

import numpy as np
import pandas as pd
import pytest
from astropy.io import fits
from skyloom.io.desi import coadd_batches, write_coadd
from skyloom.io.errors import InputError
from skyloom.io.spectra import Arm, Spectra, identified

N = 3
WAVES = {"b": (3600.0, 20), "r": (5760.0, 15), "z": (7520.0, 10)}


def spectra(names="brz"):
    rng = np.random.default_rng(1)
    arms = []
    for name in names:
        start, npix = WAVES[name]
        flux, ivar = rng.normal(size=(2, N, npix)).astype("f4")
        arms.append(Arm(name, start + 0.8 * np.arange(npix), flux, np.abs(ivar)))
    meta = {
        "targetid": np.array([39627634556018800, 39627634560206174, 7]),
        "tileid": 80605,
        "expid": 75123,
        "ra": [36.4, 36.5, 36.6],
        "dec": [-6.1, -6.2, -6.3],
    }
    return Spectra(tuple(arms), pd.DataFrame(meta))


def hdus(tmp_path):
    """Return the HDUs of a good file by name, to spoil one."""
    write_coadd(tmp_path / "good.fits", spectra())
    with fits.open(tmp_path / "good.fits", memmap=False) as file:
        return {hdu.name: hdu.copy() for hdu in file}


def written(tmp_path, parts):
    for hdu in parts.values():
        for card in ("CHECKSUM", "DATASUM"):
            hdu.header.remove(card, ignore_missing=True)
    fits.HDUList(list(parts.values())).writeto(tmp_path / "a.fits")
    return tmp_path / "a.fits"


def fibermap(**cells):
    forms = {"i": "K", "f": "D", "U": "3A"}
    return fits.BinTableHDU.from_columns(
        [
            fits.Column(k, forms[np.asarray(v).dtype.kind], array=v)
            for k, v in cells.items()
        ],
        name="FIBERMAP",
    )


def whole(path, **how):
    """Return all spectra of a file."""
    (found,) = coadd_batches(path, N, **how)
    return found


def test_what_is_written_is_read(tmp_path):
    """Pixels, wavelengths, identifiers of 18 digits and places return."""
    before = spectra()
    write_coadd(tmp_path / "a.fits", before)
    after = whole(tmp_path / "a.fits")
    pd.testing.assert_frame_equal(after.meta, identified(before.meta))
    assert [arm.name for arm in after.arms] == ["b", "r", "z"]
    for one, two in zip(after.arms, before.arms, strict=True):
        np.testing.assert_array_equal(one.wave, two.wave)
        np.testing.assert_array_equal(one.flux, two.flux)
        np.testing.assert_array_equal(one.ivar, two.ivar)


def test_same_spectra_same_bytes(tmp_path):
    """Nothing of the time of writing is in the file."""
    for name in ("a.fits", "b.fits"):
        write_coadd(tmp_path / name, spectra())
    content = (tmp_path / "a.fits").read_bytes()
    assert content == (tmp_path / "b.fits").read_bytes()


def test_only_desi_s_arms_are_written(tmp_path):
    """A joined spectrum has no place in a coadd."""
    arm = spectra().arms[0]
    joined = Spectra((Arm("sdss", arm.wave, arm.flux, arm.ivar),), spectra().meta)
    with pytest.raises(ValueError, match="arm 'sdss'"):
        write_coadd(tmp_path / "a.fits", joined)


def test_arms_may_be_missing(tmp_path):
    """A file of one camera reads as one arm."""
    write_coadd(tmp_path / "a.fits", spectra("z"))
    assert [arm.name for arm in whole(tmp_path / "a.fits").arms] == ["z"]


def test_masked_and_empty_pixels_have_no_weight(tmp_path):
    """MASK counts, NaN flux counts, a dead arm is read as it is."""
    parts = hdus(tmp_path)
    parts["B_MASK"].data[0, 2] = 4
    parts["R_FLUX"].data[1, 3] = np.nan
    parts["Z_IVAR"].data[2] = 0
    b, r, z = whole(written(tmp_path, parts)).arms
    assert b.ivar[0, 2] == r.ivar[1, 3] == z.ivar[2].sum() == 0
    assert b.ivar[1, 2] > 0
    assert r.flux[1, 3] == 0


def test_sky_and_unassigned_fibres_are_left_out(tmp_path):
    """OBJTYPE SKY and a negative TARGETID are no targets."""
    parts = hdus(tmp_path)
    parts["FIBERMAP"] = fibermap(TARGETID=[5, 6, -9], OBJTYPE=["TGT", "SKY", "TGT"])
    found = whole(written(tmp_path, parts))
    assert found.meta["targetid"].tolist() == [5]
    assert len(found.arms[0].flux) == 1
    assert np.isnan(found.meta["ra"][0])


def test_exposures_come_from_the_second_fibermap(tmp_path):
    """One exposure a target gives its number, several give -1."""
    parts = hdus(tmp_path)
    parts["FIBERMAP"] = fibermap(TARGETID=[5, 6, 7], TILEID=[1, 1, 1])
    ids = {"TARGETID": [6, 5, 6, 7], "EXPID": [21, 20, 22, 23]}
    each = fibermap(**ids, FIBER=[601, 501, 602, 701], PETAL_LOC=[1, 1, 1, 2])
    each.name = "EXP_FIBERMAP"
    parts["EXP_FIBERMAP"] = each
    meta = whole(written(tmp_path, parts)).meta
    assert meta["expid"].tolist() == [20, -1, 23]
    assert meta["fiber"].tolist() == [501, -1, 701]
    assert meta["petal_loc"].tolist() == [1, 1, 2]
    assert (meta[["plate", "mjd", "fiberid"]] == -1).all(axis=None)
    assert meta["tileid"].tolist() == [1, 1, 1]


def test_the_folder_tells_what_the_file_does_not(tmp_path):
    """It completes, and must not contradict."""
    parts = hdus(tmp_path)
    parts["FIBERMAP"] = fibermap(TARGETID=[5, 6, 7], TILEID=[1, 1, 1])
    path = written(tmp_path, parts)
    assert (whole(path).meta["expid"] == -1).all()
    meta = whole(path, tileid=1, expid=9).meta
    assert (meta["expid"] == 9).all()
    with pytest.raises(InputError, match="tileid 1 in the file, 2 by its place"):
        whole(path, tileid=2)


def test_a_target_may_stand_in_two_exposures(tmp_path):
    """Rows of one file may be exposures."""
    parts = hdus(tmp_path)
    parts["FIBERMAP"] = fibermap(TARGETID=[5, 5, 7], TILEID=[1] * 3, EXPID=[1, 2, 1])
    assert len(whole(written(tmp_path, parts))) == N


def test_anonymous_spectra_are_numbered_when_asked(tmp_path):
    """Without FIBERMAP the row is the only name."""
    parts = hdus(tmp_path)
    del parts["FIBERMAP"]
    path = written(tmp_path, parts)
    with pytest.raises(InputError, match=r"no HDU FIBERMAP or.* add one with TARGETID"):
        whole(path)
    assert whole(path, anonymous=True).meta["targetid"].tolist() == [0, 1, 2]


@pytest.mark.parametrize("size", [1, 2, 5])
def test_batches_make_the_whole(tmp_path, size):
    """Rows in order; a batch of sky only is no batch."""
    parts = hdus(tmp_path)
    parts["FIBERMAP"] = fibermap(TARGETID=[-1, 6, 7])
    path = written(tmp_path, parts)
    batches = list(coadd_batches(path, size))
    assert all(len(batch) for batch in batches)
    assert [x for b in batches for x in b.meta["targetid"]] == [6, 7]
    for i, arm in enumerate(whole(path).arms):
        flux = np.concatenate([batch.arms[i].flux for batch in batches])
        np.testing.assert_array_equal(flux, arm.flux)


def _set(name, data):
    def spoil(parts):
        parts[name] = fits.ImageHDU(data, name=name)

    return spoil


def _drop(*names):
    def spoil(parts):
        for name in names:
            del parts[name]

    return spoil


def _map(**cells):
    def spoil(parts):
        parts["FIBERMAP"] = fibermap(**cells)

    return spoil


def _wave(change):
    def spoil(parts):
        parts["B_WAVELENGTH"].data[:] = change(parts["B_WAVELENGTH"].data)

    return spoil


def _negative(parts):
    parts["Z_IVAR"].data[:] = -1


def _fibermap_image(parts):
    parts["FIBERMAP"] = fits.ImageHDU(np.ones((2, 2)), name="FIBERMAP")


FLUXES = ("B_FLUX", "R_FLUX", "Z_FLUX")
BAD = {
    "no arm": (_drop(*FLUXES), "no HDU B_FLUX"),
    "no fibermap": (_drop("FIBERMAP"), "no HDU FIBERMAP or COADD_FIBERMAP"),
    "no ivar": (_drop("R_IVAR"), "HDU 'R_IVAR'"),
    "no wave": (_drop("Z_WAVELENGTH"), "HDU 'Z_WAVELENGTH'"),
    "flux 1-d": (_set("B_FLUX", np.ones(20)), "image of 2 axes"),
    "wave 2-d": (_set("B_WAVELENGTH", np.ones((3, 20))), "image of 1 axes"),
    "flux rows": (_set("B_FLUX", np.ones((4, 20))), "as many in each"),
    "ivar rows": (_set("B_IVAR", np.ones((2, 20))), "one shape"),
    "ivar pixels": (_set("B_IVAR", np.ones((3, 19))), "one shape"),
    "mask shape": (_set("B_MASK", np.ones((3, 19), int)), "one shape"),
    "wave pixels": (_set("B_WAVELENGTH", 3600 + np.arange(21.0)), "20 pixels, but 21"),
    "wave falls": (_wave(lambda w: w[::-1]), "strictly increasing"),
    "wave flat": (_wave(lambda w: w * 0 + 3600), "strictly increasing"),
    "wave NaN": (_wave(lambda w: w * np.nan), "finite positive"),
    "wave in nm": (_wave(lambda w: w / 10), "360 to .*within 900 to 60000"),
    "negative ivar": (_negative, "30 of 30 pixels have a negative variance"),
    "fibermap rows": (_map(TARGETID=[1, 2]), "2 rows for 3 spectra"),
    "fibermap image": (_fibermap_image, "an image"),
    "no TARGETID": (_map(TILEID=[1, 2, 3]), "no column TARGETID"),
    "twice": (_map(TARGETID=[5, 6, 5]), "TARGETID 5 stands in rows 0, 2"),
    "only sky": (_map(TARGETID=[1, 2, 3], OBJTYPE=["SKY"] * 3), "no targets among 3"),
    "only negative": (_map(TARGETID=[-1, -2, -3]), "no targets among 3"),
}


@pytest.mark.parametrize("case", BAD)
def test_a_bad_coadd_is_refused(tmp_path, case):
    """Each message names the file and what is wrong."""
    spoil, match = BAD[case]
    parts = hdus(tmp_path)
    spoil(parts)
    path = written(tmp_path, parts)
    with pytest.raises(InputError, match=rf"a\.fits.*{match}"):
        whole(path)


@pytest.mark.parametrize("packed", [None, "GZIP_2", "RICE_1"])
def test_masks_are_unsigned_as_desi_s(tmp_path, packed):
    """BZERO is 2^31, in compressed images too; they are read whole and in batches."""
    parts = hdus(tmp_path)
    assert parts["R_MASK"].header["BZERO"] == 2**31
    parts["R_MASK"].data[1, 3] = 2**31 + 4
    if packed:
        made = fits.CompImageHDU(
            parts["R_MASK"].data, name="R_MASK", compression_type=packed
        )
        parts["R_MASK"] = made
    path = written(tmp_path, parts)
    red = whole(path).arms[1]
    assert np.argwhere(red.ivar == 0).tolist() == [[1, 3]]
    batches = [part.arms[1].ivar for part in coadd_batches(path, 2)]
    assert np.array_equal(np.concatenate(batches), red.ivar)


def test_one_negative_pixel_is_masked(tmp_path, caplog):
    """And counted in the log."""
    parts = hdus(tmp_path)
    before = whole(written(tmp_path, parts)).arms[2].ivar
    parts["Z_IVAR"].data[1, 4] = -1
    (tmp_path / "a.fits").unlink()
    after = whole(written(tmp_path, parts)).arms[2].ivar
    assert np.argwhere(before != after).tolist() == [[1, 4]]
    assert after[1, 4] == 0
    assert "arm Z: 1 pixels of negative variance" in caplog.text


def test_a_coadd_across_cameras_is_one_arm(tmp_path):
    """BRZ_*, as desi_coadd_spectra --coadd-cameras writes; not beside the arms."""
    flux = np.ones((N, 30), "f4")
    arm = Arm("brz", 3600 + 200.0 * np.arange(30), flux, flux)
    write_coadd(tmp_path / "a.fits", Spectra((arm,), spectra().meta))
    (found,) = whole(tmp_path / "a.fits").arms
    assert found.name == "brz"
    assert found.wave[-1] == 9400
    parts = hdus(tmp_path)
    (tmp_path / "a.fits").unlink()
    parts["BRZ_FLUX"] = fits.ImageHDU(flux, name="BRZ_FLUX")
    with pytest.raises(InputError, match="the same light twice"):
        whole(written(tmp_path, parts))


def test_the_table_of_targets_may_be_called_otherwise(tmp_path):
    """COADD_FIBERMAP of coadds of coadds; the exposures stand in EXP_FIBERMAP."""
    parts = hdus(tmp_path)
    del parts["FIBERMAP"]
    kinds = ["TGT", "SKY", "TGT"]
    table = fibermap(TARGETID=[5, -6, 7], OBJTYPE=kinds, EXPID=[1, 1, 3])
    table.name = "COADD_FIBERMAP"
    each = fibermap(TARGETID=[5, 5, 7], EXPID=[1, 2, 3], TILEID=[9, 9, 9])
    each.name = "EXP_FIBERMAP"
    parts |= {"COADD_FIBERMAP": table, "EXP_FIBERMAP": each}
    meta = whole(written(tmp_path, parts), anonymous=True).meta
    assert meta["targetid"].tolist() == [5, 7]
    assert meta["expid"].tolist() == [-1, 3]
    assert meta["tileid"].tolist() == [9, 9]


def test_targets_in_another_table_are_not_made_anonymous(tmp_path):
    """Numbers instead of names only where no table tells the names."""
    parts = hdus(tmp_path)
    parts["FIBERMAP"].name = "TARGETS"
    path = written(tmp_path, parts)
    with pytest.raises(InputError, match="but TARGETS has TARGETIDs; name the table"):
        whole(path, anonymous=True)


@pytest.mark.parametrize(
    ("cells", "match"),
    [
        ([3.9627634556018800e16, 6.0, 7.0], "TARGETID, row 1.* exact below 2"),
        ([5.0, np.nan, 7.0], "TARGETID, row 2: empty cell"),
        (["a", "b", "c"], "TARGETID, row 1: got 'a'"),
    ],
)
def test_targetids_are_whole_and_exact(tmp_path, cells, match):
    """A float may have been rounded to a neighbour's."""
    parts = hdus(tmp_path)
    parts["FIBERMAP"] = fibermap(TARGETID=cells)
    with pytest.raises(InputError, match=match):
        whole(written(tmp_path, parts))


def stating(parts, name, unit, values):
    parts[name].data = values
    parts[name].header["BUNIT"] = unit


@pytest.mark.parametrize(
    ("unit", "convert"),
    [
        ("nm", lambda w: w / 10),
        ("um", lambda w: w / 1e4),
        ("log10(Angstrom)", np.log10),
    ],
)
def test_other_units_of_wavelength_are_converted(tmp_path, unit, convert):
    """By BUNIT; without it they are in Å."""
    parts = hdus(tmp_path)
    wave = parts["B_WAVELENGTH"].data.copy()
    stating(parts, "B_WAVELENGTH", unit, convert(wave))
    found = whole(written(tmp_path, parts)).arms[0].wave
    np.testing.assert_allclose(found, wave, rtol=1e-12)


def test_other_units_of_flux_are_converted(tmp_path):
    """W/m2/um is 1e16 of ours; of Jy F_lambda = F_nu c / lambda^2."""
    parts = hdus(tmp_path)
    before = {a.name: a for a in whole(written(tmp_path, parts)).arms}
    (tmp_path / "a.fits").unlink()
    flux, ivar = (parts[f"B_{what}"].data for what in ("FLUX", "IVAR"))
    stating(parts, "B_FLUX", "W/(m2 um)", flux.astype(float) / 1e16)
    stating(parts, "B_IVAR", "um2 m4 / W2", ivar.astype(float) * 1e32)
    wave = parts["R_WAVELENGTH"].data
    jansky = wave**2 * 1e-17 / 2.99792458e18 / 1e-23
    flux, ivar = (parts[f"R_{what}"].data for what in ("FLUX", "IVAR"))
    stating(parts, "R_FLUX", "Jy", flux * jansky)
    parts["R_IVAR"].data = ivar / jansky**2
    del parts["R_IVAR"].header["BUNIT"]
    after = {a.name: a for a in whole(written(tmp_path, parts)).arms}
    for name in "brz":
        for what in ("flux", "ivar"):
            old, new = (getattr(arms[name], what) for arms in (before, after))
            np.testing.assert_allclose(new, old, rtol=1e-6)


@pytest.mark.parametrize(
    ("name", "unit", "match"),
    [
        ("B_WAVELENGTH", "Hz", "B_WAVELENGTH: unit 'Hz' of wavelengths"),
        ("B_WAVELENGTH", "pixels", "unit 'pixels' of wavelengths"),
        ("R_FLUX", "banana", "arm R: unit 'banana' of flux"),
        ("R_FLUX", "mag(AB)", "of flux; expected a flux density"),
        ("R_FLUX", "Jy", "flux in 'Jy', and inverse variance in"),
        ("Z_IVAR", "Jy", "unit 'Jy' of inverse variance"),
    ],
)
def test_units_that_cannot_be_are_refused(tmp_path, name, unit, match):
    """With what is expected of each."""
    parts = hdus(tmp_path)
    parts[name].header["BUNIT"] = unit
    with pytest.raises(InputError, match=re.escape(match)):
        whole(written(tmp_path, parts))
