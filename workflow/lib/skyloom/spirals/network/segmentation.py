"""Losses of the maps: shares of volunteers, or how many of those asked drew a pixel.

All take mean and concentration of the expected share, shape (batch, 2, height, width),
the measured share of the same shape, and how many volunteers were asked, (batch, 2).
"""

from __future__ import annotations

import torch

LEAST = 1e-5  # share at which logarithms end


def beta_binomial(
    mean: torch.Tensor, spread: torch.Tensor, count: torch.Tensor, of: torch.Tensor
) -> torch.Tensor:
    """Return the log likelihood of counts, which need not be whole numbers.

    Parameters
    ----------
    mean, spread : tensor
        Of the share: it follows a Beta(mean * spread, (1 - mean) * spread).
    count, of : tensor
        How many of how many drew a pixel.
    """
    mean, rest = mean.clamp(LEAST, 1 - LEAST), of - count
    drawn = _rising(mean * spread, count) - torch.lgamma(count + 1)
    not_drawn = _rising((1 - mean) * spread, rest) - torch.lgamma(rest + 1)
    return drawn + not_drawn - _rising(spread, of) + torch.lgamma(of + 1)


class _Rising(torch.autograd.Function):
    """ln Γ(x + k) - ln Γ(x), with a digamma that is as quick as other functions.

    torch's takes half of a training's time.
    """

    @staticmethod
    def forward(ctx, x, k):
        ctx.save_for_backward(x, k)
        return torch.lgamma(x + k) - torch.lgamma(x)

    @staticmethod
    def backward(ctx, gradient):
        x, k = ctx.saved_tensors
        return gradient * (digamma(x + k) - digamma(x)), None


def digamma(x: torch.Tensor) -> torch.Tensor:
    """Return the derivative of ln Γ at x > 0, to float32's digits.

    The asymptotic series at x + 4, and four steps back (Abramowitz & Stegun 6.3.18,
    6.3.5).
    """
    inverse, outer = 1 / (x + 4), x * (x + 3)
    square = inverse * inverse
    series = (x + 4).log() - inverse / 2 - square * (1 / 12 - square / 120)
    return series - (2 * x + 3) * (1 / outer + 1 / (outer + 2))


_rising = _Rising.apply


def _beta_binomial(mean, spread, share, asked):
    of = asked[..., None, None]
    return -beta_binomial(mean, spread, share * of, of)


def _bce(mean, _spread, share, _asked):
    # torch's own is refused in half precision on a GPU.
    mean = mean.clamp(LEAST, 1 - LEAST)
    return -(share * mean.log() + (1 - share) * torch.log1p(-mean))


LOSSES = {
    "l1": lambda mean, _spread, share, _asked: (mean - share).abs(),
    "mse": lambda mean, _spread, share, _asked: (mean - share).square(),
    "bce": _bce,
    "beta_binomial": _beta_binomial,
}


def loss(
    kind: str,
    mean: torch.Tensor,
    spread: torch.Tensor,
    share: torch.Tensor,
    asked: torch.Tensor,
) -> torch.Tensor:
    """Return the mean over the pixels of each map, (batch, 2); 0 where none was asked.

    Maps that nobody was asked for have no gradient either.
    """
    known = asked > 0
    values = torch.zeros_like(asked)
    if known.any():
        pixels = LOSSES[kind](mean[known], spread[known], share[known], asked[known])
        values = values.masked_scatter(known, pixels.mean((-1, -2)))
    return values
