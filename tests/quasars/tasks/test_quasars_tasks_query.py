"""The query of a round: never about what is known or kept apart."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from skyloom.io.errors import InputError
from skyloom.quasars.config import Query
from skyloom.quasars.ensemble.bootstrap import held_out, reserved
from skyloom.quasars.query import figures
from skyloom.quasars.spectra.store import Store
from skyloom.quasars.spectra.truth import write_truth
from skyloom.quasars.survey.classify import columns
from skyloom.quasars.tasks import query as asking
from skyloom.quasars.tasks.evaluation import unseen_rows
from skyloom.quasars.tasks.query import ask, stamps
from small_quasars import ARCH, SEED, STRATEGIES

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
    for name in set(columns(ARCH)) - set(rows):
        rows[name] = 0.0
    for line in ("LYA", "CIV"):
        rows[f"C_{line}"], rows[f"C_SD_{line}"] = rng.random((2, len(rows)))
    rows = rows[columns(ARCH)]
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
    return Query(**{"strategy": "bald", "n": 6, "reserve": reserve} | query)


@pytest.mark.parametrize("strategy", ["bald", "entropy", "k_centre", "random"])
def test_the_reserve_and_the_known_are_left_alone(results, labels, strategy):
    """Whatever the strategy."""
    path, rows = results
    how = settings(strategy=strategy, n=1000)
    table = ask(path, labels, 1, how, SEED).table
    kept = set(
        rows["TARGETID"][reserved(rows["TARGETID"].to_numpy(), how.reserve, SEED)]
    )
    known = set(pd.read_csv(labels)["targetid"])
    asked = set(table["TARGETID"])
    assert kept
    assert asked
    assert not asked & (kept | known)
    if strategy != "entropy":  # which leaves out what is rare, even so
        assert asked == set(rows["TARGETID"]) - kept - known


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_a_query_does_not_depend_on_the_tables_order(results, labels, strategy):
    """Which tells when exposures came."""
    path, rows = results
    how = settings(strategy=strategy, audit=0.3)
    first = ask(path, labels, 1, how, SEED).table
    for state in range(3):
        rows.sample(frac=1, random_state=state).to_csv(path, index=False)
        pd.testing.assert_frame_equal(ask(path, labels, 1, how, SEED).table, first)


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_columns_that_are_not_read_say_nothing(results, labels, strategy, monkeypatch):
    """The same query, kept columns included, as of the whole table."""
    path, rows = results
    how = settings(strategy=strategy)
    part = ask(path, labels, 1, how, SEED).table
    assert {"Z", "Z_ERR", "C_BEST", "C_LYA", "SN", "BMU", "BALD"} <= set(part)
    seen = []
    monkeypatch.setattr(asking, "_wanted", lambda name: not seen.append(name))
    pd.testing.assert_frame_equal(ask(path, labels, 1, how, SEED).table, part)
    assert set(seen) == set(rows) == set(columns(ARCH))


def test_the_reserve_is_none_of_the_trainings():
    """Each target has two lots: held out of a training says nothing of reserved."""
    rows = pd.DataFrame({"TARGETID": np.arange(4000)})
    one = reserved(rows["TARGETID"].to_numpy(), RESERVE, SEED)
    other = held_out(rows["TARGETID"].to_numpy(), RESERVE, SEED)
    assert one.mean() == pytest.approx(RESERVE, abs=0.03)
    assert (one & other).mean() == pytest.approx(RESERVE**2, abs=0.03)


def test_the_reserve_is_what_rounds_are_judged_on(results, labels):
    """Target by target, whatever is asked, but for those with labels."""
    path, rows = results
    one, other = (unseen_rows(path, labels, RESERVE, SEED) for _ in range(2))
    pd.testing.assert_frame_equal(one, other)
    known = set(pd.read_csv(labels)["targetid"])
    kept = set(rows["TARGETID"][reserved(rows["TARGETID"].to_numpy(), RESERVE, SEED)])
    assert set(one["TARGETID"]) == kept - known
    assert kept & known
    assert one.index.tolist() == list(range(len(one)))
    whole = unseen_rows(path, labels, 0, SEED)
    assert set(whole["TARGETID"]) == set(rows["TARGETID"]) - known


def test_only_learned_targets_judge_nothing(results, labels):
    """With labels of all, the catalogue is named, and the key to set."""
    path, rows = results
    row = pd.read_csv(labels).iloc[0]
    everyone = rows[["TARGETID"]].drop_duplicates().set_axis(["targetid"], axis=1)
    write_truth(labels, everyone.assign(**row.drop("targetid")))
    for reserve in (0, RESERVE):
        with pytest.raises(
            InputError, match=r"ensemble_results\.csv: .*query\.reserve"
        ):
            unseen_rows(path, labels, reserve, SEED)


def test_lots_are_of_the_round(results, labels):
    """The same question twice is the same; the next round draws again."""
    path, _ = results
    how = settings(strategy="random", reserve=0)
    one, again, later = (
        ask(path, labels, number, how, SEED).table for number in (1, 1, 2)
    )
    pd.testing.assert_frame_equal(one, again)
    assert set(one["TARGETID"]) != set(later["TARGETID"])


@pytest.mark.parametrize("strategy", ["bald", "entropy", "k_centre", "random"])
def test_nothing_left_to_ask_about(results, labels, strategy):
    """All is kept: the message says after which step nothing was left."""
    how = settings(strategy=strategy).model_copy(update={"reserve": 1.0})
    with pytest.raises(ValueError, match=r"nothing left to ask about: \{'rows': 0"):
        ask(results[0], labels, 1, how, SEED)


def test_damaged_labels_are_refused(results, tmp_path):
    """The file is named."""
    (tmp_path / "bad.csv").write_text("targetid\n1\n")
    with pytest.raises(InputError, match=r"bad\.csv"):
        ask(results[0], tmp_path / "bad.csv", 1, settings(), SEED)


@pytest.fixture
def asked(small_survey, results, labels):
    """Return five asked targets, of several exposures, and the paths of all stores."""
    table = ask(results[0], labels, 1, settings(n=1000, reserve=0), SEED).table
    table = table.sort_values("N_TILES", ascending=False, kind="stable")[:5]
    return table, [str(path) for path in small_survey.stores.values()]


def test_a_stamp_a_target(asked):
    """In the order of the query, of the exposure to look at."""
    table, stores = asked
    found = list(stamps(table, stores))
    assert [stamp.name for stamp in found] == table["TARGETID"].map(str).tolist()
    row = table.iloc[0]
    for path in stores:
        with Store(path) as store:
            meta = store.meta[["targetid", "tileid", "expid"]].to_numpy()
            here = (meta == row[["TARGETID", "TILEID", "EXPID"]].tolist()).all(axis=1)
            if here.any():
                expected = store.rows(here)[0][0]
    np.testing.assert_array_equal(found[0].flux, expected)


def test_one_store_is_open_at_a_time(asked, monkeypatch):
    """A survey has more exposures than a process may have open files."""
    opened = []

    class Counted(Store):
        def __init__(self, path):
            super().__init__(path)
            opened.append(self)
            assert sum(bool(store._file) for store in opened) == 1

    monkeypatch.setattr(figures, "Store", Counted)
    table, stores = asked
    assert len(list(stamps(table, stores))) == 5
    assert len(opened) == table["EXPID"].nunique() > 1


def test_other_exposures_are_not_opened(asked, tmp_path):
    """A query is of few of a survey's exposures: the others may be lost."""
    table, stores = asked
    row = table[:1]
    place = f"{row['TILEID'].iloc[0]}/{row['EXPID'].iloc[0]}"
    lost = [str(tmp_path / name) for name in ("1001/1.h5", "9/80001.h5")]
    mine = [path for path in stores if path.endswith(f"{place}.h5")]
    assert [stamp.name for stamp in stamps(row, lost + mine)] == [
        str(row["TARGETID"].iloc[0])
    ]


def test_an_exposure_without_its_store(asked):
    """Target, tile and exposure are named."""
    table, stores = asked
    with pytest.raises(ValueError, match=r"5\]: in no store of spectra"):
        list(stamps(table.assign(EXPID=5), stores))
