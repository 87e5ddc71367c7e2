"""`make encoder` trains the encoder that ships: layer, command and file agree."""

from __future__ import annotations

import re
import subprocess

import pytest
import yaml
from skyloom.clusters import settings
from skyloom.clusters.encoder.files import load_encoder
from small_clusters import config


@pytest.fixture(scope="module")
def commands(checkout) -> list[str]:
    """Return the commands of `make encoder`, without running them."""
    told = subprocess.run(
        ["make", "--dry-run", "--always-make", "encoder"],
        cwd=checkout,
        capture_output=True,
        text=True,
        check=True,
    )
    lines = told.stdout.replace("\\\n", " ").splitlines()
    return [line for line in lines if "/snakemake " in line]


def asked(checkout, command: str) -> dict:
    """Return the configuration of a command: its layer, and what it changes."""
    layer = checkout / re.search(r"--configfile (\S+)", command)[1]
    tree = yaml.safe_load(layer.read_text())["clusters"]
    (more,) = re.findall(r"'clusters=(.*?)'", command)
    for section, keys in yaml.safe_load(more).items():
        for key, value in keys.items():
            old = tree[section].get(key)
            tree[section][key] = old | value if isinstance(value, dict) else value
    parts = ("data", "network", "train")
    return config(**{key: tree[key] for key in parts}) | {"fields": tree["simulate"]}


def test_stages_train_the_encoder_that_ships(commands, checkout, red_sequence):
    """Its shape in both; the second as its file says that it was trained."""
    shipped = load_encoder(checkout / "resources/models/clusters/best_encoder.ckpt")
    first, second = (asked(checkout, command) for command in commands)
    for tree in (first, second):
        shape = settings.network(tree["network"], tree["data"], red_sequence)
        assert shape == shipped.encoder.settings
    how = settings.training(second["train"]).to_json()
    known = shipped.training["settings"]
    weights = {key: known["weights"][key] for key in how["weights"]}
    assert how == {key: known[key] for key in how} | {"weights": weights}
    assert second["train"]["start"] in commands[0]
    assert second["fields"]["fields"]["halos"]["even"] == 0.5


def test_the_card_names_the_command_and_the_layer(checkout):
    card = (checkout / "resources/models/clusters/README.md").read_text()
    assert "make encoder" in card
    assert "config/long.yaml" in card
    assert "train: {start:\n   <stage 1>, epochs: 5, rate: 0.001}" in card
