"""Spectra and labels in: stores, training samples, inspectors' answers."""

from __future__ import annotations

import json

import h5py
import numpy as np
import pandas as pd
import pytest
from skyloom.io.errors import InputError
from skyloom.quasars.simulation.sample import write_sample
from skyloom.quasars.spectra.grid import LINEAR, LOG
from skyloom.quasars.spectra.sources import spectra_of
from skyloom.quasars.spectra.store import Store, batch
from skyloom.quasars.spectra.truth import read_truth, write_truth
from skyloom.quasars.steps.samples import (
    answers_about,
    files_of,
    ingest_exposure,
    ingest_sample,
    merge_labels,
)
from skyloom.run.provenance import Recipe, checksum
from small_quasars import BRIGHT, SEED, write_answers

STAR, QSO = (0.0, 4, "STAR"), (2.0, 4, "QSO")


def coadds(survey):
    return sorted(survey.raw.glob("*/*/coadd-*.fits"))


def ingested(files, store, grid=LOG):
    """Write the store of an exposure of some files."""
    given = {"files": {"7/9": files}, "grid": grid, "recipe": Recipe({}, "c0de")}
    return ingest_exposure("7/9", {"store": store}, **given)


def test_a_store_holds_the_files_in_their_order(small_survey, tmp_path):
    """Spectra of several files, as their readers and the grid give them."""
    files = coadds(small_survey)[::-2]
    assert ingested(files, tmp_path / "s.h5", LINEAR) == {"files": 2}
    parts = [batch(some, LINEAR) for path in files for some in spectra_of(path)]
    with Store(tmp_path / "s.h5") as store:
        assert store.grid == LINEAR
        pd.testing.assert_frame_equal(
            store.meta, pd.concat([meta for meta, *_ in parts], ignore_index=True)
        )
        flux, _ = store.rows(np.arange(len(store)))
    np.testing.assert_array_equal(flux, np.concatenate([f for _, f, _ in parts]))


def test_a_store_knows_what_it_is_made_of(small_survey, tmp_path):
    """Its own files and the code; the same bytes each time."""
    files = coadds(small_survey)[:1]
    for name in "ab":
        ingested(files, tmp_path / f"{name}.h5")
    with h5py.File(tmp_path / "a.h5") as file:
        record = json.loads(file.attrs["provenance"])
    assert record["code"] == "c0de"
    assert record["inputs"] == {files[0].name: checksum(files[0])}
    assert (tmp_path / "a.h5").read_bytes() == (tmp_path / "b.h5").read_bytes()


def test_a_damaged_file_is_named(small_survey, tmp_path):
    """Nothing is left behind."""
    bad = tmp_path / "coadd-7-9.fits"
    bad.write_bytes(coadds(small_survey)[0].read_bytes()[:5000])
    with pytest.raises(InputError, match=r"coadd-7-9\.fits"):
        ingested([coadds(small_survey)[0], bad], tmp_path / "s.h5")
    assert not (tmp_path / "s.h5").exists()


@pytest.fixture
def sources(small_survey, tmp_path):
    """Return two sources: the survey's first tile, and its second with its truth."""
    truth = read_truth(small_survey.raw / "truth.csv")
    places = [small_survey.raw / tile for tile in ("1001", "1002")]
    halves = [truth[truth["targetid"] // 1_000_000 % 10_000 == t] for t in (1001, 1002)]
    for i, half in enumerate(halves):
        write_truth(tmp_path / f"truth{i}.csv", half)
    return [(p, tmp_path / f"truth{i}.csv") for i, p in enumerate(places)]


def sampled(sources, folder, *most, seed=SEED):
    """Return the targets of a sample's store and its labels."""
    store, labels = folder / "training.h5", folder / "labels.csv"
    given = ((*source, n) for source, n in zip(sources, most, strict=True))
    ingest_sample(given, store, labels, LOG, seed)
    with Store(store) as file:
        return file.meta, read_truth(labels)


def test_sources_are_joined(sources, tmp_path):
    """Exposures of both tiles; only spectra that a truth knows, by its own source."""
    meta, labels = sampled(sources, tmp_path, None, None)
    assert len(labels) == 28
    assert set(meta["targetid"]) == set(labels["targetid"])
    # Targets that the second tile shows again are known to the first source only.
    assert meta["targetid"].value_counts().eq(2).all()
    assert meta["tileid"].tolist() == [1001] * 28 + [1002] * 28


def test_a_limit_is_drawn_by_lot(sources, tmp_path):
    """As many targets as told, the same by the same seed; the other source is whole."""
    _, first = sampled(sources, tmp_path, None, 5)
    meta, again = sampled(sources, tmp_path, None, 5)
    _, other = sampled(sources, tmp_path, None, 5, seed=SEED + 1)
    assert len(first) == 14 + 5
    pd.testing.assert_frame_equal(first, again)
    assert set(meta["targetid"]) == set(first["targetid"])
    assert set(first["targetid"]) != set(other["targetid"])
    assert len(sampled(sources, tmp_path, 99, 14)[1]) == 28


def test_a_single_file_is_a_source(small_survey, sources, tmp_path):
    """A place may be a file instead of a folder."""
    given = [(coadds(small_survey)[0], sources[0][1])]
    meta, _ = sampled(given, tmp_path, None)
    assert set(meta["expid"]) == {80001}


def test_a_folder_is_known_by_its_files(small_survey, tmp_path):
    """What a sample is made from: each file of spectra, never the folder itself."""
    assert files_of(small_survey.raw) == coadds(small_survey)
    assert files_of(str(coadds(small_survey)[0])) == coadds(small_survey)[:1]
    record = Recipe({}, "c0de").record(files_of(small_survey.raw / "1001"))
    assert len(record["inputs"]) == 2


def test_a_truth_of_other_spectra_is_refused(sources, tmp_path):
    """Both the truth and the folder are named; no half sample is left."""
    crossed = [sources[0], (sources[0][0], sources[1][1])]
    with pytest.raises(InputError, match=r"truth1\.csv: knows none .*1001; expected t"):
        sampled(crossed, tmp_path, None, None)
    assert not (tmp_path / "training.h5").exists()
    assert not (tmp_path / "labels.csv").exists()


def test_a_target_in_two_truths_is_refused(sources, tmp_path):
    """Nobody says which of them is right."""
    both = pd.concat([read_truth(path) for _, path in sources])
    write_truth(sources[1][1], both)
    named = r"truth1\.csv: target \d+ has a truth elsewhere too; expected each target"
    with pytest.raises(InputError, match=named):
        sampled(sources, tmp_path, None, None)


def test_a_folder_without_spectra_is_refused(sources, tmp_path):
    """It is named, with what was looked for."""
    (tmp_path / "empty").mkdir()
    given = [(tmp_path / "empty", sources[0][1])]
    with pytest.raises(InputError, match=r"empty: no spectra; expected spec-\*, spPla"):
        sampled(given, tmp_path, None)


def test_answers_are_those_about_the_query(tmp_path):
    """Nothing else of what an inspector would say; perhaps nothing."""
    path = write_answers(tmp_path / "vi.csv", "AB", [(1, *STAR), (2, *QSO), (3, *QSO)])
    asked = tmp_path / "query.csv"
    pd.DataFrame({"RANK": [1, 2], "TARGETID": [3, 1]}).to_csv(asked, index=False)
    rows = answers_about(path, asked)
    assert rows["TARGETID"].tolist() == [1, 3]
    assert rows["VI_Z"].tolist() == [0.0, 2.0]
    pd.DataFrame({"TARGETID": [9]}).to_csv(asked, index=False)
    assert list(answers_about(path, asked)) == list(rows)


@pytest.fixture
def round2(tmp_path):
    """Return the paths of a round's labels; target 1 has one already."""
    known = {"targetid": [1], "z": 1.0, "klass": "QSO", "confident": True}
    facts = {"quality": 4.0, "bal": 0, "source": "before"}
    write_truth(tmp_path / "round1.csv", pd.DataFrame(known | facts))
    names = ("labels", "agreed", "disputed")
    return {name: tmp_path / f"{name}.csv" for name in names}


def merged(round2, answers, decisions=None):
    merge_labels(round2["labels"].parent / "round1.csv", answers, decisions, **round2)
    return {
        "labels": read_truth(round2["labels"]).set_index("targetid"),
        "agreed": pd.read_csv(round2["agreed"]),
        "disputed": pd.read_csv(round2["disputed"]),
    }


def test_labels_grow_by_the_answers(round2, tmp_path):
    """The old ones first, untouched; who said what; how far they agree."""
    one = write_answers(tmp_path / "a.csv", "AB", [(2, *STAR), (3, *QSO)])
    two = write_answers(tmp_path / "b.csv", "CD", [(2, *STAR), (3, *STAR)])
    found = merged(round2, [one, two])
    labels = found["labels"]
    assert labels.index.tolist() == [1, 2, 3]
    assert labels["source"].tolist() == ["before", "AB+CD", "AB+CD"]
    assert labels["confident"].tolist() == [True, True, False]
    assert found["disputed"]["TARGETID"].tolist() == [3]
    assert found["agreed"]["agreed"].tolist() == [0.5, 0.5]


def test_decisions_settle_conflicts(round2, tmp_path):
    """The decided class counts, with the name of who decided."""
    one = write_answers(tmp_path / "a.csv", "AB", [(3, *QSO)])
    two = write_answers(tmp_path / "b.csv", "CD", [(3, *STAR)])
    decisions = write_answers(tmp_path / "d.csv", "EF", [(3, *QSO)])
    row = merged(round2, [one, two], decisions)["labels"].loc[3]
    assert (row["klass"], row["confident"], row["z"]) == ("QSO", True, 2.0)
    assert row["source"] == "AB+CD>EF"


def test_an_inspector_may_have_seen_nothing(round2, tmp_path):
    """A header without rows, where the query had nothing for somebody."""
    one = write_answers(tmp_path / "a.csv", "AB", [(2, *STAR)])
    none = write_answers(tmp_path / "b.csv", "CD", [])
    assert merged(round2, [one, none])["labels"].index.tolist() == [1, 2]


def test_answers_about_a_labelled_target_are_refused(round2, tmp_path):
    """Two labels of one target: the old one is not overwritten."""
    one = write_answers(tmp_path / "a.csv", "AB", [(1, *STAR), (2, *STAR)])
    with pytest.raises(InputError, match=r"a\.csv: target 1 has a label already; exp"):
        merged(round2, [one])
    assert not round2["labels"].exists()


def test_a_decision_about_a_stranger_is_refused(round2, tmp_path):
    """The file of decisions is named."""
    one = write_answers(tmp_path / "a.csv", "AB", [(2, *STAR)])
    decisions = write_answers(tmp_path / "d.csv", "EF", [(7, *STAR)])
    with pytest.raises(InputError, match=r"d\.csv: .*never inspected: \[7\]; expected"):
        merged(round2, [one], decisions)


def test_unreadable_answers_are_named(round2, tmp_path):
    """File, row and what was expected."""
    bad = write_answers(tmp_path / "a.csv", "AB", [(2, 0.0, 9, "STAR")])
    with pytest.raises(InputError, match=r"a\.csv: row 2.*VI_QUALITY"):
        merged(round2, [bad])


def test_simulated_samples_repeat_themselves(tmp_path):
    """Same seed, same bytes; another seed, other spectra."""
    for name, seed in (("a", 1), ("b", 1), ("c", 2)):
        paths = tmp_path / f"{name}.h5", tmp_path / f"{name}.csv"
        write_sample(*paths, 6, 0.5, BRIGHT, LOG, seed)
    stores = [(tmp_path / f"{name}.h5").read_bytes() for name in "abc"]
    tables = [(tmp_path / f"{name}.csv").read_bytes() for name in "abc"]
    assert stores[0] == stores[1] != stores[2]
    assert tables[0] == tables[1] != tables[2]
