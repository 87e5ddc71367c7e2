"""SDSS spectra, made here: every naming style and layout, and what is wrong in one."""

import warnings

import numpy as np
import pytest
from astropy.io import fits
from skyloom.io.errors import InputError
from skyloom.io.sdss import plate_batches, read_spec, sdss_targetid
from skyloom.io.spectra import IDENTIFIERS

NPIX = 50
LOGLAM = 3.5525 + 1e-4 * np.arange(NPIX)
HEAD = {
    "PLATEID": 7102,
    "MJD": 56666,
    "FIBERID": 82,
    "PLUG_RA": 167.2,
    "PLUG_DEC": 56.7,
}
TELESCOPE = {"RA": 166.0, "DEC": 58.0, "VACUUM": True}


def table(cells, name=None):
    forms = {"f": "E", "i": "J", "U": "20A", "b": "L", "c": "C"}
    cols = [
        fits.Column(k, forms[np.asarray(v).dtype.kind], array=v)
        for k, v in cells.items()
    ]
    return fits.BinTableHDU.from_columns(cols, name=name)


def cells(upper=False):
    made = {
        "flux": np.linspace(1, 2, NPIX),
        "loglam": LOGLAM,
        "ivar": np.full(NPIX, 4.0),
        "and_mask": np.zeros(NPIX, int),
    }
    return {k.upper() if upper else k: v for k, v in made.items()}


def spec(head=HEAD, coadd=None, name="COADD", facts=None):
    primary = fits.PrimaryHDU()
    primary.header.update(TELESCOPE | head)
    hdus = [primary, table(cells() if coadd is None else coadd, name)]
    return hdus + ([table(facts, "SPALL")] if facts else [])


def written(path, hdus):
    fits.HDUList(hdus).writeto(path)
    return path


@pytest.mark.parametrize("upper", [False, True])
@pytest.mark.parametrize("name", ["COADD", None])
@pytest.mark.parametrize("suffix", [".fits", ".fits.gz"])
def test_both_naming_styles_read_alike(tmp_path, upper, name, suffix):
    """HDU named or blank, columns in any case, gzipped or not."""
    path = written(tmp_path / f"spec{suffix}", spec(coadd=cells(upper), name=name))
    spectra = read_spec(path)
    facts = spectra.meta.iloc[0]
    assert spectra.meta["targetid"].tolist() == [7102 * 10**9 + 56666 * 10**4 + 82]
    assert spectra.meta["targetid"].dtype == np.int64
    assert (facts["tileid"], facts["expid"]) == (7102, 56666)
    assert tuple(facts[list(IDENTIFIERS)]) == (7102, 56666, 82, -1, -1)
    assert (facts["ra"], facts["dec"]) == (167.2, 56.7)
    (arm,) = spectra.arms
    np.testing.assert_allclose(arm.wave, 10**LOGLAM, rtol=1e-6)
    assert arm.flux.dtype == arm.ivar.dtype == np.float32
    assert (arm.ivar == 4).all()


def test_units_that_pipelines_write_warn_of_nothing(tmp_path):
    """Two slashes and ``ergs`` are no errors, in the spectrum or beside it."""
    hdus = spec(facts={"SPECTROFLUX": [1.0], "SKYFLUX": [2.0]})
    stated = "1E-17 ergs/cm^2/s/Ang"
    for hdu in hdus[1:]:
        for name in set(hdu.columns.names) & {"flux", "SPECTROFLUX"}:
            hdu.columns[name].unit = stated
        if "SKYFLUX" in hdu.columns.names:
            hdu.columns["SKYFLUX"].unit = "nanomaggies/ergs/s"
    path = written(tmp_path / "a.fits", hdus)
    with warnings.catch_warnings(record=True) as heard:
        warnings.simplefilter("always")
        (arm,) = read_spec(path).arms
    assert not heard
    np.testing.assert_allclose(arm.flux[0], np.linspace(1, 2, NPIX), rtol=1e-6)


def test_the_identity_may_stand_in_the_second_table(tmp_path):
    """Header first, then SPALL; a place that neither knows is NaN."""
    facts = {"PLATE": [1], "MJD": [2], "FIBERID": [3]}
    spectra = read_spec(written(tmp_path / "a.fits", spec(head={}, facts=facts)))
    assert spectra.meta["targetid"].tolist() == [10**9 + 2 * 10**4 + 3]
    assert np.isnan(spectra.meta[["ra", "dec"]].to_numpy()).all()


def test_only_bits_of_no_usable_value_mask(tmp_path):
    """NEARBADPIXEL (16) and BRIGHTSKY (23) warn; COMBINEREJ (25) masks."""
    coadd = cells()
    coadd["and_mask"][:4] = [1 << 16, 1 << 23, 1 << 25, 1 << 24 | 1]
    (arm,) = read_spec(written(tmp_path / "a.fits", spec(coadd=coadd))).arms
    assert (arm.ivar[0, :5] > 0).tolist() == [True, True, False, False, True]


def test_pixels_without_a_number_are_masked(tmp_path):
    """NaN flux, infinite ivar: no weight, finite flux."""
    coadd = cells()
    coadd["flux"][0], coadd["ivar"][1] = np.nan, np.inf
    (arm,) = read_spec(written(tmp_path / "a.fits", spec(coadd=coadd))).arms
    assert arm.ivar[0, :3].tolist() == [0, 0, 4]
    assert np.isfinite(arm.flux).all()


def spoiled(**changes):
    return {k: v for k, v in (cells() | changes).items() if v is not None}


def without(key):
    return {k: v for k, v in HEAD.items() if k != key}


BAD_SPECS = {
    "no extension": (lambda: [fits.PrimaryHDU()], "no such HDU"),
    "an image": (lambda: [*spec()[:1], fits.ImageHDU(np.ones((2, 2)))], "an image"),
    "no flux": (lambda: spec(coadd=spoiled(flux=None)), "no column FLUX"),
    "no loglam": (lambda: spec(coadd=spoiled(loglam=None)), "no column LOGLAM"),
    "no ivar": (lambda: spec(coadd=spoiled(ivar=None)), "no column IVAR"),
    "no rows": (lambda: spec(coadd={k: v[:0] for k, v in cells().items()}), "no rows"),
    "falling": (lambda: spec(coadd=spoiled(loglam=LOGLAM[::-1])), "increasing"),
    "repeated": (lambda: spec(coadd=spoiled(loglam=np.full(NPIX, 3.6))), "increasing"),
    "NaN loglam": (lambda: spec(coadd=spoiled(loglam=LOGLAM * np.nan)), "positive"),
    "negative": (lambda: spec(coadd=spoiled(ivar=np.full(NPIX, -1.0))), "0 or more"),
    "air": (lambda: spec(head=HEAD | {"VACUUM": False}), "in air"),
    "no plate": (lambda: spec(head=without("PLATEID")), "no PLATE"),
    "no MJD": (lambda: spec(head=without("MJD")), "no MJD"),
    "no fibre": (lambda: spec(head=without("FIBERID")), "no FIBERID"),
    "plate 0": (lambda: spec(head=HEAD | {"PLATEID": 0}), "plate out of range"),
    "JD": (lambda: spec(head=HEAD | {"MJD": 2456666}), "MJD out of range"),
    "fibre": (lambda: spec(head=HEAD | {"FIBERID": 10**4}), "fibre out of range"),
    "text flux": (
        lambda: spec(coadd=spoiled(flux=np.full(NPIX, "a0"))),
        "HDU 1, column FLUX, row 1: got 'a0'; expected one real number a row",
    ),
    "text mask": (
        lambda: spec(coadd=spoiled(and_mask=np.full(NPIX, "x"))),
        "column AND_MASK, row 1: got 'x'; expected a whole number",
    ),
    "complex": (
        lambda: spec(coadd=spoiled(ivar=np.ones(NPIX, complex))),
        "real number",
    ),
    "text plate": (lambda: spec(head=HEAD | {"PLATEID": "x"}), "PLATE: got 'x'"),
    "half a plate": (
        lambda: spec(head=HEAD | {"PLATEID": 7102.5}),
        "PLATE: got 7102.5",
    ),
    "text place": (lambda: spec(head=HEAD | {"PLUG_RA": "10h"}), "PLUG_RA is '10h'"),
}


@pytest.mark.parametrize("case", BAD_SPECS)
def test_a_bad_spectrum_is_refused(tmp_path, case):
    """Each message names the file and what is wrong."""
    build, match = BAD_SPECS[case]
    path = written(tmp_path / "a.fits", build())
    with pytest.raises(InputError, match=rf"a\.fits.*{match}"):
        read_spec(path)


def test_targetids_are_unique_and_checked():
    """Plate, MJD and fibre do not run into each other."""
    assert sdss_targetid(1, 99999, 9999) < sdss_targetid(2, 1, 1)
    with pytest.raises(ValueError, match="fibre out of range"):
        sdss_targetid(1, 1, [1, 0])


N = 4
IDS = {
    "TARGETID": [5, 6, -1, 8],
    "PLATE": [7, 7, 7, 7],
    "MJD": [8] * 4,
    "FIBERID": [1, 2, 3, 4],
}


def rows(npix=30):
    return np.arange(N * npix, dtype="f4").reshape(N, npix)


def coarse(pixels=None, ids=IDS):
    pixels = rows(886) if pixels is None else pixels
    return [fits.PrimaryHDU(pixels), table(ids)]


def fine(ivar=None, ids=IDS):
    ivar = np.ones((N, 30), "f4") if ivar is None else ivar
    return [fits.PrimaryHDU(rows()), fits.ImageHDU(ivar), table(ids)]


def plate(plugmap=None, **cards):
    primary = fits.PrimaryHDU(rows())
    known = {"COEFF0": 3.55, "COEFF1": 1e-4, "PLATEID": 7, "MJD": 8} | cards
    primary.header.update({k: v for k, v in known.items() if v is not None})
    ones, mask = np.ones((N, 30), "f4"), np.zeros((N, 30), "i4")
    mask[0, 3] = 1 << 25
    images = [fits.ImageHDU(x) for x in (ones, mask, mask, ones)]
    default = {
        "FIBERID": [1, 2, 3, 4],
        "RA": [1.0, 2.0, 3.0, 4.0],
        "DEC": [0.0] * 4,
        "OBJTYPE": ["QSO", "SKY", "GALAXY", "NA"],
    }
    return [primary, *images, table(default if plugmap is None else plugmap)]


def read_plate(path):
    """Return all spectra of a file, read at once."""
    (spectra,) = plate_batches(path, 1000)
    return spectra


def test_coarse_layout(tmp_path):
    """886 columns: flux and ivar on the network's grid; TARGETID -1 is left out."""
    spectra = read_plate(written(tmp_path / "a.fits", coarse()))
    (arm,) = spectra.arms
    assert (spectra.meta["targetid"] % 10**4).tolist() == [1, 2, 4]
    assert arm.flux.shape == (3, 443)
    assert arm.ivar[0, 0] == 443
    assert 3600 < arm.wave[0] < 3600 * 10**0.001


def test_fine_layout(tmp_path):
    """Flux, ivar and table; wavelengths by rule."""
    spectra = read_plate(written(tmp_path / "a.fits", fine()))
    (arm,) = spectra.arms
    assert (arm.wave[0], len(spectra)) == (10**3.555, 3)
    np.testing.assert_array_equal(arm.flux, rows()[[0, 1, 3]])


def test_plate_layout(tmp_path):
    """Sky fibres are left out, the AND mask is used, the place is kept."""
    spectra = read_plate(written(tmp_path / "a.fits", plate()))
    (arm,) = spectra.arms
    assert spectra.meta["ra"].tolist() == [1, 3, 4]
    assert (spectra.meta["tileid"] == 7).all()
    ids = spectra.meta[["plate", "mjd", "fiberid"]]
    np.testing.assert_array_equal(
        sdss_targetid(*ids.T.to_numpy()), spectra.meta["targetid"]
    )
    assert arm.ivar[0, 2:5].tolist() == [1, 0, 1]
    np.testing.assert_allclose(arm.wave[1] / arm.wave[0], 10**1e-4)


@pytest.mark.parametrize("size", [1, 3, 10])
@pytest.mark.parametrize("build", [coarse, fine, plate])
@pytest.mark.parametrize("suffix", [".fits", ".fits.gz"])
def test_batches_make_the_whole(tmp_path, build, size, suffix):
    """Whatever the size of a batch, the same rows come in the same order."""
    path = written(tmp_path / f"a{suffix}", build())
    whole, parts = read_plate(path), list(plate_batches(path, size))
    ids = [x for part in parts for x in part.meta["targetid"]]
    assert ids == whole.meta["targetid"].tolist()
    flux = np.concatenate([part.arms[0].flux for part in parts])
    np.testing.assert_array_equal(flux, whole.arms[0].flux)


BAD_PLATES = {
    "no table": (lambda: [fits.PrimaryHDU(rows())], "no table"),
    "table late": (lambda: [*fine()[:2], fits.ImageHDU(rows()), table(IDS)], "HDU 3"),
    "no pixels": (lambda: [fits.PrimaryHDU(), table(IDS)], "HDU 0"),
    "885 columns": (lambda: coarse(rows(885)), "885 pixels"),
    "rows": (lambda: coarse(rows(886)[:3]), "4 rows for 3 spectra"),
    "no MJD": (lambda: fine(ids=_less("MJD")), "no column MJD"),
    "no THING_ID": (lambda: fine(ids=_less("TARGETID")), "no column TARGETID"),
    "twice": (lambda: fine(ids=IDS | {"FIBERID": [1, 1, 2, 3]}), "stands in rows 0, 1"),
    "all -1": (lambda: fine(ids=IDS | {"TARGETID": [-1] * 4}), "no targets"),
    "ivar shape": (lambda: fine(np.ones((N, 29))), "one shape"),
    "negative": (lambda: fine(-np.ones((N, 30))), "0 or more"),
    "fibre 0": (
        lambda: fine(ids=IDS | {"FIBERID": [0, 1, 2, 3]}),
        "fibre out of range",
    ),
    "only sky": (
        lambda: plate({"FIBERID": [1, 2, 3, 4], "OBJTYPE": ["SKY"] * 4}),
        "no targets",
    ),
    "no COEFF0": (lambda: plate(COEFF0=None), "COEFF0 is None"),
    "COEFF1 text": (lambda: plate(COEFF1="x"), "COEFF1 is 'x'"),
    "COEFF1 zero": (lambda: plate(COEFF1=0.0), "increasing"),
    "no PLATEID": (lambda: plate(PLATEID=None), "no PLATEID"),
    "plate air": (lambda: plate(VACUUM=False), "in air"),
    "no FIBERID": (lambda: plate({"RA": [1.0] * 4}), "no column FIBERID"),
}


def _less(name):
    return {k: v for k, v in IDS.items() if k != name}


@pytest.mark.parametrize("case", BAD_PLATES)
def test_a_bad_plate_is_refused(tmp_path, case):
    """Each message names the file and what is wrong."""
    build, match = BAD_PLATES[case]
    path = written(tmp_path / "a.fits", build())
    with pytest.raises(InputError, match=rf"a\.fits.*{match}"):
        read_plate(path)
