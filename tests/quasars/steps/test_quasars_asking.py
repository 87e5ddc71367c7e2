"""The query of a round: never about what is known or kept apart."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from skyloom.io.errors import InputError
from skyloom.quasars.spectra.store import Store, write_store
from skyloom.quasars.spectra.truth import write_truth
from skyloom.quasars.steps import asking
from skyloom.quasars.steps.asking import Asked, ask, reserved
from skyloom.quasars.steps.judging import reserved_rows
from small_quasars import config

RESERVE = 0.4


@pytest.fixture
def results(small_survey, tmp_path):
    """Return a catalogue of the survey with invented votes, and its rows."""
    parts = []
    for path in small_survey.stores.values():
        with Store(path) as store:
            parts.append(store.meta)
    meta = pd.concat(parts, ignore_index=True)
    rng = np.random.default_rng(0)
    names = ("targetid", "tileid", "expid", "dead_arms", "sn")
    rows = meta[list(names)].rename(columns=str.upper).assign(DEAD_ARMS=0)
    shares = rng.dirichlet((1, 1, 1), len(rows))
    rows[["C_NOT", "C_QSO_LZ", "C_QSO_HZ"]] = shares
    rows["BMU"] = rng.integers(0, 6, len(rows))
    rows["Z"], rows["BALD"], rows["ENTROPY"] = 2.0, rng.random(len(rows)), 0.5
    for line in ("LYA", "CIV"):
        rows[f"C_{line}"], rows[f"C_SD_{line}"] = rng.random((2, len(rows)))
    rows.to_csv(tmp_path / "ensemble_results.csv", index=False)
    return tmp_path / "ensemble_results.csv", rows


@pytest.fixture
def labels(results, tmp_path):
    """Return a table of labels of the first five targets."""
    known = pd.DataFrame({"targetid": results[1]["TARGETID"].unique()[:5]})
    facts = {"z": 2.0, "klass": "QSO", "confident": True, "quality": 4.0, "bal": 0}
    write_truth(tmp_path / "round1.csv", known.assign(**facts, source="us"))
    return tmp_path / "round1.csv"


def settings(reserve=RESERVE, **query):
    return config(query={"strategy": "bald", "n": 6, "reserve": reserve} | query)


@pytest.mark.parametrize("strategy", ["bald", "entropy", "k_centre", "random"])
def test_the_reserve_and_the_known_are_left_alone(results, labels, strategy):
    """Whatever the strategy."""
    path, rows = results
    cut = {"rare_percentile": 0} if strategy == "entropy" else {}
    how = settings(strategy=strategy, n=1000, **cut)
    table = ask(path, labels, 1, how).table
    kept = set(rows["TARGETID"][reserved(rows, how)])
    known = set(pd.read_csv(labels)["targetid"])
    asked = set(table["TARGETID"])
    assert kept
    assert asked
    assert not asked & (kept | known)
    if strategy != "entropy":  # which leaves out what is rare, even so
        assert asked == set(rows["TARGETID"]) - kept - known


def test_the_reserve_is_what_rounds_are_judged_on(results):
    """Target by target, whatever is asked; none kept: all are judged."""
    path, rows = results
    one, other = (reserved_rows(path, settings(n=n)) for n in (1, 7))
    pd.testing.assert_frame_equal(one, other)
    assert set(one["TARGETID"]) == set(rows["TARGETID"][reserved(rows, settings())])
    assert 0 < len(one) < len(rows)
    assert len(reserved_rows(path, settings(reserve=0))) == len(rows)


def test_lots_are_of_the_round(results, labels):
    """The same question twice is the same; the next round draws again."""
    path, _ = results
    how = settings(strategy="random", reserve=0)
    one, again, later = (ask(path, labels, number, how).table for number in (1, 1, 2))
    pd.testing.assert_frame_equal(one, again)
    assert set(one["TARGETID"]) != set(later["TARGETID"])


@pytest.mark.parametrize("strategy", ["bald", "entropy", "k_centre", "random"])
def test_nothing_left_to_ask_about(results, labels, strategy):
    """All is kept: the message says after which step nothing was left."""
    with pytest.raises(ValueError, match=r"nothing left to ask about: \{'rows': 0"):
        ask(results[0], labels, 1, settings(reserve=1, strategy=strategy))


def test_damaged_labels_are_refused(results, tmp_path):
    """The file is named."""
    (tmp_path / "bad.csv").write_text("targetid\n1\n")
    with pytest.raises(InputError, match=r"bad\.csv"):
        ask(results[0], tmp_path / "bad.csv", 1, settings())


@pytest.fixture
def asked(small_survey, results, labels):
    """Return the asked targets; the first was observed on both tiles."""
    table = ask(results[0], labels, 1, settings(n=1000, reserve=0)).table
    table = table.sort_values("N_TILES", ascending=False, kind="stable")[:5]
    return Asked(table, list(small_survey.stores.values()))


def test_all_exposures_of_the_targets(asked, results, tmp_path):
    """Also those that were not the exposure to look at; spectra as they are."""
    write_store(tmp_path / "spectra.h5", asked.batches(), asked.grid)
    rows = results[1]
    wanted = rows[rows["TARGETID"].isin(asked.table["TARGETID"])]
    with Store(tmp_path / "spectra.h5") as store:
        meta, (flux, _) = store.meta, store.rows(np.arange(len(store)))
    found = meta[["targetid", "tileid", "expid"]].to_numpy().tolist()
    expected = wanted[["TARGETID", "TILEID", "EXPID"]].to_numpy().tolist()
    assert sorted(found) == sorted(expected)
    assert meta["tileid"].nunique() == 2
    with Store(asked.stores[0]) as store:
        first = store.meta["targetid"].isin(asked.table["TARGETID"]).to_numpy()
        np.testing.assert_array_equal(flux[: first.sum()], store.rows(first)[0])


def test_a_stamp_a_target(asked):
    """In the order of the query, of the exposure to look at."""
    stamps = list(asked.stamps())
    assert [stamp.name for stamp in stamps] == asked.table["TARGETID"].map(str).tolist()
    row = asked.table.iloc[0]
    for path in asked.stores:
        with Store(path) as store:
            meta = store.meta[["targetid", "tileid", "expid"]].to_numpy()
            here = (meta == row[["TARGETID", "TILEID", "EXPID"]].tolist()).all(axis=1)
            if here.any():
                expected = store.rows(here)[0][0]
    np.testing.assert_array_equal(stamps[0].flux, expected)


def test_one_store_is_open_at_a_time(asked, monkeypatch):
    """A survey has more exposures than a process may have open files."""
    opened = []

    class Counted(Store):
        def __init__(self, path):
            super().__init__(path)
            opened.append(self)
            assert sum(bool(store._file) for store in opened) == 1

    monkeypatch.setattr(asking, "Store", Counted)
    assert len(list(asked.stamps())) == 5
    assert len(list(asked.batches())) > 1
    assert len(opened) > 4


def test_an_exposure_without_its_store(asked):
    """Target, tile and exposure are named."""
    lost = Asked(asked.table.assign(EXPID=5), asked.stores)
    with pytest.raises(ValueError, match=r"5\]: in no store of spectra"):
        list(lost.stamps())
