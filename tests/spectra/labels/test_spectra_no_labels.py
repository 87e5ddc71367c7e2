"""A survey whose tables have no physical quantities: all but labels is made of it."""

import logging
from dataclasses import replace

import nbformat
import numpy as np
import pytest
from astropy.table import Table
from labelled_spectra import NAMES
from skyloom.io.catalogues import write_catalogue
from skyloom.io.documents import write_json
from skyloom.plots import style
from skyloom.run.headline import headline
from skyloom.run.log import NAME
from skyloom.spectra.config_map import Labels
from skyloom.spectra.labels.files import write_labels
from skyloom.spectra.mapping.files import write_map
from skyloom.spectra.place.figures import cube_figure
from skyloom.spectra.place.sky import images
from skyloom.spectra.place.spectra import place_spectra
from skyloom.spectra.rest.files import write_spectra
from skyloom.spectra.tasks.labels import judge_labels, train_labels
from skyloom.spectra.tasks.novelty import judge_novelty
from skyloom.spectra.tasks.place import Placed, picture, read_model


def absent(info):
    return info.drop(columns=list(NAMES))


def missing(info):
    return info.assign(**dict.fromkeys(NAMES, np.nan))


@pytest.fixture(params=[absent, missing])
def made(request, survey, tmp_path):
    """Return the files of a run, and its test spectra."""
    files = {"map": tmp_path / "map.npz", "labels": tmp_path / "labels.npz"}
    write_map(files["map"], survey[2])
    parts = [replace(s, info=request.param(s.info)) for s in survey[:2]]
    for name, spectra in zip(("train", "test"), parts, strict=True):
        files[name] = tmp_path / f"X_{name}.npy", tmp_path / f"Y_{name}.fits"
        write_spectra(files[name][0], spectra, info=files[name][1])
    return files, parts[1]


def test_a_survey_without_labels_is_mapped_all_the_same(
    made, tmp_path, caplog, monkeypatch
):
    monkeypatch.setattr(logging.getLogger(NAME), "propagate", True)
    files, unseen = made
    how = Labels(columns=(*NAMES, "log_ssfr"))
    labels, nodes = train_labels(files["map"], *files["train"], how, 1)
    assert "log_ssfr: left out" in caplog.text
    assert all(name in caplog.text for name in NAMES)
    assert not labels.labels
    write_labels(files["labels"], labels)
    write_catalogue(tmp_path / "nodes.fits", nodes)
    assert Table.read(tmp_path / "nodes.fits")["spectra"].sum() == 2400

    paths = (files[name] for name in ("map", "labels", "train", "test"))
    judged = judge_labels(*paths, how.calibrate, 1)
    write_json(tmp_path / "labels.json", judged.report)
    found = headline({"labels": str(tmp_path / "labels.json")})
    assert found == {"labels": {"labels": {}}}
    style.save(judged.figure, tmp_path / "labels.pdf")
    assert "no labels" in judged.figure.texts[0].get_text()
    write_catalogue(tmp_path / "test.fits", judged.table)
    table = Table.read(tmp_path / "test.fits")
    assert (len(table), table.colnames[-2:]) == (len(unseen), ["bmu", "distance"])

    model = read_model(files["map"], files["labels"])
    report, _ = judge_novelty(model, *files["test"], 1)
    assert 0 < report["share"]["value"] < 0.2
    some = replace(unseen.rows(np.arange(6)), scaled="none")
    placed = place_spectra(model, some)
    assert (placed["reason"] == "").all()
    assert not {*NAMES, "log_age_lower"} & set(placed)
    style.save(picture(Placed(placed, some), model), tmp_path / "spectra.png")
    maps = images(placed, np.arange(6).reshape(2, 3))
    style.save(cube_figure(maps, tuple(model.labels.labels)), tmp_path / "cube.png")


def test_the_notebook_says_that_no_quantities_are_known(made, checkout):
    """Of tables without redshift and S/N too; with them it draws these."""
    files, _ = made
    stored = nbformat.read(checkout / "notebooks" / "spectra_desom1.ipynb", 4)
    cells = [c.source for c in stored.cells if c.cell_type == "code"]
    quantities = [c for c in cells if c.startswith(("columns = ", "first = "))]
    assert len(quantities) == 2
    given = {"map": files["map"], "evaluation": None}
    for part, name in (("training", "train"), ("flux", "test")):
        given[part] = files[name][0]
    given |= {"training_info": files["train"][1], "info": files["test"][1]}
    names = {"inputs": given, "settings": {"labels": {"columns": NAMES}}}
    for cell in cells[1:3]:
        exec(cell, names)
    exec(quantities[0], names)
    assert names["columns"] == ["meansn2", "redshift"]
    bare = names["seen"].info.drop(columns=["meansn2", "redshift"])
    names["seen"] = replace(names["seen"], info=bare)
    for cell in quantities:
        exec(cell, names)
    assert names["shown"] == "no quantities are known"
