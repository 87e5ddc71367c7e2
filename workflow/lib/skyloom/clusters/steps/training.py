"""An encoder trained, resumed where a kill left it."""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path

import torch

from skyloom.clusters.catalogue.colours import RedSequence
from skyloom.clusters.data.chunks import whole_files
from skyloom.clusters.encoder.train import fit
from skyloom.clusters.settings import network, training
from skyloom.io.atomic import replacing


def train(
    files: Mapping[str, Sequence[str]],
    settings: Mapping,
    red_sequence: RedSequence,
    target: str | Path,
    scratch: Path,
    logs: Path,
    provenance: Mapping,
) -> None:
    """Train an encoder and write it.

    Of the processes that a training on several devices has, the first writes.

    Parameters
    ----------
    files : mapping of str to sequence of path
        ``train`` and ``validate``: files of data; ``start``: none, or the encoder
        whose weights are the first.
    settings : mapping
        The sections ``data``, ``network`` and ``train``, and ``seed``.
    red_sequence : RedSequence
        Whose colours the encoder is told, if it is.
    target : path
        ``best_encoder.ckpt``.
    scratch : Path
        Keeps what a killed training goes on from.
    logs : Path
        Folder of TensorBoard's logs.
    provenance : mapping
        For the file.
    """
    how = settings["train"]
    torch.set_num_threads(how["threads"])
    made = fit(
        whole_files(files["train"]),
        whole_files(files["validate"]),
        network(settings["network"], settings["data"], red_sequence),
        training(how),
        scratch,
        seed=settings["seed"],
        logs=logs,
        provenance=provenance,
        start=next(iter(files["start"]), None),
    )
    if made is None:
        return
    with replacing(target) as temporary:
        shutil.copyfile(made, temporary)
