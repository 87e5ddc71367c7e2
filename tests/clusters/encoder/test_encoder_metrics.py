"""Figures of tiles against scikit-learn."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from sklearn import metrics as sklearn
from skyloom.clusters.encoder.metrics import TileMetrics


@pytest.fixture
def tiles():
    """Return probabilities, truths and valid tiles, shape (6, 20, 20)."""
    draw = np.random.default_rng(0)
    logit = draw.normal(-2, 2, (6, 20, 20))
    probability = 1 / (1 + np.exp(-logit))
    truth = draw.random(probability.shape) < probability
    valid = draw.random(probability.shape) < 0.8
    return torch.tensor(probability), torch.tensor(truth), torch.tensor(valid)


def test_accuracy_is_scikit_learns(tiles):
    """Batch by batch, over valid tiles."""
    probability, truth, valid = tiles
    metric = TileMetrics("membership")
    for batch in zip(*tiles, strict=True):
        metric.update(*batch)
    got = metric.compute()
    y, yes = truth[valid].numpy(), (probability[valid] >= 0.5).numpy()
    assert got["membership_accuracy"] == pytest.approx(sklearn.accuracy_score(y, yes))
    scores = sklearn.precision_recall_fscore_support(y, yes, average="binary")
    for name, score in zip(("precision", "recall", "f1"), scores, strict=False):
        assert got[f"membership_{name}"] == pytest.approx(score)


def test_other_figures_are_scikit_learns(tiles):
    probability, truth, valid = tiles
    metric = TileMetrics("center")
    metric.update(*tiles)
    got = metric.compute()
    y, p = truth[valid].numpy(), probability[valid].numpy()
    exact = sklearn.average_precision_score(y, p)
    assert got["center_average_precision"] == pytest.approx(exact, abs=5e-3)
    assert got["center_brier"] == pytest.approx(sklearn.brier_score_loss(y, p))
    assert got["center_prevalence"] == pytest.approx(y.mean())
    assert got["center_ece"] < 0.03


def test_calibration_error_is_the_mean_gap():
    """All tiles at 0.7, a fifth of them true: half a unit off."""
    metric = TileMetrics("center")
    metric.update(torch.full((10,), 0.7), torch.arange(10) < 2)
    assert metric.compute()["center_ece"] == pytest.approx(0.5, abs=1e-6)


def test_rare_centres_are_told_apart():
    """Probabilities far below the prevalence of 1 in 1000 still rank."""
    draw = np.random.default_rng(1)
    truth = torch.arange(20_000) < 20
    logit = torch.tensor(draw.normal(-9, 0.5, 20_000)) + 3.0 * truth
    metric = TileMetrics("center")
    metric.update(logit.sigmoid(), truth)
    exact = sklearn.average_precision_score(truth.numpy(), logit.numpy())
    got = metric.compute()["center_average_precision"]
    assert got == pytest.approx(exact, abs=0.03)
    assert exact > 0.5


def test_reset_forgets_the_last_epoch(tiles):
    """The seed's figures of an epoch held all epochs before it."""
    metric, fresh = TileMetrics("membership"), TileMetrics("membership")
    first, second = ([part[i : i + 3] for part in tiles] for i in (0, 3))
    metric.update(*first)
    both = metric.compute()
    metric.reset()
    metric.update(*second)
    fresh.update(*second)
    assert metric.compute() == fresh.compute()
    assert metric.compute() != both


def test_a_batch_without_valid_tiles_adds_nothing(tiles):
    some, more = TileMetrics("center"), TileMetrics("center")
    for metric in (some, more):
        metric.update(*tiles)
    more.update(tiles[0], tiles[1], torch.zeros_like(tiles[2]))
    assert more.compute() == some.compute()


def test_nothing_valid_is_no_figure(tiles):
    metric = TileMetrics("center")
    metric.update(tiles[0], tiles[1], torch.zeros_like(tiles[2]))
    assert metric.compute() == {}


def test_no_positives_is_zero_and_no_warning():
    metric = TileMetrics("center")
    metric.update(torch.full((4,), 0.1), torch.zeros(4))
    got = metric.compute()
    assert got["center_average_precision"] == got["center_recall"] == 0
