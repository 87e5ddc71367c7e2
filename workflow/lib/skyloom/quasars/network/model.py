"""The network in Keras 3, on whichever backend it runs."""

from __future__ import annotations

import math

import keras
from keras import layers

from skyloom.quasars.network.architecture import Architecture
from skyloom.quasars.network.keras_file import array_names, nodes_of
from skyloom.quasars.network.parameters import Parameters, arrays_of


def build(arch: Architecture) -> keras.Model:
    """Return an untrained network.

    Returns
    -------
    keras.Model
        From spectra (n, pixels, 1) to one tensor (n, heads, 2 * boxes): boxes'
        probabilities, then rescaled offsets. Its attribute `architecture` is `arch`.
        Initial weights come from Keras' generators: call `keras.utils.set_random_seed`
        first.
    """
    spectrum = keras.Input((arch.grid.size, 1), name="spectrum")
    hidden = spectrum
    for k in range(1, arch.n_layers + 1):
        hidden = _convolve(hidden, k, arch)
    hidden = layers.Flatten(name="flatten")(hidden)
    hidden = layers.Dense(arch.dense, name="dense")(hidden)
    hidden = layers.BatchNormalization(name="dense_norm")(hidden)
    hidden = layers.Activation("relu", name="dense_relu")(hidden)
    low, high = arch.offsets
    rescaling = layers.Rescaling(round(high - low, 9), low, name="offset_rescaled")
    box, offset = _head(hidden, "box", arch), rescaling(_head(hidden, "offset", arch))
    outputs = layers.Concatenate(axis=-1, name="heads")([box, offset])
    model = keras.Model(spectrum, outputs, name="quasarnet")
    model.architecture = arch
    return model


def set_parameters(model: keras.Model, parameters: Parameters) -> None:
    """Give a model made by `build` the weights of a stored network.

    Raises
    ------
    ValueError
        They do not fit.
    """
    arrays = arrays_of(parameters)
    for node in nodes_of(parameters.arch):
        keys = array_names(node.kind, node.name)
        if keys:
            model.get_layer(node.name).set_weights([arrays[key] for key in keys])


def _convolve(hidden, k: int, arch: Architecture):
    convolution = layers.Conv1D(
        arch.filters,
        arch.width,
        strides=arch.stride,
        padding=arch.padding,
        kernel_regularizer=keras.regularizers.L2(arch.l2) if arch.l2 > 0 else None,
        name=f"conv_{k}",
    )
    hidden = layers.BatchNormalization(name=f"norm_{k}")(convolution(hidden))
    hidden = layers.Activation("relu", name=f"relu_{k}")(hidden)
    return layers.Dropout(arch.dropout, name=f"dropout_{k}")(hidden)


def _head(hidden, name: str, arch: Architecture):
    """Return sigmoids (n, heads, boxes); all heads in one dense layer.

    Glorot's limit is that of a layer of one head, as in the published network.
    """
    limit = math.sqrt(6.0 / (arch.dense + arch.boxes))
    heads = len(arch.heads)
    dense = layers.Dense(
        heads * arch.boxes,
        activation="sigmoid",
        kernel_initializer=keras.initializers.RandomUniform(-limit, limit),
        name=name,
    )
    return layers.Reshape((heads, arch.boxes), name=f"{name}_heads")(dense(hidden))
