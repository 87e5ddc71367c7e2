"""What is placed, on which map, and what lies beside it; what is refused."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from placed_spectra import LABELS
from skyloom.io.errors import InputError
from skyloom.run.config import ConfigError
from skyloom.spectra.labels.files import write_labels
from skyloom.spectra.mapping.files import write_map
from skyloom.spectra.place import sources
from skyloom.spectra.rest.grid import RestGrid
from skyloom.spectra.tasks.place import (
    read_model,
)


@pytest.fixture
def folder(tmp_path, small_model):
    """Return a folder with a map and its labels."""
    place = tmp_path / "model"
    write_map(place / "map.npz", small_model.map)
    write_labels(place / "labels.npz", small_model.labels)
    return place


def test_a_folder_is_a_model(folder, small_model, monkeypatch):
    monkeypatch.setenv("SKYLOOM_DATA", str(folder.parent))
    files = sources.model({"place": {"model": "model"}})
    found = read_model(files["map"], files["labels"])
    assert found.map.digest == small_model.map.digest
    np.testing.assert_array_equal(found.novelty.distance, small_model.novelty.distance)
    assert list(found.labels.labels) == list(LABELS)


def test_without_a_folder_the_model_is_the_run_s_own():
    files = sources.model({"place": {"model": None}})
    assert files["map"].endswith("desom1/DESOM_model_final.keras")


def _other_scaling(made):
    return dataclasses.replace(made, scaled="zscore")


def _other_grid(made):
    return dataclasses.replace(made, grid=RestGrid(3700.0, 1e-3, 448))


def _other_units(made):
    som = dataclasses.replace(made.som, weights=made.som.weights + np.float32(1e-3))
    return dataclasses.replace(made, som=som)


@pytest.mark.parametrize("change", [_other_scaling, _other_grid, _other_units])
def test_labels_of_another_map_are_refused(change, folder, small_model):
    write_map(folder / "map.npz", change(small_model.map))
    with pytest.raises(InputError, match="the labels of another map") as error:
        read_model(folder / "map.npz", folder / "labels.npz")
    assert "labels.npz" in str(error.value)


@pytest.mark.parametrize(
    "novelty", [None, {}, {"noise": [1.0], "distance": [[1.0]]}, 3]
)
def test_labels_without_novelty_are_refused(novelty, folder, small_model):
    about = {"novelty": novelty} if novelty is not None else {}
    labels = dataclasses.replace(small_model.labels, about=about)
    write_labels(folder / "labels.npz", labels)
    with pytest.raises(InputError, match="no distances of training spectra"):
        read_model(folder / "map.npz", folder / "labels.npz")


@pytest.mark.parametrize(
    ("harm", "says"),
    [
        (lambda f: (f / "labels.npz").unlink(), "must hold one map"),
        (lambda f: (f / "map.npz").unlink(), "must hold one map"),
        (lambda f: (f / "DESOM_model_final.keras").touch(), "must hold one map"),
        (lambda f: f.rename(f.parent / "gone"), "there is no folder"),
    ],
)
def test_a_folder_that_is_no_model_is_refused(harm, says, folder, monkeypatch):
    monkeypatch.setenv("SKYLOOM_DATA", str(folder.parent))
    harm(folder)
    with pytest.raises(ConfigError, match=says):
        sources.model({"place": {"model": "model"}})


def test_files_to_place_have_names_of_their_own(tmp_path, monkeypatch):
    monkeypatch.setenv("SKYLOOM_DATA", str(tmp_path))
    for name in ("a/cube.fits.gz", "b/cube.fits", "b/other.fits"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()

    def files(*given):
        return sources.files({"place": {"files": given}})

    assert list(files("a/cube.fits.gz", "b/other.fits")) == ["cube", "other"]
    with pytest.raises(ConfigError, match="would both be placed"):
        files("a/cube.fits.gz", "b/cube.fits")
    with pytest.raises(ConfigError, match="there is no file"):
        files("c.fits")


def test_maps_of_manga_are_inputs_beside_their_cube(tmp_path):
    cube = tmp_path / "manga-1-2-LOGCUBE.fits.gz"
    maps = tmp_path / "manga-1-2-MAPS-HYB10-MILESHC.fits.gz"
    (tmp_path / "manga-1-3-MAPS.fits.gz").touch()
    maps.touch()
    assert sources.beside(str(cube)) == [str(maps)]
    assert sources.beside(str(tmp_path / "cube.fits")) == []


def test_redshifts_of_redrock_are_inputs_beside_their_coadd(tmp_path):
    coadd, redrock = tmp_path / "coadd-x.fits", tmp_path / "redrock-x.fits"
    assert sources.beside(str(coadd)) == []
    redrock.touch()
    assert sources.beside(str(coadd)) == [str(redrock)]
    assert sources.beside(str(redrock)) == []
