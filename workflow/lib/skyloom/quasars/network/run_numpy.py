"""Networks run in plain NumPy: the reference, and for nodes without a framework."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from scipy.special import expit

from skyloom.quasars.network.contract import Ensemble
from skyloom.quasars.network.parameters import Affine, Folded, Parameters, fold

CHUNK = 64  # spectra at a time: the windows of one layer then fill about 30 MB


class Runner(Ensemble):
    """An ensemble on the CPU: one matrix product a layer, batch norm folded.

    Memory grows with `chunk`, the spectra at a time, not with their number.
    """

    def __init__(self, parameters: Sequence[Parameters], chunk: int = CHUNK):
        super().__init__(parameters)
        self.chunk = chunk
        self._members = [fold(member) for member in parameters]

    def _fill(self, out: np.ndarray, x: np.ndarray) -> None:
        for start in range(0, len(x), self.chunk):
            rows = slice(start, start + self.chunk)
            for member, held in zip(self._members, out, strict=True):
                held[rows] = forward(x[rows], member)


def forward(x: np.ndarray, network: Folded) -> np.ndarray:
    """Return one network's outputs, (n, heads, 2 * boxes), for spectra (n, pixels)."""
    arch, hidden = network.arch, x[:, :, None]
    for affine, pads in zip(network.conv, arch.pads, strict=True):
        hidden = convolve(hidden, affine, arch.stride, pads)
    hidden = hidden.reshape(len(x), -1) @ network.dense.kernel
    hidden += network.dense.bias
    np.maximum(hidden, 0.0, out=hidden)
    outputs = hidden @ network.heads.kernel
    outputs += network.heads.bias
    scale, shift = network.span
    outputs = expit(outputs).reshape(len(x), len(arch.heads), 2 * arch.boxes)
    return outputs * scale + shift


def convolve(
    x: np.ndarray, affine: Affine, stride: int, pads: tuple[int, int]
) -> np.ndarray:
    """Return ReLU of a convolution along the pixels, (n, positions, filters).

    `x` is (n, pixels, channels): channels last, so that a window is one run of memory.
    `pads` are the zeros before and after.
    """
    width, channels, filters = affine.kernel.shape
    padded = np.pad(x, ((0, 0), pads, (0, 0)))
    windows = sliding_window_view(padded, width, axis=1)[:, ::stride].swapaxes(2, 3)
    positions = windows.shape[1]
    out = windows.reshape(-1, width * channels) @ affine.kernel.reshape(-1, filters)
    out += affine.bias
    np.maximum(out, 0.0, out=out)
    return out.reshape(len(x), positions, filters)
