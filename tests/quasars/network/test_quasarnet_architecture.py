"""Shapes of networks, and their weights with batch norm folded."""

from dataclasses import asdict

import numpy as np
import pytest
from random_networks import PADDED, SMALL, random_network, spectra
from skyloom.quasars.network.architecture import Architecture
from skyloom.quasars.network.parameters import (
    EPSILON,
    VECTORS,
    Parameters,
    expected_shapes,
    fold,
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
    arch = Architecture(lines=("LYA", "CIV"), bal_lines=(), grid=LINEAR, dropout=0.3)
    assert Architecture.from_json(asdict(arch)) == arch


@pytest.mark.parametrize(
    ("changes", "match"),
    [
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
        Architecture.from_json(asdict(Architecture()) | {"colour": 1})


@pytest.mark.parametrize("arch", [SMALL, PADDED], ids=["valid", "same"])
def test_folding_changes_nothing(arch):
    """Folded weights give what the unfolded layers give in float64."""
    parameters, x = random_network(arch), spectra(5, arch)
    hidden = x[:, :, None].astype(np.float64)
    held = parameters.arrays
    for k, pads in enumerate(arch.pads, start=1):
        kernel = held[f"conv_{k}/kernel"]
        hidden = np.pad(hidden, ((0, 0), pads, (0, 0)))
        starts = range(0, hidden.shape[1] - arch.width + 1, arch.stride)
        hidden = np.stack(
            [
                np.einsum("nwc,wcf->nf", hidden[:, s : s + arch.width], kernel)
                for s in starts
            ],
            axis=1,
        )
        hidden = unfolded(hidden, held, f"conv_{k}")
    hidden = hidden.reshape(len(x), -1) @ held["dense/kernel"]
    hidden = unfolded(hidden, held, "dense")
    low, high = arch.offsets
    box, offset = (
        1 / (1 + np.exp(-(hidden @ held[f"{a}/kernel"] + held[f"{a}/bias"])))
        for a in ("box", "offset")
    )
    shape = (len(x), len(arch.heads), arch.boxes)
    expected = np.concatenate(
        [box.reshape(shape), low + (high - low) * offset.reshape(shape)], axis=2
    )
    assert forward(x, fold(parameters)) == pytest.approx(expected, abs=3e-6)


def unfolded(hidden, held, name):
    """Return bias, batch norm and ReLU, one after the other."""
    gamma, beta, mean, variance = (held[f"{name}/{key}"] for key in VECTORS)
    hidden = hidden + held[f"{name}/bias"] - mean
    return np.maximum(gamma * hidden / np.sqrt(variance + EPSILON) + beta, 0)


def test_files_of_older_versions():
    """They tell a penalty of training, which is left out."""
    arch = Architecture(n_layers=4)
    assert Architecture.from_json(asdict(arch) | {"l2": 0.0}) == arch


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
    arrays = random_network(SMALL).arrays | {name: value}
    with pytest.raises(ValueError, match=match):
        Parameters(SMALL, arrays)


def test_too_few_layers():
    """The number of layers is part of the architecture."""
    held = random_network(SMALL)
    some = {name: a for name, a in held.arrays.items() if "conv_4" not in name}
    with pytest.raises(ValueError, match=r"missing or unknown: conv_4/beta"):
        Parameters(SMALL, some)
