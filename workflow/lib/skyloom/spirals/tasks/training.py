"""Networks trained, with what measures of their maps need."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch

from skyloom.run.seeds import rng
from skyloom.spirals.catalogue.galaxies import read_galaxies
from skyloom.spirals.config import Config
from skyloom.spirals.dataset.images import Pictures, with_masks
from skyloom.spirals.measure.fitted import fit_calibration
from skyloom.spirals.network import inpainting
from skyloom.spirals.network.files import Model, load_model, save_model
from skyloom.spirals.network.train import fit, shape
from skyloom.spirals.tasks.looking import look, read_packs

ALL = "all"
TOGETHER = 256  # galaxies looked at; bounds the memory


def machine(resources) -> dict[str, object]:
    """Return the keys of ``train`` that say who trains, from a job's resources."""
    return {
        "accelerator": "gpu" if resources.gpu else "cpu",
        "devices": resources.devices,
        "threads": resources.train_threads,
        "workers": resources.workers,
    }


def train(
    files: Mapping[str, Sequence[str]],
    settings: Config,
    seed: int,
    which: Mapping[str, str],
    target: str | Path,
    scratch: Path,
    **more,
) -> None:
    """Train a network and write it.

    ``which`` has the heads, how many galaxies have masks (or all), and the number of
    the repeat, which first weights and the choice of galaxies with masks depend on.
    ``scratch`` keeps what a killed training goes on from. Of several processes, the
    first writes.
    """
    own = int(rng(seed, "training", which["repeat"]).integers(2**31))
    table = read_galaxies(files["galaxies"])
    if which["masks"] != ALL:
        table = with_masks(table, int(which["masks"]), own)
    how, pictures = settings.train, Pictures(table, read_packs(files))
    if which["heads"] == "pretrained":
        how = how.model_copy(update={"start": "inpainting"})
    torch.set_num_threads(how.threads)
    made = fit(
        pictures,
        table["part"],
        shape(settings.network, settings.images.crop, how.loss.segmentation),
        how,
        scratch,
        seed=own,
        heads=which["heads"],
        start=next(iter(files["start"]), None),
        **more,
    )
    if made is not None:
        rows = np.flatnonzero(table["part"] == "validate")
        save_model(target, _calibrated(load_model(made), pictures, rows))


def inpaint(
    files: Mapping[str, Sequence[str]],
    settings: Config,
    seed: int,
    target: str | Path,
    scratch: Path,
    **more,
) -> None:
    """Train a network that restores hidden parts of pictures, and write it."""
    table, how = read_galaxies(files["galaxies"]), settings.train
    torch.set_num_threads(how.threads)
    made = inpainting.fit(
        Pictures(table, read_packs(files)),
        table["part"],
        shape(settings.network, settings.images.crop, "l1"),
        how,
        settings.inpainting,
        scratch,
        seed=seed,
        **more,
    )
    if made is not None:
        save_model(target, load_model(made))


def _calibrated(model: Model, pictures: Pictures, rows: np.ndarray) -> Model:
    """Return a model that tells what measures of its maps need."""
    parts = []
    for some in np.array_split(rows, math.ceil(len(rows) / TOGETHER)):
        seen = look(model, pictures, some)
        parts.append((seen.mean, seen.shares, seen.concentrations))
    found = fit_calibration(*map(np.concatenate, zip(*parts, strict=True)))
    return replace(model, calibration=model.calibration | {"maps": found.to_json()})
