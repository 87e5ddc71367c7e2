"""The block of many members against torch's own layers, one member at a time."""

import pytest
import torch
from skyloom.quasars.ensemble.convolution import (
    PIECE_ROWS,
    ConvolutionBlock,
    flat_layout,
    grouped,
    layout,
)
from torch.nn import functional

SHAPES = {
    "valid": (23, 3, (0, 0), 10, 2),
    "same, even": (22, 3, (4, 4), 10, 2),
    "same, odd": (23, 3, (4, 5), 10, 2),
    "stride 1": (23, 2, (1, 1), 3, 1),
    "width no multiple of the stride": (31, 4, (0, 0), 7, 3),
    "and padded": (30, 4, (2, 2), 7, 3),
}
MEMBERS, FILTERS = 2, 4


def reference(x, kernel, gamma, beta, pads, stride):
    """Return what torch's layers give, member by member."""
    out = []
    for m in range(len(x)):
        y = functional.conv1d(
            functional.pad(x[m].mT, pads), kernel[m].permute(2, 1, 0), stride=stride
        )
        y = functional.batch_norm(
            y, None, None, gamma[m], beta[m], training=True, eps=1e-3
        )
        out.append(functional.relu(y).mT)
    return torch.stack(out)


def ours(x, kernel, gamma, beta, plan, drop=0, generator=None):
    """Return the block's output as (members, n, positions, filters)."""
    source, target = plan
    n = x.shape[1]
    buffer = source.empty(x, len(x), n)
    source.samples(buffer, n).copy_(x)
    groups = grouped(kernel, source.stride)
    out, _, _ = ConvolutionBlock.apply(
        buffer, groups, gamma, beta, plan, n, drop, generator
    )
    return target.samples(out, n)


def block(name, n=5):
    """Return tensors and layouts of a named shape."""
    length, channels, pads, width, stride = SHAPES[name]
    torch.manual_seed(1)
    shapes = [
        (MEMBERS, n, length, channels),
        (MEMBERS, width, channels, FILTERS),
        (MEMBERS, FILTERS),
        (MEMBERS, FILTERS),
    ]
    tensors = [torch.randn(s, dtype=torch.float64, requires_grad=True) for s in shapes]
    after = (length + sum(pads) - width) // stride + 1
    source = layout(length, channels, after, pads, width, stride)
    return tensors, source, flat_layout(after, FILTERS), pads, stride


@pytest.mark.parametrize("name", SHAPES)
def test_outputs_and_gradients_are_those_of_torch(name):
    """Values and all four gradients, to the rounding of its float32 statistics."""
    tensors, source, target, pads, stride = block(name)
    expected = reference(*tensors, pads, stride)
    got = ours(*tensors, (source, target))
    torch.testing.assert_close(got, expected, atol=2e-6, rtol=0)
    factor = torch.randn_like(expected)
    wanted = torch.autograd.grad((expected * factor).sum(), tensors)
    found = torch.autograd.grad((got * factor).sum(), tensors)
    for one, other in zip(found, wanted, strict=True):
        torch.testing.assert_close(one, other, atol=2e-5, rtol=0)


def test_output_in_another_layout_is_the_same():
    """Whether the next layer wants gaps between the samples changes no number."""
    tensors, source, target, *_ = block("same, even")
    padded = layout(target.length, FILTERS, 6, (4, 4), 10, 2)
    plain, gaps = (ours(*tensors, (source, t)) for t in (target, padded))
    assert torch.equal(plain, gaps)


def test_pieces_change_nothing():
    """A batch of several pieces gives what one product over all would."""
    length, *_ = SHAPES["valid"]
    n = 3 * PIECE_ROWS // length + 5
    tensors, source, target, pads, stride = block("valid", n)
    got = ours(*tensors, (source, target))
    expected = reference(*tensors, pads, stride)
    torch.testing.assert_close(got, expected, atol=5e-6, rtol=0)


def test_dropout_keeps_the_mean_and_drops_its_share():
    """51 of 256 activations are 0, the others larger by as much; repeatable."""
    tensors, source, target, *_ = block("valid", 400)
    tensors = [t.detach().float() for t in tensors]
    tensors[3] += 5  # few activations below 0
    plain = ours(*tensors, (source, target))

    def dropped():
        generator = torch.Generator().manual_seed(3)
        return ours(*tensors, (source, target), 51, generator)

    once = dropped()
    assert torch.equal(once, dropped())
    alive = plain > 0
    share = (once[alive] == 0).float().mean().item()
    assert share == pytest.approx(51 / 256, abs=0.01)
    kept = once > 0
    torch.testing.assert_close(once[kept], plain[kept] / (1 - 51 / 256))


def test_gradient_does_not_pass_what_was_dropped():
    """The gradient of a dropped activation is 0; others are scaled as the values."""
    tensors, source, target, *_ = block("valid")
    tensors = [t.detach().float().requires_grad_() for t in tensors]
    generator = torch.Generator().manual_seed(3)
    out = ours(*tensors, (source, target), 128, generator)
    beta = torch.autograd.grad(out.sum(), tensors[3])[0]
    alive = (out > 0).sum((1, 2)) * 2.0
    torch.testing.assert_close(beta, alive)


def test_bfloat16_is_near():
    """Products in bfloat16 stay within its rounding of the exact ones."""
    tensors, source, target, *_ = block("same, odd")
    exact = [t.detach().float() for t in tensors]
    rough = [exact[0].bfloat16(), exact[1].bfloat16(), *exact[2:]]
    plain = ours(*exact, (source, target))
    near = ours(*rough, (source, target)).float()
    torch.testing.assert_close(near, plain, atol=0.06, rtol=0.03)
