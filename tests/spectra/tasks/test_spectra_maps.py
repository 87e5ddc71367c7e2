"""Baselines from files, and maps judged side by side."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from skyloom.io.documents import plain
from skyloom.io.errors import InputError
from skyloom.learn import devices
from skyloom.spectra.config_map import Desom, Temperature, Training, Units
from skyloom.spectra.mapping.files import write_map
from skyloom.spectra.rest.files import write_spectra
from skyloom.spectra.rest.grid import RestGrid
from skyloom.spectra.tasks import maps as tasks
from skyloom.spectra.tasks.reading import read_map
from small_maps import spectra

TRAINING = Training(
    iterations=60,
    decay=50,
    rate=1e-3,
    batch=32,
    temperature=Temperature(first=3.0, last=0.7),
    log_every=30,
)
UNITS = Units(rows=4, columns=5)
HOW = Desom(network="mlp", latent=3, units=UNITS, training=TRAINING)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    made = tmp_path_factory.mktemp("maps")
    for part, n, seed in (("train", 300, 1), ("test", 120, 2)):
        some = spectra(n, seed)
        write_spectra(made / f"X_{part}.npy", some, info=made / f"Y_{part}.fits")
    for kind, seed in (("som", 1), ("pca_som", 1), ("again", 2)):
        name = "pca_som" if kind == "again" else kind
        files = made / "X_train.npy", made / "Y_train.fits"
        one = tasks.train_baseline(name, *files, HOW, seed)
        write_map(made / f"{kind}.npz", one)
    return made


def judge(folder, **models):
    sets = [(folder / f"X_{p}.npy", folder / f"Y_{p}.fits") for p in ("test", "train")]
    return tasks.evaluate_maps(models, *sets, ["log_age", "line", "absent"], 1)


def test_maps_are_judged_side_by_side(folder):
    models = {k: [folder / f"{k}.npz"] for k in ("som", "pca_som")}
    models["pca_som"].append(folder / "again.npz")
    report, drawn = judge(folder, **models)
    assert list(report["maps"]) == ["som", "pca_som"]
    assert report["training"] == 300
    for found in report["maps"].values():
        assert found["spectra"] == 120
        assert set(found["labels"]) == {"log_age", "line"}
        assert found["labels"]["log_age"]["value"] > 0.9
        assert found["systematics"]["redshift"]["value"] < 0.15
    assert report["maps"]["som"]["stability"] == []
    (pair,) = report["maps"]["pca_som"]["stability"]
    assert pair["ami"] > 0.5
    assert pair["steps"] < pair["steps_by_chance"] / 3
    assert set(drawn) == {"comparison", "bias"}
    assert plain(report) == plain(judge(folder, **models)[0])


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"scaled": "window"}, "its scaled is window"),
        ({"grid": RestGrid(3600.1, 8e-4, 560)}, "its grid is"),
    ],
)
def test_a_map_of_other_spectra_is_refused(folder, change, problem):
    other = replace(read_map(folder / "som.npz"), **change)
    write_map(folder / "other.npz", other)
    with pytest.raises(InputError, match=problem):
        judge(folder, som=[folder / "other.npz"])


@pytest.mark.parametrize("name", ["som.npz", "X_train.npy"])
def test_a_damaged_file_is_named(folder, tmp_path, name):
    data = (folder / name).read_bytes()
    bad = tmp_path / "bad.npz"
    bad.write_bytes(data[: len(data) // 2])
    with pytest.raises(InputError, match=r"bad\.npz"):
        judge(folder, som=[bad])


def test_a_gpu_that_is_not_there_is_refused(tmp_path, monkeypatch):
    """Before a spectrum is read."""
    monkeypatch.setattr(devices, "_tensorflow", lambda: ("9.1", False, 0))
    with pytest.raises(RuntimeError, match=r"spectra\.desom\.gpu asks for cuda, but"):
        tasks.train_apart("none", "none", tmp_path / "none", HOW, 1, 1, 1, {})


def test_an_autoencoder_alone_and_then_a_map(folder, tmp_path):
    files = folder / "X_train.npy", folder / "Y_train.fits"
    target = tmp_path / "ae_som.keras"
    tasks.train_apart(*files, target, HOW, 1, 1, 0, {"seed": 1})
    made = read_map(target)
    assert (made.kind, made.som.shape, made.som.width) == ("ae_som", (4, 5), 3)
    assert {row["iter"] for row in made.about["history"]} == {30, 60}
    unseen = spectra(100, 5)
    units = made.place(unseen.flux, unseen.ivar)[0]
    assert len(np.unique(units)) > 8
