"""Shapes of networks, and their weights with batch norm folded."""

import dataclasses

import numpy as np
import pytest
from random_networks import PADDED, SMALL, random_network, spectra
from skyloom.quasars.network.architecture import Architecture
from skyloom.quasars.network.parameters import (
    Parameters,
    arrays_of,
    expected_shapes,
    fold,
    from_arrays,
)
from skyloom.quasars.network.run_numpy import forward
from skyloom.quasars.spectra.grid import LINEAR


@pytest.mark.parametrize(
    ("n_layers", "lengths", "count"),
    [(4, (217, 104, 48, 20), 521882), (6, (222, 111, 56, 28, 14, 7), 592882)],
)
def test_published_sizes(n_layers, lengths, count):
    """Positions and number of parameters are the published ones."""
    arch = Architecture(n_layers=n_layers)
    assert arch.lengths == lengths
    assert sum(np.prod(s) for s in expected_shapes(arch).values()) == count


def test_same_padding():
    """As TensorFlow pads: the odd zero behind, and 8 for an even length."""
    assert Architecture().pads[:3] == ((4, 5), (4, 4), (4, 5))
    assert Architecture(n_layers=4).pads == ((0, 0),) * 4


def test_json_and_back():
    """An architecture survives its own JSON."""
    arch = Architecture(lines=("LYA", "CIV"), bal_lines=(), grid=LINEAR, l2=1e-4)
    assert Architecture.from_json(arch.to_json()) == arch


@pytest.mark.parametrize(
    ("changes", "match"),
    [
        ({"n_layers": 0}, "n_layers is 0"),
        ({"filters": 2.5}, r"filters is 2\.5"),
        ({"boxes": True}, "boxes is True"),
        ({"dropout": 1.0}, "dropout"),
        ({"l2": -1.0}, "l2 -1"),
        ({"lines": ("XX",)}, "no such line"),
        ({"n_layers": 5, "width": 40}, "too few"),
    ],
)
def test_impossible(changes, match):
    """Impossible settings are refused with their name."""
    with pytest.raises(ValueError, match=match):
        Architecture(**changes)


def test_unknown_key():
    """A file of another version is not read half."""
    with pytest.raises(ValueError, match=r"missing or unknown keys.*colour"):
        Architecture.from_json(Architecture().to_json() | {"colour": 1})


@pytest.mark.parametrize("arch", [SMALL, PADDED], ids=["valid", "same"])
def test_folding_changes_nothing(arch):
    """Folded weights give what the unfolded layers give in float64."""
    parameters, x = random_network(arch), spectra(5, arch)
    hidden = x[:, :, None].astype(np.float64)
    for block, pads in zip(parameters.conv, arch.pads, strict=True):
        hidden = np.pad(hidden, ((0, 0), pads, (0, 0)))
        starts = range(0, hidden.shape[1] - arch.width + 1, arch.stride)
        hidden = np.stack(
            [
                np.einsum(
                    "nwc,wcf->nf", hidden[:, s : s + arch.width], block.affine.kernel
                )
                for s in starts
            ],
            axis=1,
        )
        hidden = unfolded(hidden, block)
    hidden = hidden.reshape(len(x), -1) @ parameters.dense.affine.kernel
    hidden = unfolded(hidden, parameters.dense)
    low, high = arch.offsets
    box, offset = (
        1 / (1 + np.exp(-(hidden @ a.kernel + a.bias)))
        for a in (parameters.box, parameters.offset)
    )
    shape = (len(x), len(arch.heads), arch.boxes)
    expected = np.concatenate(
        [box.reshape(shape), low + (high - low) * offset.reshape(shape)], axis=2
    )
    assert forward(x, fold(parameters)) == pytest.approx(expected, abs=3e-6)


def unfolded(hidden, block):
    """Return bias, batch norm and ReLU, one after the other."""
    norm = block.norm
    hidden = hidden + block.affine.bias - norm.mean
    scaled = norm.gamma * hidden / np.sqrt(norm.variance + norm.epsilon) + norm.beta
    return np.maximum(scaled, 0)


def test_arrays_and_back():
    """A network is its arrays."""
    parameters = random_network(SMALL)
    again = from_arrays(SMALL, arrays_of(parameters))
    for name, array in arrays_of(again).items():
        assert (array == arrays_of(parameters)[name]).all()


@pytest.mark.parametrize(
    ("name", "value", "match"),
    [
        ("conv_2/kernel", np.zeros((10, 6, 5)), "conv_2/kernel has shape"),
        ("box/bias", np.full(91, np.nan), "box/bias holds NaN"),
        ("conv_9/kernel", np.zeros(3), "unknown: conv_9/kernel"),
    ],
)
def test_bad_arrays(name, value, match):
    """Arrays that do not fit are refused with their name."""
    arrays = arrays_of(random_network(SMALL)) | {name: value}
    with pytest.raises(ValueError, match=match):
        from_arrays(SMALL, arrays)


def test_too_few_layers():
    """The number of layers is part of the architecture."""
    held = random_network(SMALL)
    parts = {f.name: getattr(held, f.name) for f in dataclasses.fields(held)}
    with pytest.raises(ValueError, match="do not fit"):
        Parameters(**parts | {"conv": held.conv[:3]})
