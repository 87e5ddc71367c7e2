"""What the page of quasars holds: rows, spectra and rates are those of the products."""

from __future__ import annotations

import base64

import numpy as np
import pandas as pd
import pytest
from skyloom.io.documents import write_json
from skyloom.io.errors import InputError
from skyloom.quasars.ensemble.bootstrap import held_out
from skyloom.quasars.network.lines import LINES
from skyloom.quasars.spectra import shown
from skyloom.quasars.spectra.grid import LOG
from skyloom.quasars.spectra.store import Store
from skyloom.quasars.survey.classify import columns
from skyloom.quasars.tasks import atlas, atlas_page
from skyloom.quasars.tasks.evaluation import judge
from small_quasars import ARCH, SEED

LONG = 39089837596371002  # a browser's numbers would make it ...000


@pytest.fixture
def catalogue(small_survey, tmp_path):
    """Return the path of a catalogue of the survey, its rows, and a query of three."""
    parts = []
    for path in small_survey.stores.values():
        with Store(path) as store:
            parts.append(store.meta)
    meta = pd.concat(parts, ignore_index=True)
    rng = np.random.default_rng(0)
    rows = pd.DataFrame(0.25, meta.index, columns(ARCH))
    for name in ("targetid", "tileid", "expid", "sn", "ra", "dec"):
        rows[name.upper()] = meta[name].to_numpy()
    rows["DEAD_ARMS"], rows["C_BEST"] = 0, rng.random(len(rows))
    rows.to_csv(tmp_path / "ensemble_results.csv", index=False)
    asked = rows.iloc[[20, 3, 11]][["TARGETID", "TILEID", "EXPID"]]
    asked = asked.assign(RANK=[1, 2, 3], REASON=["far", "far", "by lot"], N_EXP=2)
    asked.to_csv(tmp_path / "query.csv", index=False)
    return tmp_path / "ensemble_results.csv", rows, tmp_path / "query.csv"


def unpacked(spectrum, name):
    raw = np.frombuffer(base64.b64decode(spectrum[name]), "<f2").astype(float)
    return raw * spectrum["unit"]


def test_the_query_keeps_its_order_and_its_spectra(catalogue, small_survey):
    """Each object has the flux of its own exposure, and its number as text."""
    results, rows, query = catalogue
    found = atlas.asked(query, results)
    assert found["TARGETID"].tolist() == rows["TARGETID"].iloc[[20, 3, 11]].tolist()
    stores = [str(path) for path in small_survey.stores.values()]
    wave, flux, ivar = atlas.survey_spectra(found, stores)
    view = atlas.Page().view(found, wave, flux, ivar, 0.5, 1)
    for one, row, seen, weight in zip(
        view["objects"], found.to_dict("records"), flux, ivar, strict=True
    ):
        assert one["id"] == str(row["TARGETID"])
        assert one["called"] == (row["C_BEST"] > 0.5)
        assert one["asked"]["reason"] == row["REASON"]
        assert list(one["lines"]) == list(LINES)
        good = weight > 0
        error = unpacked(one["spectrum"], "error")
        assert ((error > 0) == good).all()
        assert error[good] == pytest.approx(weight[good] ** -0.5, rel=2e-3)
        drawn = unpacked(one["spectrum"], "flux")
        assert drawn == pytest.approx(seen, rel=2e-3, abs=1e-3)
        with Store(small_survey.stores[one["exposure"]]) as store:
            own = np.flatnonzero(store.meta["targetid"] == row["TARGETID"])
            assert np.array_equal(store.rows(own)[0][0], seen)


def test_a_page_shows_few_targets_of_a_survey_and_says_so(catalogue, monkeypatch):
    """Each once, in its exposure of the best signal; the numbers are of all."""
    results, rows, _ = catalogue
    whole, counts = atlas.sampled(results, SEED)
    assert counts["rows"] == len(rows)
    assert counts["targets"] == rows["TARGETID"].nunique() == len(whole)
    best = rows.groupby("TARGETID")["SN"].max()
    assert np.allclose(whole["SN"], best.loc[whole["TARGETID"]])
    monkeypatch.setattr(atlas, "MOST", 5)
    monkeypatch.setattr(atlas, "EXPOSURES", 1)
    few, _ = atlas.sampled(results, SEED)
    assert len(few) == 5
    assert few[["TILEID", "EXPID"]].drop_duplicates().shape[0] == 1
    pd.testing.assert_frame_equal(few, atlas.sampled(results, SEED)[0])


def test_a_query_of_another_catalogue_is_refused(catalogue):
    """It names an exposure that the catalogue does not have."""
    results, _, query = catalogue
    table = pd.read_csv(query)
    table.loc[0, "EXPID"] = 1
    table.to_csv(query, index=False)
    with pytest.raises(InputError, match="2 rows of 3"):
        atlas.asked(query, results)


def test_long_numbers_and_doubts_of_a_row():
    """All digits of a TARGETID, what is doubtful in words, and no NaN."""
    row = pd.DataFrame(0.25, [0], columns(ARCH)).assign(
        TARGETID=LONG, DEAD_ARMS=5, Z_ALT=1.5, SUPPORT_ALT=0.4, Z_REFINED=np.nan
    )
    flux = np.ones((1, LOG.size), np.float32)
    view = atlas.Page().view(row, LOG.wave, flux, flux, 0.1, 1)
    (one,) = view["objects"]
    assert one["id"] == "39089837596371002"
    assert one["flags"] == [
        "no usable pixel of camera b, z",
        "40% of the lines' weight is for z = 1.500",
    ]
    assert one["values"]["Z_REFINED"] is None


@pytest.fixture
def truth(catalogue):
    """Return a truth of the catalogue's targets: half of them are quasars."""
    ids = catalogue[1]["TARGETID"].unique()
    quasar = held_out(ids, 0.5, SEED)
    facts = {"quality": 4.0, "bal": 0, "source": "us", "confident": True}
    table = pd.DataFrame({"targetid": ids, "z": np.where(quasar, 0.25, 0.0)})
    return table.assign(klass=np.where(quasar, "QSO", "STAR"), **facts)


@pytest.mark.parametrize("by_class", [{}, {"QSO": 0.3, "OTHERS": 0.6}])
def test_rates_at_the_runs_threshold_are_the_evaluations(catalogue, truth, by_class):
    """To the last digit; more is called below it, and less above."""
    rows = catalogue[1].assign(DESI_TARGET=4 * (catalogue[1].index % 2))
    own = 0.41234
    found = atlas.rates(rows, truth, own, by_class, 1)
    limit = atlas.row_thresholds(rows, own, by_class)
    report = judge(rows, truth, limit, ARCH, 1, SEED).report
    at = found["own"]
    assert found["thresholds"][at] == own
    for name, values in found["measures"].items():
        assert values[at] == report[name]
    called = [one["rows"] for one in found["measures"]["purity"]]
    assert called == sorted(called, reverse=True)
    assert (called[0] > called[-1]) == (not by_class)


def test_what_was_left_out_is_told_with_its_reasons(tmp_path):
    """The most frequent first; nothing of empty tables."""
    (tmp_path / "a.csv").write_text("FILE,REASON\nx,dark\ny,dark\n")
    (tmp_path / "b.csv").write_text("FILE,REASON\nz,twin\n")
    (tmp_path / "c.csv").write_text("FILE,REASON\n")
    told = atlas.left_out([tmp_path / f"{n}.csv" for n in "abc"])
    assert told == ["3 spectra or files were left out: 2 × dark; 1 × twin"]
    assert atlas.left_out([tmp_path / "c.csv"]) == []


def test_one_bright_pixel_costs_a_packed_spectrum_nothing():
    """The others keep three digits; a pixel that is not used has no error."""
    flux, ivar = np.full(LOG.size, 1.234e-3), np.full(LOG.size, 4.0)
    flux[7], ivar[9] = 1e3, 0.0
    packed = shown.packed(flux, ivar)
    assert unpacked(packed, "flux")[0] == pytest.approx(1.234e-3, rel=1e-3)
    assert unpacked(packed, "error")[[0, 9]] == pytest.approx([0.5, 0.0], rel=1e-3)


def test_spectra_are_compared_by_pieces_whatever_is_missing():
    """Unseen parts say nothing, an empty spectrum is like none."""
    flux = np.linspace(0, 1, LOG.size) * np.ones((3, 1))
    ivar = np.ones((3, LOG.size))
    ivar[1, :100], ivar[2] = 0, 0
    found = shown.pieces(flux.astype(np.float32), ivar.astype(np.float32))
    assert (np.diff(found[0]) > 0).all()
    assert found[1, 0] == 0
    assert np.isnan(found[2]).all()


def test_a_picture_of_a_spectrum_has_gaps_and_may_be_empty():
    """Nothing is drawn where nothing was seen."""
    line = np.sin(np.linspace(0, 20, LOG.size))
    line[LOG.size // 3 : 2 * LOG.size // 3] = np.nan
    drawn = shown.picture(line)
    middle = slice(shown.SIDE // 3 + 2, 2 * shown.SIDE // 3 - 2)
    assert (drawn[:, middle] == 255).all()
    assert (drawn[:, :10] < 255).any()
    assert (shown.picture(np.full(LOG.size, np.nan)) == 255).all()


def test_given_spectra_are_those_of_the_rows(small_survey):
    """In the catalogue's order, as noisy as asked; other spectra are refused."""
    names = sorted(small_survey.stores)
    files = [small_survey.raw / n / f"coadd-{n.replace('/', '-')}.fits" for n in names]
    with Store(small_survey.stores[names[0]]) as store:
        ids, (flux, ivar) = store.meta["targetid"], store.rows(slice(None))
    rows = pd.DataFrame({"TARGETID": ids})[(ivar > 0).any(axis=1)].iloc[:5]
    wave, seen, weight = atlas.given_spectra(files, rows, LOG, 1.0, SEED)
    assert np.array_equal(wave, LOG.wave)
    assert np.array_equal(seen, flux[rows.index])
    _, _, less = atlas.given_spectra(files, rows, LOG, 4.0, SEED)
    assert less == pytest.approx(weight / 16, rel=1e-4)
    with pytest.raises(InputError, match="other spectra"):
        atlas.given_spectra(files, rows[::-1], LOG, 1.0, SEED)


def test_a_run_without_rounds_and_spectra_has_a_page_that_says_so():
    """Which keys would fill it; it shows nothing."""
    data, _, (note,) = atlas_page.contents({}, {})
    assert "set quasars.rounds" in note
    assert not data["rates"] + data["given"]
    assert "query" not in data


def test_a_purity_that_is_not_shown_is_told(tmp_path):
    """With the bound that is; one that is reached is not spoken of."""
    facts = {"target": 0.95, "purity_low": 0.9, "needed": 59}
    for reached in (True, False):
        tree = {"threshold": facts | {"reached": reached}}
        write_json(tmp_path / f"{reached}.json", tree)
    assert atlas_page.unreached(tmp_path / "True.json") == []
    (told,) = atlas_page.unreached(tmp_path / "False.json")
    assert "purity of 0.95 is not shown" in told
    assert "0.900" in told
