"""The layers of a saved Keras model and how they are joined, without Keras.

Keras 2 and 3 write the same facts under different names: here they get one name.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

MODEL = "model"  # stands for the whole where no layer is to blame
KINDS = {"Model": "Functional", "ReLU": "Activation"}


class MappingError(ValueError):
    """A layer that no QuasarNET has; `layer` is its name in the file."""

    def __init__(self, layer: str, problem: str):
        self.layer = layer
        super().__init__(problem)


@dataclass(frozen=True)
class Layer:
    """One layer of a saved model and the layers that it reads.

    Class and settings have the names of Keras 3.
    """

    name: str
    kind: str
    config: Mapping
    inputs: tuple[str, ...]

    def value(self, key: str, default: Any = None) -> Any:
        """Return a setting, which may be stored bare or as a list of one."""
        held = self.config.get(key, default)
        return held[0] if isinstance(held, list) and len(held) == 1 else held

    def number(self, key: str) -> int:
        """Return a setting that is a whole number."""
        value = self.value(key)
        if isinstance(value, bool) or not isinstance(value, int):
            raise MappingError(self.name, f"{key} is {value!r}, not one whole number")
        return value


@dataclass(frozen=True)
class Graph:
    """A saved functional model: its layers in the file's order, and its outputs."""

    layers: Mapping[str, Layer]
    outputs: tuple[str, ...]

    def only_input(self, layer: Layer) -> Layer:
        """Return the one layer that `layer` reads; MappingError for none or several."""
        if len(layer.inputs) != 1:
            problem = f"reads {len(layer.inputs)} layers; expected one"
            raise MappingError(layer.name, problem)
        return self.layers[layer.inputs[0]]


def read_graph(model: Mapping) -> Graph:
    """Return the graph of a model: ``model_config`` of a ``.h5``, ``config.json``.

    Raises
    ------
    MappingError
        Not a functional model, or a layer that reads one that does not exist.
    """
    kind = KINDS.get(model.get("class_name"), model.get("class_name"))
    config = model.get("config")
    if kind != "Functional" or not isinstance(config, dict):
        raise MappingError(MODEL, f"a {kind} model; expected a functional one")
    layers = {layer.name: layer for layer in map(_layer, config.get("layers", []))}
    outputs = tuple(_names(config.get("output_layers", [])))
    read = {MODEL: outputs} | {name: layer.inputs for name, layer in layers.items()}
    for reader, names in read.items():
        for name in names:
            if name not in layers:
                raise MappingError(reader, f"reads {name!r}, which is not in the file")
    return Graph(layers, outputs)


def _layer(tree: Mapping) -> Layer:
    kind, config = tree.get("class_name"), dict(tree.get("config") or {})
    name = tree.get("name") or config.get("name") or "unnamed"
    if kind == "ReLU":
        config["activation"] = "relu"
    inputs = tuple(_names(tree.get("inbound_nodes") or []))
    return Layer(name, KINDS.get(kind, kind), config, inputs)


def _names(node) -> Iterator[str]:
    """Yield the names in ``[name, 0, 0]`` or ``keras_history``, however nested."""
    if isinstance(node, dict):
        for key, value in node.items():
            if key == "keras_history":
                yield value[0]
            elif key in ("args", "config") or isinstance(value, list):
                yield from _names(value)
    elif isinstance(node, list):
        if len(node) >= 3 and isinstance(node[0], str) and isinstance(node[1], int):
            yield node[0]
        else:
            for item in node:
                yield from _names(item)
