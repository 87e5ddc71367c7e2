"""The ``.keras`` archive of a network, written and read without Keras.

A ``.keras`` file is a zip of ``config.json`` (the layers), ``model.weights.h5`` and
``metadata.json``. Keras stamps the date into it; these bytes depend on the weights
only, and a member can be saved where no framework is installed.
"""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import h5py
import numpy as np

from skyloom.io.npz import EPOCH
from skyloom.quasars.network.architecture import Architecture
from skyloom.quasars.network.parameters import Parameters, arrays_of

KERAS_VERSION = "3.15.1"  # whose layout this is
SIDECAR = "skyloom.json"
VECTORS = ("gamma", "beta", "mean", "variance")


@dataclass(frozen=True)
class Node:
    """A layer of the model: class, name, settings, readings, shape of its output."""

    kind: str
    name: str
    config: Mapping
    inputs: tuple[str, ...]
    shape: tuple[int, ...]


@dataclass(frozen=True)
class Archive:
    """What a ``.keras`` file holds.

    Attributes
    ----------
    config : dict
        The layers.
    sidecar : dict or None
        What `archive_bytes` was given beside the weights; None in others' files.
    weights : dict of str to list of ndarray
        By the layer's name where the file tells it, else by class and number
        (``conv1d_1``).
    """

    config: dict
    sidecar: dict | None
    weights: Mapping[str, list[np.ndarray]]


def nodes_of(arch: Architecture) -> list[Node]:
    """Return the layers in the order in which Keras holds them after loading."""
    nodes = [Node("InputLayer", "spectrum", {}, (), (arch.grid.size, 1))]

    def add(kind: str, name: str, shape: tuple[int, ...], *inputs: str, **config):
        nodes.append(Node(kind, name, config, inputs or (nodes[-1].name,), shape))

    for k, length in enumerate(arch.lengths, start=1):
        shape = (length, arch.filters)
        add("Conv1D", f"conv_{k}", shape, **_conv_config(arch))
        add("BatchNormalization", f"norm_{k}", shape)
        add("Activation", f"relu_{k}", shape, activation="relu")
        add("Dropout", f"dropout_{k}", shape, rate=arch.dropout)
    common = (arch.dense,)
    add("Flatten", "flatten", (arch.flat,))
    add("Dense", "dense", common, units=arch.dense)
    add("BatchNormalization", "dense_norm", common)
    add("Activation", "dense_relu", common, activation="relu")
    flat, heads = len(arch.heads) * arch.boxes, (len(arch.heads), arch.boxes)
    low, high = arch.offsets
    # The offsets' way to the output is longer, and Keras holds the deeper layer first.
    for name in ("offset", "box"):
        add("Dense", name, (flat,), "dense_relu", units=flat, activation="sigmoid")
    for name in ("offset", "box"):
        add("Reshape", f"{name}_heads", heads, name, target_shape=list(heads))
    scale = {"scale": round(high - low, 9), "offset": low}
    add("Rescaling", "offset_rescaled", heads, "offset_heads", **scale)
    both = ("box_heads", "offset_rescaled")
    add("Concatenate", "heads", (heads[0], 2 * arch.boxes), *both, axis=-1)
    return nodes


def archive_bytes(parameters: Parameters, sidecar: Mapping) -> bytes:
    """Return the ``.keras`` file of a network; same weights and sidecar, same bytes.

    Parameters
    ----------
    parameters : Parameters
        The network.
    sidecar : mapping
        Plain JSON values to keep beside the weights.
    """
    arch = parameters.arch
    members = {
        "metadata.json": {"keras_version": KERAS_VERSION, "date_saved": "1980-01-01"},
        "config.json": _config(arch, _epsilons(parameters)),
        SIDECAR: sidecar,
    }
    content = {
        name: (json.dumps(tree, sort_keys=True, indent=1) + "\n").encode()
        for name, tree in members.items()
    }
    content["model.weights.h5"] = _weights_bytes(parameters)
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, held in content.items():
            member = zipfile.ZipInfo(name, EPOCH)
            member.create_system = 3
            member.external_attr = 0o644 << 16
            archive.writestr(member, held)
    return buffer.getvalue()


def read_archive(path: Path) -> Archive:
    """Return what a ``.keras`` file holds.

    Raises
    ------
    ValueError, KeyError, OSError, zipfile.BadZipFile
        It is damaged, or a part is missing.
    """
    with zipfile.ZipFile(path) as archive:
        config = json.loads(archive.read("config.json"))
        named = SIDECAR in archive.namelist()
        sidecar = json.loads(archive.read(SIDECAR)) if named else None
        held = io.BytesIO(archive.read("model.weights.h5"))
    with h5py.File(held, "r") as file:
        groups = {key: group.get("vars") for key, group in file["layers"].items()}
        weights = {
            str(group.attrs.get("name", key)): [
                np.asarray(group[number]) for number in sorted(group, key=int)
            ]
            for key, group in groups.items()
            if group is not None
        }
    return Archive(config, sidecar, weights)


def snake(kind: str) -> str:
    """Return the name that Keras gives a class in a weights file."""
    words = {"Conv1D": "conv1d", "BatchNormalization": "batch_normalization"}
    return words.get(kind, "input_layer" if kind == "InputLayer" else kind.lower())


def _weights_bytes(parameters: Parameters) -> bytes:
    arrays, used, buffer = arrays_of(parameters), {}, io.BytesIO()
    with h5py.File(buffer, "w") as file:
        for node in nodes_of(parameters.arch):
            kind = snake(node.kind)
            number = used[kind] = used.get(kind, -1) + 1
            name = f"{kind}_{number}" if number else kind
            group = file.create_group(f"layers/{name}/vars")
            group.attrs["name"] = node.name
            for k, key in enumerate(array_names(node.kind, node.name)):
                group.create_dataset(str(k), data=arrays[key], track_times=False)
        file.create_group("vars").attrs["name"] = "quasarnet"
    return buffer.getvalue()


def array_names(kind: str, name: str) -> list[str]:
    """Return the names of a layer's arrays, as `arrays_of` calls them, in order."""
    if kind in ("Conv1D", "Dense"):
        return [f"{name}/kernel", f"{name}/bias"]
    if kind == "BatchNormalization":
        block = "dense" if name == "dense_norm" else name.replace("norm", "conv")
        return [f"{block}/{key}" for key in VECTORS]
    return []


def _conv_config(arch: Architecture) -> dict:
    config = {
        "filters": arch.filters,
        "kernel_size": [arch.width],
        "strides": [arch.stride],
        "padding": arch.padding,
    }
    return config | ({"kernel_regularizer": _l2(arch.l2)} if arch.l2 > 0 else {})


def _l2(strength: float) -> dict:
    return _keras("keras.regularizers", "L2", {"l2": strength})


def _epsilons(parameters: Parameters) -> dict[str, float]:
    norms = {f"norm_{k}": b.norm for k, b in enumerate(parameters.conv, start=1)}
    norms["dense_norm"] = parameters.dense.norm
    return {name: norm.epsilon for name, norm in norms.items()}


def _config(arch: Architecture, epsilons: Mapping[str, float]) -> dict:
    nodes = nodes_of(arch)
    shapes = {node.name: node.shape for node in nodes}
    layers = []
    for node in nodes:
        config = {"name": node.name, "dtype": "float32", **node.config}
        if node.kind == "InputLayer":
            config["batch_shape"] = [None, *node.shape]
        if node.kind == "BatchNormalization":
            config["epsilon"] = epsilons[node.name]
        layer = _keras("keras.layers", node.kind, config) | {"name": node.name}
        tensors = [_tensor(name, shapes[name]) for name in node.inputs]
        arguments = [tensors] if len(tensors) > 1 else tensors
        inbound = [{"args": arguments, "kwargs": {}}] if tensors else []
        layers.append(layer | {"inbound_nodes": inbound})
    settings = {
        "name": "quasarnet",
        "trainable": True,
        "layers": layers,
        "input_layers": ["spectrum", 0, 0],
        "output_layers": ["heads", 0, 0],
    }
    return _keras("keras.src.models.functional", "Functional", settings)


def _tensor(name: str, shape: tuple[int, ...]) -> dict:
    config = {"shape": [None, *shape], "dtype": "float32"}
    config["keras_history"] = [name, 0, 0]
    return {"class_name": "__keras_tensor__", "config": config}


def _keras(module: str, kind: str, config: Mapping) -> dict:
    return {
        "module": module,
        "class_name": kind,
        "config": dict(config),
        "registered_name": "Functional" if kind == "Functional" else None,
    }
