"""The published autoencoders of spectra, their sizes from what they are given.

A spectrum goes in and comes out as one row of pixels; the latent layer and the last
one are linear. Where a published network has an activation before its pooling, we have
it after: both rise, so the result is the same, and it costs a fraction.

Source: the code behind Teimoorinia et al. 2022, AJ 163, 71 (two convolutional networks
and a perceptron).
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np

from skyloom.run.seeds import rng
from skyloom.spectra.desom.backend import keras, values
from skyloom.spectra.desom.inference import CONVOLUTIONS, SLOPES

layers = keras.layers
Pair = tuple[keras.Model, keras.Model]  # encoder and decoder

HIDDEN = (450, 300)  # of the perceptron


def seeded(seed: int, *names: object) -> None:
    """Set Keras' global seed, from which first weights come.

    Layers are numbered anew, too: their names, which files hold, do not depend on what
    was built before.
    """
    keras.utils.clear_session()
    keras.utils.set_random_seed(int(rng(seed, *names).integers(2**32)))


def build(network: str, pixels: int, latent: int) -> Pair:
    """Return an untrained encoder and decoder; call `seeded` first.

    Parameters
    ----------
    network : {"conv_big", "conv_small", "mlp"}
        Four blocks of 64 filters, two of 16, or dense layers of 450 and 300.
    pixels : int
        Of a spectrum; of the convolutional networks a multiple of 16.
    latent : int
        Width of the latent space.

    Raises
    ------
    ValueError
        Another network, or a number of pixels that it cannot halve.
    """
    if network == "mlp":
        return perceptron(pixels, latent)
    if network not in CONVOLUTIONS:
        msg = f"network {network!r}: it is one of {', '.join(SLOPES)}"
        raise ValueError(msg)
    if pixels % 16:
        msg = f"{pixels} pixels: {network} needs a multiple of 16"
        raise ValueError(msg)
    activation = partial(layers.LeakyReLU, negative_slope=SLOPES[network])
    return convolutional(pixels, latent, activation, **CONVOLUTIONS[network])


def convolutional(
    pixels: int,
    latent: int,
    activation: Callable,
    *,
    blocks: int,
    filters: int,
    kernel: int,
    pool: int,
    last: int,
) -> Pair:
    """Return convolutions with pooling, and their mirror image.

    `filters` and `kernel` are those of all `blocks`, `last` is the kernel of the last
    convolution, which makes the spectrum.
    """
    convolution = partial(layers.Conv1D, filters, kernel, padding="same")
    spectrum = keras.Input((pixels,))
    hidden = layers.Reshape((pixels, 1))(spectrum)
    for _ in range(blocks):
        hidden = layers.MaxPooling1D(pool)(convolution()(hidden))
        hidden = activation()(hidden)
    length = hidden.shape[1]
    code = layers.Dense(latent)(layers.Flatten()(hidden))
    start = keras.Input((latent,))
    hidden = activation()(layers.Dense(length * filters)(start))
    hidden = layers.Reshape((length, filters))(hidden)
    for _ in range(blocks):
        hidden = activation()(convolution()(layers.UpSampling1D(pool)(hidden)))
    made = layers.Conv1D(1, last, padding="same")(hidden)
    return keras.Model(spectrum, code), keras.Model(start, layers.Flatten()(made))


def perceptron(pixels: int, latent: int, hidden: tuple[int, ...] = HIDDEN) -> Pair:
    """Return dense layers of the given widths, and their mirror image."""

    def stack(first: int, widths: tuple[int, ...], last: int) -> keras.Model:
        inside = start = keras.Input((first,))
        for width in widths:
            inside = layers.Dense(width, activation="relu")(inside)
        return keras.Model(start, layers.Dense(last)(inside))

    return stack(pixels, hidden, latent), stack(latent, hidden[::-1], pixels)


def encoded(encoder: keras.Model, batches) -> np.ndarray:
    """Return the latent vectors of batches of samples, float32, (n, latent)."""
    return np.concatenate([applied(encoder, batch) for batch in batches])


def applied(model: keras.Model, x: np.ndarray, size: int = 256) -> np.ndarray:
    """Return what a network makes of samples, some at a time, float32."""
    # Called, not `predict`ed: that compiles anew for each number of samples.
    parts = [values(model(x[i : i + size])) for i in range(0, len(x), size)]
    return np.concatenate([np.zeros((0, *model.output_shape[1:]), "f4"), *parts])
