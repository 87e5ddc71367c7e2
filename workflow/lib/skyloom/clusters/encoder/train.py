"""Training an encoder, resumed where it ended, to the one file that its use needs."""

from __future__ import annotations

import logging
import shutil
import time
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from sys import modules
from types import ModuleType

import pytorch_lightning as lightning
import torch
from pytorch_lightning.callbacks import Callback, EarlyStopping, ModelCheckpoint
from pytorch_lightning.loggers import TensorBoardLogger
from pytorch_lightning.plugins.environments import LightningEnvironment

from skyloom.clusters.data.chunks import Chunk
from skyloom.clusters.encoder.calibrate import calibrate
from skyloom.clusters.encoder.fields import Common, Fields, common
from skyloom.clusters.encoder.files import load_encoder, save_encoder
from skyloom.clusters.encoder.module import IDENTITY, MONITOR, SCORE, Training
from skyloom.clusters.encoder.network import Encoder
from skyloom.clusters.encoder.settings import (
    EncoderSettings,
    TrainSettings,
    differences,
)
from skyloom.io.errors import InputError
from skyloom.run.log import EVERY
from skyloom.run.provenance import checksum
from skyloom.run.seeds import rng

BEST, LAST = "best_encoder.ckpt", "last.ckpt"
RESUME = "resume"  # folder of Lightning's checkpoints, gone once training is done
# Loggers of Lightning that tell of itself.
LOUD = (
    "lightning_fabric.utilities.distributed",
    "pytorch_lightning",
    "pytorch_lightning.utilities",
)
# Of Lightning about itself, and about readers in other processes, which are a setting.
ADVICE = (
    ".*does not have many workers",
    ".*is smaller than the logging interval",
    "Checkpoint directory .* exists and is not empty",
    ".*LeafSpec.*is deprecated",
)
LOGGER = logging.getLogger("skyloom")


def fit(
    training: Sequence[Chunk],
    validation: Sequence[Chunk],
    settings: EncoderSettings,
    how: TrainSettings,
    folder: str | Path,
    *,
    seed: int,
    logs: str | Path | None = None,
    provenance: Mapping | None = None,
    callbacks: Sequence[Callback] = (),
    start: str | Path | None = None,
) -> Path | None:
    """Train an encoder and write `best_encoder.ckpt`.

    It is the encoder of the epoch with the lowest validation loss, its probabilities
    calibrated on the validation fields. While training goes on, Lightning's
    ``resume/last.ckpt`` lies in the folder; the same training goes on from it.

    For several devices, Lightning starts the whole script again in further processes.

    Parameters
    ----------
    training, validation : sequence of Chunk
        Which data of which files, `skyloom.clusters.data.chunks`.
    settings : EncoderSettings
        The encoder's shape.
    how : TrainSettings
        How it is trained.
    folder : str or Path
        Where the file goes.
    seed : int
        Of first weights, order and turns: on one kind of processor, with as many
        threads, the same seed gives the same bytes.
    logs : str or Path, optional
        Folder of TensorBoard's logs; none are written without.
    provenance : mapping, optional
        Plain values for the file; other ones make it another training.
    callbacks : sequence of Callback
        More of Lightning's.
    start : str or Path, optional
        An encoder of the same shape, whose weights are the first.

    Returns
    -------
    Path or None
        Of the file; None in a further process, once all have trained: what comes
        after is left to the first.

    Raises
    ------
    InputError
        Data that are damaged, or do not fit the encoder; a start of another shape.
    FloatingPointError
        The loss is not finite.
    """
    folder = Path(folder)
    shared = common(training, settings)
    identity = _identity(settings, how, seed, shared, provenance, training)
    identity["first"] = None if start is None else checksum(start)
    last = _resumable(folder / RESUME, identity)
    first = _drawn(settings, shared, seed) if start is None else _of(start, settings)
    module = Training(first, how, seed, identity)
    fields = Fields(training, validation, how, seed)
    with _quiet():
        trainer = _trainer(how, folder, logs, callbacks)
        trainer.fit(module, fields, ckpt_path=last, weights_only=True)
        _part(trainer)
        if not trainer.is_global_zero:
            return None
        told = {"settings": how.to_json(), "seed": seed}
        # All validation fields: those of the trainer are this process's share.
        whole = Fields(training, validation, how, seed)
        _finish(trainer, module, whole, folder / BEST, told, provenance)
    return folder / BEST


def _drawn(settings: EncoderSettings, shared: Common, seed: int) -> Encoder:
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(int(rng(seed, "first weights").integers(2**31)))
        encoder = Encoder(settings)
    shared.give(encoder)
    return encoder


def _of(path: str | Path, settings: EncoderSettings) -> Encoder:
    encoder = load_encoder(path).encoder
    other = differences(encoder.settings.to_json(), settings.to_json())
    if other:
        raise InputError(
            path,
            f"an encoder of another shape ({other[0]})",
            expected="that of clusters.network and clusters.data",
            remedy="change these, or set clusters.train.start to null",
        )
    encoder.slope.fill_(1.0)
    encoder.offset.fill_(0.0)
    return encoder.train()


def _identity(
    settings: EncoderSettings,
    how: TrainSettings,
    seed: int,
    shared: Common,
    provenance: Mapping | None,
    training: Sequence[Chunk],
) -> dict:
    """Return what a training follows from; the noise stands for the pixels."""
    rest = {"seed": seed, "noise": list(shared.noise), "start": shared.start}
    files = [f"{chunk.path.name}: {len(chunk.rows)}" for chunk in training]
    rest |= {"provenance": dict(provenance or {}), "files": files}
    # Where it runs and who reads does not change what is trained.
    machine = {"workers", "accelerator", "devices", "strategy"}
    trained = {k: v for k, v in how.to_json().items() if k not in machine}
    return settings.to_json() | trained | rest


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


def _part(trainer: lightning.Trainer) -> None:
    """Let the processes of a training go their own ways, all at the same time.

    What the first does next may take longer than others wait for it.
    """
    trainer.strategy.barrier()
    if torch.distributed.is_available() and torch.distributed.is_initialized():
        torch.distributed.destroy_process_group()


def _trainer(
    how: TrainSettings,
    folder: Path,
    logs: str | Path | None,
    callbacks: Sequence[Callback],
) -> lightning.Trainer:
    where = {"dirpath": folder / RESUME, "enable_version_counter": False}
    best = ModelCheckpoint(**where, filename="best", monitor=MONITOR)
    # After every epoch, which `save_last` does not do; second, so that it knows the
    # best one.
    last = ModelCheckpoint(**where, filename=Path(LAST).stem)
    more = [EarlyStopping(MONITOR, patience=how.patience)] if how.patience else []
    return lightning.Trainer(
        accelerator=how.accelerator,
        devices=how.devices,
        strategy=how.strategy,
        # Under Slurm, where a job is one task, Lightning would take this process for
        # all there are, whatever `devices` says.
        plugins=[LightningEnvironment()],
        precision=how.precision,
        max_epochs=how.epochs,
        accumulate_grad_batches=how.accumulate,
        gradient_clip_val=how.clip or None,
        logger=False if logs is None else _tensorboard(logs),
        callbacks=[best, last, *more, Progress(), *callbacks],
        default_root_dir=folder,
        log_every_n_steps=10,
        num_sanity_val_steps=0,
        use_distributed_sampler=False,  # the order of the fields knows its rank
        enable_progress_bar=False,
        enable_model_summary=False,
    )


def _tensorboard(folder: str | Path) -> TensorBoardLogger:
    # Where TensorFlow is installed, TensorBoard would import it: seconds for nothing.
    # A module of this name tells it not to.
    name = "tensorboard.compat.notf"
    modules.setdefault(name, ModuleType(name))
    return TensorBoardLogger(folder, name="", version="")


def _finish(
    trainer: lightning.Trainer,
    module: Training,
    fields: Fields,
    path: Path,
    told: dict,
    provenance: Mapping | None,
) -> None:
    """Write the best epoch's encoder, calibrated, and drop Lightning's checkpoints."""
    keep = trainer.checkpoint_callback
    best = torch.load(keep.best_model_path, map_location="cpu", weights_only=True)
    module.load_state_dict(best["state_dict"])
    module.to(trainer.strategy.root_device)
    figures = calibrate(module.encoder, fields.val_dataloader())
    last = torch.load(path.parent / RESUME / LAST, weights_only=True)
    loss = {"loss": best[SCORE]}
    epochs = {"epoch": best["epoch"] + 1, "epochs": last["epoch"] + 1}
    save_encoder(
        path,
        module.encoder,
        training=told | epochs,
        metrics=loss | figures,
        provenance=provenance,
    )
    LOGGER.info("best epoch %d, loss %.4f", best["epoch"] + 1, loss["loss"])
    shutil.rmtree(path.parent / RESUME)


class Progress(Callback):
    """Log how far training is: now and then, and what each epoch gave."""

    def __init__(self):
        self.began = self.last = time.monotonic()

    def on_train_batch_end(self, trainer, _module, outputs, _batch, index) -> None:
        """Log a line, if the last is some seconds old."""
        now = time.monotonic()
        if now - self.last >= EVERY and trainer.is_global_zero:
            self.last, of = now, trainer.num_training_batches
            place = (trainer.current_epoch + 1, trainer.max_epochs, index + 1, of)
            loss = float(outputs["loss"])
            LOGGER.info("epoch %d of %d, batch %d of %d: loss %.4f", *place, loss)

    def on_train_epoch_end(self, trainer, _module) -> None:
        """Log the validation's figures."""
        if not trainer.is_global_zero:
            return
        seen, spent = trainer.callback_metrics, time.monotonic() - self.began
        shown = [f"{name} {float(seen[name]):.4f}" for name in SHOWN if name in seen]
        place = (trainer.current_epoch + 1, trainer.max_epochs, spent)
        LOGGER.info("epoch %d of %d, %.0f s: %s", *place, ", ".join(shown))


SHOWN = (
    "val/loss",
    "val/membership_average_precision",
    "val/center_average_precision",
    "val/center_ece",
)


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
