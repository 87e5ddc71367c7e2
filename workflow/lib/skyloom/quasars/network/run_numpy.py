"""Networks run in plain NumPy: the reference, and for nodes without a framework."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.lib.stride_tricks import as_strided

from skyloom.quasars.network.architecture import Architecture
from skyloom.quasars.network.parameters import Affine, Folded, Parameters, fold

CHUNK = 64  # spectra at a time: the windows of one layer then fill about 30 MB


class Runner:
    """An ensemble on the CPU: one matrix product a layer, batch norm folded.

    Parameters
    ----------
    parameters : sequence of Parameters
        The members, all of one architecture.
    chunk : int
        Spectra at a time; memory grows with it, not with the number of spectra.

    Raises
    ------
    ValueError
        No members, or members of several architectures.
    """

    def __init__(self, parameters: Sequence[Parameters], chunk: int = CHUNK):
        self.arch = common_architecture(parameters)
        self.chunk = chunk
        self._members = [fold(member) for member in parameters]

    def predict(self, x: np.ndarray) -> np.ndarray:
        """Return the outputs of all members.

        Parameters
        ----------
        x : ndarray, shape (n, pixels)
            Normalised spectra.

        Returns
        -------
        ndarray, float32, shape (members, n, heads, 2 * boxes)
            Boxes' probabilities, then rescaled offsets.

        Raises
        ------
        ValueError
            Another number of pixels, or a spectrum that is not finite.
        """
        x = checked(x, self.arch)
        out = empty_outputs(len(self._members), len(x), self.arch)
        for start in range(0, len(x), self.chunk):
            rows = slice(start, start + self.chunk)
            for member, held in zip(self._members, out, strict=True):
                held[rows] = forward(x[rows], member)
        return out


def common_architecture(parameters: Sequence[Parameters]) -> Architecture:
    """Return the one architecture of all members.

    Raises
    ------
    ValueError
        None, or several.
    """
    if not parameters:
        msg = "an ensemble of no members"
        raise ValueError(msg)
    first = parameters[0].arch
    for number, member in enumerate(parameters):
        if shape_of(member.arch) != shape_of(first):
            msg = f"member {number} is {member.arch}; member 0 is {first}"
            raise ValueError(msg)
    return first


def shape_of(arch: Architecture) -> dict:
    """Return what the outputs depend on: everything but the training's settings."""
    tree = arch.to_json()
    return {key: tree[key] for key in tree.keys() - {"dropout", "l2"}}


def checked(x: np.ndarray, arch: Architecture) -> np.ndarray:
    """Return spectra as float32, shape (n, pixels).

    Raises
    ------
    ValueError
        Another number of pixels, or a value that is not finite.
    """
    x = np.asarray(x, np.float32)
    if x.ndim != 2 or x.shape[1] != arch.grid.size:
        msg = f"spectra of shape {x.shape}; the network wants (n, {arch.grid.size})"
        raise ValueError(msg)
    bad = np.flatnonzero(~np.isfinite(x).all(axis=1))
    if len(bad):
        msg = f"{len(bad)} spectra are not finite, first: row {bad[0]}; drop them"
        raise ValueError(msg)
    return x


def empty_outputs(members: int, n: int, arch: Architecture) -> np.ndarray:
    """Return room for the outputs of an ensemble."""
    return np.empty((members, n, len(arch.heads), 2 * arch.boxes), np.float32)


def forward(x: np.ndarray, network: Folded) -> np.ndarray:
    """Return one network's outputs, (n, heads, 2 * boxes), for spectra (n, pixels)."""
    arch, hidden = network.arch, x[:, :, None]
    for affine, pads in zip(network.conv, arch.pads, strict=True):
        hidden = convolve(hidden, affine, arch.stride, pads)
    hidden = hidden.reshape(len(x), -1) @ network.dense.kernel
    hidden += network.dense.bias
    np.maximum(hidden, 0.0, out=hidden)
    return finish(hidden @ network.heads.kernel, network)


def finish(logits: np.ndarray, network: Folded) -> np.ndarray:
    """Return the outputs of the heads' products, (n, heads * 2 * boxes); in place."""
    arch = network.arch
    logits += network.heads.bias
    scale, shift = network.span
    outputs = sigmoid(logits).reshape(len(logits), len(arch.heads), 2 * arch.boxes)
    outputs *= scale
    outputs += shift
    return outputs


def sigmoid(x: np.ndarray) -> np.ndarray:
    """Return 1 / (1 + exp(-x)) in place, without overflow."""
    np.clip(x, -87.0, 87.0, out=x)
    np.exp(np.negative(x, out=x), out=x)
    x += 1.0
    return np.reciprocal(x, out=x)


def convolve(
    x: np.ndarray, affine: Affine, stride: int, pads: tuple[int, int]
) -> np.ndarray:
    """Return ReLU of a convolution along the pixels.

    Parameters
    ----------
    x : ndarray, float32, shape (n, pixels, channels)
        The input; channels last, so that a window is one run of memory.
    affine : Affine
        Kernel (width, channels, filters).
    stride : int
        Pixels from window to window.
    pads : (int, int)
        Zeros before and after.

    Returns
    -------
    ndarray, float32, shape (n, positions, filters)
    """
    width, channels, filters = affine.kernel.shape
    padded = np.zeros((len(x), x.shape[1] + sum(pads), channels), np.float32)
    padded[:, pads[0] : pads[0] + x.shape[1]] = x
    positions = (padded.shape[1] - width) // stride + 1
    row, pixel, channel = padded.strides
    shape = (len(x), positions, width * channels)
    windows = as_strided(padded, shape, (row, stride * pixel, channel))
    windows = windows.reshape(-1, width * channels)
    out = windows @ affine.kernel.reshape(-1, filters)
    out += affine.bias
    np.maximum(out, 0.0, out=out)
    return out.reshape(len(x), positions, filters)
