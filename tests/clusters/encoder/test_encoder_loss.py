"""Every part of the loss is a negative log likelihood, of valid tiles only."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from skyloom.clusters.encoder.loss import WEIGHTS, loss, losses, masked_mean, truth_of
from torch.distributions import Bernoulli, Normal, Poisson

USUAL = {"richness": 0.2, "redshift": 0.2}


@pytest.fixture
def tiles():
    """Return outputs and truths of 2 fields of 5 x 5 tiles."""
    draw = torch.Generator().manual_seed(1)
    shape = (2, 5, 5)

    def number(*more):
        return torch.randn(*shape, *more, generator=draw)

    outputs = {k: number() for k in ("membership", "center", "n_members")}
    outputs |= {k: number(2) for k in ("center_locs", "richness", "redshift")}
    truth = {k: number() > 0.5 for k in ("membership", "center", "valid")}
    truth |= {"n_members": number().abs().round(), "center_locs": number(2).sigmoid()}
    truth |= {"richness": 30 * number().clamp(min=0), "cluster_redshift": number()}
    return {k: v.requires_grad_() for k, v in outputs.items()}, truth


def test_parts_are_likelihoods(tiles):
    """torch.distributions is the independent source; constants are left out."""
    out, truth = tiles
    got, valid = losses(out, truth), truth["valid"]
    inside = valid & (truth["richness"] > 0) & (truth["membership"] | truth["center"])
    for name in ("membership", "center"):
        log_p = Bernoulli(logits=out[name]).log_prob(truth[name].float())
        assert torch.isclose(got[name], -log_p[valid].mean())
    count = truth["n_members"]
    log_p = Poisson(out["n_members"].exp()).log_prob(count) + torch.lgamma(count + 1)
    assert torch.isclose(got["n_members"], -log_p[valid].mean(), rtol=1e-4)
    ln_richness, z = truth["richness"].log(), truth["cluster_redshift"]
    for name, value, weight in (
        ("richness", ln_richness, 1 / truth["richness"]),
        ("redshift", z, torch.ones_like(z)),
    ):
        mean, log_sd = out[name].unbind(-1)
        log_p = Normal(mean, log_sd.exp()).log_prob(value) + 0.5 * math.log(2 * math.pi)
        expected = np.average(-log_p.detach()[inside], weights=weight[inside])
        assert got[name].item() == pytest.approx(expected, rel=1e-4)


def test_places_count_where_there_is_a_centre(tiles):
    out, truth = tiles
    where = truth["valid"] & truth["center"]
    off = (out["center_locs"] - truth["center_locs"])[where]
    assert torch.isclose(losses(out, truth)["center_locs"], (off**2).sum(-1).mean())


def test_masked_tiles_teach_nothing(tiles):
    """Neither their truth nor the gradient of their outputs reaches the loss."""
    out, truth = tiles
    invalid = ~truth["valid"]
    total, _ = loss(out, truth, USUAL)
    total.backward()
    for value in out.values():
        assert (value.grad[invalid] == 0).all()
        assert (value.grad[~invalid] != 0).any()
    other = {k: v.clone() for k, v in truth.items()}
    other["membership"][invalid] ^= True
    other["n_members"][invalid] += 100
    other["richness"][invalid] = 50.0
    assert torch.equal(loss(out, other, USUAL)[0], total)


def test_nothing_valid_is_no_loss_and_no_nan(tiles):
    out, truth = tiles
    truth["valid"][:] = False
    total, _ = loss(out, truth, USUAL)
    total.backward()
    assert total == 0
    assert all(value.grad.isfinite().all() for value in out.values())


def test_weights_weigh_and_parts_are_told(tiles):
    out, truth = tiles
    total, parts = loss(out, truth, {"redshift": 0.5})
    fixed = {"membership": 1.0, "center": 10.0, "n_members": 0.5, "center_locs": 1.0}
    expected = sum(weight * parts[name] for name, weight in fixed.items())
    assert torch.isclose(total, expected + 0.5 * parts["redshift"])
    assert parts.keys() == WEIGHTS.keys() | USUAL.keys()
    assert not any(part.requires_grad for part in parts.values())


def test_masked_mean_ignores_nan_outside():
    values = torch.tensor([1.0, 3.0, torch.nan])
    assert masked_mean(values, torch.tensor([True, True, False])) == 2.0


def test_truth_of_drops_the_axes_of_one(field):
    """Rows stay rows: a centre of the catalogue is at its row and column."""
    catalogue = field(np.random.default_rng(3))["tile_catalog"]
    batch = {k: torch.stack([v, v]) for k, v in catalogue.items()}
    truth = truth_of(batch)
    assert truth["center"].shape == truth["valid"].shape == (2, 8, 8)
    assert truth["center_locs"].shape == (2, 8, 8, 2)
    row, column = catalogue["center"][..., 0, 0].nonzero()[0]
    assert truth["center"][1, row, column]
    assert truth["richness"][0, row, column] >= 16
