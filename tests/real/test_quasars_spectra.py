"""Real spectra: DESI coadds against QuasarNP's own arrays, BOSS with its truth."""

import numpy as np
import pandas as pd
import pytest
from astropy.io import fits
from skyloom.io.desi import write_coadd
from skyloom.io.errors import InputError
from skyloom.io.sdss import read_spec
from skyloom.io.spectra import Spectra
from skyloom.quasars.spectra.grid import LINEAR, LOG, normalise, rebin
from skyloom.quasars.spectra.readers import spectra_of
from skyloom.quasars.spectra.store import Store, batch, write_store
from skyloom.quasars.spectra.truth import match, read_truth

pytestmark = pytest.mark.real

EMPTY = 11  # the fibre of test_coadd that has no weight at all


@pytest.fixture(scope="module")
def quasars(real):
    folder = real / "quasars"
    if not folder.is_dir():
        pytest.skip(f"no real data: {folder} is not a folder")
    return folder


@pytest.fixture(scope="module")
def desi(quasars):
    """Return the 25 spectra of QuasarNP's tests."""
    path = quasars / "quasarnp_desi/test_coadd.fits.gz"
    (found,) = spectra_of(path, anonymous=True)
    return found


def test_a_coadd_without_names_is_refused(quasars):
    """The remedy is in the message."""
    with pytest.raises(InputError, match=r"FIBERMAP.*add one with TARGETID"):
        list(spectra_of(quasars / "quasarnp_desi/test_coadd.fits.gz"))


def test_the_network_s_input_is_quasarnp_s(quasars, desi):
    """24 spectra to the precision of float32; the empty fibre is not good."""
    expected = np.load(quasars / "quasarnp_desi/coadd_x.npy", allow_pickle=False)
    x, good = normalise(*rebin(desi, LOG))
    assert np.flatnonzero(~good).tolist() == [EMPTY]
    np.testing.assert_allclose(x[good], expected, rtol=3e-7, atol=1e-6)


@pytest.mark.parametrize(
    ("name", "grid"), [("coadd_rebinned", LOG), ("coadd_rebinned_linear", LINEAR)]
)
def test_both_grids_are_quasarnp_s_arm_by_arm(quasars, desi, name, grid):
    """Its files hold Σ f w and Σ w of each arm."""
    with fits.open(quasars / f"quasarnp_desi/{name}.fits.gz") as file:
        for arm in desi.arms:
            flux, ivar = rebin(Spectra((arm,), desi.meta), grid)
            weighted = file[f"{arm.name.upper()}_FLUX"].data
            weight = file[f"{arm.name.upper()}_IVAR"].data
            mean = weighted / np.where(weight > 0, weight, 1)
            np.testing.assert_allclose(ivar, weight, rtol=1e-6)
            np.testing.assert_allclose(flux, mean, rtol=1e-6, atol=1e-6)


def test_a_real_coadd_survives_our_writer(tmp_path, desi):
    """Written in DESI's layout with a FIBERMAP, it reads the same."""
    write_coadd(tmp_path / "a.fits", desi)
    (again,) = spectra_of(tmp_path / "a.fits")
    pd.testing.assert_frame_equal(again.meta, desi.meta)
    for one, two in zip(again.arms, desi.arms, strict=True):
        np.testing.assert_array_equal(one.flux, two.flux)
        np.testing.assert_array_equal(one.ivar, two.ivar)


@pytest.mark.parametrize(
    ("folder", "count"),
    [
        ("boss7102", 66),
        ("picca_boss3655", 68),
        ("picca_boss9367", 10),
        ("pyqsofit_sdss", 3),
    ],
)
def test_every_sdss_spectrum_reads_as_its_name_says(quasars, folder, count):
    """Both HDU styles, any column case: identity, pixels, a place, a good input."""
    paths = sorted((quasars / folder).glob("spec-*.fits.gz"))
    assert len(paths) == count
    for path in paths:
        spectra = read_spec(path)
        plate, mjd, fiber = map(int, path.name.split(".")[0].split("-")[1:])
        facts = spectra.meta.iloc[0]
        assert facts["targetid"] == plate * 10**9 + mjd * 10**4 + fiber
        assert (facts["tileid"], facts["expid"]) == (plate, mjd)
        assert np.isfinite(facts[["ra", "dec"]].to_numpy(float)).all()
        (arm,) = spectra.arms
        assert np.isfinite(arm.flux).all()
        assert (arm.ivar > 0).mean() > 0.9
        assert normalise(*rebin(spectra, LOG))[1].all()


def test_boss_places_are_the_fibres(quasars):
    """Each spectrum lies where the inspected catalogue says, not at the telescope."""
    table = pd.read_csv(quasars / "boss7102/truth_vi.csv").set_index("FIBERID")
    for path in (quasars / "boss7102").glob("spec-*.fits.gz"):
        facts = read_spec(path).meta.iloc[0]
        row = table.loc[facts["targetid"] % 10**4]
        assert abs(facts["ra"] - row["RA"]) < 1e-3
        assert abs(facts["dec"] - row["DEC"]) < 1e-3


@pytest.fixture(scope="module")
def boss(quasars, tmp_path_factory):
    """Return the store of the 66 inspected BOSS spectra."""
    path = tmp_path_factory.mktemp("boss") / "spectra.h5"
    paths = sorted((quasars / "boss7102").glob("spec-*.fits.gz"))
    write_store(path, (batch(read_spec(p), LOG) for p in paths), LOG)
    return path


def test_boss_truth_matches_every_spectrum(quasars, boss):
    """38 quasars, 3 of them BAL, 25 stars and 3 galaxies, all confident."""
    truth = read_truth(quasars / "boss7102/truth_vi.csv")
    with Store(boss) as store:
        found = match(store.meta, truth)
    counts = found["klass"].value_counts().to_dict()
    assert counts == {"QSO": 38, "STAR": 25, "GALAXY": 3}
    assert found["confident"].all()
    assert (found["bal"] == 1).sum() == 3
    assert found.loc[found["klass"] == "QSO", "z"].between(0.5, 5).all()


def test_boss_facts_are_those_of_the_plate(boss):
    """No dead arm; a median S/N per pixel near the 2.6 of the whole set of 140."""
    with Store(boss) as store:
        meta = store.meta
        assert store.grid == LOG
    assert (meta["dead_arms"] == 0).all()
    assert 1.5 < meta["sn"].median() < 4
