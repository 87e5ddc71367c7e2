"""How well pixels lie on the red sequence, redshift by redshift."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import nn
from torch.nn import functional

POGSON = 1.0857362047581294  # 2.5 / ln 10
SEEN = 4.0  # signal-to-noise, in the reddest but one band, from which a pixel counts
# Each gives likelihoods of its own [mag]: the narrow one is the sequence's scatter with
# what neighbours and seeing add; the wide one goes on where magnitudes are known less
# well than the image tells, as in painted catalogues.
WIDTHS = (0.08, 0.25)
BOX, STRIDE = 4, 2  # a box wider than the seeing, so that colours do not depend on it


class Ridge(nn.Module):
    r"""Likelihood of the colours in boxes of 4 x 4 pixels on the red sequence.

    With asinh magnitudes (Lupton, Gunn & Szalay 1999, AJ 118, 1406; softening: the
    noise) and their errors,

    .. math:: L_k = g \exp(-\tfrac{1}{2} \sum_c (c - c_k)^2 / (\sigma_c^2 + w^2)),

    where :math:`c_k` are the sequence's colours at the k-th redshift, w a width of the
    sequence, and g, from 0 to 1, says whether there is a source. The red sequence's
    filter of Rykoff et al. 2014 (ApJ 785, 104, eq. 6), pixel by pixel.

    Parameters
    ----------
    colours : sequence of sequence of float, shape (redshifts, bands - 1)
        Differences of successive bands on the sequence [mag].
    """

    def __init__(self, colours: Sequence[Sequence[float]]):
        super().__init__()
        table = torch.tensor(colours, dtype=torch.float32)
        self.register_buffer("colours", table, persistent=False)

    @torch.no_grad()
    def forward(self, counts: torch.Tensor, noise: torch.Tensor) -> torch.Tensor:
        """Return (batch, widths x redshifts, height / 2, width / 2), from 0 to 1.

        Of finite counts (batch, bands, height, width) and a pixel's noise (bands,).
        """
        box = functional.avg_pool2d(counts, BOX, STRIDE, (BOX - STRIDE) // 2)
        sigma = noise[:, None, None] / BOX
        ratio = box / sigma
        magnitude = -POGSON * (torch.asinh(ratio / 2) + sigma.log())
        variance = POGSON**2 / (4 + ratio.square())
        colour = magnitude[:, :-1] - magnitude[:, 1:]
        error = variance[:, :-1] + variance[:, 1:]
        gate = torch.sigmoid(ratio[:, -2] - SEEN)
        away = [(colour - at[:, None, None]).square() for at in self.colours]
        likely = [
            torch.exp(-0.5 * (square / (error + width**2)).sum(1))
            for width in WIDTHS
            for square in away
        ]
        return torch.stack(likely, dim=1) * gate[:, None]
