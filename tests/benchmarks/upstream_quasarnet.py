"""A plain NumPy forward pass of QuasarNET, to measure against.

Spectra in float64, weights in float32 as stored, so that every product is in float64;
each convolution a loop over output positions, each a reshape and a product with the
kernel; batch norm as its own step; one product a head. As QuasarNP works, in other
words; where it is slow, it is slow for the reasons the original is.
"""

from __future__ import annotations

import numpy as np


def convolve(x, kernel, bias, stride, pads):
    """Return a convolution of (n, pixels, channels), position by position."""
    x = np.pad(x, ((0, 0), pads, (0, 0)))
    width, channels, filters = kernel.shape
    flat = kernel.reshape(width * channels, filters)
    positions = (x.shape[1] - width) // stride + 1
    out = np.empty((len(x), positions, filters))
    for k in range(positions):
        window = x[:, k * stride : k * stride + width]
        out[:, k] = window.reshape(len(x), -1) @ flat
    return out + bias


def batch_norm(x, norm):
    """Return batch normalisation as it is after training."""
    return (x - norm.mean) / np.sqrt(
        norm.variance + norm.epsilon
    ) * norm.gamma + norm.beta


def relu(x):
    """Return the positive part."""
    return np.maximum(x, 0.0)


def sigmoid(x):
    """Return 1 / (1 + exp(-x))."""
    return 1.0 / (1.0 + np.exp(-x))


def predict(parameters, x):
    """Return outputs (n, heads, 2 * boxes) of all spectra at once."""
    arch = parameters.arch
    hidden = np.asarray(x, np.float64)[:, :, None]
    for block, pads in zip(parameters.conv, arch.pads, strict=True):
        affine = block.affine
        hidden = convolve(hidden, affine.kernel, affine.bias, arch.stride, pads)
        hidden = relu(batch_norm(hidden, block.norm))
    hidden = hidden.reshape(len(hidden), -1)
    dense = parameters.dense
    hidden = hidden @ dense.affine.kernel + dense.affine.bias
    hidden = relu(batch_norm(hidden, dense.norm))
    low, high = arch.offsets
    heads = []
    for k in range(len(arch.heads)):
        part = np.s_[..., k * arch.boxes : (k + 1) * arch.boxes]
        box, offset = (
            sigmoid(hidden @ a.kernel[part] + a.bias[part])
            for a in (parameters.box, parameters.offset)
        )
        heads.append(np.concatenate([box, low + (high - low) * offset], axis=1))
    return np.stack(heads, axis=1)
