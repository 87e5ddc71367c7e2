"""Losses of maps and votes against scipy's distributions, and what sends gradients."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from scipy import stats
from skyloom.spirals.config_learning import Loss, Train
from skyloom.spirals.network import segmentation, votes
from skyloom.spirals.network.joint import losses, mean, rate_at, weighted
from skyloom.spirals.network.unet import SpiralNet
from skyloom.spirals.questions import columns, question, questions


def drawn_batch(n: int = 4, side: int = 32) -> dict[str, torch.Tensor]:
    """Return a batch with marks and votes."""
    make = torch.Generator().manual_seed(1)
    counts = torch.randint(0, 16, (n, 2, side, side), generator=make)
    return {
        "image": torch.rand(n, 3, side, side, generator=make),
        "spiral_mask": counts[:, :1] / 15,
        "bar_mask": counts[:, 1:] / 15,
        "spiral_asked": torch.full((n,), 15.0),
        "bar_asked": torch.full((n,), 15.0),
        "label_cols": torch.randint(1, 9, (n, len(columns())), generator=make).float(),
    }


def test_likelihood_of_votes_is_scipys():
    draw = np.random.default_rng(1)
    a = draw.gamma(0.7, 2, (20, 34)) + 0.01
    k = draw.integers(0, 12, (20, 34))
    found = votes.log_likelihood(torch.tensor(a), torch.tensor(k)).numpy()
    for i, one in enumerate(questions()):
        for row in range(20):
            own = a[row, one.columns], k[row, one.columns]
            wanted = stats.dirichlet_multinomial.logpmf(own[1], own[0], own[1].sum())
            assert found[row, i] == pytest.approx(wanted, abs=1e-9)


def test_nobody_asked_is_exactly_nothing():
    a = torch.rand(3, 34).requires_grad_()
    k = torch.zeros(3, 34)
    k[0, question("bar").columns] = torch.tensor([3.0, 2.0, 0.0])
    found = votes.log_likelihood(a, k)
    place = [one.name for one in questions()].index("bar")
    assert (found[0] != 0).tolist() == [i == place for i in range(len(questions()))]
    assert (found[1:] == 0).all()
    found.sum().backward()
    assert (a.grad[1:] == 0).all()
    assert (a.grad[0] != 0).sum() == 3


def test_the_digamma_is_torchs():
    x = torch.logspace(-6, 3, 1000)
    wanted = torch.digamma(x.double()).float()
    assert torch.allclose(segmentation.digamma(x), wanted, rtol=2e-6, atol=2e-6)


def test_likelihood_of_counts_is_safe_at_the_ends():
    raw = torch.tensor([-200.0, -20, 0, 20, 200]).requires_grad_()
    for spread in (0.001, 1e4):
        for count in (0.0, 0.3, 15.0):
            all_of = torch.full((5,), spread), torch.full((5,), count)
            value = segmentation.beta_binomial(
                raw.sigmoid(), *all_of, torch.tensor(15.0)
            )
            (gradient,) = torch.autograd.grad(value.sum(), raw)
            assert torch.isfinite(value).all()
            assert torch.isfinite(gradient).all()


def test_beta_binomial_trains():
    """From a wrong share and spread to those that counts were drawn of."""
    draw = np.random.default_rng(1)
    share = draw.beta(0.1 * 4, 0.9 * 4, 4000)
    k = torch.tensor(draw.binomial(15, share), dtype=torch.float32)
    raw = torch.tensor([0.0, 4.0]).requires_grad_()
    descent, seen = torch.optim.Adam([raw], lr=0.1), []
    for _ in range(150):
        args = raw[0].sigmoid().expand(4000), raw[1].exp().expand(4000), k
        value = -segmentation.beta_binomial(*args, torch.tensor(15.0)).mean()
        descent.zero_grad()
        value.backward()
        descent.step()
        seen.append(value.item())
    assert seen[-1] < 0.5 * seen[0]
    assert raw[0].sigmoid().item() == pytest.approx(0.1, abs=0.01)
    assert raw[1].exp().item() == pytest.approx(4, rel=0.1)


@pytest.mark.parametrize("kind", ["l1", "mse", "bce", "beta_binomial"])
def test_each_map_counts_once_and_missing_ones_never(kind):
    share, asked = torch.rand(3, 2, 8, 8), torch.tensor([[15.0, 0], [0, 3], [7, 7]])
    raw = torch.randn(3, 2, 8, 8).requires_grad_()
    found = segmentation.loss(kind, raw.sigmoid(), torch.ones(3, 2, 8, 8), share, asked)
    assert ((found != 0) == (asked > 0)).all()
    found.sum().backward()
    assert ((raw.grad.abs().sum((2, 3)) > 0) == (asked > 0)).all()
    alone = segmentation.loss(
        kind,
        raw[2:].sigmoid(),
        torch.ones(1, 2, 8, 8),
        share[2:],
        asked[2:],
    )
    assert torch.allclose(alone[0], found[2])


def test_simple_losses_are_what_they_are_called():
    share, asked = torch.full((1, 2, 4, 4), 0.25), torch.full((1, 2), 15.0)
    guess = torch.full((1, 2, 4, 4), 0.5)
    wanted = {"l1": 0.25, "mse": 0.0625, "bce": np.log(2)}
    for kind, value in wanted.items():
        found = segmentation.loss(kind, guess, guess, share, asked)
        assert found.tolist()[0] == pytest.approx([value, value])


def test_the_mean_learns_by_cross_entropy_whatever_the_spread():
    """A pixel where it says that volunteers differ teaches no less."""
    share, asked = torch.rand(1, 2, 8, 8), torch.full((1, 2), 15.0)
    gradients = []
    for kind, value in (("bce", 1.0), ("beta_binomial", 0.2), ("beta_binomial", 30.0)):
        mean = torch.full((1, 2, 8, 8), 0.3).requires_grad_()
        spread = torch.full((1, 2, 8, 8), value).requires_grad_()
        segmentation.loss(kind, mean, spread, share, asked).sum().backward()
        gradients.append(mean.grad)
        assert (spread.grad is None) == (kind == "bce")
    assert torch.allclose(gradients[0], gradients[1])
    assert torch.allclose(gradients[0], gradients[2])


def test_overlap_costs_what_is_too_faint():
    """Nothing is lost by maps that are right; half as bright ones lose a half of it."""
    share, asked = torch.zeros(1, 2, 32, 32), torch.full((1, 2), 15.0)
    share[..., 8:24, 8:24] = 0.5
    found = [
        segmentation.loss("l1", factor * share, share, share, asked, weight)
        for factor in (1.0, 0.5)
        for weight in (0.0, 2.0)
    ]
    assert (found[0] == found[1]).all()
    assert torch.allclose(found[3] - found[2], torch.full((1, 2), 1.0), atol=0.02)


def test_an_image_without_marks_sends_nothing_to_the_decoder(small):
    net, batch = SpiralNet(small).eval(), drawn_batch()
    batch |= {"spiral_asked": torch.zeros(4), "bar_asked": torch.zeros(4)}
    sums, numbers = losses(net, batch, Loss(), "joint")
    mean(sums, numbers).sum().backward()
    assert numbers.tolist() == [0, 4]
    parts = (net.decoder, net.map_head)
    assert all(p.grad is None for part in parts for p in part.parameters())
    assert net.vote_head.weight.grad.abs().sum() > 0
    assert net.encoder.stages[0][0].weight.grad.abs().sum() > 0


def test_an_image_without_votes_sends_nothing_to_their_head(small):
    net, batch = SpiralNet(small).eval(), drawn_batch()
    batch |= {"label_cols": torch.zeros(4, len(columns()))}
    sums, numbers = losses(net, batch, Loss(), "joint")
    mean(sums, numbers).sum().backward()
    assert numbers.tolist() == [8, 0]
    assert net.vote_head.weight.grad is None
    assert net.map_head.weight.grad.abs().sum() > 0


def test_a_mixed_batch_is_the_sum_of_its_images(small):
    """Each image's losses are its own, whatever others the batch has."""
    net, batch = SpiralNet(small).eval(), drawn_batch()
    batch["spiral_asked"][0] = batch["bar_asked"][1] = 0
    batch["spiral_asked"][2] = batch["bar_asked"][2] = 0
    batch["label_cols"][3] = 0
    whole = losses(net, batch, Loss(), "joint")
    each = [
        losses(net, {k: v[i : i + 1] for k, v in batch.items()}, Loss(), "joint")
        for i in range(4)
    ]
    sums, numbers = (torch.stack(part).sum(0) for part in zip(*each, strict=True))
    assert whole[1].tolist() == numbers.tolist() == [4, 3]
    assert torch.allclose(whole[0], sums, rtol=1e-4)


def test_weights_are_the_given_ones_until_learned():
    parts, given = torch.tensor([2.0, 30.0]), torch.tensor([1.0, 0.1])
    assert weighted(parts, given, torch.zeros(2)) == pytest.approx(5.0)
    doubt = torch.zeros(2, requires_grad=True)
    descent = torch.optim.SGD([doubt], lr=0.1)
    for _ in range(300):
        descent.zero_grad()
        weighted(parts, given, doubt).backward()
        descent.step()
    assert doubt.exp().tolist() == pytest.approx([2.0, 3.0], rel=1e-3)


def test_no_weight_is_learned_of_what_a_batch_has_not():
    doubt = torch.zeros(2, requires_grad=True)
    weighted(torch.tensor([2.0, 0.0]), torch.ones(2), doubt).backward()
    assert doubt.grad[0] != 0
    assert doubt.grad[1] == 0


def test_the_rate_rises_and_falls():
    how = Train(warmup=0.1, loss=Loss())
    rates = [rate_at(step, 100, how) for step in range(100)]
    assert np.argmax(rates) == 10
    assert rates[10] == 1
    assert rates[0] < 0.1
    assert rates[-1] < 0.001
    constant = how.model_copy(update={"schedule": "constant"})
    assert rate_at(99, 100, constant) == 1
