"""`make encoder` trains the encoder that ships: layer, command and file agree."""

from __future__ import annotations

import re
import subprocess

import pytest
import yaml
from skyloom.clusters.config import Config
from skyloom.clusters.encoder.files import load_encoder
from skyloom.clusters.tasks.train import shape
from small_clusters import section


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


def asked(checkout, command: str) -> Config:
    """Return the configuration of a command: its layer, and what it changes."""
    layer = checkout / re.search(r"--configfile (\S+)", command)[1]
    tree = yaml.safe_load(layer.read_text())["clusters"]
    (more,) = re.findall(r"'clusters=(.*?)'", command)
    for name, keys in yaml.safe_load(more).items():
        for key, value in keys.items():
            old = tree[name].get(key)
            tree[name][key] = old | value if isinstance(value, dict) else value
    parts = ("data", "network", "simulate", "train")
    return section(**{key: tree[key] for key in parts})


def test_stages_train_the_encoder_that_ships(commands, checkout, red_sequence):
    """Its shape in both; the second as its file says that it was trained."""
    shipped = load_encoder(checkout / "resources/models/clusters/best_encoder.ckpt")
    first, second = (asked(checkout, command) for command in commands)
    for whole in (first, second):
        made = shape(whole.network, whole.data, red_sequence)
        assert made == shipped.encoder.settings
    how, known = second.train, shipped.training["settings"]
    for key in ("epochs", "batch", "rate", "warmup", "precision", "jitter"):
        assert getattr(how, key) == known[key]
    for key, weight in how.weights:
        assert weight == known["weights"][key]
    assert second.train.start in commands[0]
    assert second.simulate.fields.halos.even == 0.5


def test_the_card_names_the_command_and_the_layer(checkout):
    card = (checkout / "resources/models/clusters/README.md").read_text()
    assert "make encoder" in card
    assert "config/long.yaml" in card
    assert "train: {start:\n   <stage 1>, epochs: 5, rate: 0.001}" in card
