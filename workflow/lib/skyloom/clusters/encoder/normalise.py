"""From counts to a network's input: asinh of the signal-to-noise at several scales."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from torch import nn

from skyloom.stats.scatter import nmad

SCALES = (1.0, 10.0)  # in units of the noise
LARGEST = 1e7  # counts a pixel; float16 files hold inf from 65,520 on


class Asinh(nn.Module):
    r"""Normalise images to :math:`\mathrm{arcsinh}(x / (s_k \sigma_b))`.

    Linear in the noise, logarithmic in bright pixels, so that a difference of two
    bands is a flux difference in the faint and a colour in the bright. Two scales
    :math:`s_k` let the next layer see both. Bad pixels become 0, the sky.

    Source: Lupton, Gunn & Szalay 1999, AJ 118, 1406, for the transform.
    """

    def __init__(self, n_bands: int):
        super().__init__()
        self.register_buffer("noise", torch.ones(n_bands))

    @property
    def channels(self) -> int:
        """Return the channels of the output."""
        return len(self.noise) * len(SCALES)

    def forward(self, counts: torch.Tensor) -> torch.Tensor:
        """Return (batch, scales * bands, height, width): all bands scale by scale.

        Of `finite` counts (batch, bands, height, width).
        """
        x = counts / self.noise[:, None, None]
        return torch.cat([_asinh(x / scale) for scale in SCALES], dim=1)

    def set_noise(self, noise: Sequence[float]) -> None:
        """Set the noise of each band [counts a pixel of the input]."""
        self.noise.copy_(torch.as_tensor(noise))


def finite(images: torch.Tensor) -> torch.Tensor:
    """Return counts as float32, 0 where NaN."""
    return torch.nan_to_num(images.float(), 0.0, LARGEST, -LARGEST)


def _asinh(x: torch.Tensor) -> torch.Tensor:
    # torch.asinh is not vectorised on CPUs: three times slower, a tenth of a step. In
    # place, as new memory takes longer than the sums.
    size = x.abs()
    return size.square().add_(1).sqrt_().add_(size).log_().copysign_(x)


def noise_scale(images: np.ndarray) -> np.ndarray:
    """Return the robust standard deviation of each band's pixels.

    The median absolute deviation: stars and galaxies are few of the pixels, and the
    blended faint ones that remain are noise for what comes after. Of images (n, bands,
    height, width), of which pixels that are not finite are left out.
    """
    images = np.asarray(images, np.float32)
    rows = np.moveaxis(images, 1, 0).reshape(images.shape[1], -1)
    noise = np.array([nmad(row[np.isfinite(row)]) for row in rows])
    if not (noise > 0).all():
        msg = f"the bands' noise is {noise.tolist()}: a band is empty or constant"
        raise ValueError(msg)
    return noise
