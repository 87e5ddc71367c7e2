"""Calibration: votes of a network that errs in a known way are told right after it."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from skyloom.spirals.network import votes
from skyloom.spirals.network.calibrate import calibrated, fit_maps, fit_votes
from skyloom.spirals.network.unet import SpiralNet
from skyloom.spirals.questions import columns, question


def galaxies(number: int, seed: int = 1):
    """Return true concentrations and votes of the question of bars."""
    draw, one = np.random.default_rng(seed), question("bar")
    true = np.ones((number, len(columns())))
    true[:, one.columns] = 6 * draw.dirichlet([1, 1, 2], number) + 0.05
    counts = np.zeros_like(true)
    for row in range(number):
        shares = draw.dirichlet(true[row, one.columns])
        counts[row, one.columns] = draw.multinomial(20, shares)
    return torch.tensor(true), torch.tensor(counts)


@pytest.mark.parametrize("scale", [0.3, 5.0])
def test_the_scatter_of_votes_is_found(scale):
    true, counts = galaxies(2000)
    found = fit_votes(true * scale, counts)["bar"]
    assert found["scale"] == pytest.approx(1 / scale, rel=0.15)
    assert found["slope"] == pytest.approx(1, abs=0.1)


def test_shares_that_are_too_bold_and_lean_are_set_right():
    true, counts = galaxies(2000)
    one = question("bar").columns
    bold = true.clone()
    total = true[:, one].sum(1, keepdim=True)
    lean = 1.6 * torch.log(true[:, one] / total) + torch.tensor([0.5, 0.0, -0.5])
    bold[:, one] = torch.softmax(lean, 1) * total
    how = fit_votes(bold, counts)
    assert how["bar"]["slope"] == pytest.approx(1 / 1.6, rel=0.1)
    other, held = galaxies(2000, seed=2)
    lean = 1.6 * torch.log(other[:, one] / other[:, one].sum(1, keepdim=True))
    wrong = other.clone()
    lean = lean + torch.tensor([0.5, 0.0, -0.5])
    wrong[:, one] = torch.softmax(lean, 1) * other[:, one].sum(1, keepdim=True)
    before, after, best = (
        votes.loss(a, held).mean() for a in (wrong, calibrated(wrong, how), other)
    )
    assert after - best < 0.1 * (before - best)


def test_without_votes_nothing_changes():
    """And with few, little."""
    true, counts = galaxies(4)
    how = fit_votes(true, counts)
    assert how["merging"] == {"scale": 1, "slope": 1, "offsets": [0, 0, 0, 0]}
    kept = question("merging").columns
    assert torch.allclose(calibrated(true, how)[:, kept], true[:, kept])
    assert 0.3 < how["bar"]["scale"] < 3
    assert calibrated(true, {}) is true


def test_the_spread_of_maps_is_measured(small):
    """Of counts that were drawn with a known one; a map not asked for has none."""
    draw = np.random.default_rng(1)
    net = SpiralNet(small).eval()
    net.start_at(torch.tensor([0.2, 0.2]), torch.ones(len(columns())))
    image = torch.rand(6, 3, 32, 32)
    mean, spread = (x.detach().numpy()[:, 0] for x in net.decode(net.encode(image)))
    wide = 0.4 * spread.astype(float)
    count = draw.binomial(15, draw.beta(mean * wide, (1 - mean) * wide))
    batch = {
        "image": image,
        "spiral_mask": torch.tensor(count[:, None] / 15, dtype=torch.float32),
        "bar_mask": torch.zeros(6, 1, 32, 32),
        "spiral_asked": torch.full((6,), 15.0),
        "bar_asked": torch.zeros(6),
    }
    found = fit_maps(net, [batch])
    assert found["spiral_spread"] == pytest.approx(0.4, rel=0.2)
    assert found["bar_spread"] == 1
    assert net.decode(net.encode(image)).spread[:, 0].mean() < spread.mean()
