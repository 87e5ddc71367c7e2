r"""A convolution block of many networks at once: convolve, normalise, ReLU, dropout.

All arrays carry the members first. The samples of a batch lie one behind the other in
one long buffer of rows, zero rows between them, so that the convolution of the whole
batch is a few matrix products of shifted views of that buffer: no windows are copied
out. With stride s, s rows side by side make one row of s times the channels, and group
j of the kernel's taps meets those rows shifted by j:

.. math:: y_i = \sum_j X_{i + j} W_j .

Rows whose window straddles two samples are computed too and never looked at; they are
a few per cent. On a CPU the work goes by pieces of a few samples, which stay in a
core's cache: a product of 100 columns runs 1.7 times faster so.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch.nn.functional import pad

PIECE_ROWS = 2048  # rows of a product that stay in a core's cache, measured
BYTE = 256  # dropout draws whole bytes: 0.2 becomes 51 / 256
EPSILON = 1e-3  # of batch normalisation, as in Keras


@dataclass(frozen=True)
class Layout:
    """How the samples lie in the buffer that a convolution reads.

    Attributes
    ----------
    length, channels : int
        Positions of a sample, numbers a position.
    before : int
        Zero rows in front of the first sample.
    rows : int
        From the start of a sample to the start of the next, a multiple of `stride`.
    tail : int
        Rows behind the last sample.
    stride, groups : int
        Of the convolution: its stride, and its taps in units of it.
    after : int
        Positions of a sample behind the convolution.
    """

    length: int
    channels: int
    before: int
    rows: int
    tail: int
    stride: int
    groups: int
    after: int

    def empty(self, like: torch.Tensor, members: int, n: int) -> torch.Tensor:
        """Return a buffer of zeros, (members, buffer rows, channels)."""
        size = self.before + n * self.rows + self.tail
        return like.new_zeros(members, size, self.channels)

    def samples(self, buffer: torch.Tensor, n: int) -> torch.Tensor:
        """Return the samples in a buffer: a view (members, n, length, channels)."""
        inner = buffer[:, self.before : self.before + n * self.rows]
        return inner.unflatten(1, (n, self.rows))[:, :, : self.length]

    def pairs(self, buffer: torch.Tensor) -> torch.Tensor:
        """Return the buffer with `stride` rows side by side."""
        return buffer.view(len(buffer), -1, self.stride * self.channels)

    @property
    def outputs(self) -> int:
        """Return the rows a sample that the products give, `after` of them valid."""
        return self.rows // self.stride


def layout(
    length: int, channels: int, after: int, pads: tuple[int, int], width: int, step: int
) -> Layout:
    """Return how a convolution of `width` taps and stride `step` wants its input.

    `pads` are the zeros before and behind each sample; neighbours share them.
    """
    groups = -(-width // step)
    rows = -(-max(length + max(pads), after * step) // step) * step
    extra = step * max(groups - 1, -(-pads[0] // step))
    tail = extra - pads[0]
    return Layout(length, channels, pads[0], rows, tail, step, groups, after)


def flat_layout(length: int, channels: int) -> Layout:
    """Return the layout without gaps, for windows cut out already or a dense layer."""
    return Layout(length, channels, 0, length, 0, 1, 1, length)


def grouped(kernel: torch.Tensor, stride: int) -> torch.Tensor:
    """Return kernels (members, width, in, out) as (members, groups, stride * in, out).

    A width that is no multiple of the stride is filled up with zeros.
    """
    whole = pad(kernel, (0, 0, 0, 0, 0, -kernel.shape[1] % stride))
    return whole.unflatten(1, (-1, stride)).flatten(2, 3)


class ConvolutionBlock(torch.autograd.Function):
    """Convolution, batch norm of the batch, ReLU and dropout, written to a buffer.

    The bias of the convolution is left out: the batch's mean takes it away again.
    """

    @staticmethod
    def forward(ctx, buffer, groups, gamma, beta, plan, n, drop, generator):
        """Return the output buffer and the batch's mean and variance.

        Parameters
        ----------
        buffer : Tensor, (members, rows, channels)
            Laid out as ``plan[0]``.
        groups : Tensor, (members, groups, stride * channels, filters)
            From `grouped`.
        gamma, beta : Tensor, (members, filters), float32
            Of the batch normalisation.
        plan : tuple of 2 Layout
            Of the input, and of the output.
        n : int
            Samples.
        drop : int
            Of 256 activations this many are set to zero.
        generator : torch.Generator
            Draws them.
        """
        source, target = plan
        y, mean, variance = _convolve(source, source.pairs(buffer), groups, n)
        rate = torch.rsqrt(variance + EPSILON)
        keep = 1.0 - drop / BYTE
        scale = (gamma * rate / keep)[:, None, None]
        shift = (beta / keep)[:, None, None] - mean[:, None, None] * scale
        out = target.empty(y, len(y), n)
        result, valid = target.samples(out, n), _valid(source, y, n)
        for part in _pieces(n, source):
            a = torch.addcmul(shift.to(y.dtype), valid[:, part], scale.to(y.dtype))
            a = a.clamp_min_(0)
            result[:, part] = _dropped(a, drop, generator) if drop else a
        ctx.save_for_backward(buffer, groups, y, out, gamma, mean, rate)
        ctx.plan, ctx.n, ctx.keep = plan, n, keep
        ctx.mark_non_differentiable(mean, variance)
        return out, mean, variance

    @staticmethod
    def backward(ctx, grad, _mean, _variance):
        """Return the gradients of buffer, groups, gamma and beta."""
        buffer, groups, y, out, gamma, mean, rate = ctx.saved_tensors
        (source, target), n = ctx.plan, ctx.n
        grad_in, kept = target.samples(grad, n), target.samples(out, n)
        valid = _valid(source, y, n)
        sums = torch.zeros(2, *gamma.shape, dtype=torch.float32, device=y.device)
        active = torch.empty_like(grad_in)
        for part in _pieces(n, source):
            g = _where_above(grad_in[:, part], kept[:, part], 0)
            active[:, part] = g
            sums[0] += g.sum((1, 2), dtype=torch.float32)
            sums[1] += (g * valid[:, part]).sum((1, 2), dtype=torch.float32)
        grad_beta = sums[0] / ctx.keep
        grad_gamma = rate * (sums[1] / ctx.keep - mean * grad_beta)
        factors = _chain(gamma, mean, rate, grad_gamma, grad_beta, n * source.after)
        factors[0] = factors[0] / ctx.keep
        affine = [f[:, None, None].to(y.dtype) for f in factors]
        wants = ctx.needs_input_grad[0]
        grads = _products_back(source, buffer, groups, active, valid, affine, n, wants)
        return *grads, grad_gamma, grad_beta, None, None, None, None


def _convolve(source: Layout, pairs: torch.Tensor, groups: torch.Tensor, n: int):
    """Return the products, and mean and variance of their valid rows."""
    members, filters = len(pairs), groups.shape[-1]
    step = source.outputs
    y = pairs.new_empty(members, n * step, filters)
    sums = torch.zeros(2, members, filters, dtype=torch.float64, device=y.device)
    valid = _valid(source, y, n)
    for part in _pieces(n, source):
        a, b = part.start * step, part.stop * step
        torch.bmm(pairs[:, a:b], groups[:, 0], out=y[:, a:b])
        for j in range(1, source.groups):
            y[:, a:b].baddbmm_(pairs[:, a + j : b + j], groups[:, j])
        v = valid[:, part].float()
        sums[0] += v.sum((1, 2))
        sums[1] += v.square().sum((1, 2))
    mean, square = sums / (n * source.after)
    variance = (square - mean.square()).clamp_min(0)
    return y, mean.float(), variance.float()


def _products_back(source, buffer, groups, active, valid, affine, n, wants_input):
    """Return the gradients of the buffer (None if not wanted) and of the kernel."""
    times, plus, minus = affine
    pairs, step = source.pairs(buffer), source.outputs
    grad_groups = torch.zeros_like(groups.mT, dtype=torch.float32)
    grad_buffer = torch.zeros_like(buffer) if wants_input else None
    for part in _pieces(n, source):
        a, b = part.start * step, part.stop * step
        size = (len(pairs), part.stop - part.start, step, groups.shape[-1])
        whole = pairs.new_zeros(size)
        inner = whole[:, :, : source.after]
        torch.addcmul(plus, valid[:, part], minus, out=inner)
        inner.addcmul_(active[:, part], times)
        dy = whole.flatten(1, 2)
        for j in range(source.groups):
            grad_groups[:, j] += torch.bmm(dy.mT, pairs[:, a + j : b + j])
            if wants_input:
                view = source.pairs(grad_buffer)[:, a + j : b + j]
                view.baddbmm_(dy, groups[:, j].mT)
    return grad_buffer, grad_groups.mT.to(groups.dtype)


def _chain(gamma, mean, rate, grad_gamma, grad_beta, count):
    """Return k, a, b of dL/dy = k g + a + b y, the chain rule of batch norm."""
    k = gamma * rate
    slope = -k * grad_gamma * rate / count
    return [k, -k * grad_beta / count - slope * mean, slope]


def _valid(source: Layout, y: torch.Tensor, n: int) -> torch.Tensor:
    return y.unflatten(1, (n, source.outputs))[:, :, : source.after]


def _pieces(n: int, source: Layout) -> list[slice]:
    size = max(1, PIECE_ROWS // source.outputs)
    return [slice(i, min(i + size, n)) for i in range(0, n, size)]


def _dropped(a: torch.Tensor, drop: int, generator: torch.Generator) -> torch.Tensor:
    """Return `a` with `drop` of 256 numbers set to 0: eight draws for one's price."""
    words = torch.empty(-(-a.numel() // 8), dtype=torch.int64, device=a.device)
    words.random_(-(2**63), None, generator=generator)
    noise = words.view(torch.int8)[: a.numel()].view(a.shape)
    return _where_above(a, noise.to(a.dtype), drop - BYTE // 2 - 1)


def _where_above(a: torch.Tensor, judge: torch.Tensor, level: float) -> torch.Tensor:
    """Return `a` where `judge` is above `level`, else 0; faster than torch.where."""
    return torch.ops.aten.threshold_backward(a, judge, level)
