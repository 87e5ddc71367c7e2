"""Training an encoder, resumed where it ended, to the one file that its use needs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import torch
from pytorch_lightning.callbacks import Callback

from skyloom.clusters.config_encoder import Train
from skyloom.clusters.encoder.files import load_encoder, save_encoder
from skyloom.clusters.encoder.loss import truth_of
from skyloom.clusters.encoder.metrics import TileMetrics
from skyloom.clusters.encoder.module import Fields, Training, common
from skyloom.clusters.encoder.network import LOGITS, Encoder
from skyloom.clusters.encoder.settings import EncoderSettings
from skyloom.io.errors import InputError
from skyloom.io.record import checksum
from skyloom.learn import harness
from skyloom.run.seeds import rng
from skyloom.stats.calibration import fit_line

SLOPES = (0.2, 5.0)  # beyond these the held-out tiles are too few to say
BEST = "best_encoder.ckpt"
CLIP = 1.0  # largest norm of the gradient
SHOWN = (
    "val/loss",
    "val/membership_average_precision",
    "val/center_average_precision",
    "val/center_ece",
)


def fit(
    files: Mapping[str, Sequence[Path]],
    settings: EncoderSettings,
    how: Train,
    folder: str | Path,
    *,
    seed: int,
    workers: int = 0,
    accelerator: str = "cpu",
    devices: int = 1,
    logs: str | Path | None = None,
    provenance: Mapping | None = None,
    callbacks: Sequence[Callback] = (),
    start: str | Path | None = None,
) -> Path | None:
    """Train an encoder and write `best_encoder.ckpt`.

    It is the encoder of the epoch with the lowest validation loss, its probabilities
    calibrated on the same fields; other ones say what they are worth. Lightning's
    checkpoints lie in the folder until then; the same training goes on from them.

    Parameters
    ----------
    files : mapping of str to sequence of Path
        Files of data to ``train``; ``validate``, to choose the epoch and the logits'
        line by; ``calibrate``, for the figures.
    settings : EncoderSettings
        The encoder's shape.
    how : Train
        How it is trained.
    folder : str or Path
        Where the file goes.
    seed : int
        Of first weights, order and turns: on one kind of processor, with as many
        threads, the same seed gives the same bytes.
    workers : int
        Processes that read files, for each device.
    accelerator, devices : str, int
        ``"cpu"`` or ``"gpu"``, and how many.
    logs, callbacks
        See `skyloom.learn.harness.train`.
    provenance : mapping, optional
        Plain values for the file; other ones make it another training.
    start : str or Path, optional
        An encoder of the same shape, whose weights are the first.

    Returns
    -------
    Path or None
        Of the file; None in a further process: what comes after is left to the first.

    Raises
    ------
    InputError
        Data that are damaged, or do not fit the encoder; a start of another shape.
    FloatingPointError
        The loss is not finite.
    """
    folder, stated = Path(folder), {**dict(how), "weights": dict(how.weights)}
    noise, outputs = common(files["train"], settings)
    if start is None:
        first = _drawn(settings, noise, outputs, seed)
    else:
        first = _of(start, settings)
    module = Training(first, how, seed)
    # What the training follows from; the noise stands for the pixels.
    identity = {"seed": seed, "noise": noise, "start": outputs}
    identity |= {"provenance": dict(provenance or {})}
    identity |= {"files": [Path(path).name for path in files["train"]]}
    identity |= {"first": None if start is None else checksum(start)}
    made = harness.train(
        module,
        Fields(files["train"], files["validate"], how.batch, seed, workers),
        folder,
        settings.to_json() | stated | identity,
        logs=logs,
        shown=SHOWN,
        callbacks=callbacks,
        accelerator=accelerator,
        devices=devices,
        precision=how.precision,
        max_epochs=how.epochs,
        gradient_clip_val=CLIP,
    )
    if made is None:
        return None
    held = (
        Fields((), files[part], how.batch, seed, workers).val_dataloader()
        for part in ("validate", "calibrate")
    )
    figures = calibrate(module.encoder, *held)
    save_encoder(
        folder / BEST,
        module.encoder,
        training={"settings": stated, "seed": seed, "epoch": made.epoch},
        metrics={"loss": made.score} | figures,
        provenance=provenance,
    )
    made.forget()
    return folder / BEST


def _drawn(settings: EncoderSettings, noise: list, outputs: dict, seed: int) -> Encoder:
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(int(rng(seed, "first weights").integers(2**31)))
        encoder = Encoder(settings)
    encoder.normalise.set_noise(noise)
    encoder.start_at(outputs)
    return encoder


def _of(path: str | Path, settings: EncoderSettings) -> Encoder:
    encoder = load_encoder(path).encoder
    other = harness.differences(encoder.settings.to_json(), settings.to_json())
    if other:
        problem = f"an encoder of another shape ({other[0]})"
        expected = "that of clusters.network and clusters.data"
        remedy = "change these, or set clusters.train.start to null"
        raise InputError(path, problem, expected=expected, remedy=remedy)
    encoder.slope.fill_(1.0)
    encoder.offset.fill_(0.0)
    return encoder.train()


@torch.no_grad()
def calibrate(
    encoder: Encoder, fields: Iterable[dict], others: Iterable[dict]
) -> dict[str, float]:
    """Set an encoder's slopes and offsets by fields that it was not trained with.

    Returned are the figures of `TileMetrics` of other fields, that nothing was fitted
    to.
    """
    encoder.eval()
    encoder.slope.fill_(1.0)
    encoder.offset.fill_(0.0)
    for i, (logit, truth) in enumerate(_tiles(encoder, fields)):
        # Where all truths are equal, nothing can be learned from them.
        if truth.any() and not truth.all():
            line = fit_line(logit.numpy(), truth.numpy(), slopes=SLOPES)
            encoder.slope[i], encoder.offset[i] = line
    figures: dict[str, float] = {}
    for name, (logit, truth) in zip(LOGITS, _tiles(encoder, others), strict=True):
        metrics = TileMetrics(name, together=False)
        metrics.update(logit.sigmoid(), truth)
        figures |= {name: value.item() for name, value in metrics.compute().items()}
    return figures


def _tiles(encoder: Encoder, batches: Iterable[dict]) -> list[tuple]:
    """Return logits and truths of all valid tiles, for each of `LOGITS`."""
    device = encoder.slope.device
    kept = [([], []) for _ in LOGITS]
    for batch in batches:
        outputs, truth = encoder(batch["images"].to(device)), truth_of(batch)
        for (logits, truths), name in zip(kept, LOGITS, strict=True):
            logits.append(outputs[name].cpu()[truth["valid"]])
            truths.append(truth[name][truth["valid"]])
    return [(torch.cat(logits), torch.cat(truths)) for logits, truths in kept]
