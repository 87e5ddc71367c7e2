"""``best_encoder.ckpt``: an encoder with all that its use needs, as plain tensors."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import torch

from skyloom.clusters.encoder.network import LOGITS, Encoder
from skyloom.clusters.encoder.settings import EncoderSettings
from skyloom.io.documents import plain
from skyloom.io.errors import InputError
from skyloom.learn.tensors import own, read_tensors, write_tensors

FORMAT = 1
KEYS = (
    "format",
    "settings",
    "normalisation",
    "calibration",
    "weights",
    "training",
    "metrics",
    "provenance",
)
BUFFERS = ("normalise.noise", "slope", "offset")  # told in sections of their own
REMEDY = (
    "if the workflow made it, delete it and run the workflow; if it was given, by the "
    "key clusters.encoder, take another, or the version of skyloom that made it"
)


@dataclass(frozen=True)
class EncoderFile:
    """What `best_encoder.ckpt` holds."""

    encoder: Encoder  # with normalisation and calibration, in evaluation mode
    training: dict  # settings, seed, epoch
    metrics: dict  # figures on fields that it was not trained with
    provenance: dict


def save_encoder(
    path: str | Path,
    encoder: Encoder,
    *,
    training: Mapping | None = None,
    metrics: Mapping | None = None,
    provenance: Mapping | None = None,
) -> None:
    """Write an encoder: whole or not at all, the same encoder the same bytes.

    With plain values, see `EncoderFile`. ValueError for weights that are not finite.
    """
    state = {k: own(v) for k, v in sorted(encoder.state_dict().items())}
    bad = [name for name, value in state.items() if not value.isfinite().all()]
    if bad:
        msg = f"weights that are not finite: {', '.join(bad[:3])}"
        raise ValueError(msg)
    slope, offset = state["slope"].tolist(), state["offset"].tolist()
    lines = [list(line) for line in zip(slope, offset, strict=True)]
    tree = {
        "format": FORMAT,
        "settings": encoder.settings.to_json(),
        "normalisation": {"noise": state["normalise.noise"].tolist()},
        "calibration": dict(zip(LOGITS, lines, strict=True)),
        "weights": {k: v for k, v in state.items() if k not in BUFFERS},
        "training": plain(training or {}),
        "metrics": plain(metrics or {}),
        "provenance": plain(provenance or {}),
    }
    write_tensors(path, tree)


def load_encoder(path: str | Path) -> EncoderFile:
    """Read what `save_encoder` wrote, and check that it is whole.

    Raises
    ------
    InputError
        No file; cut short or damaged; a pickled object; a key missing or unknown;
        weights of another shape or not finite; a normalisation or calibration that
        cannot be.
    """
    tree = _sections(path)
    settings = _settings(path, tree["settings"])
    encoder = Encoder(settings)
    state = dict(tree["weights"]) | _buffers(path, tree, settings)
    _check_weights(path, state, encoder.state_dict())
    encoder.load_state_dict(state)
    told = (tree[key] for key in ("training", "metrics", "provenance"))
    return EncoderFile(encoder.eval(), *told)


def _sections(path: str | Path) -> dict:
    tree = read_tensors(path, REMEDY)
    if not isinstance(tree, dict):
        raise _error(path, f"holds a {type(tree).__name__}", "", "a dict")
    odd = [f"missing {key}" for key in KEYS if key not in tree]
    odd += [f"unknown {key}" for key in sorted(map(str, tree.keys() - set(KEYS)))]
    if odd:
        what = "a Lightning checkpoint, " if "pytorch-lightning_version" in tree else ""
        problem, wanted = what + ", ".join(odd), f"the keys {', '.join(KEYS)}"
        raise _error(path, problem, "", wanted)
    if tree["format"] != FORMAT:
        raise _error(path, f"format {tree['format']!r}", "key 'format'", str(FORMAT))
    for key in KEYS[1:]:
        if not isinstance(tree[key], dict):
            problem = f"a {type(tree[key]).__name__}"
            raise _error(path, problem, f"key {key!r}", "a dict")
    return tree


def _settings(path: str | Path, tree: Mapping) -> EncoderSettings:
    try:
        return EncoderSettings.from_json(tree)
    except (ValueError, TypeError) as bad:
        raise _error(path, str(bad), "key 'settings'", "settings of ours") from None


def _buffers(path: str | Path, tree: Mapping, settings: EncoderSettings) -> dict:
    """Return the buffers that have sections of their own."""
    noise = _numbers(path, tree, "normalisation", "noise", len(settings.bands))
    lines = [_numbers(path, tree, "calibration", name, 2) for name in LOGITS]
    slope, offset = zip(*lines, strict=True)
    for key, values in (("normalisation", noise), ("calibration", slope)):
        if min(values) <= 0:
            problem = f"noise or slope {list(values)}"
            raise _error(path, problem, f"key {key!r}", "positive numbers")
    values = (noise, slope, offset)
    return {k: torch.tensor(v) for k, v in zip(BUFFERS, values, strict=True)}


def _numbers(path: str | Path, tree: Mapping, key: str, name: str, size: int) -> list:
    values = tree[key].get(name)
    good = isinstance(values, list) and len(values) == size
    if not good or not all(isinstance(v, float) and abs(v) < 1e30 for v in values):
        where = f"key {key!r}, {name!r}"
        raise _error(path, f"{values!r}", where, f"{size} finite numbers")
    return values


def _check_weights(path: str | Path, state: Mapping, wanted: Mapping) -> None:
    odd = sorted(map(str, state.keys() ^ wanted.keys()))
    if odd:
        problem = f"missing or unknown weights: {', '.join(odd[:3])}"
        raise _error(path, problem, "key 'weights'", "those of the settings")
    for name, value in state.items():
        where = f"key 'weights', {name!r}"
        if not isinstance(value, torch.Tensor) or value.dtype != torch.float32:
            kind = getattr(value, "dtype", type(value).__name__)
            raise _error(path, f"a {kind}", where, "float32 numbers")
        if value.shape != wanted[name].shape:
            shape, right = tuple(value.shape), tuple(wanted[name].shape)
            raise _error(path, f"shape {shape}", where, f"{right}, by the settings")
        if not value.isfinite().all():
            raise _error(path, "not finite", where, "finite numbers")


def _error(path: str | Path, problem: str, where: str, expected: str) -> InputError:
    return InputError(path, problem, where=where, expected=expected, remedy=REMEDY)
