"""The reference algorithm of DESOM, stated again in our own words: a peer, no source.

What the published code does, with its choices that ours does without: two forward
passes a step (one finds the best-matching units, the other learns), distances from the
differences of all samples and prototypes, a map distance whose row term is
``|k - l| // columns``, batches in one fixed order, prototypes that start as encoded
samples drawn by lot, a loss of the map that is fed with weights from outside.

Source: Forest et al. 2019, ESANN; 2021, Neural Computing and Applications.
"""

from __future__ import annotations

from dataclasses import dataclass

import keras
import numpy as np
from keras import ops

HIDDEN = (500, 500, 2000)  # of the published perceptron


def perceptron(pixels: int, latent: int, hidden=HIDDEN):
    """Return encoder and decoder: dense, relu inside, linear latent and last layers."""
    start, code = keras.Input((pixels,)), keras.Input((latent,))
    inside = start
    for width in hidden:
        inside = keras.layers.Dense(width, activation="relu")(inside)
    encoder = keras.Model(start, keras.layers.Dense(latent)(inside))
    inside = code
    for width in reversed(hidden):
        inside = keras.layers.Dense(width, activation="relu")(inside)
    return encoder, keras.Model(code, keras.layers.Dense(pixels)(inside))


def map_distance(shape: tuple[int, int]) -> np.ndarray:
    """Return the published distance between units: sheared, see the module."""
    unit = np.arange(shape[0] * shape[1])
    difference = np.abs(unit[:, None] - unit)
    columns = np.abs(unit[:, None] % shape[1] - unit % shape[1])
    return difference // shape[1] + columns


class Distances(keras.layers.Layer):
    """Squared distances of latent vectors to prototypes, by their differences."""

    def __init__(self, units: int, **kwargs):
        super().__init__(**kwargs)
        self.units = units

    def build(self, shape):
        """Make room for the prototypes."""
        self.prototypes = self.add_weight(shape=(self.units, shape[1]), name="units")

    def call(self, latent):
        """Return distances, (n, units), by way of (n, units, latent) differences."""
        return ops.sum(ops.square(latent[:, None, :] - self.prototypes), axis=2)


def pulled(weights, distances):
    """Return the loss of the map: weighted distances, summed over units."""
    return ops.mean(ops.sum(weights * distances, axis=1))


@dataclass(frozen=True)
class Schedule:
    """Steps, samples a step, first and last temperature, weight of the map, rate."""

    iterations: int
    batch: int = 256
    first: float = 10.0
    last: float = 0.1
    gamma: float = 1e-3
    rate: float = 1e-3


class Reference:
    """The reference algorithm on an encoder and a decoder."""

    def __init__(self, pair, shape: tuple[int, int], how: Schedule):
        self.encoder, self.decoder, self.how = *pair, how
        self.apart = map_distance(shape)
        self.layer = Distances(shape[0] * shape[1])
        code = self.encoder.output
        outputs = [self.decoder(code), self.layer(code)]
        self.model = keras.Model(self.encoder.input, outputs)
        optimiser = keras.optimizers.Adam(how.rate)
        losses = ["mean_squared_error", pulled]
        how = {"loss": losses, "loss_weights": [1.0, how.gamma], "jit_compile": False}
        self.model.compile(optimiser, **how)

    def start(self, x: np.ndarray, rng: np.random.Generator) -> None:
        """Put prototypes on encoded samples drawn by lot."""
        chosen = rng.choice(len(x), self.layer.units, replace=False)
        codes = self.encoder.predict_on_batch(x[chosen])
        self.layer.prototypes.assign(codes)

    def step(self, x: np.ndarray, iteration: int, *, search=None):
        """Learn from a batch; return the losses: whole, reconstruction, map.

        `search` gives reconstructions and distances in the first pass: the published
        code calls `predict`; ``predict_on_batch``, our default, costs less.
        """
        how = self.how
        done = iteration / (how.iterations - 1)
        temperature = how.first * (how.last / how.first) ** done
        best = (search or self.model.predict_on_batch)(x)[1].argmin(axis=1)
        weights = np.exp(-((self.apart[best] / temperature) ** 2)).astype(np.float32)
        return self.model.train_on_batch(x, [x, weights])

    def train(self, x: np.ndarray, rng: np.random.Generator) -> None:
        """Learn for all iterations, batches in the order of the samples."""
        self.start(x, rng)
        size = min(self.how.batch, len(x))
        place = 0
        for iteration in range(self.how.iterations):
            self.step(x[place : place + size], iteration)
            place = place + size if place + 2 * size <= len(x) else 0

    @property
    def prototypes(self) -> np.ndarray:
        """Prototypes in latent space, (units, latent)."""
        return self.layer.get_weights()[0]
