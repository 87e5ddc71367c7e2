"""Stacked networks: the same function as the runners, the same loss as Keras."""

import numpy as np
import pytest
import torch
from skyloom.quasars.ensemble.stacked import Stacked, initial, loss
from skyloom.quasars.network.architecture import Architecture
from skyloom.quasars.network.loss import quasarnet_loss
from skyloom.quasars.network.parameters import arrays_of
from skyloom.quasars.network.run_numpy import Runner

SMALL = {"filters": 8, "dense": 12, "dropout": 0.0}


@pytest.fixture(params=[4, 6], ids=["valid", "same"])
def arch(request):
    return Architecture(n_layers=request.param, **SMALL)


def test_forward_is_that_of_the_runner(arch):
    """With the batch's statistics as running ones, training and running agree."""
    net = Stacked(arch, [3, 4], momentum=0.0)
    x = torch.randn(2, 20, arch.grid.size)
    out = net(x, torch.Generator(), bf16=False).detach().numpy()
    for member in range(2):
        expected = Runner([net.parameters_of(member)]).predict(x[member].numpy())[0]
        np.testing.assert_allclose(out[member], expected, atol=1e-5)


def test_members_do_not_touch_each_other(arch):
    """A member alone says and learns what it does in company."""
    x = torch.randn(2, 16, arch.grid.size)
    pair, alone = Stacked(arch, [3, 4], 0.9), Stacked(arch, [4], 0.9)
    both = pair(x, torch.Generator(), bf16=False)
    one = alone(x[1:], torch.Generator(), bf16=False)
    torch.testing.assert_close(both[1:], one, atol=1e-6, rtol=1e-5)
    both.sum().backward()
    one.sum().backward()
    for key, weight in alone.weights.items():
        torch.testing.assert_close(
            pair.weights[key].grad[1:], weight.grad, atol=2e-4, rtol=1e-3
        )


def test_first_weights_are_glorots():
    """Uniform within the limit of a layer's own inputs and outputs; norms are plain."""
    arrays = initial(Architecture(n_layers=4), 5)
    limit = np.sqrt(6 / (10 * (100 + 100)))
    kernel = arrays["conv_2/kernel"]
    assert np.abs(kernel).max() <= limit
    assert kernel.std() == pytest.approx(limit / np.sqrt(3), rel=0.02)
    heads = np.abs(arrays["box/kernel"]).max()
    assert heads == pytest.approx(np.sqrt(6 / 113), rel=0.02)
    assert (arrays["conv_1/gamma"] == 1).all()
    assert not arrays["dense/bias"].any()


def test_first_weights_depend_on_the_seed_only():
    """Same seed, same weights; another seed, others."""
    arch = Architecture(n_layers=4, **SMALL)
    one, same, other = (
        arrays_of(Stacked(arch, [s], 0.9).parameters_of(0)) for s in (1, 1, 2)
    )
    for name in one:
        assert np.array_equal(one[name], same[name])
    assert not np.array_equal(one["conv_1/kernel"], other["conv_1/kernel"])


def answers(rng, n=40, heads=7, boxes=13):
    """Return random outputs, answers and weights."""
    y = np.zeros((n, heads, 2 * boxes), np.float32)
    row, head = np.nonzero(rng.random((n, heads)) < 0.5)
    box = rng.integers(0, boxes, len(row))
    y[row, head, box] = 1
    y[row, head, boxes + box] = rng.random(len(row))
    outputs = rng.random(y.shape).astype(np.float32)
    return outputs, y, (rng.random((n, heads)) < 0.8).astype(np.float32)


def test_loss_is_that_of_keras():
    """The same number, for several members at once."""
    some = [answers(np.random.default_rng(k)) for k in range(3)]
    stacked = (torch.from_numpy(np.stack(part)) for part in zip(*some, strict=True))
    got = loss(*stacked).numpy()
    expected = [float(quasarnet_loss(y, out, w)) for out, y, w in some]
    np.testing.assert_allclose(got, expected, rtol=1e-5)


def test_answers_of_no_weight_teach_nothing():
    """The gradient is 0 wherever the truth is not known."""
    parts = answers(np.random.default_rng(3))
    outputs, y, weight = (torch.from_numpy(part)[None] for part in parts)
    outputs.requires_grad_()
    loss(outputs, y, weight).sum().backward()
    assert (outputs.grad[weight == 0] == 0).all()
    assert (outputs.grad[weight > 0] != 0).any()
