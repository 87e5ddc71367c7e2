"""Training by either framework, in the same words."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from skyloom.quasars.config import Train
from skyloom.quasars.ensemble.bootstrap import Draw
from skyloom.quasars.ensemble.data import TrainingData
from skyloom.quasars.network.architecture import Architecture

TRAINERS = ("keras", "torch")


@dataclass(frozen=True)
class Task:
    """What a group of members shares.

    Attributes
    ----------
    data : TrainingData
        All spectra.
    validation : TrainingData or None
        Held-out targets.
    arch : Architecture
        Of every member.
    settings : Train
        Of every member.
    trainer, device : str
        One of `TRAINERS`; torch's ``"cpu"`` or ``"cuda"``, where all members of a
        group are trained at once.
    """

    data: TrainingData
    validation: TrainingData | None
    arch: Architecture
    settings: Train
    trainer: str = "keras"
    device: str = "cpu"


def train(
    task: Task, seeds: Sequence[int], draws: Sequence[Draw]
) -> Iterator[tuple[object, list[dict]]]:
    """Yield each member, trained, with its history, in the order of the seeds.

    Parameters
    ----------
    task : Task
        What they share.
    seeds, draws : sequence
        Seed and bootstrap sample of each.

    Yields
    ------
    network : Parameters or keras.Model
        For `skyloom.quasars.network.files.save_member`.
    history : list of dict
        An entry an epoch.

    Raises
    ------
    ValueError
        Another trainer.
    """
    if task.trainer == "torch":
        import torch  # noqa: PLC0415

        from skyloom.quasars.ensemble.train_torch import (  # noqa: PLC0415
            Member,
            train_members,
        )

        # Sums over several threads would come in another order, and other bytes.
        torch.set_num_threads(1)
        members = [Member(s, d.rows) for s, d in zip(seeds, draws, strict=True)]
        for done in train_members(
            members,
            task.data,
            task.arch,
            task.settings,
            validation=task.validation,
            device=task.device,
        ):
            yield done.parameters, done.history
    elif task.trainer == "keras":
        os.environ.setdefault("TF_NUM_INTRAOP_THREADS", "1")
        os.environ.setdefault("TF_DETERMINISTIC_OPS", "1")
        from skyloom.quasars.ensemble.train import train_member  # noqa: PLC0415

        for seed, drawn in zip(seeds, draws, strict=True):
            yield train_member(
                task.data,
                drawn.rows,
                task.arch,
                task.settings,
                seed,
                validation=task.validation,
            )
    else:
        msg = f"trainer {task.trainer!r}: expected one of {', '.join(TRAINERS)}"
        raise ValueError(msg)
