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
    """Return the cross entropy, for the mean, and the likelihood, for the spread.

    By its own likelihood the mean would learn least where the spread is large, which is
    where it is still wrong (Stirn et al. 2023, AISTATS, PMLR 206, 5593).
    """
    of = asked[..., None, None]
    told = beta_binomial(mean.detach(), spread, share * of, of) / of
    return _bce(mean, spread, share, asked) - told


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
    overlap: float = 0.0,
) -> torch.Tensor:
    """Return the mean over the pixels of each map, (batch, 2); 0 where none was asked.

    Maps that nobody was asked for have no gradient either. `overlap` is the weight of
    1 less the soft IoU, which makes up for the many pixels of the sky.
    """
    known = asked > 0
    values = torch.zeros_like(asked)
    if known.any():
        pixels = LOSSES[kind](mean[known], spread[known], share[known], asked[known])
        each = pixels.mean((-1, -2))
        if overlap:
            each = each + overlap * (1 - _soft_iou(mean[known], share[known]))
        values = values.masked_scatter(known, each)
    return values


def _soft_iou(mean: torch.Tensor, share: torch.Tensor) -> torch.Tensor:
    """Return the overlap of maps, as if one pixel more were in both."""
    low, high = torch.minimum(mean, share), torch.maximum(mean, share)
    return (low.sum((-1, -2)) + 1) / (high.sum((-1, -2)) + 1)
