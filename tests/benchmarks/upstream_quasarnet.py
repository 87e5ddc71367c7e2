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


def batch_norm(x, held, name, epsilon):
    """Return batch normalisation as it is after training."""
    gamma, beta, mean, variance = (
        held[f"{name}/{key}"] for key in ("gamma", "beta", "mean", "variance")
    )
    return (x - mean) / np.sqrt(variance + epsilon) * gamma + beta


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
    held, epsilon = parameters.arrays, parameters.epsilon
    for k, pads in enumerate(arch.pads, start=1):
        weights = held[f"conv_{k}/kernel"], held[f"conv_{k}/bias"]
        hidden = convolve(hidden, *weights, arch.stride, pads)
        hidden = relu(batch_norm(hidden, held, f"conv_{k}", epsilon))
    hidden = hidden.reshape(len(hidden), -1)
    hidden = hidden @ held["dense/kernel"] + held["dense/bias"]
    hidden = relu(batch_norm(hidden, held, "dense", epsilon))
    low, high = arch.offsets
    heads = []
    for k in range(len(arch.heads)):
        part = np.s_[..., k * arch.boxes : (k + 1) * arch.boxes]
        box, offset = (
            sigmoid(hidden @ held[f"{a}/kernel"][part] + held[f"{a}/bias"][part])
            for a in ("box", "offset")
        )
        heads.append(np.concatenate([box, low + (high - low) * offset], axis=1))
    return np.stack(heads, axis=1)
