"""How well probabilities of tiles fit the truth, over an epoch and many devices."""

from __future__ import annotations

import torch
from torch import nn
from torchmetrics import MeanSquaredError, Metric
from torchmetrics.classification import BinaryAveragePrecision, BinaryCalibrationError

BINS = 15  # of the calibration error
LOGITS = torch.linspace(-12, 12, 481)  # thresholds of the average precision


class ClusterMembershipAccuracy(Metric):
    """Accuracy, precision, recall and F1 of a yes or no to each tile.

    Parameters
    ----------
    prefix : str
        Of the names: ``membership_accuracy``, ``membership_precision``, ...
    threshold : float
        A tile counts as a yes from this probability on.
    **options
        Of torchmetrics' `Metric`.
    """

    full_state_update = False
    higher_is_better = True
    tp: torch.Tensor
    tn: torch.Tensor
    fp: torch.Tensor
    fn: torch.Tensor

    def __init__(self, prefix: str = "membership", threshold: float = 0.5, **options):
        super().__init__(**options)
        self.prefix, self.threshold = prefix, threshold
        for name in ("tp", "tn", "fp", "fn"):
            zero = torch.zeros((), dtype=torch.long)
            self.add_state(name, default=zero, dist_reduce_fx="sum")

    def update(
        self,
        probability: torch.Tensor,
        truth: torch.Tensor,
        valid: torch.Tensor | None = None,
    ) -> None:
        """Count tiles.

        Parameters
        ----------
        probability : tensor, any shape
            From 0 to 1.
        truth : tensor of bool, same shape
            What is there.
        valid : tensor of bool, same shape, optional
            Tiles that count.
        """
        probability, truth = chosen(probability, truth, valid)
        yes = probability >= self.threshold
        self.tp += (yes & truth).sum()
        self.tn += (~yes & ~truth).sum()
        self.fp += (yes & ~truth).sum()
        self.fn += (~yes & truth).sum()

    def compute(self) -> dict[str, torch.Tensor]:
        """Return the four figures by name; 0 where there is nothing to divide by."""
        tp, tn, fp, fn = (x.double() for x in (self.tp, self.tn, self.fp, self.fn))
        figures = {
            "accuracy": _ratio(tp + tn, tp + tn + fp + fn),
            "precision": _ratio(tp, tp + fp),
            "recall": _ratio(tp, tp + fn),
            "f1": _ratio(2 * tp, 2 * tp + fp + fn),
        }
        return {f"{self.prefix}_{name}": value for name, value in figures.items()}


class TileMetrics(nn.Module):
    """All figures of one kind of probability.

    Parameters
    ----------
    prefix : str
        Of the names: ``membership`` or ``center``.
    together : bool
        Whether `compute` takes the tiles of all devices; all must call it then.
    """

    def __init__(self, prefix: str, *, together: bool = True):
        super().__init__()
        self.prefix = prefix
        sync = {"sync_on_compute": together}
        self.accuracy = ClusterMembershipAccuracy(prefix, **sync)
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
        """Take tiles in, as `ClusterMembershipAccuracy.update` does."""
        probability, truth = chosen(probability, truth, valid)
        if not len(truth):
            return
        self.accuracy.update(probability, truth)
        self.precision.update(probability, truth.long())
        self.calibration.update(probability, truth.long())
        self.brier.update(probability, truth.to(probability.dtype))

    def compute(self) -> dict[str, torch.Tensor]:
        """Return the figures by name, scalars; empty before any tile.

        Those of `ClusterMembershipAccuracy`; ``_average_precision``, with
        ``_prevalence`` to hold it against; ``_ece``, the expected calibration error;
        ``_brier``.
        """
        counts = self.accuracy
        # Of all devices, so that all take the same way through what follows.
        with counts.sync_context(should_sync=counts.sync_on_compute):
            true, tiles = counts.tp + counts.fn, counts.tn + counts.fp
        tiles = tiles + true
        if not tiles:
            return {}
        positive = true.double() / tiles
        none = torch.zeros_like(positive)
        more = {
            "prevalence": positive,
            "average_precision": self.precision.compute() if positive > 0 else none,
            "ece": self.calibration.compute(),
            "brier": self.brier.compute(),
        }
        named = {f"{self.prefix}_{name}": value for name, value in more.items()}
        return self.accuracy.compute() | named

    def reset(self) -> None:
        """Forget all tiles: an epoch's figures are its own."""
        for metric in self.children():
            metric.reset()


def chosen(
    probability: torch.Tensor, truth: torch.Tensor, valid: torch.Tensor | None
) -> tuple[torch.Tensor, torch.Tensor]:
    """Return probabilities and truths of the valid tiles, one axis each."""
    truth = truth.bool()
    if valid is None:
        return probability.flatten(), truth.flatten()
    return probability[valid], truth[valid]


def _ratio(part: torch.Tensor, whole: torch.Tensor) -> torch.Tensor:
    return torch.where(whole > 0, part / whole.clamp(min=1), torch.zeros_like(part))
