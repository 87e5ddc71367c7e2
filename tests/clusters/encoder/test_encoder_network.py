"""The shape of the outputs, their start, and what a shift does."""

from __future__ import annotations

import math

import pytest
import torch
from skyloom.clusters.encoder.network import Encoder, Halve
from skyloom.clusters.encoder.settings import EncoderSettings


@pytest.mark.parametrize("shape", [(10, 10), (1, 3), (17, 2)])
def test_any_image_of_whole_tiles_fits(small, shape):
    rows, columns = shape
    encoder = Encoder(small).eval()
    with torch.no_grad():
        out = encoder(torch.randn(2, 4, 8 * rows, 8 * columns))
    for name in ("membership", "center", "n_members"):
        assert out[name].shape == (2, rows, columns)
    for name in ("center_locs", "richness", "redshift"):
        assert out[name].shape == (2, rows, columns, 2)
    assert all(value.isfinite().all() for value in out.values())
    assert (out["center_locs"] >= 0).all()
    assert (out["center_locs"] <= 1).all()


@pytest.mark.parametrize("shape", [(4, 60, 64), (3, 64, 64), (4, 0, 64), (64, 64)])
def test_refuses_other_images(small, shape):
    with pytest.raises(ValueError, match="multiples of 8 px"):
        Encoder(small)(torch.zeros(1, *shape))


@pytest.mark.parametrize("tile", [2, 16, 256])
def test_pixels_to_a_tile_follow_the_settings(tile):
    settings = EncoderSettings(
        tile=tile, pool=1, widths=(5,), blocks=(), dilations=(), hidden=3
    )
    with torch.no_grad():
        out = Encoder(settings)(torch.zeros(1, 4, tile, 2 * tile))
    assert out["center"].shape == (1, 1, 2)


def test_starts_from_what_is_common(small):
    """The mean probability before any training is the prevalence."""
    torch.manual_seed(0)
    encoder = Encoder(small).eval()
    start = {"membership": 0.2, "center": 0.01, "n_members": 0.3, "redshift": 0.4}
    encoder.start_at(start | {"richness": math.log(30)})
    with torch.no_grad():
        out = encoder(torch.randn(1, 4, 64, 64))
    assert out["membership"].sigmoid().mean() == pytest.approx(0.2, rel=0.3)
    assert out["center"].sigmoid().mean() == pytest.approx(0.01, rel=0.3)
    assert out["n_members"].exp().mean() == pytest.approx(0.3, rel=0.3)
    assert out["redshift"][..., 0].mean() == pytest.approx(0.4, abs=0.1)
    assert out["richness"][..., 0].mean() == pytest.approx(math.log(30), abs=0.1)


def test_sees_the_surroundings_as_far_as_the_dilations_say(small):
    """Dilations 1 and 2 with a 3 x 3 after each, and stages: at least 5 tiles."""
    torch.manual_seed(0)
    encoder = Encoder(small).double()
    for block in encoder.modules():
        if isinstance(block, torch.nn.GroupNorm):
            torch.nn.init.ones_(block.weight)
    # GroupNorm sees the whole image; without it, only the kernels' reach is left.
    for name, child in encoder.named_modules():
        if isinstance(child, torch.nn.GroupNorm):
            parent = encoder.get_submodule(name.rpartition(".")[0])
            setattr(parent, name.rpartition(".")[2], torch.nn.Identity())
    image = torch.randn(1, 4, 8, 8 * 40, dtype=torch.double)
    other = image.clone()
    other[..., 160] += 1
    with torch.no_grad():
        change = encoder(image)["center"] - encoder(other)["center"]
    reach = change[0, 0].nonzero().flatten() - 20
    assert 5 <= -reach.min() <= 8
    assert 5 <= reach.max() <= 8


def test_halving_drops_what_would_alias():
    """Stripes of one pixel vanish, and a plain image stays as bright."""
    stripes = torch.ones(1, 3, 16, 16)
    stripes[..., ::2] = -1
    assert Halve()(stripes)[..., 1:-1, 1:-1].abs().max() < 1e-6
    plain = Halve()(torch.ones(1, 3, 16, 16))[..., 1:-1, 1:-1]
    assert torch.allclose(plain, torch.ones_like(plain))


def test_halving_keeps_places():
    """A ramp's pixels become the means of two: no half pixel is lost."""
    ramp = torch.arange(16.0).expand(1, 1, 16, 16)
    expected = torch.arange(0.5, 16, 2)
    assert torch.allclose(Halve()(ramp)[0, 0, 3, 1:-1], expected[1:-1])


def test_calibration_moves_the_two_logits_only(small):
    encoder = Encoder(small).eval()
    images = torch.randn(1, 4, 16, 16)
    with torch.no_grad():
        before = encoder(images)
        encoder.slope[1], encoder.offset[1] = 2.0, -1.0
        after = encoder(images)
    assert torch.allclose(after["center"], 2 * before["center"] - 1)
    assert all(torch.equal(after[k], before[k]) for k in before if k != "center")


@pytest.mark.parametrize("end", [-1, 1])
def test_errors_stay_between_their_limits(small, end):
    """Of ln λ from e^-3 to e, of z from e^-5 to 1, whatever the net says."""
    encoder = Encoder(small).eval()
    with torch.no_grad():
        encoder.head[-1].weight.zero_()
        encoder.head[-1].bias.fill_(100.0 * end)
        out = encoder(torch.zeros(1, 4, 16, 16))
    limits = {"richness": (-3.0, 1.0), "redshift": (-5.0, 0.0)}
    for name, (low, high) in limits.items():
        spread = out[name][0, 0, 0, 1].item()
        assert spread == pytest.approx(low if end < 0 else high)
    largest = math.log(1096.6)  # members of a tile
    assert out["n_members"].max().item() == pytest.approx(
        min(100.0 * end, largest), 1e-3
    )


@pytest.mark.parametrize(
    ("share", "start"), [(3e-4, 3e-4), (0.0, 1e-5), (1.0, 1 - 1e-5)]
)
def test_starts_of_rare_centres_are_as_rare(small, share, start):
    """Down to 1 in 100,000, so that none is impossible."""
    encoder = Encoder(small).eval()
    encoder.start_at({"center": share})
    with torch.no_grad():
        encoder.head[-1].weight.zero_()
        out = encoder(torch.zeros(1, 4, 16, 16))
    got = out["center"].double().sigmoid().mean().item()
    assert got == pytest.approx(start, rel=1e-3, abs=0)
