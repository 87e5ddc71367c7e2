"""The slope and offset that turn an encoder's logits into frequencies."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import torch
from scipy.optimize import minimize
from scipy.special import expit

from skyloom.clusters.encoder.loss import truth_of
from skyloom.clusters.encoder.metrics import TileMetrics
from skyloom.clusters.encoder.network import LOGITS, Encoder

SLOPES = (0.2, 5.0)  # beyond these the held-out tiles are too few to say


@torch.no_grad()
def calibrate(encoder: Encoder, batches: Iterable[dict]) -> dict[str, float]:
    """Fit an encoder's slopes and offsets, and say how well its probabilities fit.

    Parameters
    ----------
    encoder : Encoder
        Its ``slope`` and ``offset`` are set.
    batches : iterable of dict
        Of fields that it was not trained with.

    Returns
    -------
    dict of str to float
        Of `skyloom.clusters.encoder.metrics.TileMetrics`, of the calibrated
        probabilities of the same fields, two parameters having been fitted to them.
    """
    encoder.eval()
    encoder.slope.fill_(1.0)
    encoder.offset.fill_(0.0)
    figures: dict[str, float] = {}
    for i, (logit, truth) in enumerate(_tiles(encoder, batches)):
        slope, offset = fit_line(logit.numpy(), truth.numpy())
        encoder.slope[i], encoder.offset[i] = slope, offset
        metrics = TileMetrics(LOGITS[i], together=False)
        metrics.update((slope * logit + offset).sigmoid(), truth)
        figures |= {name: value.item() for name, value in metrics.compute().items()}
    return figures


def fit_line(logit: np.ndarray, truth: np.ndarray) -> tuple[float, float]:
    """Return slope and offset of the most likely logistic line.

    Parameters
    ----------
    logit : ndarray, shape (n,)
        Of tiles that the encoder was not trained with.
    truth : ndarray of bool, shape (n,)
        What they hold.

    Returns
    -------
    slope, offset : float
        Calibrated logits are ``slope * logit + offset``; (1, 0) where all truths are
        equal, as nothing can be learned from them.

    Notes
    -----
    Source: Platt 1999, "Probabilistic outputs for support vector machines", without
    its smoothing of the targets, which two parameters and thousands of tiles do not
    need.
    """
    logit, truth = np.asarray(logit, float), np.asarray(truth, bool)
    if truth.all() or not truth.any():
        return 1.0, 0.0
    fit = minimize(
        _cross_entropy,
        x0=(1.0, 0.0),
        args=(logit, truth),
        jac=True,
        method="L-BFGS-B",
        bounds=(SLOPES, (None, None)),
    )
    slope, offset = fit.x
    return float(slope), float(offset)


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


def _cross_entropy(
    line: np.ndarray, logit: np.ndarray, truth: np.ndarray
) -> tuple[float, np.ndarray]:
    """Return the mean cross-entropy of a line and its gradient."""
    value = line[0] * logit + line[1]
    mean = np.mean(np.logaddexp(0, value) - truth * value)
    error = expit(value) - truth
    return float(mean), np.array([np.mean(error * logit), np.mean(error)])
