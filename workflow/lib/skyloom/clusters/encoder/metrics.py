"""How well probabilities of tiles fit the truth, over an epoch and many devices."""

from __future__ import annotations

import torch
from torch import nn
from torchmetrics import MeanSquaredError
from torchmetrics.classification import (
    BinaryAveragePrecision,
    BinaryCalibrationError,
    BinaryStatScores,
)

BINS = 15  # of the calibration error
LOGITS = torch.linspace(-12, 12, 481)  # thresholds of the average precision


class TileMetrics(nn.Module):
    """All figures of one kind of probability, ``membership`` or ``center``.

    Where devices are `together`, `compute` is of the tiles of all, and all call it.
    """

    def __init__(self, prefix: str, *, together: bool = True):
        super().__init__()
        self.prefix = prefix
        sync = {"sync_on_compute": together}
        self.counts = BinaryStatScores(ignore_index=-1, **sync)
        # Thresholds even in the logit: a rare centre's probabilities are all small.
        self.precision = BinaryAveragePrecision(LOGITS.sigmoid(), **sync)
        self.calibration = BinaryCalibrationError(BINS, norm="l1", **sync)
        self.brier = MeanSquaredError(**sync)

    def update(
        self,
        probability: torch.Tensor,
        truth: torch.Tensor,
        valid: torch.Tensor | None = None,
    ) -> None:
        """Take tiles in: of arrays of one shape, those that are valid."""
        valid = torch.ones_like(truth, dtype=torch.bool) if valid is None else valid
        # With masked tiles, as no metric takes an empty array.
        self.counts.update(probability, torch.where(valid, truth.long(), -1))
        probability, truth = probability[valid], truth[valid].long()
        if len(truth):
            self.precision.update(probability, truth)
            self.calibration.update(probability, truth)
            self.brier.update(probability, truth.to(probability.dtype))

    def compute(self) -> dict[str, torch.Tensor]:
        """Return the figures by name, scalars; empty before any tile.

        ``_accuracy``, ``_precision``, ``_recall`` and ``_f1`` of a yes from 0.5 on, 0
        where there is nothing to divide by; ``_average_precision``, with
        ``_prevalence`` to hold it against; ``_ece``, the expected calibration error;
        ``_brier``.
        """
        # Of all devices, so that all take the same way through what follows.
        tp, fp, tn, fn, positive = self.counts.compute().double()
        tiles = tp + fp + tn + fn
        if not tiles:
            return {}
        area = self.precision.compute() if positive else torch.zeros_like(tp)
        figures = {
            "accuracy": (tp + tn) / tiles,
            "precision": tp / (tp + fp).clamp(min=1),
            "recall": tp / (tp + fn).clamp(min=1),
            "f1": 2 * tp / (2 * tp + fp + fn).clamp(min=1),
            "prevalence": positive / tiles,
            "average_precision": area,
            "ece": self.calibration.compute(),
            "brier": self.brier.compute(),
        }
        return {f"{self.prefix}_{name}": value for name, value in figures.items()}

    def reset(self) -> None:
        """Forget all tiles: an epoch's figures are its own."""
        for metric in self.children():
            metric.reset()
