"""Training with Lightning: resumed after a kill, and logged in the job's own log."""

from __future__ import annotations

import logging
import os
import shutil
import time
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from sys import modules
from types import ModuleType

import pandas as pd
import pytorch_lightning as lightning
import torch
from pytorch_lightning.callbacks import Callback, ModelCheckpoint
from pytorch_lightning.loggers import TensorBoardLogger
from pytorch_lightning.plugins.environments import (
    ClusterEnvironment,
    LightningEnvironment,
    SLURMEnvironment,
)

from skyloom.io.tables import write_csv
from skyloom.learn.devices import require_gpu
from skyloom.run.log import ANYWHERE, EVERY, ON_TERMINAL

RESUME = "resume"  # folder of Lightning's checkpoints
LAST = "last.ckpt"
EPOCHS = "epochs.csv"
IDENTITY = "skyloom"  # key of a checkpoint
MONITOR = "val/loss"  # what a module logs, and the best epoch has the least of
# Loggers of Lightning that tell of itself.
LOUD = (
    "lightning_fabric.utilities.distributed",
    "pytorch_lightning",
    "pytorch_lightning.utilities",
)
# Of Lightning about itself, about readers in other processes, which are a setting, and
# about srun, which `environment` has looked for.
ADVICE = (
    ".*does not have many workers",
    ".*is smaller than the logging interval",
    "Checkpoint directory .* exists and is not empty",
    ".*LeafSpec.*is deprecated",
    "The `srun` command is available on your system but is not used",
)
LOGGER = logging.getLogger("skyloom")


@dataclass(frozen=True)
class Trained:
    """A training that came to its end; its module has the weights of the best epoch.

    Attributes
    ----------
    epoch : int
        The best one, from 1 on.
    score : float
        Its `MONITOR`.
    folder : Path
        Of the checkpoints.
    """

    epoch: int
    score: float
    folder: Path

    def forget(self) -> None:
        """Delete the checkpoints, once the result is written."""
        shutil.rmtree(self.folder)


def train(
    module: lightning.LightningModule,
    data: lightning.LightningDataModule,
    folder: str | Path,
    identity: Mapping,
    *,
    logs: str | Path | None = None,
    shown: Sequence[str] = (MONITOR,),
    callbacks: Sequence[Callback] = (),
    **options,
) -> Trained | None:
    """Train a module, from where a training of the same identity was stopped.

    For several devices, Lightning starts the whole script again in further processes,
    if srun has not.

    Parameters
    ----------
    module : LightningModule
        It logs `MONITOR`.
    data : LightningDataModule
        Its batches know the process's rank.
    folder : str or Path
        Keeps ``resume/last.ckpt``, after every epoch.
    identity : mapping
        Plain values that the result follows from.
    logs : str or Path, optional
        Folder of TensorBoard's logs and of ``epochs.csv``, the logged values of each
        epoch; none are written without.
    shown : sequence of str
        Logged values that each epoch's line in the job's log shows.
    callbacks : sequence of Callback
        More of Lightning's.
    **options
        Of Lightning's Trainer: ``max_epochs``, ``accelerator``, ``devices``, ...

    Returns
    -------
    Trained or None
        None in a further process, once all have trained: what comes after is left to
        the first.

    Raises
    ------
    RuntimeError
        GPUs that torch's build, or this job, does not have.
    """
    if options.get("accelerator") == "gpu":
        last = f"cuda:{options['devices'] - 1}"
        require_gpu("torch", "train.accelerator", last)
    folder = Path(folder)
    last = _resumable(folder / RESUME, identity)
    callbacks = [_Identity(dict(identity)), _Progress(shown), *callbacks]
    if logs is not None:
        callbacks.append(_Epochs(Path(logs) / EPOCHS))
    with _quiet():
        trainer = _trainer(folder, logs, callbacks, options)
        trainer.fit(module, data, ckpt_path=last, weights_only=True)
        _part(trainer)
    if not trainer.is_global_zero:
        return None
    keep = trainer.checkpoint_callback
    best = torch.load(keep.best_model_path, map_location="cpu", weights_only=True)
    module.load_state_dict(best["state_dict"])
    module.to(trainer.strategy.root_device)
    made = Trained(best["epoch"] + 1, float(keep.best_model_score), folder / RESUME)
    LOGGER.info("best epoch %d, loss %.4f", made.epoch, made.score)
    return made


def environment() -> ClusterEnvironment:
    """Return who starts the processes of a training: Slurm, or Lightning.

    Slurm where this process is one of several tasks that srun started. In any other
    job of Slurm's it is the only task, as Snakemake's jobs are, and Lightning would
    take it for all there are, whatever the devices.
    """
    if int(os.environ.get("SLURM_STEP_NUM_TASKS", "1")) > 1:
        return SLURMEnvironment(auto_requeue=False)
    return LightningEnvironment()


def differences(first: Mapping, second: Mapping) -> list[str]:
    """Return ``"key: value of the first, of the second"`` where two trees differ."""
    missing = "nothing"
    return [
        f"{key}: {first.get(key, missing)}, {second.get(key, missing)}"
        for key in sorted(first.keys() | second.keys())
        if first.get(key, missing) != second.get(key, missing)
    ]


def _resumable(folder: Path, identity: Mapping) -> Path | None:
    """Return the checkpoint to go on from; another training's is deleted."""
    last = folder / LAST
    if not last.is_file():
        return None
    try:
        found = torch.load(last, map_location="cpu", weights_only=True)
        other = differences(found[IDENTITY], identity)
    except Exception as bad:  # whatever a file cut short makes torch stumble over
        other = [f"not readable: {str(bad).strip()[:80]}"]
    if not other:
        LOGGER.info("going on after epoch %d", found["epoch"] + 1)
        return last
    LOGGER.info("starting afresh, the last checkpoint differs: %s", other[0])
    shutil.rmtree(folder)
    return None


def _trainer(
    folder: Path, logs: str | Path | None, callbacks: list[Callback], options: dict
) -> lightning.Trainer:
    where = {"dirpath": folder / RESUME, "enable_version_counter": False}
    best = ModelCheckpoint(**where, filename="best", monitor=MONITOR)
    # After every epoch, which `save_last` does not do; second, so that it knows the
    # best one.
    last = ModelCheckpoint(**where, filename=Path(LAST).stem)
    by = environment()
    slurm = isinstance(by, SLURMEnvironment)
    return lightning.Trainer(
        **options,
        plugins=[by],
        num_nodes=int(os.environ.get("SLURM_NNODES", "1")) if slurm else 1,
        logger=False if logs is None else _tensorboard(logs),
        callbacks=[best, last, *callbacks],
        default_root_dir=folder,
        log_every_n_steps=10,
        num_sanity_val_steps=0,
        use_distributed_sampler=False,
        enable_progress_bar=False,
        enable_model_summary=False,
    )


def _tensorboard(folder: str | Path) -> TensorBoardLogger:
    # Where TensorFlow is installed, TensorBoard would import it: seconds for nothing.
    # A module of this name tells it not to.
    name = "tensorboard.compat.notf"
    modules.setdefault(name, ModuleType(name))
    return TensorBoardLogger(folder, name="", version="")


def _part(trainer: lightning.Trainer) -> None:
    """Let the processes go their own ways at one time: the first may yet take long."""
    trainer.strategy.barrier()
    if torch.distributed.is_available() and torch.distributed.is_initialized():
        torch.distributed.destroy_process_group()


class _Identity(Callback):
    """Put what the training follows from into its checkpoints."""

    def __init__(self, identity: dict):
        self.identity = identity

    def on_save_checkpoint(self, _trainer, _module, checkpoint: dict) -> None:
        checkpoint[IDENTITY] = self.identity


class _Progress(Callback):
    """Log how far training is: now and then, and what each epoch gave."""

    def __init__(self, shown: Sequence[str]):
        self.shown = shown
        self.began = self.last = time.monotonic()

    def on_train_batch_end(self, trainer, _module, outputs, _batch, index) -> None:
        now = time.monotonic()
        if now - self.last >= EVERY and trainer.is_global_zero:
            self.last, of = now, trainer.num_training_batches
            place = (trainer.current_epoch + 1, trainer.max_epochs, index + 1, of)
            loss = float(outputs["loss"])
            line = "epoch %d of %d, batch %d of %d: loss %.4f"
            LOGGER.info(line, *place, loss, extra=ON_TERMINAL)

    def on_train_epoch_end(self, trainer, _module) -> None:
        if not trainer.is_global_zero:
            return
        seen, spent = trainer.callback_metrics, time.monotonic() - self.began
        values = [
            f"{name} {float(seen[name]):.4f}" for name in self.shown if name in seen
        ]
        place = (trainer.current_epoch + 1, trainer.max_epochs, spent)
        line = "epoch %d of %d, %.0f s: %s"
        LOGGER.info(line, *place, ", ".join(values), extra=ANYWHERE)


class _Epochs(Callback):
    """Write a table of what each epoch gave; checkpoints know the rows before."""

    def __init__(self, path: Path):
        self.path, self.rows = path, []

    def on_train_epoch_end(self, trainer, _module) -> None:
        seen = {k: float(v) for k, v in sorted(trainer.callback_metrics.items())}
        self.rows.append({"epoch": trainer.current_epoch + 1} | seen)
        if trainer.is_global_zero:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            write_csv(self.path, pd.DataFrame(self.rows))

    def state_dict(self) -> dict:
        return {"rows": self.rows}

    def load_state_dict(self, state: dict) -> None:
        self.rows = state["rows"]


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep Lightning's advice and notices out of the log."""
    loud = [logging.getLogger(name) for name in LOUD]
    levels = [logger.level for logger in loud]
    for logger in loud:
        logger.setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings():
            for message in ADVICE:
                warnings.filterwarnings("ignore", message=message)
            yield
    finally:
        for logger, level in zip(loud, levels, strict=True):
            logger.setLevel(level)
