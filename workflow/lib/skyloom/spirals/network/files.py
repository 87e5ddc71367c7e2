"""``model.pt``: a network with all that its use needs, as plain values and tensors."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import torch

from skyloom.io.documents import plain
from skyloom.io.errors import REMADE
from skyloom.learn.models import (
    Wrong,
    whole_file,
    whole_weights,
    wrong_sections,
    wrong_weights,
)
from skyloom.learn.tensors import write_tensors
from skyloom.spirals.network.settings import Settings
from skyloom.spirals.network.unet import SpiralNet
from skyloom.spirals.questions import columns

FORMAT = 1
SECTIONS = ("settings", "weights", "calibration", "training", "metrics", "provenance")
REMEDY = (
    f"if the workflow made it, {REMADE}; if it was given, by the key spirals.model, "
    "take another, or the version of skyloom that made it"
)


@dataclass(frozen=True)
class Model:
    """What a model's file holds.

    Attributes
    ----------
    net : SpiralNet
        In evaluation mode.
    calibration : dict
        Plain values; ``votes`` is that of `.calibrate`, further ones are anyone's.
    training : dict
        How it was trained: ``heads``, ``settings``, ``seed``, ``epoch``.
    metrics : dict
        Of the galaxies of validation.
    provenance : dict
        Plain values.
    """

    net: SpiralNet
    calibration: dict = field(default_factory=dict)
    training: dict = field(default_factory=dict)
    metrics: dict = field(default_factory=dict)
    provenance: dict = field(default_factory=dict)

    @property
    def settings(self) -> Settings:
        """The shape of the network."""
        return self.net.settings


def save_model(path: str | Path, model: Model) -> None:
    """Write a model: whole or not at all, the same model the same bytes.

    ValueError for weights that are not finite.
    """
    tree = {
        "format": FORMAT,
        "answers": columns(),
        "settings": model.settings.to_json(),
        "weights": whole_weights(model.net),
        **{key: plain(getattr(model, key)) for key in SECTIONS[2:]},
    }
    write_tensors(path, tree)


def load_model(path: str | Path) -> Model:
    """Read what `save_model` wrote, and check that it is whole.

    Raises
    ------
    InputError
        No file; cut short or damaged; a pickled object; a key missing or unknown;
        other answers; weights of another shape or not finite.
    """
    tree = whole_file(path, _wrong, REMEDY)
    net = SpiralNet(Settings.from_json(tree["settings"]))
    net.load_state_dict(tree["weights"])
    return Model(net.eval(), *(tree[key] for key in SECTIONS[2:]))


def _wrong(tree: object) -> Wrong:
    """Yield where something is wrong, the problem, and what is expected."""
    yield from wrong_sections(tree, FORMAT, SECTIONS, ["answers"])
    if tree["answers"] != columns():
        yield "'answers'", "other answers", "those of resources/spirals/questions.csv"
    try:
        settings = Settings.from_json(tree["settings"])
    except (ValueError, TypeError) as bad:
        yield "'settings'", str(bad), "settings of ours"
    with torch.device("meta"):  # shapes only
        wanted = SpiralNet(settings).state_dict()
    yield from wrong_weights(tree["weights"], wanted)
