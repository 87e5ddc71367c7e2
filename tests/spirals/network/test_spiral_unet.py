"""The network: its parts run on their own, and its outputs are in their ranges."""

from __future__ import annotations

import sys
from dataclasses import replace

import pytest
import torch
from skyloom.spirals.config_learning import Network
from skyloom.spirals.network.settings import Settings
from skyloom.spirals.network.train import shape
from skyloom.spirals.network.unet import SpiralNet
from skyloom.spirals.questions import columns

BAD = {
    "size": 30,
    "encoder": "resnet",
    "width": 0,
    "multiples": (1,),
    "dropout": (0.0, 0.1, 1.0),
    "crop": 0.0,
    "vote_dropout": -0.1,
    "blocks": 1.5,
}


@pytest.mark.parametrize("encoder", ["plain", "lite0"])
@pytest.mark.parametrize("spread", [True, False])
def test_outputs_are_in_their_ranges(small, encoder, spread):
    net = SpiralNet(replace(small, encoder=encoder, spread=spread)).eval()
    features = net.encode(torch.rand(2, 3, 64, 64))
    assert [x.shape[-1] for x in features] == [64 // 2**i for i in range(len(features))]
    maps, concentrations = net.decode(features), net.vote(features)
    assert maps.mean.shape == maps.spread.shape == maps.std.shape == (2, 2, 64, 64)
    assert 0 < maps.mean.min() < maps.mean.max() < 1
    assert 0 < maps.std.min() < maps.std.max() < 0.5
    assert (maps.spread == 1).all() != spread
    assert concentrations.shape == (2, len(columns()))
    assert concentrations.min() > 0


def test_training_starts_from_what_is_common(small):
    net = SpiralNet(small).eval()
    wanted = torch.linspace(0.05, 8, len(columns()))
    net.start_at(torch.tensor([0.1, 0.02]), wanted)
    features = net.encode(torch.rand(4, 3, 32, 32))
    mean = net.decode(features).mean.mean((0, 2, 3))
    assert torch.logit(mean).tolist() == pytest.approx([-2.2, -3.9], abs=1)
    assert torch.allclose(net.vote(features).mean(0), wanted, rtol=0.3, atol=0.1)


def test_concentrations_may_be_below_one(small):
    """So that volunteers may be told to be of one mind, in either way."""
    net = SpiralNet(small).eval()
    net.start_at(torch.tensor([0.1, 0.1]), torch.full((len(columns()),), 0.02))
    assert net.vote(net.encode(torch.rand(1, 3, 32, 32))).max() < 0.5


def test_images_that_cannot_be_halved_are_refused(small):
    net = SpiralNet(small)
    for size in ((1, 3, 30, 32), (1, 1, 32, 32), (3, 32, 32)):
        with pytest.raises(ValueError, match="sides multiples of 4"):
            net.encode(torch.rand(size))


@pytest.mark.parametrize("name", BAD)
def test_settings_that_cannot_be_are_refused(small, name):
    with pytest.raises(ValueError, match=name if name != "multiples" else "expected"):
        replace(small, **{name: BAD[name]})


def test_settings_are_those_of_the_configuration(small):
    made = shape(Network(size=64, width=8), 0.7, "l1")
    assert (made.size, made.width, made.crop, made.spread) == (64, 8, 0.7, False)
    assert Settings.from_json(small.to_json()) == small
    with pytest.raises(ValueError, match="unknown keys: depth"):
        Settings.from_json(small.to_json() | {"depth": 3})


def test_without_the_packages_of_lite0_it_says_which(small, monkeypatch):
    monkeypatch.setitem(sys.modules, "efficientnet_lite_pytorch", None)
    with pytest.raises(ImportError, match="pip install efficientnet-lite-pytorch"):
        SpiralNet(replace(small, encoder="lite0"))
