"""Looking at pictures: image and masks stay one, and nothing aliases."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from skyloom.spirals.config_learning import Augment
from skyloom.spirals.dataset.turn import brightened, central, drawn, looked

SIDE = 48


def blob(x: float, y: float, side: int = SIDE) -> torch.Tensor:
    """Return a round spot, (side, side)."""
    rows, columns = torch.meshgrid(*[torch.arange(side)] * 2, indexing="ij")
    return torch.exp(-((rows - y) ** 2 + (columns - x) ** 2) / 8)


def place(picture: torch.Tensor) -> torch.Tensor:
    """Return the centre of mass, x and y."""
    rows, columns = torch.meshgrid(*map(torch.arange, picture.shape), indexing="ij")
    total = picture.sum()
    return torch.stack([(picture * columns).sum(), (picture * rows).sum()]) / total


@pytest.mark.parametrize("seed", range(5))
def test_image_and_masks_stay_aligned(seed):
    """As uint8 and as counts, by any turn, to a tenth of a pixel."""
    draw = np.random.default_rng(seed)
    spot = blob(*draw.uniform(18, 30, 2))
    image, counts = (255 * spot).to(torch.uint8), 15 * spot
    theta = drawn(1, Augment(), draw)
    seen = looked(torch.stack([image.float(), counts])[None], theta, 32)[0]
    assert seen[1].max() > 3
    assert torch.dist(place(seen[0] - seen[0].min()), place(seen[1])) < 0.1


def test_places_are_those_of_the_transform():
    """A spot is found where the transform puts it, within 0.05 pixel."""
    draw = np.random.default_rng(3)
    for _ in range(20):
        theta = drawn(1, Augment(), draw)
        x, y = draw.uniform(20, 27, 2)
        seen = looked(blob(x, y)[None, None], theta, 64)[0, 0]
        own = torch.tensor([x, y]).float() * 2 / SIDE + 1 / SIDE - 1
        wanted = torch.linalg.solve(theta[0, :, :2], own - theta[0, :, 2])
        pixel = (wanted + 1) * 32 - 0.5
        assert torch.dist(place(seen), pixel) < 0.05


def test_half_are_mirrored():
    theta = drawn(400, Augment(), np.random.default_rng(1))
    mirrored = torch.linalg.det(theta[:, :, :2]) < 0
    assert 160 < mirrored.sum() < 240


def test_a_mirrored_spiral_winds_the_other_way():
    turned = drawn(50, Augment(stretch=0, shift=0), np.random.default_rng(1))
    sign = torch.linalg.det(turned[:, :, :2]).sign()
    spots = torch.stack([blob(32, 24), blob(24, 32)])  # the second by +90 deg
    for theta, parity in zip(turned, sign, strict=True):
        first, second = looked(spots[None], theta[None], 64)[0]
        a, b = place(first) - 31.5, place(second) - 31.5
        assert (a[0] * b[1] - a[1] * b[0]).sign() == parity


def test_ranges_are_those_of_the_settings():
    how = Augment(zoom=(0.6, 0.9), stretch=0.2, shift=0.03)
    theta = drawn(2000, how, np.random.default_rng(1))
    part = torch.linalg.det(theta[:, :, :2]).abs().sqrt()
    assert 0.6 <= part.min() < 0.61
    assert 0.89 < part.max() <= 0.9
    sides = torch.linalg.svdvals(theta[:, :, :2])
    assert (sides[:, 0] / sides[:, 1]).max() == pytest.approx(1.25, abs=0.01)
    assert theta[:, :, 2].abs().max() == pytest.approx(0.06, abs=0.001)


def test_the_whole_picture_is_itself():
    picture = torch.rand(2, 5, SIDE, SIDE)
    assert torch.allclose(looked(picture, central(2, 1.0), SIDE), picture, atol=1e-4)


def test_the_middle_is_cut_out():
    """Half a side at its own scale is the middle half of the pixels."""
    picture = torch.rand(1, 1, SIDE, SIDE)
    seen = looked(picture, central(1, 0.5), SIDE // 2)
    assert torch.allclose(seen, picture[..., 12:36, 12:36], atol=1e-4)


def test_counts_keep_their_range():
    counts = torch.randint(0, 16, (8, 2, SIDE, SIDE))
    seen = looked(counts, drawn(8, Augment(), np.random.default_rng(1)), 24)
    assert seen.min() >= 0
    assert seen.max() < 15.001


def test_shrinking_does_not_alias():
    """Stripes finer than the pixels become even; so does their mean stay."""
    picture = torch.zeros(1, 1, 96, 96)
    picture[..., ::3] = 3.0
    seen = looked(picture, central(1, 1.0), 32)
    assert torch.allclose(seen, torch.ones_like(seen), atol=0.05)
    chess = torch.arange(96)[:, None] + torch.arange(96)
    seen = looked((chess % 2).float()[None, None], central(1, 0.9), 30)
    assert (seen[..., 1:-1, 1:-1] - 0.5).abs().max() < 0.2


def test_bands_are_brightened_apart():
    grey = torch.full((200, 3, 2, 2), 0.5)
    seen = brightened(grey, Augment(colour=0.1), np.random.default_rng(1))
    ratio = (seen[:, :, 0, 0] / 0.5).log()
    assert ratio.std() == pytest.approx(0.1, abs=0.01)
    assert ratio.std(1).min() > 0
    much = Augment(colour=0.5)
    assert brightened(2 * grey, much, np.random.default_rng(1)).max() == 1


def test_some_pictures_lose_their_colour():
    """All bands are their mean then; the others stay as they are."""
    colour = torch.tensor([0.2, 0.4, 0.6]).repeat(400, 1)[..., None, None]
    how = Augment(colour=0.0, grey=0.3)
    seen = brightened(colour, how, np.random.default_rng(2))[..., 0, 0]
    grey = seen.std(1) == 0
    assert grey.float().mean() == pytest.approx(0.3, abs=0.07)
    assert seen[grey].unique().tolist() == [pytest.approx(0.4)]
    assert (seen[~grey] == colour[0, :, 0, 0]).all()
