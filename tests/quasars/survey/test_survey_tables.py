"""Rows, exposures and the growing table, with a network of chance weights."""

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest
from astropy.io import fits
from skyloom.io.errors import InputError
from skyloom.io.spectra import Arm, Spectra
from skyloom.quasars.config import Survey
from skyloom.quasars.network.architecture import Architecture
from skyloom.quasars.network.parameters import Parameters, expected_shapes
from skyloom.quasars.network.run_numpy import Runner
from skyloom.quasars.spectra.grid import LINEAR, LOG
from skyloom.quasars.spectra.store import batch
from skyloom.quasars.survey import classify as module
from skyloom.quasars.survey.classify import (
    calibrate,
    classifier,
    classify,
    columns,
)
from skyloom.quasars.survey.consensus import Calibration
from skyloom.quasars.survey.exposures import run_exposure
from skyloom.quasars.survey.prior import prior_width, write_prior
from skyloom.quasars.survey.results import write_results
from skyloom.run.provenance import Recipe

RECORD = Recipe({}, "c0de").record()
SMALL = {"n_layers": 4, "filters": 4, "dense": 6}
SEED_COLUMNS = ["TARGETID", "TILEID", "EXPID", "C_NOT", "C_QSO_LZ", "C_QSO_HZ", "BMU"]


def network(seed, arch):
    """Return a network of random weights that says something of every spectrum."""
    rng = np.random.default_rng(seed)
    arrays = {
        name: rng.uniform(0.1, 1, shape)
        if "variance" in name
        else rng.normal(0, 1, shape)
        for name, shape in expected_shapes(arch).items()
    }
    return Parameters(arch, arrays)


def ensemble(members=3, grid=None, **settings):
    arch = Architecture(**SMALL) if grid is None else Architecture(**SMALL, grid=grid)
    networks = [network(k, arch) for k in range(members)]
    plain = Calibration.unknown(6)
    return classifier(Runner, networks, plain, Survey(**settings))


def spectra(n, tile=7, exposure=1, first=0):
    """Return spectra of noise on a slope."""
    rng = np.random.default_rng(exposure)
    wave = np.arange(3600.0, 9824.0, 4.0)
    flux = rng.standard_normal((n, len(wave))) + wave / 3000
    arms = (Arm("sdss", wave, flux.astype("f4"), np.ones(flux.shape, "f4")),)
    meta = pd.DataFrame(
        {
            "targetid": np.arange(first, first + n),
            "tileid": tile,
            "expid": exposure,
            "ra": 1.0,
            "dec": np.nan,
            "plate": tile,
            "fiberid": np.arange(1, n + 1),
        }
    )
    return Spectra(arms, meta)


def batches(whole, size=None):
    """Yield spectra on the networks' grid, all at once or some at a time."""
    size = size or len(whole)
    for start in range(0, len(whole), size):
        yield batch(whole.rows(slice(start, start + size)), LOG)


@pytest.fixture
def exposures(tmp_path):
    """Return three exposures' files."""
    by = ensemble(shifts=1)
    paths = [tmp_path / f"{k}.parquet" for k in range(3)]
    for k, path in enumerate(paths):
        run_exposure(path, batches(spectra(4 + k, exposure=k)), by, {})
    return paths


def test_columns_are_those_of_the_seed_first(exposures):
    """The seed's seven, then ours; whole numbers stay whole."""
    rows = pd.read_parquet(exposures[0])
    assert list(rows)[:7] == SEED_COLUMNS
    assert list(rows) == columns(Architecture())
    assert rows.dtypes[["TARGETID", "BMU", "N_DETECT"]].eq("int64").all()
    total = rows[["C_NOT", "C_QSO_LZ", "C_QSO_HZ"]].sum(axis=1)
    np.testing.assert_allclose(total, 1)
    assert rows[["Z", "Z_ERR", "ENTROPY", "BALD", "SUPPORT"]].notna().all(axis=None)


def test_what_surveys_call_a_spectrum_reaches_the_catalogue(exposures):
    """PLATE and FIBERID as they came; what no file said is -1."""
    rows = pd.read_parquet(exposures[0])
    assert rows["PLATE"].tolist() == [7] * 4
    assert rows["FIBERID"].tolist() == [1, 2, 3, 4]
    others = ["MJD", "FIBER", "PETAL_LOC"]
    assert (rows[others] == -1).all(axis=None)
    assert rows.dtypes[[*others, "PLATE", "FIBERID"]].eq("int64").all()


def test_size_of_batches_changes_nothing(tmp_path):
    """The same file, whatever the batches."""
    by, whole = ensemble(), spectra(11)
    for size in (3, 11):
        run_exposure(tmp_path / f"{size}.parquet", batches(whole, size), by, {})
    one, other = (pd.read_parquet(tmp_path / f"{size}.parquet") for size in (3, 11))
    pd.testing.assert_frame_equal(one, other, rtol=1e-4, atol=1e-5)


def test_same_spectra_same_bytes(tmp_path):
    """Two runs write the same file."""
    for name in "ab":
        run_exposure(tmp_path / name, batches(spectra(5)), ensemble(), {"code": "1"})
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()
    assert b"skyloom" in pq.read_schema(tmp_path / "a").metadata


def test_spectra_without_signal_are_left_out(tmp_path):
    """They are counted, not classified; an exposure of nothing is an empty table."""
    some = spectra(5)
    some.arms[0].ivar[2] = 0
    assert run_exposure(tmp_path / "a", batches(some), ensemble(), {}) == (4, 1)
    assert 2 not in set(pd.read_parquet(tmp_path / "a")["TARGETID"])
    some.arms[0].ivar[:] = 0
    assert run_exposure(tmp_path / "b", batches(some), ensemble(), {}) == (0, 5)
    assert list(pd.read_parquet(tmp_path / "b")) == columns(Architecture())


def test_cells_of_a_map_are_noted():
    """BMU is what the map says of the normalised spectra, -1 without a map."""
    by = ensemble(shifts=1)
    facts = batch(spectra(3), by.runner.arch.grid)
    assert set(classify(*facts, by)["BMU"]) == {-1}
    mapped = classifier(
        Runner,
        [network(0, by.runner.arch)],
        by.calibration,
        by.settings,
        cell=lambda x: np.arange(len(x)) + 5,
    )
    assert list(classify(*facts, mapped)["BMU"]) == [5, 6, 7]


def test_out_of_bag_rows_are_those_of_the_unseen_members():
    """As if the others did not exist; without any member, no row."""
    by = ensemble(members=3)
    facts = batch(spectra(4), by.runner.arch.grid)
    use = np.array([[1, 1, 1, 0], [0, 0, 0, 0], [0, 0, 0, 0]], bool)
    got = classify(*facts, by, use)
    alone = classify(*facts, ensemble(members=1))
    assert list(got["TARGETID"]) == [0, 1, 2]
    pd.testing.assert_frame_equal(got, alone[:3], rtol=1e-6)


def test_calibration_of_an_ensemble():
    """Biases of as many lines as there are; members that trained are not asked."""
    by = ensemble(members=2)
    _, flux, ivar = batch(spectra(30), by.runner.arch.grid)
    use = np.zeros((2, 30), bool)
    use[0] = True
    z = np.linspace(1, 3, 30)
    masked = calibrate(flux, ivar, z, by, use)
    alone = calibrate(flux, ivar, z, ensemble(members=1))
    assert len(masked.bias) == 6
    assert masked == alone


def test_all_members_calibrate_where_nothing_is_shifted(monkeypatch):
    """More members than look at shifted copies: without copies, all of them count."""
    _, flux, ivar = batch(spectra(30), LOG)
    use, z = np.ones((3, 30), bool), np.linspace(1, 3, 30)
    whole = calibrate(flux, ivar, z, ensemble(shifts=1), use)
    monkeypatch.setattr(module, "SHIFT_MEMBERS", 2)
    assert calibrate(flux, ivar, z, ensemble(shifts=1), use) == whole


def test_linear_grid_runs_unshifted(monkeypatch):
    """With one shift; with others it is refused."""
    by = ensemble(grid=LINEAR, shifts=1)
    assert len(classify(*batch(spectra(3), LINEAR), by)) == 3
    monkeypatch.setattr(module, "SHIFT_ABOVE", 0.0)
    shifted = ensemble(grid=LINEAR)
    with pytest.raises(ValueError, match="logarithmic grid only"):
        classify(*batch(spectra(3), LINEAR), shifted)


def test_table_has_the_rows_of_all_exposures(tmp_path, exposures):
    """To the last digit, in the order given; what is missing stays missing."""
    rows = pd.read_parquet(exposures[1])
    rows.loc[0, "Z_ALT"] = np.nan
    rows.to_parquet(exposures[1])
    path = tmp_path / "ensemble_results.csv"
    assert write_results(path, exposures) == 15
    expected = pd.concat(map(pd.read_parquet, exposures), ignore_index=True)
    table = pd.read_csv(path)
    pd.testing.assert_frame_equal(table, expected, check_dtype=False, check_exact=True)
    assert expected["Z_ALT"].isna().any()
    assert path.read_text().startswith("TARGETID,TILEID,EXPID,C_NOT,")
    first = path.read_bytes()
    write_results(path, exposures)
    assert path.read_bytes() == first


def test_exposure_without_rows_adds_none(tmp_path, exposures):
    """An exposure of dead spectra is passed over."""
    dead = spectra(2)
    dead.arms[0].ivar[:] = 0
    run_exposure(tmp_path / "dead.parquet", batches(dead), ensemble(), {})
    path = tmp_path / "ensemble_results.csv"
    assert write_results(path, [tmp_path / "dead.parquet"]) == 0
    assert list(pd.read_csv(path)) == columns(Architecture())
    assert write_results(path, [tmp_path / "dead.parquet", exposures[0]]) == 4


def test_other_columns_are_refused(tmp_path, exposures):
    """The exposure is named, and no table is left behind."""
    pd.read_parquet(exposures[1]).drop(columns="Z").to_parquet(exposures[1])
    with pytest.raises(InputError, match=r"1\.parquet: other columns"):
        write_results(tmp_path / "ensemble_results.csv", exposures)
    assert not (tmp_path / "ensemble_results.csv").exists()


@pytest.mark.parametrize("which", [0, 1])
def test_a_damaged_exposure_is_named(tmp_path, exposures, which):
    """Cut off, whether it is the first or not; no table is left behind."""
    bad = exposures[which]
    bad.write_bytes(bad.read_bytes()[:-100])
    said = rf"{which}\.parquet: .*expected a Parquet file; if .*delete it"
    with pytest.raises(InputError, match=said):
        write_results(tmp_path / "ensemble_results.csv", exposures)
    assert not (tmp_path / "ensemble_results.csv").exists()


def test_prior_is_what_redrock_reads(tmp_path, exposures):
    """A top hat two boxes wide for each quasar; the afterburner's names for all."""
    rows = pd.read_parquet(exposures[0])
    quasar = np.array([True, False, True, False])
    arch = Architecture()
    write_prior(tmp_path / "prior.fits", rows, quasar, arch, RECORD)
    with fits.open(tmp_path / "prior.fits", checksum=True) as file:
        prior, all_rows = file["PRIORS"].data, file["QN_RR"].data
        assert list(prior["TARGETID"]) == [0, 2]
        assert set(prior["FUNCTION"]) == {"tophat"}
        np.testing.assert_allclose(prior["Z"], rows["Z"][quasar])
        np.testing.assert_allclose(
            prior["SIGMA"], 0.16287 * (1 + prior["Z"]), rtol=1e-4
        )
        assert list(all_rows["IS_QSO_QN"]) == list(quasar)
        assert {"C_LYA", "Z_MgII", "C_Hbeta", "Z_QN", "ZERR_QN"} <= set(all_rows.names)
    assert prior_width(arch) == pytest.approx(0.1629, abs=1e-4)


def test_prior_of_a_target_twice_is_refused(tmp_path, exposures):
    """Redrock would use one of them for both."""
    rows = pd.concat([pd.read_parquet(exposures[0])] * 2)
    with pytest.raises(ValueError, match=r"target 0 stands in .* twice"):
        write_prior(
            tmp_path / "p.fits", rows, np.ones(len(rows), bool), Architecture(), {}
        )


class Sure:
    """A runner that is as sure of Lyman alpha as told, of each spectrum in turn."""

    arch = Architecture(lines=("LYA", "CIV"), bal_lines=())

    def __init__(self, confidence):
        self.confidence, self.asked = np.asarray(confidence), []

    def predict(self, x):
        """Return outputs of two members."""
        self.asked.append(len(x))
        out = np.full((2, len(x), 2, 26), 1e-3, np.float32)
        out[:, :, 0, 5] = np.resize(self.confidence, len(x))
        out[..., 13:] = 0.5
        return out


def test_likely_quasars_are_shifted():
    """Those just above the threshold of the mean confidence, and no others."""
    above = module.SHIFT_ABOVE + np.array([-0.01, 0.01, 0.5, -0.1])
    plain, shifted = Sure(above), Sure(above[1:3])
    unknown = Calibration.unknown(2)
    by = module.Classifier(plain, shifted, unknown, Survey(shifts=3))
    rows = classify(*batch(spectra(4), LOG), by)
    assert plain.asked == [4]
    assert shifted.asked == [2, 2, 2]
    np.testing.assert_allclose(rows["C_BEST"], above, rtol=1e-6)


def test_quasars_that_nobody_speaks_of_do_not_calibrate():
    """Those that lost all signal, or that all members have seen."""
    by, z = ensemble(members=2), np.linspace(1, 3, 30)
    _, flux, ivar = batch(spectra(30), LOG)
    use = np.ones((2, 30), bool)
    use[:, 20:25] = False
    ivar[25:] = 0
    some = calibrate(flux, ivar, z, by, use)
    assert some == calibrate(flux[:20], ivar[:20], z[:20], by)
