"""Looking at pictures: turned by chance or straight, image and masks by one transform.

Transforms are those of `torch.nn.functional.affine_grid`: from a place in what is
looked at to a place in the picture, both from -1 to 1 between their edges.
"""

from __future__ import annotations

import math

import numpy as np
import torch
from torch.nn import functional

from skyloom.spirals.config_learning import Augment

SPARSE = 0.25  # pixels between samples beyond one, before there are more of them
TOGETHER = 32  # pictures; bounds the memory


def central(number: int, crop: float) -> torch.Tensor:
    """Return transforms (n, 2, 3) to the middle part, `crop` of a side."""
    return torch.tensor([[crop, 0.0, 0.0], [0.0, crop, 0.0]]).repeat(number, 1, 1)


def drawn(number: int, how: Augment, draw: np.random.Generator) -> torch.Tensor:
    """Return transforms (n, 2, 3) by chance.

    Any angle, every other one mirrored; the part of the side, the ratio of the sides
    and the shift are uniform in their ranges.
    """
    angle = draw.uniform(0, 2 * math.pi, number)
    part = draw.uniform(*how.zoom, number)
    ratio = np.sqrt(draw.uniform(1 - how.stretch, 1 / (1 - how.stretch), number))
    mirror = draw.choice([-1.0, 1.0], number)
    shift = draw.uniform(-2 * how.shift, 2 * how.shift, (number, 2))
    along, across = part * ratio * mirror, part / ratio
    cos, sin = np.cos(angle), np.sin(angle)
    rows = [[cos * along, -sin * across, shift[:, 0]]]
    rows += [[sin * along, cos * across, shift[:, 1]]]
    return torch.tensor(np.array(rows).transpose(2, 0, 1), dtype=torch.float32)


def looked(pictures: torch.Tensor, theta: torch.Tensor, size: int) -> torch.Tensor:
    """Return pictures (n, channels, side, side) as seen through transforms.

    Where pixels shrink, several samples are averaged for one, so that nothing aliases.
    Outside a picture is its mirror image: of masks too, so that they stay aligned.

    Returns
    -------
    tensor, float32, shape (n, channels, size, size)
    """
    steps = theta[:, :, :2].norm(dim=2).amax().item() * pictures.shape[-1] / size
    samples = max(1, math.ceil(steps - SPARSE))
    shape, found = (len(pictures), 1, samples * size, samples * size), []
    for some, how in zip(pictures.split(TOGETHER), theta.split(TOGETHER), strict=True):
        grid = functional.affine_grid(how, (len(some), *shape[1:]), align_corners=False)
        seen = functional.grid_sample(
            some.float(), grid, padding_mode="reflection", align_corners=False
        )
        found.append(functional.avg_pool2d(seen, samples) if samples > 1 else seen)
    return torch.cat(found)


def brightened(
    images: torch.Tensor, how: Augment, draw: np.random.Generator
) -> torch.Tensor:
    """Return images (n, bands, ...) 0..1, each band brighter or fainter by chance.

    Some are the mean of their bands: surveys in one band have such pictures.
    """
    factor = np.exp(draw.normal(0, how.colour, (*images.shape[:2], 1, 1)))
    factors = torch.as_tensor(factor, dtype=images.dtype, device=images.device)
    grey = torch.tensor(draw.random(len(images)) < how.grey, device=images.device)
    plain = images.mean(1, keepdim=True).expand_as(images)
    images = torch.where(grey[:, None, None, None], plain, images)
    return (images * factors).clamp(0, 1)
