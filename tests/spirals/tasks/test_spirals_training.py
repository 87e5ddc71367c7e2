"""Trainings, and simulated galaxies, as rules ask for them."""

from __future__ import annotations

import pandas as pd
import pytest
from skyloom.run.config import checked
from skyloom.spirals.config import Config
from skyloom.spirals.config_simulation import Simulate
from skyloom.spirals.cutouts.files import read_cutout
from skyloom.spirals.gz3d.files import read_gz3d
from skyloom.spirals.measure.record import Calibration
from skyloom.spirals.network.files import load_model
from skyloom.spirals.simulation.population import population
from skyloom.spirals.tasks.simulate import files_of, rows_of, simulate_galaxy, truth_row
from skyloom.spirals.tasks.training import inpaint, train

SETTINGS = {
    "network": {"size": 32, "width": 4, "multiples": [1, 2], "dropout": [0, 0]},
    "train": {"epochs": 1, "batch": 8},
    "inpainting": {"epochs": 1, "patch": 8},
}


@pytest.mark.parametrize(("heads", "masks"), [("joint", "all"), ("segmentation", "3")])
def test_a_training(survey, tmp_path, heads, masks):
    """The model knows its galaxies, and what measures of its maps need."""
    which = {"heads": heads, "masks": masks, "repeat": "1"}
    files = survey.files | {"start": []}
    target, settings = tmp_path / "model.pt", checked(Config, SETTINGS)
    train(files, settings, 1, which, target, tmp_path / "scratch")
    model = load_model(target)
    table = survey.table.set_index("name")["part"]
    known = model.training["galaxies"]
    assert set(table[known]) <= {"train", "validate"}
    assert model.training["heads"] == heads
    assert Calibration.from_json(model.calibration["maps"]).bar.length > 0
    if masks == "3":  # galaxies without masks have nothing for maps alone
        assert (table[known] == "train").sum() == 3


def test_an_encoder_that_restores_pictures(survey, tmp_path):
    """It starts a training that is to be pretrained, whatever the others start at."""
    settings = checked(Config, SETTINGS)
    start = tmp_path / "start.pt"
    inpaint(survey.files, settings, 1, start, tmp_path / "first")
    files = survey.files | {"start": [str(start)]}
    which = {"heads": "pretrained", "masks": "all", "repeat": "0"}
    train(files, settings, 1, which, tmp_path / "m.pt", tmp_path / "second")
    assert load_model(tmp_path / "m.pt").training["settings"]["start"] == "inpainting"


def test_a_simulated_galaxy(tmp_path, recipe):
    """Cutout, drawings and truth, each where the rule wants it."""
    how = Simulate(galaxies=6, image_size=48)
    rows = rows_of(population(how, 1))
    name = next(name for name in sorted(rows) if name.startswith("gz3d_"))
    outputs = {
        "cutout": [f"{tmp_path}/{name}.fits"],
        "gz3d": [f"{tmp_path}/{name}.fits.gz"],
        "truth": [f"{tmp_path}/{name}.json"],
    }
    files = files_of(outputs)
    assert list(files) == [name]
    row = simulate_galaxy(rows, how, 1, recipe, name, files[name])
    assert row["name"] == name
    assert read_cutout(files[name]["cutout"]).flux.shape == (3, 48, 48)
    marks = read_gz3d(files[name]["gz3d"]).marks
    assert marks.asked("spiral") + marks.asked("bar") > 0


def test_the_truth_of_a_galaxy_without_bar_or_arms():
    """What it has not is missing, never 0 long."""
    tree = {"name": "a", "measures": {"bar": None, "arms": None, "disk": None}}
    row = pd.Series(truth_row(tree))
    assert row[["bar_length_true", "bar_pa_true", "pitch_angle_true"]].isna().all()
    assert (row["winding_true"], row["arm_number_true"]) == ("", 0)
    tree["measures"]["bar"] = {"half_length": 4.0, "angle": 30.0, "ellipticity": 0.6}
    assert truth_row(tree)["bar_length_true"] == 8.0
