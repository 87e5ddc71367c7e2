"""The network in Keras 3, on whichever backend it runs, and its file."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path

import keras
from keras import layers

from skyloom.io.documents import plain
from skyloom.learn.archives import document, parts_of, write_parts
from skyloom.quasars.network.architecture import Architecture
from skyloom.quasars.network.files import FORMAT, SIDECAR
from skyloom.quasars.network.parameters import EPSILON, Parameters, arrays_by_layer


def build(
    arch: Architecture, *, momentum: float = 0.99, epsilon: float = EPSILON
) -> keras.Model:
    """Return an untrained network.

    Parameters
    ----------
    arch : Architecture
        Its shape.
    momentum, epsilon : float
        Of batch normalisation.

    Returns
    -------
    keras.Model
        From spectra (n, pixels, 1) to one tensor (n, heads, 2 * boxes): boxes'
        probabilities, then rescaled offsets. Its attribute `architecture` is `arch`.
        Initial weights come from Keras' generators: call `keras.utils.set_random_seed`
        first.
    """

    def norm(name: str):
        return layers.BatchNormalization(momentum=momentum, epsilon=epsilon, name=name)

    hidden = spectrum = keras.Input((arch.grid.size, 1), name="spectrum")
    shape = {"strides": arch.stride, "padding": arch.padding}
    for k in range(1, arch.n_layers + 1):
        convolution = layers.Conv1D(arch.filters, arch.width, **shape, name=f"conv_{k}")
        hidden = norm(f"norm_{k}")(convolution(hidden))
        hidden = layers.Activation("relu", name=f"relu_{k}")(hidden)
        hidden = layers.Dropout(arch.dropout, name=f"dropout_{k}")(hidden)
    hidden = layers.Flatten(name="flatten")(hidden)
    hidden = norm("dense_norm")(layers.Dense(arch.dense, name="dense")(hidden))
    hidden = layers.Activation("relu", name="dense_relu")(hidden)
    low, high = arch.offsets
    rescaling = layers.Rescaling(round(high - low, 9), low, name="offset_rescaled")
    box, offset = _head(hidden, "box", arch), rescaling(_head(hidden, "offset", arch))
    outputs = layers.Concatenate(axis=-1, name="heads")([box, offset])
    model = keras.Model(spectrum, outputs, name="quasarnet")
    model.architecture, model.epsilon = arch, epsilon
    return model


def model_of(parameters: Parameters) -> keras.Model:
    """Return the model of stored weights."""
    model = build(parameters.arch, epsilon=parameters.epsilon)
    for layer, names in arrays_by_layer(parameters.arch).items():
        model.get_layer(layer).set_weights([parameters.arrays[key] for key in names])
    return model


def parameters_of(model: keras.Model) -> Parameters:
    """Return the weights of a model made by `build`."""
    arrays: dict = {}
    for layer, names in arrays_by_layer(model.architecture).items():
        arrays |= zip(names, model.get_layer(layer).get_weights(), strict=True)
    return Parameters(model.architecture, arrays, model.epsilon)


def save_member(path: str | Path, parameters: Parameters, about: Mapping) -> None:
    """Write a network as Keras saves it, with `about` beside the weights.

    ``keras.models.load_model`` opens it. Same weights and same `about` (seed, metrics,
    code digest...: JSON values, or numpy's) give the same bytes.

    Raises
    ------
    ValueError
        `path` does not end in ``.keras``.
    """
    parts = parts_of(model_of(parameters))
    architecture = plain(asdict(parameters.arch))
    sidecar = {"format": FORMAT, "architecture": architecture, "about": plain(about)}
    write_parts(path, parts | {SIDECAR: document(sidecar)})


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
