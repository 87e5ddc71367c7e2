"""The slope and offset that turn an encoder's logits into frequencies."""

from __future__ import annotations

from collections.abc import Iterable

import torch

from skyloom.clusters.encoder.loss import truth_of
from skyloom.clusters.encoder.metrics import TileMetrics
from skyloom.clusters.encoder.network import LOGITS, Encoder
from skyloom.stats.calibration import fit_line

SLOPES = (0.2, 5.0)  # beyond these the held-out tiles are too few to say


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
