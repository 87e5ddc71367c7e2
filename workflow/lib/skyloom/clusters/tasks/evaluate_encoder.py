"""What an encoder's probabilities of tiles are worth, on unseen fields."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import torch
from matplotlib.figure import Figure

from skyloom.clusters.data.stream import FileData
from skyloom.clusters.encoder.files import load_encoder
from skyloom.clusters.encoder.loss import truth_of
from skyloom.clusters.encoder.metrics import TileMetrics
from skyloom.clusters.encoder.network import LOGITS
from skyloom.clusters.evaluation import reliability
from skyloom.run.seeds import rng as generator


def judge_tiles(
    encoder: str | Path, files: Sequence[str], seed: int
) -> tuple[dict, Figure]:
    """Return how well an encoder knows the tiles of unseen fields.

    Returns
    -------
    report : dict
        ``fields``, ``tiles``, and by kind of probability the figures of
        `skyloom.clusters.encoder.metrics.TileMetrics` and of
        `skyloom.clusters.evaluation.reliability.report`.
    figure : Figure
        Reliability.
    """
    seen = _predicted(encoder, files)
    truth, valid = seen["truth"], seen["truth"]["valid"]
    report = {"fields": len(valid), "tiles": int(valid.sum())}
    forecasts = {}
    for name in LOGITS:
        probability = seen["probability"][name]
        metrics = TileMetrics(name)
        metrics.update(probability, truth[name], valid)
        found = {k: v.item() for k, v in metrics.compute().items()}
        for known in ("ece", "brier", "prevalence"):  # the reliability has them
            del found[f"{name}_{known}"]
        data = reliability.of_tiles(probability, truth[name], valid)
        rng = generator(seed, "reliability", name)
        report[name] = found | {"reliability": reliability.report(data, rng)}
        forecasts[name] = data, rng
    return report, reliability.figure(forecasts)


def _predicted(encoder: str | Path, files: Sequence[str]) -> dict:
    """Return probabilities and truths of all fields, stacked."""
    network = load_encoder(encoder).encoder
    data = FileData(files)
    probability, truths = {name: [] for name in LOGITS}, []
    with torch.inference_mode():
        for batch in (data[[i]] for i in range(len(data))):
            outputs = network(batch["images"])
            for name in LOGITS:
                probability[name].append(outputs[name].sigmoid())
            truths.append(truth_of(batch))
    truth = {k: torch.cat([one[k] for one in truths]) for k in truths[0]}
    return {
        "probability": {k: torch.cat(v) for k, v in probability.items()},
        "truth": truth,
    }
