"""Labels from files to files, and what is refused."""

import json
import logging
from dataclasses import replace

import numpy as np
import pytest
from astropy.io.votable.ucd import check_ucd
from astropy.table import Table
from labelled_spectra import NAMES
from skyloom.io.catalogues import write_catalogue
from skyloom.io.documents import plain
from skyloom.io.errors import InputError
from skyloom.plots import style
from skyloom.run.log import NAME
from skyloom.som.model import Som
from skyloom.spectra.config_map import Labels
from skyloom.spectra.labels.files import write_labels
from skyloom.spectra.labels.tables import MEANINGS
from skyloom.spectra.mapping.files import write_map
from skyloom.spectra.rest.files import write_spectra
from skyloom.spectra.rest.grid import RestGrid
from skyloom.spectra.tasks.labels import judge_labels, train_labels

COLUMNS = (*NAMES, "log_ssfr")


@pytest.fixture
def files(survey, labels, tmp_path):
    """Return the files of a run by name."""
    seen, unseen, made = survey
    found = {"map": tmp_path / "map.npz", "labels": tmp_path / "labels.npz"}
    write_map(found["map"], made)
    write_labels(found["labels"], labels)
    for name, spectra in (("train", seen), ("test", unseen)):
        found[name] = tmp_path / f"X_{name}.npy", tmp_path / f"Y_{name}.fits"
        write_spectra(found[name][0], spectra, info=found[name][1])
    return found


def train(files, columns=COLUMNS, share=0.15):
    how = Labels(columns=columns, calibrate=share)
    return train_labels(files["map"], *files["train"], how, 1)


def judge(files):
    return judge_labels(
        *(files[k] for k in ("map", "labels", "train", "test")), 0.15, 1
    )


def test_absent_columns_are_left_out_and_said(files, caplog, monkeypatch):
    monkeypatch.setattr(logging.getLogger(NAME), "propagate", True)
    found, nodes = train(files)
    assert tuple(found.labels) == NAMES
    assert {"spectra", *NAMES} <= set(nodes.colnames)
    assert "no columns log_ssfr: left out" in caplog.text


def test_labels_are_judged_beside_baselines(files, tmp_path, survey):
    _, unseen, _ = survey
    judged = judge(files)
    for name in NAMES:
        found = judged.report["labels"][name]
        assert set(found) == {"map", "ridge", "neighbours"}
        assert found["map"]["all"]["n"] == len(unseen)
        assert found["map"]["all"]["r2"]["value"] > 0.6
        assert found["map"]["all"]["coverage"]["value"] == pytest.approx(0.68, abs=0.07)
        for bins in ("meansn2", "redshift", "r_re_light"):
            assert len(found["map"][bins]) >= 4
    json.dumps(plain(judged.report), allow_nan=False)
    style.save(judged.figure, tmp_path / "labels.pdf")
    write_catalogue(tmp_path / "test.fits", judged.table)
    table = Table.read(tmp_path / "test.fits")
    assert len(table) == len(unseen)
    for name in NAMES:
        for side in ("", "_lower", "_upper"):
            assert str(table[name + side].unit or "") == MEANINGS[name].unit
        assert (table[f"{name}_lower"] <= table[name]).all()
        assert (table[name] <= table[f"{name}_upper"]).all()
    assert {"plateifu", "bmu", "distance"} <= set(table.colnames)


@pytest.mark.parametrize("name", MEANINGS)
def test_meanings_of_labels_are_words_of_the_vocabulary(name):
    assert check_ucd(MEANINGS[name].ucd, check_controlled_vocabulary=True)
    assert check_ucd(f"{MEANINGS[name].ucd};stat.min", check_controlled_vocabulary=True)


def rewrite(files, survey, part="train", **changes):
    """Write the spectra of a part again, some of them changed."""
    spectra = replace(survey[0 if part == "train" else 1], **changes)
    write_spectra(files[part][0], spectra, info=files[part][1])


def info_with(survey, **columns):
    return survey[0].info.assign(**columns)


def other_grid(files, survey):
    rewrite(files, survey, grid=RestGrid(3651.0, 8e-4, 480))


def other_scaling(files, survey):
    rewrite(files, survey, scaled="zscore")


def no_spectra(files, survey):
    none = survey[0].rows(np.arange(0))
    write_spectra(files["train"][0], none, info=files["train"][1])


def no_good_pixel(files, survey):
    rewrite(files, survey, ivar=0 * survey[0].ivar)


def no_galaxies(files, survey):
    rewrite(files, survey, info=survey[0].info.drop(columns="plateifu"))


def labels_of_text(files, survey):
    rewrite(files, survey, info=info_with(survey, z_h="solar"))


def infinite_label(files, survey):
    values = np.where(np.arange(len(survey[0])) == 7, np.inf, 0.0)
    rewrite(files, survey, info=info_with(survey, z_h=values))


def one_galaxy(files, survey):
    rewrite(files, survey, info=info_with(survey, plateifu="8000-1901"))


def rows_missing(files, survey):
    few = survey[0].rows(np.arange(50))
    write_spectra(files["train"][0].with_name("few.npy"), few, info=files["train"][1])


def no_map(files, survey):
    assert survey
    files["map"].unlink()


TRAINING = {
    other_grid: "X_train.npy: .*expected the map's",
    other_scaling: "scaled 'zscore'; expected the map's 'median'",
    no_spectra: "no spectra",
    no_good_pixel: "no spectrum has a good pixel",
    no_galaxies: "neither mangaID nor plateifu",
    labels_of_text: "column 'z_h' holds .*expected numbers",
    infinite_label: "row 7, column 'z_h': inf",
    one_galaxy: "0 galaxies to learn log_age from",
    rows_missing: r"shape \(2400, 480\)",
    no_map: "no such file",
}


@pytest.mark.parametrize("case", TRAINING, ids=lambda case: case.__name__)
def test_what_cannot_be_learned_from_is_refused(case, files, survey):
    case(files, survey)
    with pytest.raises(InputError, match=TRAINING[case]) as caught:
        train(files)
    assert str(files["map"].parent) in str(caught.value)


def another_map(files, survey):
    made = survey[2]
    other = replace(made, som=Som(made.som.weights + np.float32(0.1), "sheet"))
    write_map(files["map"], other)


def damaged_labels(files, survey):
    assert survey
    files["labels"].write_bytes(b"PK no archive")


def other_grid_of_tests(files, survey):
    rewrite(files, survey, "test", grid=RestGrid(3651.0, 8e-4, 480))


def text_among_tests(files, survey):
    info = survey[1].info.assign(log_age="old")
    rewrite(files, survey, "test", info=info)


JUDGING = {
    another_map: "labels of another map",
    damaged_labels: "not a readable npz",
    other_grid_of_tests: "X_test.npy: .*expected the map's",
    text_among_tests: "Y_test.fits: column 'log_age' holds",
}


@pytest.mark.parametrize("case", JUDGING, ids=lambda case: case.__name__)
def test_what_cannot_be_judged_is_refused(case, files, survey):
    case(files, survey)
    with pytest.raises(InputError, match=JUDGING[case]):
        judge(files)
