"""Networks with random weights, and files of them in the published layouts."""

from __future__ import annotations

import base64
import json
import marshal

import h5py
import numpy as np
from skyloom.quasars.network.architecture import Architecture
from skyloom.quasars.network.parameters import Parameters, expected_shapes

SMALL = Architecture(n_layers=4, filters=6, dense=5)
PADDED = Architecture(n_layers=6, filters=6, dense=5)


def random_network(arch: Architecture, seed: int = 0) -> Parameters:
    """Return a network whose activations stay near 1."""
    rng = np.random.default_rng(seed)
    arrays = {}
    for name, shape in expected_shapes(arch).items():
        role = name.rpartition("/")[2]
        if role == "kernel":
            size = np.sqrt(2.0 / np.prod(shape[:-1]))
            arrays[name] = size * rng.standard_normal(shape)
        elif role in ("gamma", "variance"):
            arrays[name] = rng.uniform(0.5, 1.5, shape)
        else:
            arrays[name] = 0.2 * rng.standard_normal(shape)
    return Parameters(arch, arrays)


def spectra(n: int, arch: Architecture, seed: int = 1) -> np.ndarray:
    """Return normalised noise with a few bright pixels, (n, pixels)."""
    rng = np.random.default_rng(seed)
    x = rng.standard_normal((n, arch.grid.size))
    x[rng.random(x.shape) < 0.01] *= 10
    return x.astype(np.float32)


def rescaling(function=lambda x: -0.1 + 1.2 * x) -> list:
    """Return a Lambda layer's function as Keras 2 stores it."""
    code = base64.encodebytes(marshal.dumps(function.__code__)).decode()
    return [code, None, None]


def published(parameters: Parameters, first: int = 0, lambdas: str = "lambda"):
    """Return a network as a published file has it.

    Parameters
    ----------
    parameters : Parameters
        The network.
    first : int
        Layers that Keras had already numbered in the session that saved it.
    lambdas : str
        What the Lambda layers' names begin with.

    Returns
    -------
    config : dict
        The Keras 2 configuration.
    weights : dict of str to dict of str to ndarray
        By layer, then by Keras' name of the array.
    """
    arch, held = parameters.arch, parameters.arrays
    layers, weights = [], {}

    def add(kind, name, *inputs, **settings):
        inbound = [[[i, 0, 0, {}] for i in inputs]] if inputs else []
        layer = {"class_name": kind, "config": {"name": name, **settings}}
        layers.append(layer | {"name": name, "inbound_nodes": inbound})
        weights[name] = {}
        return name

    def block(kind, name, last, k, source, **settings):
        last = add(kind, name, last, activation="linear", **settings)
        weights[last] = {key: held[f"{source}/{key}"] for key in ("kernel", "bias")}
        norm = add("BatchNormalization", _numbered("batch_normalization", k), last)
        layers[-1]["config"] |= {"axis": [len(weights[last]["kernel"].shape) - 1]}
        layers[-1]["config"] |= {"epsilon": 0.001, "center": True, "scale": True}
        names = {"mean": "moving_mean", "variance": "moving_variance"}
        for key in ("gamma", "beta", "mean", "variance"):
            weights[norm][names.get(key, key)] = held[f"{source}/{key}"]
        return add("Activation", f"{name}_activation", norm, activation="relu")

    last = add("InputLayer", _numbered("input", first + 1))
    layers[-1]["config"]["batch_input_shape"] = [None, arch.grid.size, 1]
    for k in range(arch.n_layers):
        settings = {"filters": arch.filters, "kernel_size": [arch.width]}
        settings |= {"strides": [arch.stride], "padding": arch.padding}
        number = k + first * (arch.n_layers + 1)
        last = block(
            "Conv1D", f"conv_{k + 1}", last, number, f"conv_{k + 1}", **settings
        )
        last = add("Dropout", _numbered("dropout", number), last, rate=0.2)
    last = add("Flatten", "flatten", last)
    number = arch.n_layers + first * (arch.n_layers + 1)
    last = block("Dense", "fc_common", last, number, "dense", units=arch.dense)
    outputs = []
    for head in range(len(arch.heads)):
        part = np.s_[..., head * arch.boxes : (head + 1) * arch.boxes]
        for role in ("box", "offset"):
            name = f"fc_{role}_{head}"
            add("Dense", name, last, units=arch.boxes, activation="sigmoid")
            for key in ("kernel", "bias"):
                weights[name][key] = held[f"{role}/{key}"][part]
        offset = name
        if arch.rescale:
            lambda_name = _numbered(lambdas, head + first * len(arch.heads))
            offset = add("Lambda", lambda_name, name, function=rescaling())
        outputs.append(add("Concatenate", f"conc_box_{head}", f"fc_box_{head}", offset))
    config = {"name": "model", "layers": layers}
    config["output_layers"] = [[name, 0, 0] for name in outputs]
    return {"class_name": "Functional", "config": config}, weights


def to_keras_3(config: dict, weights: dict) -> tuple[dict, dict]:
    """Return the same in the words of Keras 3."""
    for layer in config["config"]["layers"]:
        names = [name for node in layer["inbound_nodes"] for name, *_ in node]
        tensors = [
            {
                "class_name": "__keras_tensor__",
                "config": {"keras_history": [name, 0, 0]},
            }
            for name in names
        ]
        arguments = [tensors] if len(tensors) > 1 else tensors
        layer["inbound_nodes"] = [{"args": arguments, "kwargs": {}}] if tensors else []
        if "batch_input_shape" in layer["config"]:
            layer["config"]["batch_shape"] = layer["config"].pop("batch_input_shape")
        if layer["class_name"] == "Lambda":
            code = layer["config"]["function"][0]
            stored = {"class_name": "__lambda__", "config": {"code": code}}
            layer["config"]["function"] = stored
    return config, weights


def write_h5(path, config: dict, weights: dict, keras: int = 2, **datasets) -> None:
    """Write a published ``.h5`` as Keras 2 or 3 lays it out."""
    with h5py.File(path, "w") as file:
        file.attrs["backend"] = "tensorflow"
        file.attrs["model_config"] = json.dumps(config)
        for name, values in datasets.items():
            file[name] = values
        root = file.create_group("model_weights")
        for layer, arrays in weights.items():
            group, names = root.create_group(layer), []
            for key, value in arrays.items():
                name = f"{layer}/{key}:0" if keras == 2 else f"{layer}/{key}"
                group[name] = value
                names.append(name.encode())
            group.attrs["weight_names"] = names


def _numbered(name: str, number: int) -> str:
    return f"{name}_{number}" if number else name
