"""Anybody's spectra, as they are or noisier."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from astropy.io import fits
from skyloom.io.desi import write_coadd
from skyloom.io.errors import InputError
from skyloom.quasars.config import Survey
from skyloom.quasars.network.run_numpy import Runner
from skyloom.quasars.spectra.grid import LOG
from skyloom.quasars.spectra.readers import spectra_of
from skyloom.quasars.spectra.rejects import Rejects, table
from skyloom.quasars.spectra.store import batch
from skyloom.quasars.survey.classify import classifier, classify
from skyloom.quasars.survey.consensus import Calibration
from skyloom.quasars.tasks.survey import classify_files, noisier
from small_quasars import SEED, network


@pytest.fixture(scope="module")
def by():
    plain = Calibration.unknown(6)
    settings = Survey(shifts=1)
    return classifier(Runner, [network(0), network(1)], plain, settings)


@pytest.fixture(scope="module")
def files(small_survey):
    return sorted(small_survey.raw.glob("*/*/coadd-*.fits"))


@pytest.fixture(scope="module")
def spectra(files):
    (found,) = spectra_of(files[0])
    return found


def test_without_noise_it_is_the_classifier(files, by):
    """All files in their order, and whether each row is called."""
    parts = [
        classify(*batch(spectra, LOG), by)
        for path in files[:2]
        for spectra in spectra_of(path)
    ]
    expected = pd.concat(parts, ignore_index=True)
    lowest = expected["C_BEST"].min()
    rows = classify_files(files[:2], by, lowest)
    pd.testing.assert_frame_equal(rows.drop(columns="IS_QSO"), expected)
    assert rows["IS_QSO"].tolist() == (expected["C_BEST"] > lowest).tolist()
    assert rows["IS_QSO"].nunique() == 2
    assert rows["IS_QSO"].dtype == bool


def test_noise_of_one_is_none(spectra):
    """The very same spectra."""
    assert noisier(spectra, 1.0, SEED) is spectra


@pytest.mark.parametrize("noise", [1.5, 4])
def test_noise_is_what_the_ivar_says(spectra, noise):
    """Added scatter √(noise² - 1) σ; ivar over noise²; dead pixels stay as they are."""
    made = noisier(spectra, noise, SEED)
    for before, after in zip(spectra.arms, made.arms, strict=True):
        alive = before.ivar > 0
        np.testing.assert_allclose(after.ivar, before.ivar / noise**2, rtol=1e-6)
        np.testing.assert_array_equal(after.flux[~alive], before.flux[~alive])
        added = (after.flux - before.flux)[alive] * np.sqrt(before.ivar[alive])
        spread = np.sqrt(noise**2 - 1)
        assert added.std() == pytest.approx(spread, rel=0.02)
        assert abs(added.mean()) < 0.05 * spread
        assert after.flux.dtype == after.ivar.dtype == np.float32


def test_noise_is_each_targets_own(spectra):
    """The same again; another by another seed, and on another spectrum."""
    one, same, other = (noisier(spectra, 4, seed) for seed in (1, 1, 2))
    np.testing.assert_array_equal(one.arms[0].flux, same.arms[0].flux)
    assert not np.array_equal(one.arms[0].flux, other.arms[0].flux)
    normal = (one.arms[0].flux - spectra.arms[0].flux)[:2]
    assert abs(np.corrcoef(normal)[0, 1]) < 0.1
    two = noisier(spectra.rows(slice(0, 2)), 4, 1)
    np.testing.assert_array_equal(two.arms[0].flux, one.arms[0].flux[:2])


def test_less_noise_is_refused(spectra):
    """What is lost in noise cannot be found."""
    with pytest.raises(ValueError, match=r"noise 0\.5: .* expected 1 or more"):
        noisier(spectra, 0.5, SEED)


def test_noisier_files_are_classified_otherwise(files, by):
    """Repeatably, and with less signal."""
    plain, one, same = (
        classify_files(files[:1], by, 0.5, noise, SEED) for noise in (1, 4, 4)
    )
    pd.testing.assert_frame_equal(one, same)
    assert one["SN"].median() < 0.5 * plain["SN"].median()
    assert not one["Z_ERR"].equals(plain["Z_ERR"])


def killed(spectra, rows):
    """Return spectra whose rows have no ivar."""
    arms = []
    for arm in spectra.arms:
        ivar = arm.ivar.copy()
        ivar[rows] = 0
        arms.append(replace(arm, ivar=ivar))
    return replace(spectra, arms=tuple(arms))


def test_dead_spectra_are_left_out(spectra, by, tmp_path):
    """One of them, or all: then the table has columns and no rows."""
    write_coadd(tmp_path / "coadd-1.fits", killed(spectra, [2]))
    write_coadd(tmp_path / "coadd-2.fits", killed(spectra, slice(None)))
    rejects = Rejects()
    one = classify_files([tmp_path / "coadd-1.fits"], by, 0.5, rejects=rejects)
    assert table(rejects.rows)["TARGETID"].tolist() == [spectra.meta["targetid"][2]]
    assert spectra.meta["targetid"][2] not in set(one["TARGETID"])
    none = classify_files([tmp_path / "coadd-2.fits"], by, 0.5, 4)
    assert none.empty
    assert list(none) == list(one)
    both = classify_files([tmp_path / f"coadd-{i}.fits" for i in (1, 2)], by, 0.5)
    pd.testing.assert_frame_equal(both, one)


def test_a_file_without_names_is_welcome(files, by, tmp_path):
    """Its targets are the row numbers."""
    with fits.open(files[0]) as file:
        kept = [hdu for hdu in file if hdu.name != "FIBERMAP"]
        fits.HDUList(kept).writeto(tmp_path / "coadd-x.fits")
    rows = classify_files([tmp_path / "coadd-x.fits"], by, 0.5)
    assert rows["TARGETID"].max() < 14
    assert set(rows["TILEID"]) == {-1}


def test_cumulative_and_healpix_files(spectra, by, tmp_path):
    """A night or a pixel of the sky is no exposure, though its folder is a number."""
    rows = {}
    for name, tile in (("1001/20210414", 1001), ("healpix/sv3/dark/152/15245", -1)):
        path = tmp_path / name / "coadd-1.fits"
        path.parent.mkdir(parents=True)
        meta = spectra.meta.assign(tileid=tile, expid=-1)
        write_coadd(path, replace(spectra, meta=meta))
        rows[name] = classify_files([path], by, 0.5)
        assert set(rows[name]["TILEID"]) == {tile}
        assert set(rows[name]["EXPID"]) == {-1}
    one, other = (each.drop(columns="TILEID") for each in rows.values())
    pd.testing.assert_frame_equal(one, other)


def test_rows_do_not_depend_on_the_sizes_of_files(spectra, by, tmp_path):
    """To the last digit: a file of many, or many of one."""
    names = [tmp_path / f"coadd-{i:02}.fits" for i in range(len(spectra))]
    for i, name in enumerate(names):
        write_coadd(name, spectra.rows(slice(i, i + 1)))
    write_coadd(tmp_path / "coadd-all.fits", spectra)
    single = classify_files(names, by, 0.5)
    whole = classify_files([tmp_path / "coadd-all.fits"], by, 0.5)
    pd.testing.assert_frame_equal(single, whole)


def test_a_file_that_is_none_is_noted(files, by, tmp_path):
    """Whichever of several it is; the others are classified."""
    bad, rejects = tmp_path / "spec-1-2-3.fits", Rejects()
    bad.write_text("no spectrum")
    rows = classify_files([bad, files[0]], by, 0.5, rejects=rejects)
    pd.testing.assert_frame_equal(rows, classify_files([files[0]], by, 0.5))
    noted = table(rejects.rows)
    assert noted["FILE"][0] == str(bad)
    assert noted["TARGETID"].isna()[0]
    with pytest.raises(InputError, match=r"spec-1-2-3\.fits"):
        classify_files([bad], by, 0.5)


def test_thresholds_by_class_need_the_classes(files, by):
    """Simulated coadds do not say them; OTHERS alone holds for all."""
    expected = r"coadd-.*fits: no target says .*quasars\.thresholds names ELG"
    with pytest.raises(InputError, match=expected):
        classify_files(files[:1], by, 0.5, by_class={"ELG": 0.6, "OTHERS": 0.9})
    scores = classify_files(files[:1], by, 0.5)["C_BEST"]
    middle = (scores.min() + scores.max()) / 2
    rows = classify_files(files[:1], by, 1.0, by_class={"OTHERS": middle})
    assert rows["IS_QSO"].tolist() == (scores > middle).tolist()
    assert rows["IS_QSO"].any()
