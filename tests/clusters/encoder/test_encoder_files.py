"""`best_encoder.ckpt`: what it keeps, and what is refused."""

from __future__ import annotations

import pickle

import pytest
import torch
from skyloom.clusters.encoder.files import load_encoder, save_encoder
from skyloom.clusters.encoder.network import Encoder
from skyloom.clusters.tasks.products import read_calibration
from skyloom.io.errors import InputError


@pytest.fixture
def saved(small, tmp_path):
    """Return an encoder and the file that it was written to."""
    torch.manual_seed(0)
    encoder = Encoder(small)
    encoder.normalise.set_noise([0.1, 2.0, 3.3, 4.7])
    encoder.slope[1], encoder.offset[0] = 1.3, -0.2
    path = tmp_path / "best_encoder.ckpt"
    told = {"training": {"seed": 3}, "metrics": {"loss": 0.5}}
    save_encoder(path, encoder, **told, provenance={"run": "demo"})
    return encoder, path


def test_what_is_read_is_what_was_written(saved):
    encoder, path = saved
    got = load_encoder(path)
    images = torch.randn(1, 4, 16, 24)
    with torch.no_grad():
        for name, value in encoder.eval()(images).items():
            assert torch.equal(got.encoder(images)[name], value)
    assert not got.encoder.training
    assert (got.training, got.metrics) == ({"seed": 3}, {"loss": 0.5})
    assert got.provenance == {"run": "demo"}


def test_the_same_encoder_gives_the_same_bytes(saved, tmp_path):
    """Whatever the file is called, and after a reading."""
    _, path = saved
    got = load_encoder(path)
    other = tmp_path / "other.ckpt"
    told = {"training": got.training, "metrics": got.metrics}
    save_encoder(other, got.encoder, **told, provenance=got.provenance)
    assert other.read_bytes() == path.read_bytes()


@pytest.mark.parametrize("key", ["tile", "ridge"])
def test_a_file_of_another_version_is_explained(saved, key):
    """It may be anyone's: deleting it is no remedy where no rule makes it."""
    _, path = saved
    tree = torch.load(path, weights_only=True)
    del tree["settings"][key]
    torch.save(tree, path)
    with pytest.raises(InputError, match=r"if it was given.* the version of skyloom"):
        load_encoder(path)


def test_the_encoder_that_ships_is_read(checkout):
    """With its calibration."""
    folder = checkout / "resources" / "models" / "clusters"
    assert load_encoder(folder / "best_encoder.ckpt").training
    assert read_calibration(folder / "calibration.json") is not None


def test_nan_is_never_written(saved, tmp_path):
    encoder, _ = saved
    torch.nn.init.constant_(encoder.head[0].bias, torch.nan)
    path = tmp_path / "bad.ckpt"
    with pytest.raises(ValueError, match=r"not finite: head\.0\.bias"):
        save_encoder(path, encoder)
    assert not path.exists()


def _name(tree):
    return next(iter(tree["weights"]))


def _set(key, value):
    return lambda tree: tree.__setitem__(key, value)


def _within(key, name, value):
    return lambda tree: tree[key].__setitem__(name, value)


def _weight(change):
    return lambda tree: tree["weights"].update({_name(tree): change(tree)})


def _first(tree):
    return tree["weights"][_name(tree)]


DAMAGES = {
    "missing metrics": lambda tree: tree.pop("metrics"),
    "unknown optimizer": _set("optimizer", {}),
    "format 2": _set("format", 2),
    "a Lightning checkpoint": lambda tree: (
        tree.clear(),
        tree.update({"pytorch-lightning_version": "2", "state_dict": {}}),
    ),
    "a list": _set("weights", []),
    "unknown keys: colour": _within("settings", "colour", 1),
    "unknown keys: tile": lambda tree: tree["settings"].pop("tile"),
    "power of two": _within("settings", "tile", 12),
    "expected whole": _within("settings", "tile", "8"),
    "by the settings": _within("settings", "hidden", 16),
    "missing or unknown weights": lambda tree: tree["weights"].pop(_name(tree)),
    "unknown weights: more": _within("weights", "more", torch.zeros(1)),
    "a torch.float16": _weight(lambda tree: _first(tree).half()),
    "a float": _weight(lambda _: 1.0),
    "not finite": _weight(lambda tree: _first(tree) * torch.nan),
    "4 finite numbers": _within("normalisation", "noise", [1.0, 2.0]),
    "noise or slope": _within("normalisation", "noise", [1.0, 2.0, 0.0, 1.0]),
    "2 finite numbers": _within("calibration", "center", [float("nan"), 0.0]),
    "key 'calibration', 'membership'": lambda tree: tree["calibration"].clear(),
}


@pytest.mark.parametrize("problem", DAMAGES)
def test_refuses_a_file_that_is_not_one(saved, problem):
    """The message names the file and what is wrong in it."""
    _, path = saved
    tree = torch.load(path, weights_only=True)
    DAMAGES[problem](tree)
    torch.save(tree, path)
    with pytest.raises(InputError) as caught:
        load_encoder(path)
    assert str(caught.value).startswith(str(path))
    assert problem in str(caught.value)


class Foreign:
    """An object that only running the pickle could make."""


BROKEN = {
    "no such file": None,
    "0 bytes": b"",
    "not readable": b"not a checkpoint",
    "not readable as": pickle.dumps(Foreign()),
}


@pytest.mark.parametrize("problem", BROKEN)
def test_refuses_other_files(tmp_path, problem):
    path, content = tmp_path / "best_encoder.ckpt", BROKEN[problem]
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(InputError, match=problem):
        load_encoder(path)


@pytest.mark.parametrize("kept", [0.3, 0.999])
def test_refuses_a_file_cut_short(saved, kept):
    _, path = saved
    content = path.read_bytes()
    path.write_bytes(content[: int(kept * len(content))])
    with pytest.raises(InputError, match="not readable as tensors"):
        load_encoder(path)


def test_refuses_a_foreign_object_and_a_bare_tensor(tmp_path):
    path = tmp_path / "best_encoder.ckpt"
    torch.save({"weights": Foreign()}, path)
    with pytest.raises(InputError, match="not readable as tensors"):
        load_encoder(path)
    torch.save(torch.zeros(3), path)
    with pytest.raises(InputError, match="holds a Tensor"):
        load_encoder(path)
