"""``best_encoder.ckpt``: an encoder with all that its use needs, as plain tensors."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import torch

from skyloom.clusters.encoder.network import LOGITS, Encoder
from skyloom.clusters.encoder.settings import EncoderSettings
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

FORMAT = 1
SECTIONS = ("settings", "normalisation", "calibration", "weights", "training")
SECTIONS += ("metrics", "provenance")
BUFFERS = ("normalise.noise", "slope", "offset")  # told in sections of their own
REMEDY = (
    f"if the workflow made it, {REMADE}; if it was given, by the key clusters.encoder, "
    "take another, or the version of skyloom that made it"
)


@dataclass(frozen=True)
class EncoderFile:
    """What `best_encoder.ckpt` holds."""

    encoder: Encoder  # with normalisation and calibration, in evaluation mode
    training: dict  # settings, seed, epoch
    # Of fields that it was not trained with; the loss is of those that chose the epoch.
    metrics: dict
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
    state = whole_weights(encoder)
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
    tree = whole_file(path, _wrong, REMEDY)
    encoder = Encoder(EncoderSettings.from_json(tree["settings"]))
    slope, offset = zip(*(tree["calibration"][name] for name in LOGITS), strict=True)
    values = (tree["normalisation"]["noise"], slope, offset)
    told = {k: torch.tensor(v) for k, v in zip(BUFFERS, values, strict=True)}
    encoder.load_state_dict(tree["weights"] | told)
    return EncoderFile(encoder.eval(), *(tree[key] for key in SECTIONS[-3:]))


def _wrong(tree: object) -> Wrong:
    """Yield where something is wrong, the problem, and what is expected."""
    yield from wrong_sections(tree, FORMAT, SECTIONS)
    try:
        settings = EncoderSettings.from_json(tree["settings"])
    except (ValueError, TypeError) as bad:
        yield "'settings'", str(bad), "settings of ours"
    yield from _wrong_numbers(tree, "normalisation", "noise", len(settings.bands))
    for name in LOGITS:
        yield from _wrong_numbers(tree, "calibration", name, 2)
    with torch.device("meta"):  # shapes only
        wanted = Encoder(settings).state_dict()
    kept = {name: value for name, value in wanted.items() if name not in BUFFERS}
    yield from wrong_weights(tree["weights"], kept)


def _wrong_numbers(tree: Mapping, key: str, name: str, size: int) -> Wrong:
    values, where = tree[key].get(name), f"{key!r}, {name!r}"
    good = isinstance(values, list) and len(values) == size
    if not good or not all(isinstance(v, float) and abs(v) < 1e30 for v in values):
        yield where, f"{values!r}", f"{size} finite numbers"
    positive = values if name == "noise" else values[:1]
    if min(positive) <= 0:
        yield where, f"noise or slope {positive}", "positive numbers"
