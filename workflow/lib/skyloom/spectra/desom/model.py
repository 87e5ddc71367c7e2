"""The loss of DESOM, and the network that learns by it, on any of Keras' backends."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from skyloom.spectra.desom.backend import keras

ops = keras.ops
Loss = Callable  # (x, reconstruction, weight or None) -> one value a sample


def squared_residual(x, made, weight):
    """Return each sample's weighted mean of squared residuals, shape (n,).

    Weights sum to 1 along a sample; None weighs all values alike.
    """
    square = ops.square(x - made)
    if weight is None:
        return ops.mean(ops.reshape(square, (ops.shape(x)[0], -1)), axis=1)
    return ops.sum(weight * square, axis=1)


def squared_distances(latent, prototypes):
    """Return the squared distances of latent vectors to prototypes, shape (n, units).

    One matrix product: ``|z - m|² = |z|² + |m|² - 2 z·m``, both taken from the mean of
    the prototypes so that a common offset costs no digits of float32.
    """
    centre = ops.stop_gradient(ops.mean(prototypes, axis=0))
    z, m = latent - centre, prototypes - centre
    lengths = ops.sum(z * z, axis=1)[:, None] + ops.sum(m * m, axis=1)
    return lengths - 2 * ops.matmul(z, ops.transpose(m))


def neighbourhood(distances, apart, temperature):
    """Return the weights ``exp(-d(b, k)² / T²)`` of units, constants of the step.

    `apart` has the squared distances on the grid between units, `temperature` is a
    column (n, 1); b is the unit nearest to the sample.
    """
    best = ops.argmin(distances, axis=1)
    weight = ops.exp(-ops.take(apart, best, axis=0) / ops.square(temperature))
    return ops.stop_gradient(weight)


class Desom(keras.Model):
    """Encoder, decoder and prototypes, learning by one loss in one forward pass.

        L = mean_i [ L_r(x_i, x'_i) + gamma * sum_k w_ik |z_i - m_k|² ]

    with ``w_ik`` the neighbourhood of the best-matching unit: a constant, so that
    prototypes and encoder are pulled through the distances only.

    Parameters
    ----------
    encoder, decoder : keras.Model
        From samples to latent vectors (n, latent), and back.
    distances : ndarray, shape (units, units)
        On the grid.
    loss : callable
        See `squared_residual`.

    Source: Forest et al. 2019, ESANN; 2021, Neural Computing and Applications.
    """

    def __init__(self, encoder, decoder, distances: np.ndarray, loss: Loss):
        super().__init__()
        self.encoder, self.decoder, self.loss_of = encoder, decoder, loss
        self.paced = self.add_weight(
            shape=(len(distances), encoder.output_shape[-1]),
            initializer="zeros",
            name="prototypes",
        )
        self.pace = self.add_weight(
            shape=(), initializer="ones", trainable=False, name="pace"
        )
        self.apart = np.asarray(distances, np.float32) ** 2

    @property
    def prototypes(self):
        """The prototypes, shape (units, latent)."""
        return self.pace * self.paced

    def lay(self, prototypes: np.ndarray) -> None:
        """Put the prototypes where they start."""
        self.paced.assign(prototypes / self.pace)

    def hasten(self, pace: float) -> None:
        """Let prototypes learn `pace` times as fast as networks, from where they are.

        Adam moves what it learns by about its rate a step, however large the gradient
        is: it learns the prototypes divided by the pace.
        """
        self.paced.assign(self.prototypes / pace)
        self.pace.assign(pace)

    def call(self, x):
        """Return latent vectors and reconstructions."""
        latent = self.encoder(x)
        return {"latent": latent, "made": self.decoder(latent)}

    def compute_loss(
        self, x=None, y=None, y_pred=None, sample_weight=None, training=True
    ):
        """Return the loss; `y` has gamma and temperature, (n, 1), and weights."""
        del sample_weight, training  # of Keras' signature
        near = squared_distances(y_pred["latent"], self.prototypes)
        weight = neighbourhood(near, self.apart, y["temperature"])
        ordered = ops.mean(y["gamma"][:, 0] * ops.sum(weight * near, axis=1))
        residual = self.loss_of(x, y_pred["made"], y.get("weight"))
        return ops.mean(residual) + ordered
