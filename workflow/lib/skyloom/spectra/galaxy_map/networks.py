"""Autoencoders of fingerprints: both published architectures, in Keras."""

from __future__ import annotations

from skyloom.spectra.desom.backend import keras
from skyloom.spectra.galaxies.files import Layout

layers = keras.layers

# Filters of the encoder's layers; the decoder's, and the kernel of its last layer.
NETWORKS = {
    "conv_late": ((16,), (16,), 1),
    "conv_early": ((32, 4), (4, 32), 3),
}


def autoencoder(
    network: str, layout: Layout, latent: int
) -> tuple[keras.Model, keras.Model]:
    """Return encoder and decoder of fingerprints, of shape (n, n_units) both.

    Convolutions see a fingerprint as an image of the map, 3 units wide; the latent
    vector is linear, and so is the output.
    """
    if network not in NETWORKS:
        msg = f"network {network!r}: it is one of {', '.join(NETWORKS)}"
        raise ValueError(msg)
    down, up, last = NETWORKS[network]
    image = (layout.rows, layout.columns)
    look = {"padding": "same", "activation": "relu"}
    shares = keras.Input((layout.n_units,))
    x = layers.Reshape((*image, 1))(shares)
    for filters in down:
        x = layers.Conv2D(filters, 3, **look)(x)
    encoder = keras.Model(shares, layers.Dense(latent)(layers.Flatten()(x)))
    code = keras.Input((latent,))
    x = layers.Dense(layout.n_units * down[-1])(code)
    x = layers.Reshape((*image, down[-1]))(x)
    for filters in up:
        x = layers.Conv2D(filters, 3, **look)(x)
    x = layers.Conv2D(1, last, padding="same")(x)
    return encoder, keras.Model(code, layers.Reshape((layout.n_units,))(x))


def earth_mover(matrix):
    """Return the loss ``|(x - y) @ matrix|²`` of each fingerprint.

    With `skyloom.spectra.galaxy_map.distance.embedding` it is the energy distance.
    """
    constant = keras.ops.convert_to_tensor(matrix, "float32")

    def loss(x, reconstruction, weight=None):
        del weight  # every unit of a fingerprint is known
        moved = keras.ops.matmul(x - reconstruction, constant)
        return keras.ops.sum(keras.ops.square(moved), axis=1)

    return loss
