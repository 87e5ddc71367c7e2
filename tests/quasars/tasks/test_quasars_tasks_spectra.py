"""Spectra and labels in: stores, training samples, inspectors' answers."""

from __future__ import annotations

from dataclasses import replace

import h5py
import numpy as np
import pandas as pd
import pytest
from skyloom.io.desi import write_coadd
from skyloom.io.errors import InputError
from skyloom.io.hdf5 import read_tree
from skyloom.io.record import checksum
from skyloom.quasars.simulation.sample import write_sample
from skyloom.quasars.spectra.grid import LINEAR, LOG
from skyloom.quasars.spectra.readers import spectra_of
from skyloom.quasars.spectra.store import Store, batch
from skyloom.quasars.spectra.truth import read_truth, write_truth
from skyloom.quasars.tasks.labels import answers_about, merge_labels
from skyloom.quasars.tasks.spectra import (
    gather_labelled,
    ingest_exposure,
    ingest_sample,
)
from skyloom.run.provenance import Recipe
from small_quasars import BRIGHT, SEED, write_answers

STAR, QSO = (0.0, 4, "STAR"), (2.0, 4, "QSO")


def coadds(survey):
    return sorted(survey.raw.glob("*/*/coadd-*.fits"))


def ingested(files, store, grid=LOG, name="1001/80001"):
    """Write the store of an exposure of some files."""
    given = {"files": {name: files}, "grid": grid, "recipe": Recipe({}, "c0de")}
    return ingest_exposure(name, {"store": store}, **given)


def cumulative(path, out, tileid=-1):
    """Write a coadd again that does not say its exposure, and perhaps its tile."""
    (spectra,) = spectra_of(path)
    out.parent.mkdir(parents=True)
    write_coadd(
        out, replace(spectra, meta=spectra.meta.assign(tileid=tileid, expid=-1))
    )
    return out


def test_a_store_holds_the_files_in_their_order(small_survey, tmp_path):
    """Spectra of several files, as their readers and the grid give them."""
    (first,) = spectra_of(coadds(small_survey)[0])
    files = [tmp_path / "coadd-9.fits", tmp_path / "coadd-2.fits"]
    for path, rows in zip(files, (slice(0, 5), slice(5, None)), strict=True):
        write_coadd(path, first.rows(rows))
    assert ingested(files, tmp_path / "s.h5", LINEAR)["files"] == 2
    parts = [batch(some, LINEAR) for path in files for some in spectra_of(path)]
    with Store(tmp_path / "s.h5") as store:
        assert store.grid == LINEAR
        pd.testing.assert_frame_equal(
            store.meta, pd.concat([meta for meta, *_ in parts], ignore_index=True)
        )
        flux, _ = store.rows(np.arange(len(store)))
    np.testing.assert_array_equal(flux, np.concatenate([f for _, f, _ in parts]))


def test_an_exposure_is_named_by_its_folder(small_survey, tmp_path):
    """Where its files do not say it; files of another exposure are refused."""
    given = coadds(small_survey)[0]
    path = cumulative(given, tmp_path / "1001" / "7" / "coadd-0.fits")
    ingested([path], tmp_path / "s.h5", name="1001/7")
    with Store(tmp_path / "s.h5") as store:
        assert set(store.meta["tileid"]) == {1001}
        assert set(store.meta["expid"]) == {7}
    with pytest.raises(InputError, match="expid 80001 in the file, 7 by its place"):
        ingested([given], tmp_path / "t.h5", name="1001/7")
    assert not (tmp_path / "t.h5").exists()


def test_a_store_knows_what_it_is_made_of(small_survey, tmp_path):
    """Its own files and the code; the same bytes each time."""
    files = coadds(small_survey)[:1]
    for name in "ab":
        ingested(files, tmp_path / f"{name}.h5")
    with h5py.File(tmp_path / "a.h5") as file:
        record = read_tree(file, "about")["provenance"]
    assert record["code"] == "c0de"
    assert record["inputs"] == {files[0].name: checksum(files[0])}
    assert (tmp_path / "a.h5").read_bytes() == (tmp_path / "b.h5").read_bytes()


def test_a_damaged_file_does_not_stop_the_others(small_survey, tmp_path, caplog):
    """It is noted with its reason; an exposure of nothing else is refused."""
    bad = tmp_path / "coadd-1-9.fits"
    bad.write_bytes(coadds(small_survey)[0].read_bytes()[:5000])
    made = ingested([bad, coadds(small_survey)[0]], tmp_path / "s.h5")
    (row,) = made["rejected"]
    assert row["FILE"] == str(bad)
    assert "cut short" in row["REASON"]
    assert "1 of 2 files are left out" in caplog.text
    with pytest.raises(InputError, match=r"coadd-1-9\.fits"):
        ingested([bad], tmp_path / "t.h5")
    with pytest.raises(InputError, match=r"none of 2 files .*coadd-1-9\.fits"):
        ingested([bad, bad], tmp_path / "t.h5")
    assert not (tmp_path / "t.h5").exists()


def test_a_petal_of_sky_is_passed_over(small_survey, tmp_path):
    """And a target without one good pixel is in the store, and noted."""
    (some,) = spectra_of(coadds(small_survey)[0])
    sky, dead = tmp_path / "coadd-0.fits", tmp_path / "coadd-1.fits"
    write_coadd(sky, replace(some, meta=some.meta.assign(targetid=-7)))
    for arm in some.arms:
        arm.ivar[3] = 0
    write_coadd(dead, some)
    made = ingested([sky, dead], tmp_path / "s.h5")
    first, second = made["rejected"]
    assert "no targets among" in first["REASON"]
    assert second["TARGETID"] == some.meta["targetid"][3]
    assert "no signal" in second["REASON"]


@pytest.fixture
def sources(small_survey, tmp_path):
    """Return two sources: the survey's first tile, and its second with its truth."""
    truth = read_truth(small_survey.raw / "truth.csv")
    tiles = [small_survey.raw / tile for tile in ("1001", "1002")]
    halves = [truth[truth["targetid"] // 1_000_000 % 10_000 == t] for t in (1001, 1002)]
    for i, half in enumerate(halves):
        write_truth(tmp_path / f"truth{i}.csv", half)
    files = [sorted(tile.glob("*/coadd-*.fits")) for tile in tiles]
    return [(some, tmp_path / f"truth{i}.csv") for i, some in enumerate(files)]


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


def test_a_limit_is_of_targets_with_spectra(small_survey, sources, tmp_path):
    """A catalogue knows many more; fewer than the limit have spectra: all of them."""
    everything = small_survey.raw / "truth.csv"
    given = [(sources[0][0][:1], everything)]
    with Store(small_survey.stores["1001/80001"]) as store:
        here = set(store.meta["targetid"])
    for most, expected in ((5, 5), (len(here), len(here)), (27, len(here))):
        meta, labels = sampled(given, tmp_path, most)
        assert len(labels) == expected
        assert set(labels["targetid"]) == set(meta["targetid"]) <= here
    assert len(here) < 27 < len(read_truth(everything))


def test_labels_are_of_targets_with_spectra(small_survey, sources, tmp_path):
    """Of the others nothing is known yet: they may be asked about."""
    given = [(sources[0][0], small_survey.raw / "truth.csv")]
    meta, labels = sampled(given, tmp_path, None)
    assert set(labels["targetid"]) == set(meta["targetid"])
    assert len(labels) < len(read_truth(small_survey.raw / "truth.csv"))


def test_cumulative_and_healpix_files_are_sources(sources, tmp_path):
    """Their folders are a night or a pixel of the sky, which is no exposure."""
    files, truth = sources[0]
    for name, tile in (("1001/20210414", 1001), ("healpix/sv3/dark/152/15245", -1)):
        path = cumulative(files[0], tmp_path / name / "coadd-1.fits", tile)
        meta, _ = sampled([([path], truth)], tmp_path, None)
        assert set(meta["tileid"]) == {tile}
        assert set(meta["expid"]) == {-1}


def test_a_file_of_strangers_is_left_out(sources, tmp_path):
    """One file of a source that has no known target, where another has."""
    files, truth = sources[0]
    other = sources[1][0][0]
    known = read_truth(truth)
    strangers = cumulative(other, tmp_path / "x" / "coadd-1.fits")
    (unknown,) = spectra_of(strangers)
    rows = ~unknown.meta["targetid"].isin(known["targetid"]).to_numpy()
    write_coadd(strangers, unknown.rows(rows))
    meta, _ = sampled([([strangers, files[0]], truth)], tmp_path, None)
    assert set(meta["expid"]) == {80001}


def test_a_truth_of_other_spectra_is_refused(sources, tmp_path):
    """Both the truth and a file are named; no half sample is left."""
    crossed = [sources[0], (sources[0][0], sources[1][1])]
    with pytest.raises(
        InputError, match=r"truth1\.csv: knows none .*1 more; expected t"
    ):
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


@pytest.fixture
def labelled(small_survey, tmp_path):
    """Return what is gathered: stores, labels of a round, and those of the first."""
    truth = read_truth(small_survey.raw / "truth.csv")
    write_truth(tmp_path / "round1.csv", truth[:3])
    write_truth(tmp_path / "round3.csv", truth[:9])
    stores = list(small_survey.stores.values())
    return stores, tmp_path / "round3.csv", tmp_path / "round1.csv"


def test_what_was_labelled_since_is_gathered(labelled, tmp_path):
    """Every exposure of the new targets, spectra as they are, and no other target."""
    gather_labelled(*labelled, tmp_path / "labelled3.h5", {"code": "c0de"})
    stores, new, old = labelled
    wanted = set(read_truth(new)["targetid"]) - set(read_truth(old)["targetid"])
    metas, fluxes = [], []
    for path in stores:
        with Store(path) as store:
            rows = store.meta["targetid"].isin(wanted).to_numpy()
            metas.append(store.meta[rows])
            fluxes.append(store.rows(rows)[0])
    with Store(tmp_path / "labelled3.h5") as store:
        expected = pd.concat(metas, ignore_index=True)
        pd.testing.assert_frame_equal(store.meta, expected)
        flux, _ = store.rows(np.arange(len(store)))
    assert set(expected["targetid"]) == wanted
    assert expected["expid"].nunique() > 1
    np.testing.assert_array_equal(flux, np.concatenate(fluxes))
    with h5py.File(tmp_path / "labelled3.h5") as file:
        assert read_tree(file, "about")["provenance"] == {"code": "c0de"}


@pytest.mark.parametrize("lost", [slice(3, 5), slice(3, None)])
def test_labels_without_spectra_are_refused(labelled, tmp_path, lost):
    """Some of them, or all: how many, and the first; no half store is left."""
    stores, new, old = labelled
    truth = read_truth(new)
    numbers = np.arange(len(truth))
    truth.loc[numbers[lost], "targetid"] = numbers[lost]
    write_truth(new, truth)
    count = len(numbers[lost])
    said = rf"round3\.csv: no spectrum of {count} targets, first 3; expected labels of"
    with pytest.raises(InputError, match=said):
        gather_labelled(stores, new, old, tmp_path / "labelled3.h5")
    assert list(tmp_path.glob("*.h5*")) == []


def test_a_round_without_a_new_label_is_refused(labelled, tmp_path):
    """There is nothing to learn from; both tables are named."""
    stores, _, old = labelled
    said = r"round1\.csv: the targets of .*round1\.csv only; expected an answer about"
    with pytest.raises(InputError, match=said):
        gather_labelled(stores, old, old, tmp_path / "labelled2.h5")
    assert not (tmp_path / "labelled2.h5").exists()


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
