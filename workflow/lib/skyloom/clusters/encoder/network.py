"""The encoder: from images to what each tile holds."""

from __future__ import annotations

import math
from collections.abc import Mapping

import torch
from torch import nn
from torch.nn import functional

from skyloom.clusters.encoder.normalise import Asinh, finite
from skyloom.clusters.encoder.ridge import WIDTHS, Ridge
from skyloom.clusters.encoder.settings import EncoderSettings

HEADS = {
    "membership": 1,
    "center": 1,
    "n_members": 1,
    "center_locs": 2,
    "richness": 2,
    "redshift": 2,
}
LOGITS = ("membership", "center")
LOG_SD = {"richness": (-3.0, 1.0), "redshift": (-5.0, 0.0)}  # of ln λ and of z
GROUPS = 8  # of every GroupNorm, or fewer where they do not divide the channels
LARGEST_RATE = 7.0  # log of members a tile; keeps the Poisson loss finite


class Encoder(nn.Module):
    """One Bernoulli a tile for members and one for a centre, with their properties.

    A stem at half the input's size makes colours of pixels; stages halve it, each
    after a low-pass filter, until a pixel is a tile; dilated residual blocks on the
    tile grid carry the surroundings. Any image of whole tiles fits.
    """

    def __init__(self, settings: EncoderSettings):
        super().__init__()
        self.settings = settings
        self.normalise = Asinh(len(settings.bands))
        self.ridge = Ridge(settings.ridge) if settings.ridge else None
        channels = 4 * self.normalise.channels + len(WIDTHS) * len(settings.ridge)
        self.features = _features(settings, channels)
        width = settings.plan[-1][0]
        self.head = nn.Sequential(
            nn.Conv2d(width, settings.hidden, 1),
            nn.SiLU(),
            nn.Conv2d(settings.hidden, sum(HEADS.values()), 1),
        )
        # Slope and offset of the logits, fitted after training.
        self.register_buffer("slope", torch.ones(2))
        self.register_buffer("offset", torch.zeros(2))
        self.to(memory_format=torch.channels_last)

    def forward(self, images: torch.Tensor) -> dict[str, torch.Tensor]:
        """Return what the tiles of images (batch, bands, height, width) hold.

        Images are counts a pixel, pooled; sides are whole tiles.

        Returns
        -------
        dict of str to tensor, float32, shape (batch, rows, columns)
            ``membership`` and ``center``: logits. ``n_members``: log of the Poisson
            rate. With one more axis of 2: ``center_locs``, row and column from 0 to
            1 in the tile; ``richness``, mean and log standard deviation of ln λ;
            ``redshift``, the same of z.
        """
        self._check(images.shape)
        with torch.no_grad():
            inputs = self._inputs(images)
        raw = self.head(self.features(inputs)).float()
        parts = raw.permute(0, 2, 3, 1).split(tuple(HEADS.values()), dim=-1)
        out = {k: _shaped(k, part) for k, part in zip(HEADS, parts, strict=True)}
        for name, slope, offset in zip(LOGITS, self.slope, self.offset, strict=True):
            out[name] = slope * out[name] + offset
        return out

    @torch.no_grad()
    def start_at(self, values: Mapping[str, float]) -> None:
        """Set the outputs' biases so that training starts from what is common.

        Any of: ``membership`` and ``center``, shares of tiles; ``n_members``, mean
        count; ``richness``, mean ln λ; ``redshift``, mean z.
        """
        last, first = self.head[-1], 0
        last.weight.mul_(0.1)
        for name, size in HEADS.items():
            if name in values:
                last.bias[first] = _bias(name, values[name])
            first += size

    def _inputs(self, images) -> torch.Tensor:
        """Return the normalised image at half its size, and its red sequence."""
        good = finite(images)
        x = functional.pixel_unshuffle(self.normalise(good), 2)
        if self.ridge is not None:
            likely = self.ridge(good, self.normalise.noise)
            x = torch.cat([x, likely], dim=1)
        return x.contiguous(memory_format=torch.channels_last)

    def _check(self, shape: torch.Size) -> None:
        bands, side = len(self.settings.bands), self.settings.reduction
        fits = len(shape) == 4 and shape[1] == bands and min(shape[2:]) >= side
        if not fits or shape[2] % side or shape[3] % side:
            msg = f"images of shape {tuple(shape)}: expected (n, {bands}, height, "
            raise ValueError(msg + f"width), sides multiples of {side} px")


class Residual(nn.Module):
    """Two convolutions, the first dilated, around which the input is led and added."""

    def __init__(self, channels: int, dilation: int = 1):
        super().__init__()
        first = _convolution(channels, channels, dilation)
        second = _convolution(channels, channels)
        # Begins as the identity: deep stacks of dilated blocks then train at once.
        nn.init.zeros_(second[-1].weight)
        self.branch = nn.Sequential(*first, nn.SiLU(), *second)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Return a tensor of the input's shape."""
        return functional.silu(x + self.branch(x))


class Colours(nn.Module):
    """Two layers on each pixel alone, before any averaging mixes galaxies."""

    def __init__(self, channels: int):
        super().__init__()
        self.layers = nn.Sequential(
            nn.Conv2d(channels, channels, 1),
            nn.SiLU(),
            nn.Conv2d(channels, channels, 1),
        )

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Return a tensor of the input's shape."""
        return functional.silu(x + self.layers(x))


class Halve(nn.Module):
    """Halve an image after a low-pass filter, so that shifts do not alias.

    The binomial filter (1, 3, 3, 1) keeps the centres of 2 x 2 pixels in place.

    Source: Zhang 2019, "Making convolutional networks shift-invariant again".
    """

    def __init__(self):
        super().__init__()
        row = torch.tensor([1.0, 3.0, 3.0, 1.0]) / 8
        kernel = (row[:, None] * row)[None, None]
        self.register_buffer("kernel", kernel, persistent=False)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Return (n, channels, height / 2, width / 2)."""
        channels = x.shape[1]
        kernel = self.kernel.to(x.dtype).expand(channels, 1, 4, 4)
        return functional.conv2d(x, kernel, stride=2, padding=1, groups=channels)


def _features(settings: EncoderSettings, channels: int) -> nn.Sequential:
    width, blocks = settings.plan[0]
    layers = [*_convolution(channels, width), nn.SiLU(), Colours(width)]
    layers += [Residual(width) for _ in range(blocks)]
    for wider, blocks in settings.plan[1:]:
        layers += [Halve(), *_convolution(width, wider), nn.SiLU()]
        layers += [Residual(wider) for _ in range(blocks)]
        width = wider
    layers += [Residual(width, dilation) for dilation in settings.dilations]
    return nn.Sequential(*layers)


def _convolution(before: int, after: int, dilation: int = 1) -> list[nn.Module]:
    convolution = nn.Conv2d(before, after, 3, 1, dilation, dilation, bias=False)
    return [convolution, nn.GroupNorm(math.gcd(after, GROUPS), after)]


def _shaped(name: str, raw: torch.Tensor) -> torch.Tensor:
    """Return a head's output in its range, from raw (batch, rows, columns, size)."""
    if name == "center_locs":
        return raw.sigmoid()
    if name == "n_members":
        return raw[..., 0].clamp(max=LARGEST_RATE)
    if name in LOG_SD:
        low, high = LOG_SD[name]
        spread = low + (high - low) * raw[..., 1].sigmoid()
        return torch.stack([raw[..., 0], spread], dim=-1)
    return raw[..., 0]


def _bias(name: str, value: float) -> float:
    if name in LOGITS:
        share = min(max(value, 1e-5), 1 - 1e-5)
        return math.log(share / (1 - share))
    return math.log(max(value, 1e-5)) if name == "n_members" else value
