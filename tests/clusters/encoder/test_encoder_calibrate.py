"""Logits turned into frequencies."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from scipy.special import expit
from sklearn.linear_model import LogisticRegression
from skyloom.clusters.encoder.calibrate import calibrate, fit_line
from skyloom.clusters.encoder.network import Encoder


@pytest.mark.parametrize("line", [(1.0, 0.0), (0.5, 1.0), (1.8, -2.0)])
def test_the_line_is_scikit_learns(line):
    """An unpenalised logistic regression has the same most likely line."""
    draw = np.random.default_rng(0)
    logit = draw.normal(-1, 2, 4000)
    truth = draw.random(4000) < expit(line[0] * logit + line[1])
    free = LogisticRegression(C=np.inf).fit(logit[:, None], truth)
    slope, offset = fit_line(logit, truth)
    assert slope == pytest.approx(free.coef_[0, 0], abs=2e-3)
    assert offset == pytest.approx(free.intercept_[0], abs=2e-3)
    assert (slope, offset) == pytest.approx(line, abs=0.2)


@pytest.mark.parametrize("truth", [True, False])
def test_one_answer_teaches_nothing(truth):
    assert fit_line(np.arange(5.0), np.full(5, truth)) == (1.0, 0.0)


def test_separable_tiles_do_not_run_away():
    slope, offset = fit_line(np.array([-1.0, 1.0]), np.array([False, True]))
    assert slope <= 5
    assert abs(offset) < 1


def test_an_encoder_off_by_an_offset_is_mended(small, field):
    """Calibrated probabilities' mean is the prevalence; calibrating twice is once."""
    data = [field(np.random.default_rng(i)) for i in range(4)]
    batch = {"images": torch.stack([one["images"] for one in data])}
    keys = data[0]["tile_catalog"]
    batch |= {k: torch.stack([one["tile_catalog"][k] for one in data]) for k in keys}
    torch.manual_seed(0)
    encoder = Encoder(small)
    encoder.start_at({"membership": 0.9, "center": 0.9})
    figures = calibrate(encoder, [batch])
    with torch.no_grad():
        out = encoder(batch["images"])
    for name in ("membership", "center"):
        share = batch[name].double().mean().item()
        assert figures[f"{name}_prevalence"] == pytest.approx(share)
        assert out[name].sigmoid().mean() == pytest.approx(share, rel=0.02)
    assert calibrate(encoder, [batch]) == pytest.approx(figures)
