"""Logits turned into frequencies."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from skyloom.clusters.encoder import train as module
from skyloom.clusters.encoder.loss import truth_of
from skyloom.clusters.encoder.network import Encoder
from skyloom.clusters.encoder.train import calibrate


@pytest.fixture
def answers(monkeypatch):
    """Return a function that makes an encoder's answers what is given."""

    def give(logit, truth):
        both = [(torch.tensor(logit), torch.tensor(truth))] * 2
        monkeypatch.setattr(module, "_tiles", lambda *_: both)

    return give


@pytest.mark.parametrize("truth", [True, False])
def test_one_answer_teaches_nothing(small, answers, truth):
    answers([0.0, 1.0, 2.0], [truth] * 3)
    encoder = Encoder(small)
    calibrate(encoder, [], [])
    assert encoder.slope.tolist() == [1, 1]
    assert encoder.offset.tolist() == [0, 0]


@pytest.mark.parametrize(("sign", "slope"), [(1.0, 5.0), (-1.0, 0.2)])
def test_slopes_keep_to_what_tiles_can_say(small, answers, sign, slope):
    """However well the tiles part, or the wrong way round."""
    answers([-sign / 10] * 50 + [sign / 10] * 50, [False] * 50 + [True] * 50)
    encoder = Encoder(small)
    calibrate(encoder, [], [])
    assert encoder.slope.tolist() == pytest.approx([slope] * 2)


def test_an_encoder_off_by_an_offset_is_mended(small, field):
    """Calibrated probabilities' mean is the prevalence; calibrating twice is once."""
    data = [field(np.random.default_rng(i)) for i in range(4)]
    batch = {"images": torch.stack([one["images"] for one in data])}
    keys = data[0]["tile_catalog"]
    batch |= {k: torch.stack([one["tile_catalog"][k] for one in data]) for k in keys}
    torch.manual_seed(0)
    encoder = Encoder(small)
    encoder.start_at({"membership": 0.9, "center": 0.9})
    figures = calibrate(encoder, [batch], [batch])
    with torch.no_grad():
        out = encoder(batch["images"])
    truth = truth_of(batch)
    for name in ("membership", "center"):
        share = batch[name].double().mean().item()
        assert figures[f"{name}_prevalence"] == pytest.approx(share)
        wrong = (out[name].sigmoid() - truth[name].float())[truth["valid"]] ** 2
        assert figures[f"{name}_brier"] == pytest.approx(wrong.mean().item(), rel=1e-4)
        assert out[name].sigmoid().mean() == pytest.approx(share, rel=0.02)
    assert calibrate(encoder, [batch], [batch]) == pytest.approx(figures)


def test_figures_are_of_other_fields(small, monkeypatch):
    """The line is that of the first fields; the others, all true, are told by it."""
    logit, kinds = torch.tensor([-1.0] * 50 + [1.0] * 50), [False] * 50 + [True] * 50
    mixed, sure = torch.tensor(kinds), torch.ones(100, dtype=bool)
    told = {"fitted": [(logit, mixed)] * 2, "others": [(logit, sure)] * 2}
    monkeypatch.setattr(module, "_tiles", lambda _, fields: told[fields])
    encoder = Encoder(small)
    figures = calibrate(encoder, "fitted", "others")
    assert encoder.slope.tolist() == pytest.approx([5.0] * 2)
    assert figures["center_prevalence"] == 1
