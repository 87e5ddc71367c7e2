"""An encoder trained, resumed where a kill left it."""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import torch

from skyloom.clusters.catalogue.colours import RedSequence
from skyloom.clusters.config import Config
from skyloom.clusters.config_encoder import Data, Network
from skyloom.clusters.encoder.settings import EncoderSettings
from skyloom.clusters.encoder.train import fit
from skyloom.io.atomic import replacing


def shape(network: Network, data: Data, red_sequence: RedSequence) -> EncoderSettings:
    """Return the shape of an encoder, and the red sequence that it is told."""
    colours = red_sequence.colours(np.array(network.ridge)).tolist()
    return EncoderSettings(
        tile=data.tile_size,
        pool=data.pool,
        widths=network.widths,
        blocks=network.blocks,
        dilations=network.dilations,
        hidden=network.hidden,
        ridge=colours if network.ridge else (),
    )


def train(
    files: Mapping[str, Sequence[str]],
    settings: Config,
    seed: int,
    red_sequence: RedSequence,
    target: str | Path,
    scratch: Path,
    logs: Path,
    provenance: Mapping,
    threads: int = 1,
    **machine,
) -> None:
    """Train an encoder and write it.

    ``files`` has the files of data to ``train``, ``validate`` and ``calibrate`` with,
    and as ``start`` none, or the encoder whose weights are the first. ``scratch`` keeps
    what a killed training goes on from. ``threads`` are torch's, for each device;
    ``machine`` are the workers, accelerator and devices of
    `skyloom.clusters.encoder.train.fit`. Of several processes, the first writes.
    """
    how = settings.train
    torch.set_num_threads(threads)
    parts = ("train", "validate", "calibrate")
    made = fit(
        {part: files[part] for part in parts},
        shape(settings.network, settings.data, red_sequence),
        how,
        scratch,
        seed=seed,
        logs=logs,
        provenance=provenance,
        start=next(iter(files["start"]), None),
        **machine,
    )
    if made is None:
        return
    with replacing(target) as temporary:
        shutil.copyfile(made, temporary)
