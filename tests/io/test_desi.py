"""DESI coadds, made here: what is written is read, and what is wrong in one."""

import numpy as np
import pandas as pd
import pytest
from astropy.io import fits
from skyloom.io.desi import coadd_batches, write_coadd
from skyloom.io.errors import InputError
from skyloom.io.spectra import Arm, Spectra

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
    pd.testing.assert_frame_equal(after.meta, before.meta)
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
    each = fibermap(TARGETID=[6, 5, 6, 7], EXPID=[21, 20, 22, 23])
    each.name = "EXP_FIBERMAP"
    parts["EXP_FIBERMAP"] = each
    meta = whole(written(tmp_path, parts)).meta
    assert meta["expid"].tolist() == [20, -1, 23]
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
    with pytest.raises(InputError, match=r"no HDU 'FIBERMAP'.* add one with TARGETID"):
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
    parts["Z_IVAR"].data[1, 4] = -1


def _fibermap_image(parts):
    parts["FIBERMAP"] = fits.ImageHDU(np.ones((2, 2)), name="FIBERMAP")


FLUXES = ("B_FLUX", "R_FLUX", "Z_FLUX")
BAD = {
    "no arm": (_drop(*FLUXES), "no HDU B_FLUX"),
    "no fibermap": (_drop("FIBERMAP"), "no HDU 'FIBERMAP'"),
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
    "negative ivar": (_negative, r"-1.0 in row 1, pixel 4"),
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
