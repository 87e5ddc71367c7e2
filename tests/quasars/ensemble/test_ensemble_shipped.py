"""The ensemble that comes with skyloom: card, layer and files say the same."""

from __future__ import annotations

import json

import numpy as np
import pytest
import yaml
from skyloom.quasars.network.architecture import Architecture
from skyloom.quasars.network.decode import Z_SPLIT
from skyloom.quasars.network.files import read_parameters
from skyloom.quasars.survey.classify import SHIFT_ABOVE, SHIFT_MEMBERS
from skyloom.quasars.survey.consensus import POWER, WIDTH, WINDOW, C
from skyloom.run.digest import ROOT
from small_quasars import read_about

FOLDER = ROOT / "resources" / "models" / "quasars"
LAYER = "config/long.yaml"


@pytest.fixture(scope="module")
def layer() -> dict:
    return yaml.safe_load((ROOT / LAYER).read_text())["quasars"]


def test_the_layer_trains_such_members(layer):
    """As many, of that shape, in as many epochs and at that rate."""
    members = sorted(FOLDER.glob("net_*.keras"))
    assert len(members) == layer["ensemble"]["members"]
    for path in members:
        assert read_parameters(path).arch == Architecture(**layer["network"])
        about = read_about(path)
        assert len(about["history"]) == layer["train"]["epochs"]
        made, wanted = about["settings"], layer["train"]
        assert {key: made[key] for key in wanted} == wanted


def test_the_calibration_is_of_the_layer(layer):
    """Purity, targets and how spectra are classified."""
    told = json.loads((FOLDER / "calibration.json").read_text())
    assert told["threshold"]["target"] == layer["calibrate"]["purity"]
    assert told["targets"] == layer["calibrate"]["most"]
    assert {key: told["survey"][key] for key in layer["survey"]} == layer["survey"]
    # It also holds for what is no setting: after a change it must be made again.
    assert (POWER, SHIFT_ABOVE, SHIFT_MEMBERS, Z_SPLIT) == (4.0, 0.2, 16, 2.1)
    assert pytest.approx((3000.0, 1500.0)) == (WINDOW * C, WIDTH * C)
    assert np.isfinite(told["redshift"]["scatter"]).all()


def test_the_card_says_how_to_make_it_again(layer):
    """The command with its layer, and the numbers of the layer and the calibration."""
    card = " ".join((FOLDER / "README.md").read_text().split())
    command = f"snakemake --cores 2 quasars_all --configfile {LAYER}"
    assert f"{command} \\ --config 'areas=[quasars]' makes" in card
    told = json.loads((FOLDER / "calibration.json").read_text())["threshold"]
    assert f"{told['value']:.3f} on the score" in card
    assert f"{100 * told['completeness']:.1f} %" in card
    assert f"{layer['simulate']['sample']['targets']:,} simulated spectra" in card
    assert f"{layer['train']['epochs']} epochs" in card
