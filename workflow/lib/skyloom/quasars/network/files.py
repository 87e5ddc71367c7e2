"""Networks on disk: ours, and whatever QuasarNET has been published as.

Nothing here needs Keras, and nothing that a file holds is ever run.
"""

from __future__ import annotations

import io
import json
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import h5py
import numpy as np

from skyloom.io.errors import InputError, existing_file
from skyloom.io.hdf5 import opened_hdf5
from skyloom.io.packed import opened_zip
from skyloom.quasars.network.architecture import Architecture
from skyloom.quasars.network.graph import MODEL, Graph, Layer, MappingError, read_graph
from skyloom.quasars.network.parameters import VECTORS, Parameters, arrays_by_layer
from skyloom.quasars.network.published import architecture_of, map_layers
from skyloom.quasars.spectra.grid import LINEAR, LOG, Grid

SIDECAR, FORMAT = "skyloom.json", 1  # what `model.save_member` adds to Keras' file
ROLES = {"moving_mean": "mean", "moving_variance": "variance"}
REMEDY = "give the whole model as Keras saved it, of an unchanged QuasarNET"
HDF5, ZIP = b"\x89HDF\r\n\x1a\n", b"PK\x03\x04"
NUMBERED = {"Conv1D": "conv1d", "BatchNormalization": "batch_normalization"}
Arrays = Callable[[Layer], dict[str, np.ndarray]]


def read_parameters(path: str | Path) -> Parameters:
    """Read a network: ours or a published one.

    Ours are ``.keras`` files. Published ones are ``.h5`` of Keras 2 or 3, or
    ``.keras``, told apart by their first bytes; their layers may have any names and
    numbers. Offsets are rescaled if the file says so, under whatever name.

    Raises
    ------
    InputError
        No such file, damaged, or a layer that no QuasarNET has (named in `where`).
    """
    path = existing_file(path)
    with path.open("rb") as file:
        start = file.read(8)
    if start == HDF5:
        read = _read_h5
    elif start[:4] == ZIP:
        read = _read_keras
    else:
        expected = "a .keras archive or a Keras .h5"
        raise InputError(path, "neither zip nor HDF5", expected=expected, remedy=REMEDY)
    try:
        return read(path)
    except InputError:
        raise
    except MappingError as bad:
        where = f"layer {bad.layer!r}"
        raise InputError(path, str(bad), where=where, remedy=REMEDY) from None
    except Exception as bad:
        # h5py and zipfile raise a dozen types on damaged files.
        problem = f"not a readable network ({type(bad).__name__}: {bad})"
        raise InputError(path, problem, remedy=REMEDY) from None


def _read_keras(path: Path) -> Parameters:
    with opened_zip(path) as archive:
        config = json.loads(archive.read("config.json"))
        named = SIDECAR in archive.namelist()
        sidecar = json.loads(archive.read(SIDECAR)) if named else None
        held = io.BytesIO(archive.read("model.weights.h5"))
    # By the layer's name where the file tells it, else by class and number (conv1d_1).
    with opened_hdf5(path, held) as file:
        groups = {key: group.get("vars") for key, group in file["layers"].items()}
        weights = {
            str(group.attrs.get("name", key)): [
                np.asarray(group[number]) for number in sorted(group, key=int)
            ]
            for key, group in groups.items()
            if group is not None
        }
    if sidecar is None:  # a file of others
        return _map(path, read_graph(config), _numbered(config, weights), None)
    if not isinstance(sidecar, dict) or sidecar.get("format") != FORMAT:
        problem = f"no {SIDECAR} of a known format inside"
        raise InputError(path, problem, expected=f"format {FORMAT}", remedy=REMEDY)
    arch = Architecture.from_json(sidecar["architecture"])
    arrays: dict[str, np.ndarray] = {}
    for layer, keys in arrays_by_layer(arch).items():
        held = weights.get(layer, [])
        if len(held) != len(keys):
            raise MappingError(layer, f"{len(held)} arrays; expected {len(keys)}")
        arrays |= zip(keys, held, strict=True)
    norms = [
        layer["config"]["epsilon"]
        for layer in config["config"]["layers"]
        if layer["class_name"] == "BatchNormalization"
    ]
    return _assemble(arch, arrays, norms)


def _numbered(config: dict, weights: dict[str, list[np.ndarray]]) -> Arrays:
    """Return a look-up of a layer's arrays in a ``.keras`` of others."""
    counts, keys = Counter(), {}
    for layer in config["config"]["layers"]:
        kind = NUMBERED.get(layer["class_name"], layer["class_name"].lower())
        keys[layer["name"]] = f"{kind}_{counts[kind]}" if counts[kind] else kind
        counts[kind] += 1

    def arrays(layer: Layer) -> dict[str, np.ndarray]:
        held = weights.get(layer.name, weights.get(keys[layer.name]))
        batch_norm = layer.kind == "BatchNormalization"
        roles = VECTORS if batch_norm else ("kernel", "bias")
        if held is None or len(held) != len(roles):
            raise MappingError(layer.name, f"its {len(roles)} arrays are missing")
        return dict(zip(roles, held, strict=True))

    return arrays


def _read_h5(path: Path) -> Parameters:
    with opened_hdf5(path) as file:
        if "model_config" not in file.attrs or "model_weights" not in file:
            problem = "weights without the model's configuration"
            expected = "a whole model: attribute model_config, group model_weights"
            raise InputError(path, problem, expected=expected, remedy=REMEDY)
        graph = read_graph(json.loads(file.attrs["model_config"]))
        weights = file["model_weights"]
        backend = file.attrs.get("backend", weights.attrs.get("backend", ""))
        if backend in ("theano", b"theano"):
            problem = "weights of the Theano backend, whose kernels run backwards"
            raise InputError(path, problem, where="backend", remedy=REMEDY)
        wave = np.asarray(file["model_grid"]) if "model_grid" in file else None
        return _map(path, graph, lambda layer: _h5_arrays(weights, layer), wave)


def _h5_arrays(weights: h5py.Group, layer: Layer) -> dict[str, np.ndarray]:
    if layer.name not in weights:
        raise MappingError(layer.name, "its weights are not in the file")
    group, arrays = weights[layer.name], {}
    for stored in group.attrs.get("weight_names", []):
        name = stored.decode() if isinstance(stored, bytes) else str(stored)
        if name not in group:
            raise MappingError(layer.name, f"{name!r} is not in the file")
        last = name.split(":")[0].rpartition("/")[2]
        arrays[ROLES.get(last, last)] = np.asarray(group[name])
    return arrays


def _map(path: Path, graph: Graph, arrays: Arrays, wave) -> Parameters:
    mapped = map_layers(graph)
    arch = architecture_of(mapped, _grid(path, mapped.n_pixels, wave))
    blocks = [(f"conv_{k}", pair) for k, pair in enumerate(mapped.conv, start=1)]
    found, epsilons = {}, []
    for name, (affine, norm) in [*blocks, ("dense", mapped.dense)]:
        held = arrays(affine) | arrays(norm)
        found |= {f"{name}/{key}": value for key, value in held.items()}
        epsilons.append(float(norm.config.get("epsilon", 1e-3)))
    for name, layers in (("box", mapped.boxes), ("offset", mapped.offsets)):
        each = [arrays(layer) for layer in layers]
        for key in ("kernel", "bias"):
            found[f"{name}/{key}"] = np.concatenate([h[key] for h in each], axis=-1)
    return _assemble(arch, found, epsilons)


def _assemble(arch: Architecture, arrays: dict, epsilons: list[float]) -> Parameters:
    if len(set(epsilons)) > 1:
        raise MappingError(MODEL, f"several batch norm epsilons: {set(epsilons)}")
    return Parameters(arch, arrays, epsilons[0])


def _grid(path: Path, size: int, wave: np.ndarray | None) -> Grid:
    """Return the pixels, told by the file or, without `wave`, known by their number."""
    told = None if wave is None else len(wave)
    known = [grid for grid in (LOG, LINEAR) if grid.size == size]
    if told not in (None, size) or (told is None and not known):
        problem = f"{size} pixels; the grid told has {told}"
        if told is None:
            problem = f"a grid of {size} pixels, which the file does not describe"
        remedy = "write its wavelengths [Å] to the file, as the data set model_grid"
        raise InputError(path, problem, where="input", remedy=remedy)
    for grid in known:
        if told is None or np.allclose(grid.wave, wave, rtol=1e-6, atol=0):
            return grid
    for kind, edges in (("log", np.log10(wave)), ("linear", wave)):
        step = np.diff(edges)
        if np.allclose(step, step.mean(), rtol=1e-3, atol=0):
            return Grid(kind, float(edges[0]), float(step.mean()), size)
    problem = "its wavelengths are neither linear nor logarithmic"
    raise InputError(path, problem, where="model_grid", remedy=REMEDY)
