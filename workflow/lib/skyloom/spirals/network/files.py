"""``model.pt``: a network with all that its use needs, as plain values and tensors."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import torch

from skyloom.io.documents import plain
from skyloom.io.errors import InputError
from skyloom.learn.tensors import own, read_tensors, write_tensors
from skyloom.spirals.network.settings import Settings
from skyloom.spirals.network.unet import SpiralNet
from skyloom.spirals.questions import columns

FORMAT = 1
SECTIONS = ("settings", "weights", "calibration", "training", "metrics", "provenance")
REMEDY = (
    "if the workflow made it, delete it and run the workflow; if it was given, by the "
    "key spirals.model, take another, or the version of skyloom that made it"
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
    state = {k: own(v) for k, v in sorted(model.net.state_dict().items())}
    bad = [name for name, value in state.items() if not value.isfinite().all()]
    if bad:
        msg = f"weights that are not finite: {', '.join(bad[:3])}"
        raise ValueError(msg)
    tree = {
        "format": FORMAT,
        "answers": columns(),
        "settings": model.settings.to_json(),
        "weights": state,
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
    tree = read_tensors(path, REMEDY)
    # What follows the first problem may not be read: the loop ends with it.
    for where, problem, expected in _wrong(tree):
        key = where and f"key {where}"
        raise InputError(path, problem, where=key, expected=expected, remedy=REMEDY)
    net = SpiralNet(Settings.from_json(tree["settings"]))
    net.load_state_dict(tree["weights"])
    return Model(net.eval(), *(tree[key] for key in SECTIONS[2:]))


def _wrong(tree: object) -> Iterator[tuple[str, str, str]]:
    """Yield where something is wrong, the problem, and what is expected."""
    if not isinstance(tree, dict):
        yield "", f"holds a {type(tree).__name__}", "a dict"
    keys = ("format", "answers", *SECTIONS)
    odd = [f"missing {key}" for key in keys if key not in tree]
    odd += [f"unknown {key}" for key in sorted(map(str, tree.keys() - set(keys)))]
    if odd:
        what = "a Lightning checkpoint, " if "pytorch-lightning_version" in tree else ""
        yield "", what + ", ".join(odd), f"the keys {', '.join(keys)}"
    if tree["format"] != FORMAT:
        yield "'format'", f"format {tree['format']!r}", str(FORMAT)
    if tree["answers"] != columns():
        yield "'answers'", "other answers", "those of resources/spirals/questions.csv"
    for key in SECTIONS:
        if not isinstance(tree[key], dict):
            yield repr(key), f"a {type(tree[key]).__name__}", "a dict"
    try:
        settings = Settings.from_json(tree["settings"])
    except (ValueError, TypeError) as bad:
        yield "'settings'", str(bad), "settings of ours"
    with torch.device("meta"):  # shapes only
        wanted = SpiralNet(settings).state_dict()
    yield from _wrong_weights(tree["weights"], wanted)


def _wrong_weights(state: Mapping, wanted: Mapping) -> Iterator[tuple[str, str, str]]:
    odd = sorted(map(str, state.keys() ^ wanted.keys()))
    if odd:
        problem = f"missing or unknown weights: {', '.join(odd[:3])}"
        yield "'weights'", problem, "those of the settings"
    for name, value in state.items():
        where, right = f"'weights', {name!r}", wanted[name]
        if not isinstance(value, torch.Tensor) or value.dtype != right.dtype:
            kind = getattr(value, "dtype", type(value).__name__)
            yield where, f"a {kind}", f"{right.dtype}"
        if value.shape != right.shape:
            text = f"{tuple(right.shape)}, by the settings"
            yield where, f"shape {tuple(value.shape)}", text
        if not value.isfinite().all():
            yield where, "not finite", "finite numbers"
