"""The network: an encoder, a decoder to maps, and a head for votes, each on its own."""

from __future__ import annotations

import math
from typing import NamedTuple

import torch
from torch import nn
from torch.nn import functional

from skyloom.spirals.network.lite0 import Lite0, placed
from skyloom.spirals.network.settings import Settings
from skyloom.spirals.questions import columns

GROUPS = 8  # of every GroupNorm, or fewer where they do not divide the channels
KINDS = ("spiral", "bar")  # channels of the maps
SPREADS = (0.1, 100.0)  # least and largest concentration of the share of a pixel
LEAST = 1e-3  # concentration of an answer


class Maps(NamedTuple):
    """The share of volunteers that draw each pixel: it follows a Beta distribution.

    Attributes
    ----------
    mean : tensor, shape (batch, 2, height, width)
        Expected share, of spiral arms and of the bar.
    spread : tensor, same shape
        Concentration: the sum of the Beta distribution's parameters.
    """

    mean: torch.Tensor
    spread: torch.Tensor

    @property
    def std(self) -> torch.Tensor:
        """Standard deviation of the share."""
        return (self.mean * (1 - self.mean) / (self.spread + 1)).sqrt()


class SpiralNet(nn.Module):
    """Maps and votes from pictures.

    Encoder and decoder halve and double the picture (Ronneberger et al. 2015); the
    votes hang on the encoder's last features. GroupNorm, as batches are small and mix
    galaxies with and without marks.
    """

    def __init__(self, settings: Settings):
        super().__init__()
        self.settings = settings
        widths = [settings.width * m for m in settings.multiples]
        plain = settings.encoder == "plain"
        self.encoder = Encoder(settings, widths) if plain else Lite0(settings.width)
        channels = widths if plain else self.encoder.channels
        self.decoder = Decoder(channels, settings, widths)
        self.map_head = nn.Conv2d(widths[0], (1 + settings.spread) * len(KINDS), 1)
        self.vote_head = nn.Linear(2 * channels[-1], len(columns()))
        self.drop = nn.Dropout(settings.vote_dropout)
        # The spread's factor; fitted after training.
        self.register_buffer("factor", torch.ones(len(KINDS), 1, 1))
        self.to(memory_format=torch.channels_last)

    def encode(self, images: torch.Tensor) -> list[torch.Tensor]:
        """Return features of images (batch, 3, height, width) 0..1, finest first."""
        side = self.settings.reduction
        if (
            images.ndim != 4
            or images.shape[1] != 3
            or any(n % side for n in images.shape[2:])
        ):
            msg = f"images of shape {tuple(images.shape)}: expected (n, 3, height, "
            raise ValueError(msg + f"width), sides multiples of {side} px")
        return self.encoder(images.contiguous(memory_format=torch.channels_last))

    def decode(self, features: list[torch.Tensor]) -> Maps:
        """Return maps of the pictures' size."""
        raw = self.map_head(self.decoder(features)).float()
        mean = raw[:, : len(KINDS)].sigmoid()
        if self.settings.spread:
            low, high = map(math.log, SPREADS)
            spread = (low + (high - low) * raw[:, len(KINDS) :].sigmoid()).exp()
        else:
            spread = torch.ones_like(mean)
        return Maps(mean, spread * self.factor)

    def vote(self, features: list[torch.Tensor]) -> torch.Tensor:
        """Return concentrations of all answers, (batch, answers), above 0."""
        last = features[-1]
        pooled = torch.cat([last.mean((2, 3)), last.amax((2, 3))], dim=1)
        return functional.softplus(self.vote_head(self.drop(pooled)).float()) + LEAST

    @torch.no_grad()
    def start_at(self, drawn: torch.Tensor, concentrations: torch.Tensor) -> None:
        """Set the heads' biases, so that training starts from what is common.

        Parameters
        ----------
        drawn : tensor, shape (2,)
            Mean share of the maps' pixels.
        concentrations : tensor, shape (answers,)
            Of the votes.
        """
        share = drawn.clamp(1e-3, 1 - 1e-3)
        self.map_head.bias.zero_()
        self.vote_head.weight.mul_(0.1)
        self.map_head.bias[: len(KINDS)] = torch.logit(share)
        self.vote_head.bias.copy_(torch.log(torch.expm1(concentrations - LEAST)))


class Residual(nn.Module):
    """Two convolutions, around which the input is led and added."""

    def __init__(self, before: int, after: int, dropout: float = 0.0):
        super().__init__()
        second = convolution(after, after)
        nn.init.zeros_(second[-1].weight)  # begins as the identity
        self.branch = nn.Sequential(
            *convolution(before, after),
            nn.SiLU(),
            *([nn.Dropout2d(dropout)] if dropout else []),
            *second,
        )
        same = before == after
        self.around = nn.Identity() if same else nn.Conv2d(before, after, 1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Return a tensor of as many pixels."""
        return functional.silu(self.around(x) + self.branch(x))


class Encoder(nn.Module):
    """Residual blocks at each size, and convolutions of stride 2 between.

    It is told where the middle is, and what is brighter than its surroundings.
    """

    def __init__(self, settings: Settings, widths: list[int]):
        super().__init__()
        stem = [*convolution(5, widths[0]), nn.SiLU()]
        stages, before = [], widths[0]
        for i, (width, drop) in enumerate(zip(widths, settings.dropout, strict=True)):
            layers = [*convolution(before, width, 2), nn.SiLU()] if i else stem
            blocks = [Residual(width, width, drop) for _ in range(settings.blocks)]
            stages.append(nn.Sequential(*layers, *blocks))
            before = width
        # The last stage sees the whole galaxy: once more as deep.
        stages[-1].extend(Residual(before, before) for _ in range(settings.blocks))
        self.stages = nn.ModuleList(stages)

    def forward(self, x: torch.Tensor) -> list[torch.Tensor]:
        """Return the features of all stages, finest first."""
        x, found = placed(x), []
        for stage in self.stages:
            x = stage(x)
            found.append(x)
        return found


class Decoder(nn.Module):
    """From the smallest features to the largest: interpolated, joined, convolved.

    Interpolation instead of transposed convolutions, whose steps would show as a
    chequerboard (Odena et al. 2016).
    """

    def __init__(self, channels: list[int], settings: Settings, widths: list[int]):
        super().__init__()
        sizes = len(channels) - 1
        # Of the finer sizes that no width is named for, the last named.
        self.widths = [widths[min(i, len(widths) - 1)] for i in range(sizes)]
        drops = [settings.dropout[min(i, len(widths) - 1)] for i in range(sizes)]
        befores = [*self.widths[1:], channels[-1]]
        self.narrow, self.blocks = nn.ModuleList(), nn.ModuleList()
        for before, skip, width, drop in zip(
            befores, channels, self.widths, drops, strict=False
        ):
            self.narrow.append(nn.Conv2d(before, width, 1))
            first = Residual(width + skip, width, drop)
            more = [Residual(width, width, drop) for _ in range(settings.blocks - 1)]
            self.blocks.append(nn.Sequential(first, *more))

    def forward(self, features: list[torch.Tensor]) -> torch.Tensor:
        """Return features of the finest size."""
        x = features[-1]
        for i in reversed(range(len(self.blocks))):
            # A 1x1 convolution and an interpolation commute: the cheaper order.
            x = functional.interpolate(
                self.narrow[i](x), scale_factor=2, mode="bilinear"
            )
            x = self.blocks[i](torch.cat([features[i], x], dim=1))
        return x


def convolution(before: int, after: int, stride: int = 1) -> list[nn.Module]:
    """Return a 3x3 convolution and its norm."""
    layer = nn.Conv2d(before, after, 3, stride, 1, bias=False)
    groups = math.gcd(after, GROUPS)
    return [layer, nn.GroupNorm(groups, after)]
