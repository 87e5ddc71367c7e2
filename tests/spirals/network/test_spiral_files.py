"""Model files: the same model the same bytes, and damage is told."""

from __future__ import annotations

import pytest
import torch
from skyloom.io.errors import InputError
from skyloom.learn.tensors import write_tensors
from skyloom.spirals.network.files import Model, load_model, save_model
from skyloom.spirals.network.unet import SpiralNet


@pytest.fixture(scope="module")
def model(small):
    with torch.random.fork_rng():
        torch.manual_seed(1)
        net = SpiralNet(small).eval()
    return Model(net, {"own": {"spiral": 1.5}}, {"heads": "joint"}, {"loss": 0.5})


@pytest.fixture
def tree(model, tmp_path):
    """Return what a file holds."""
    save_model(tmp_path / "model.pt", model)
    return torch.load(tmp_path / "model.pt", weights_only=True)


def test_what_is_written_is_read(model, tmp_path):
    save_model(tmp_path / "a.pt", model)
    found = load_model(tmp_path / "a.pt")
    assert (found.settings, found.calibration) == (model.settings, model.calibration)
    image = torch.rand(1, 3, 32, 32)
    both = [m.net.decode(m.net.encode(image)).mean for m in (found, model)]
    assert torch.equal(*both)
    save_model(tmp_path / "b.pt", found)
    assert (tmp_path / "a.pt").read_bytes() == (tmp_path / "b.pt").read_bytes()


def test_weights_that_are_not_finite_are_not_written(small, tmp_path):
    net = SpiralNet(small)
    torch.nn.init.constant_(net.vote_head.bias, torch.nan)
    with pytest.raises(ValueError, match=r"not finite: vote_head.bias"):
        save_model(tmp_path / "model.pt", Model(net))
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("place", [0.1, 0.5, 0.9])
def test_a_flipped_bit_is_found(tree, tmp_path, place):
    path = tmp_path / "model.pt"
    content = bytearray(path.read_bytes())
    content[int(place * len(content))] ^= 4
    path.write_bytes(content)
    with pytest.raises(InputError, match="delete it and run the workflow"):
        load_model(path)


def test_a_file_cut_short_is_refused(tree, tmp_path):
    path = tmp_path / "model.pt"
    path.write_bytes(path.read_bytes()[:-1000])
    with pytest.raises(InputError, match="not readable as tensors"):
        load_model(path)


def _without_head(tree):
    tree["weights"].pop("vote_head.bias")


def _of_other_shape(tree):
    tree["weights"]["vote_head.bias"] = torch.zeros(3)


def _not_finite(tree):
    tree["weights"]["vote_head.bias"][0] = torch.inf


def _double(tree):
    tree["weights"]["vote_head.bias"] = tree["weights"]["vote_head.bias"].double()


BAD = {
    "missing metrics": lambda tree: tree.pop("metrics"),
    "unknown more": lambda tree: tree.update(more=1),
    "a Lightning checkpoint": lambda t: t.update({"pytorch-lightning_version": "2"}),
    "format 2": lambda tree: tree.update(format=2),
    "other answers": lambda tree: tree["answers"].reverse(),
    "a list": lambda tree: tree.update(calibration=[]),
    "missing or unknown keys: width": lambda tree: tree["settings"].pop("width"),
    "expected whole numbers": lambda tree: tree["settings"].update(width="8"),
    "weights: vote_head.bias": _without_head,
    r"shape \(3,\)": _of_other_shape,
    "not finite": _not_finite,
    "float64": _double,
}


@pytest.mark.parametrize("problem", BAD)
def test_other_files_are_refused(tree, tmp_path, problem):
    BAD[problem](tree)
    write_tensors(tmp_path / "bad.pt", tree)
    with pytest.raises(InputError, match=problem):
        load_model(tmp_path / "bad.pt")


def test_a_list_is_no_model(tmp_path):
    write_tensors(tmp_path / "bad.pt", [1])
    with pytest.raises(InputError, match="holds a list"):
        load_model(tmp_path / "bad.pt")
