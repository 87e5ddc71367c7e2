"""Which layer of a published QuasarNET is which, by how they are joined.

Names are not trusted: the second member of a published ensemble counts its layers on
from the first, and one published file calls ``lambda_0`` what another calls
``lambda``. The published loader looks for the exact name and then forgets to rescale
the offsets, up to 813 km/s of redshift.
"""

from __future__ import annotations

import base64
import re
import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from skyloom.quasars.network.architecture import OFFSETS, Architecture
from skyloom.quasars.network.graph import MODEL, Graph, Layer, MappingError
from skyloom.quasars.network.lines import DEFAULT_BAL, DEFAULT_LINES
from skyloom.quasars.spectra.grid import Grid

# Marshalled code holds its constants as a short tuple: ")", its length, None, floats.
CONSTANTS = re.compile(rb"[\x29\xa9].N?((?:[g\xe7].{8})+)", re.DOTALL)
SHIFT, SCALE = OFFSETS[0], OFFSETS[1] - OFFSETS[0]
# What a layer of each class must have; all of it is Keras' default but the activations.
AFFINE = {"activation": "linear", "use_bias": True}
SETTINGS = {
    "Activation": {"activation": "relu"},
    "BatchNormalization": {"center": True, "scale": True},
    "Conv1D": {"dilation_rate": 1, "groups": 1, "data_format": "channels_last"}
    | AFFINE,
    "Dense": AFFINE,
}


@dataclass(frozen=True)
class Mapped:
    """A published network's layers in their roles.

    Convolutions and dense layer each with their batch norm, a dense layer a head,
    whether the offsets' sigmoids are rescaled, and the largest dropout.
    """

    n_pixels: int
    conv: tuple[tuple[Layer, Layer], ...]
    dense: tuple[Layer, Layer]
    boxes: tuple[Layer, ...]
    offsets: tuple[Layer, ...]
    rescale: bool
    dropout: float


def map_layers(graph: Graph) -> Mapped:
    """Return each layer's role.

    Raises
    ------
    MappingError
        The layers are not joined as a QuasarNET's are; names the layer.
    """
    pairs = [_head(graph, graph.layers[name]) for name in graph.outputs]
    if not pairs:
        raise MappingError(MODEL, "has no outputs")
    boxes, offsets, rescaled = zip(*pairs, strict=True)
    if len(set(rescaled)) > 1:
        odd = offsets[rescaled.index(not rescaled[0])].name
        raise MappingError(odd, "some offsets are rescaled and others are not")
    common = {graph.only_input(layer).name for layer in (*boxes, *offsets)}
    if len(common) > 1:
        problem = f"the heads read different layers: {', '.join(sorted(common))}"
        raise MappingError(sorted(common)[1], problem)
    return _trunk(graph, graph.layers[common.pop()], boxes, offsets, rescaled[0])


def architecture_of(mapped: Mapped, grid: Grid) -> Architecture:
    """Return the architecture of mapped layers.

    Raises
    ------
    MappingError
        Layers of different sizes, a padding that their number does not imply, or a
        number of heads other than 6 (no BAL) or 7.
    """
    heads, lines = len(mapped.boxes), len(DEFAULT_LINES)
    if heads not in (lines, lines + len(DEFAULT_BAL)):
        problem = f"{heads} heads; published networks have {lines} or {lines + 1}"
        raise MappingError(MODEL, problem)
    conv = [layer for layer, _ in mapped.conv]
    arch = Architecture(
        n_layers=len(conv),
        filters=_common(conv, "filters"),
        width=_common(conv, "kernel_size"),
        stride=_common(conv, "strides"),
        dense=mapped.dense[0].number("units"),
        boxes=_common((*mapped.boxes, *mapped.offsets), "units"),
        bal_lines=DEFAULT_BAL if heads > lines else (),
        dropout=mapped.dropout,
        rescale=mapped.rescale,
        grid=grid,
    )
    for layer in conv:
        padding = layer.config.get("padding")
        if padding != arch.padding:
            problem = f"padding {padding!r}; {arch.n_layers} layers have"
            raise MappingError(layer.name, f"{problem} {arch.padding!r}")
    return arch


def _common(layers: Sequence[Layer], key: str) -> int:
    """Return a number that all of some layers have; refuse one that differs."""
    first = layers[0].number(key)
    for layer in layers:
        if layer.number(key) != first:
            problem = f"{key} is {layer.number(key)}, the first layer's is {first}"
            raise MappingError(layer.name, problem)
    return first


def _head(graph: Graph, output: Layer) -> tuple[Layer, Layer, bool]:
    """Return a head's box layer, its offset layer, and if the offset is rescaled."""
    _expect(output, "Concatenate")
    if len(output.inputs) != 2:
        problem = f"joins {len(output.inputs)} layers; expected boxes and offsets"
        raise MappingError(output.name, problem)
    box, last = (graph.layers[name] for name in output.inputs)
    rescale = last.kind in ("Lambda", "Rescaling")
    if rescale:
        _check_rescaling(last)
    offset = graph.only_input(last) if rescale else last
    for layer in (box, offset):
        _expect(layer, "Dense", activation="sigmoid")
    return box, offset, rescale


def _trunk(graph: Graph, top: Layer, boxes, offsets, rescale: bool) -> Mapped:
    dense, norm, below = _block(graph, top, "Dense")
    _expect(below, "Flatten")
    conv, rates, layer = [], [], graph.only_input(below)
    while layer.kind != "InputLayer":
        if layer.kind == "Dropout":
            rates.append(float(layer.config.get("rate", 0.0)))
            layer = graph.only_input(layer)
        convolution, batch_norm, layer = _block(graph, layer, "Conv1D")
        conv.append((convolution, batch_norm))
    if not conv:
        raise MappingError(below.name, "no convolution before it")
    shape = layer.config.get("batch_input_shape") or layer.config.get("batch_shape")
    if not isinstance(shape, list) or len(shape) != 3 or shape[2] != 1:
        raise MappingError(layer.name, f"input shape {shape}; expected (n, pixels, 1)")
    conv, dropout = tuple(reversed(conv)), max(rates, default=0.0)
    return Mapped(shape[1], conv, (dense, norm), boxes, offsets, rescale, dropout)


def _block(graph: Graph, activation: Layer, kind: str) -> tuple[Layer, Layer, Layer]:
    """Return the affine layer and batch norm before a ReLU, and what they read."""
    _expect(activation, "Activation")
    norm = graph.only_input(activation)
    _expect(norm, "BatchNormalization")
    if norm.value("axis", -1) not in (-1, 2 if kind == "Conv1D" else 1):
        raise MappingError(norm.name, f"axis {norm.config['axis']}; expected the last")
    affine = graph.only_input(norm)
    _expect(affine, kind)
    return affine, norm, graph.only_input(affine)


def _expect(layer: Layer, kind: str, **others) -> None:
    """Refuse a layer of another class or with other settings."""
    if layer.kind != kind:
        problem = f"a {layer.kind} where a QuasarNET has a {kind}"
        raise MappingError(layer.name, problem)
    for key, wanted in (SETTINGS.get(kind, {}) | others).items():
        value = layer.value(key, wanted)
        if value != wanted:
            problem = f"{key} is {value!r}; a QuasarNET has {wanted!r}"
            raise MappingError(layer.name, problem)


def _check_rescaling(layer: Layer) -> None:
    """Refuse a rescaling other than ``-0.1 + 1.2 x``.

    The function of a Lambda layer is stored as compiled Python. It is never run: its
    constants are found by their bytes.
    """
    if layer.kind == "Rescaling":
        found = {float(layer.config[key]) for key in ("scale", "offset")}
    else:
        found = _constants(layer)
    signs, wanted = sorted({abs(value) for value in found}), (abs(SHIFT), SCALE)
    if len(signs) != len(wanted) or not np.allclose(signs, wanted, rtol=1e-9, atol=0):
        problem = f"rescales by {sorted(found)}; expected {SHIFT:g} and {SCALE:g}"
        raise MappingError(layer.name, problem)


def _constants(layer: Layer) -> set[float]:
    function = layer.config.get("function")
    if isinstance(function, Mapping):
        function = function.get("config", {}).get("code")
    code = function[0] if isinstance(function, list) else function
    try:
        held = base64.b64decode(code, validate=False)
    except (TypeError, ValueError):
        raise MappingError(layer.name, "its function cannot be seen") from None
    found = CONSTANTS.search(held)
    held = found[1] if found else b""
    return {value for _, value in struct.iter_unpack("<cd", held)}
