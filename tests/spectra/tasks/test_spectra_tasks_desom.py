"""From files of spectra to a map, its log and its pictures."""

from dataclasses import replace

import pandas as pd
import pytest
from skyloom.io.errors import InputError
from skyloom.learn import devices
from skyloom.plots import style
from skyloom.spectra.rest.files import RestSpectra, write_spectra
from skyloom.spectra.tasks.desom import draw_map, save, train_map
from skyloom.spectra.tasks.reading import read_map
from small_desom import GRID, LATENT, how, sheet_of_spectra


def write_sets(folder, *, damage=None):
    """Write training and test spectra as the sample's rules do."""
    info = pd.DataFrame({"plateifu": ["8000-1901"] * 90})
    for number, part in enumerate(("train", "test")):
        flux, ivar = sheet_of_spectra(90, number)
        made = RestSpectra(flux, ivar, info, GRID, "median")
        if damage and part == "test":
            made = damage(made)
        write_spectra(folder / f"X_{part}.npy", made, info=folder / f"Y_{part}.fits")
    names = ("X_train.npy", "Y_train.fits", "X_test.npy", "Y_test.fits")
    return {name[:-4].rstrip(".").lower(): str(folder / name) for name in names}


def settings_of_task(training):
    units = {"rows": 4, "columns": 5, "lattice": "hexagonal", "topology": "sheet"}
    desom = {"network": "mlp", "latent": LATENT, "weighted": True}
    desom |= {"units": units | {"metric": "manhattan"}, "training": training}
    return {"desom": desom, "seed": 1, "repeat": 0}


def test_task_writes_map_log_and_pictures(tmp_path):
    """From files to files; another repeat is another map."""
    files, maps = write_sets(tmp_path), []
    settings = settings_of_task(how(iterations=40, start="random").model_dump())
    for repeat in (0, 1):
        where = {"folder": tmp_path, "threads": 1, "gpu": 0}
        made = train_map(files, settings | {"repeat": repeat}, {"input": 1}, **where)
        (tmp_path / "training.npz").unlink(missing_ok=True)
        maps.append(made.som.weights)
    assert (maps[0] != maps[1]).any()
    model, log = str(tmp_path / "m.keras"), str(tmp_path / "log.csv")
    save(made, model, log)
    again = read_map(model)
    assert again.about["provenance"] == {"input": 1}
    assert again.som.lattice == "hexagonal"
    figures = draw_map(model, log, files["x_test"], files["y_test"], 0.1, 1)
    assert sorted(figures) == ["hits", "loss", "prototypes", "reconstructions"]
    shown = figures["reconstructions"].axes
    assert len(shown) == 10
    curves = figures["prototypes"].axes[0].collections[0].get_segments()
    assert len(curves) == 20
    for figure in figures.values():
        style.save(figure, tmp_path / "f.png", dpi=30)


def emptied(spectra):
    ivar = spectra.ivar.copy()
    ivar[7] = 0
    return replace(spectra, ivar=ivar)


@pytest.mark.parametrize(
    ("damage", "problem"),
    [
        (emptied, "no good pixel"),
        (lambda spectra: replace(spectra, scaled="zscore"), "other pixels or scaling"),
        (lambda spectra: spectra.rows(slice(0, 0)), "no spectra"),
    ],
)
def test_spectra_that_cannot_be_learned_are_refused(tmp_path, damage, problem):
    """Before the training, with the file's name."""
    files = write_sets(tmp_path, damage=damage)
    settings = settings_of_task(how().model_dump())
    with pytest.raises(InputError, match=problem) as told:
        train_map(files, settings, {}, folder=tmp_path, threads=1, gpu=0)
    assert "X_test.npy" in str(told.value)


def test_missing_gpu_is_told(tmp_path, monkeypatch):
    """Not trained without it in silence."""
    monkeypatch.setattr(devices, "_tensorflow", lambda: ("9.1", False, 0))
    settings = settings_of_task(how().model_dump())
    with pytest.raises(RuntimeError, match=r"spectra\.desom\.gpu asks for cuda, but "):
        train_map({}, settings, {}, folder=tmp_path, threads=1, gpu=1)
