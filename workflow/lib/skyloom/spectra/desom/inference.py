"""The published autoencoders of spectra, evaluated with NumPy: a map needs no Keras.

TensorFlow takes longer to load than most jobs take to use a map.
"""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import h5py
import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

ROWS = 64  # samples at a time: what convolutions make of them stays in the cache
# `filters` and `kernel` are those of all `blocks`, `last` is the last one's kernel.
CONVOLUTIONS = {
    "conv_big": {"blocks": 4, "filters": 64, "kernel": 6, "pool": 2, "last": 1},
    "conv_small": {"blocks": 2, "filters": 16, "kernel": 4, "pool": 4, "last": 4},
}
# What activations leave of negative values.
SLOPES = {"conv_big": 0.1, "conv_small": 0.0, "mlp": 0.0}
LAYER = re.compile(r"(conv1d|dense)(?:_(\d+))?")
Layers = dict[str, list[tuple[np.ndarray, np.ndarray]]]  # kernels and biases by kind


@dataclass(frozen=True, eq=False)
class Inference:
    """A trained autoencoder, for spectra of any number.

    Attributes
    ----------
    network : str
        Its name, see `skyloom.spectra.desom.autoencoders.build`.
    encoder, decoder : dict
        Weights of the layers in order, by kind of layer.
    mean : ndarray
        What was taken from spectra for training.
    """

    network: str
    encoder: Layers
    decoder: Layers
    mean: np.ndarray

    def encode(self, flux: np.ndarray) -> np.ndarray:
        """Return latent vectors, float32, (n, latent), of spectra without gaps."""
        return _by_rows(self._encode, np.asarray(flux - self.mean, np.float32))

    def decode(self, latent: np.ndarray) -> np.ndarray:
        """Return the spectra that latent vectors stand for, float32."""
        return _by_rows(self._decode, np.asarray(latent, np.float32)) + self.mean

    def _encode(self, x: np.ndarray) -> np.ndarray:
        if self.network == "mlp":
            return _stack(x, self.encoder["dense"])
        pool, act = CONVOLUTIONS[self.network]["pool"], self._activation
        x = x[..., None]
        for kernel, bias in self.encoder["conv1d"]:
            x = _convolved(x, kernel, bias)
            n, length, filters = x.shape
            x = act(x.reshape(n, length // pool, pool, filters).max(axis=2))
        flat = x.reshape(len(x), x.shape[1] * x.shape[2])
        return _stack(flat, self.encoder["dense"])

    def _decode(self, x: np.ndarray) -> np.ndarray:
        if self.network == "mlp":
            return _stack(x, self.decoder["dense"])
        pool, act = CONVOLUTIONS[self.network]["pool"], self._activation
        *blocks, last = self.decoder["conv1d"]
        x = act(_stack(x, self.decoder["dense"]))
        filters = blocks[0][0].shape[1]
        x = x.reshape(len(x), x.shape[1] // filters, filters)
        for kernel, bias in blocks:
            x = act(_convolved(np.repeat(x, pool, axis=1), kernel, bias))
        return _convolved(x, *last)[..., 0]

    @property
    def _activation(self) -> Callable[[np.ndarray], np.ndarray]:
        return partial(_rectified, slope=SLOPES[self.network])


def inference(
    network: str, pixels: int, latent: int, weights: bytes, mean: np.ndarray
) -> Inference:
    """Return a trained autoencoder from the weights that Keras wrote.

    Raises
    ------
    ValueError
        Another network than those of `build`, or weights of another shape.
    KeyError, OSError
        Weights of another network, or none.
    """
    if network not in SLOPES:
        msg = f"network {network!r}: it is one of {', '.join(SLOPES)}"
        raise ValueError(msg)
    with h5py.File(io.BytesIO(weights)) as file:
        parts = (_layers(file[f"layers/functional{end}"]) for end in ("", "_1"))
        made = Inference(network, *parts, mean)
    code = made.encode(np.zeros((1, pixels)))
    shapes = code.shape[1], made.decode(code).shape[1]
    if shapes != (latent, pixels):
        msg = f"latent vectors of {shapes[0]} values and spectra of {shapes[1]} pixels"
        raise ValueError(msg)
    return made


def _layers(group) -> Layers:
    found: dict[str, dict[int, tuple]] = {"conv1d": {}, "dense": {}}
    for name, layer in group["layers"].items():
        if known := LAYER.fullmatch(name):
            pair = tuple(np.asarray(layer["vars"][i], np.float32) for i in "01")
            found[known[1]][int(known[2] or 0)] = pair
    return {kind: [some[i] for i in sorted(some)] for kind, some in found.items()}


def _by_rows(function: Callable, x: np.ndarray) -> np.ndarray:
    parts = [function(x[i : i + ROWS]) for i in range(0, max(len(x), 1), ROWS)]
    return np.concatenate(parts)


def _stack(x: np.ndarray, layers: list) -> np.ndarray:
    """Return what dense layers make of x, rectified between them."""
    for kernel, bias in layers[:-1]:
        x = np.maximum(x @ kernel + bias, 0)
    kernel, bias = layers[-1]
    return x @ kernel + bias


def _convolved(x: np.ndarray, kernel: np.ndarray, bias: np.ndarray) -> np.ndarray:
    """Return a convolution of (n, length, channels) that keeps the length."""
    taps, channels, filters = kernel.shape
    before = (taps - 1) // 2
    wide = np.pad(x, ((0, 0), (before, taps - 1 - before), (0, 0)))
    flat = wide.reshape(len(x), wide.shape[1] * channels)
    seen = sliding_window_view(flat, taps * channels, axis=1)[:, ::channels]
    return seen @ kernel.reshape(-1, filters) + bias


def _rectified(x: np.ndarray, slope: float) -> np.ndarray:
    return np.maximum(x, slope * x)
