"""Networks on disk: our ``.keras``, and whatever QuasarNET has been published as.

Nothing here needs Keras, and nothing that a file holds is ever run.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Mapping
from pathlib import Path

import h5py
import numpy as np

from skyloom.io.atomic import write_bytes
from skyloom.io.documents import plain
from skyloom.io.errors import InputError, existing_file
from skyloom.quasars.network.architecture import Architecture
from skyloom.quasars.network.graph import MODEL, Graph, Layer, MappingError, read_graph
from skyloom.quasars.network.keras_file import (
    Archive,
    archive_bytes,
    array_names,
    nodes_of,
    read_archive,
    snake,
)
from skyloom.quasars.network.parameters import Parameters, expected_shapes, from_arrays
from skyloom.quasars.network.published import architecture_of, map_layers
from skyloom.quasars.spectra.grid import LINEAR, LOG, Grid

FORMAT = 1
ROLES = {
    "W": "kernel",
    "b": "bias",
    "moving_mean": "mean",
    "moving_variance": "variance",
    "running_mean": "mean",
    "running_std": "variance",  # Keras 1 named it so and stored the variance
}
REMEDY = "give the whole model as Keras saved it, of an unchanged QuasarNET"
HDF5, ZIP = b"\x89HDF\r\n\x1a\n", b"PK\x03\x04"


def read_parameters(path: str | Path, grid: Grid | None = None) -> Parameters:
    """Read a network: ours or a published one.

    Ours are ``.keras`` files. Published ones are ``.h5`` of Keras 1, 2 or 3, or
    ``.keras``; their layers may have any names and numbers.

    Parameters
    ----------
    path : str or Path
        The file; its kind is told by its first bytes.
    grid : Grid
        The pixels of a published network that does not tell them and has neither 443
        nor 458 of them.

    Returns
    -------
    network : Parameters
        Offsets are rescaled if the file says so, under whatever name.

    Raises
    ------
    InputError
        No such file, damaged, or a layer that no QuasarNET has (named in `where`).
    """
    path = existing_file(path)
    with path.open("rb") as file:
        start = file.read(8)
    if start == HDF5:
        return _guarded(path, _read_h5, grid)
    if start[:4] == ZIP:
        return _guarded(path, _read_keras, grid)
    expected = "a .keras archive or a Keras .h5"
    raise InputError(path, "neither zip nor HDF5", expected=expected, remedy=REMEDY)


def read_about(path: str | Path) -> dict:
    """Return what `save_member` was told about a network.

    Raises
    ------
    InputError
        The file is not one of ours.
    """
    path = existing_file(path)
    archive = _guarded(path, lambda p, _: read_archive(p), None)
    return _sidecar(path, archive)["about"]


def save_member(path: str | Path, model, about: Mapping) -> None:
    """Write a network so that ``keras.models.load_model`` opens it too.

    Same weights and same `about` give the same bytes.

    Parameters
    ----------
    path : str or Path
        The ``.keras`` file.
    model : Parameters or keras.Model
        The network; a Keras model must come from
        `skyloom.quasars.network.model.build`.
    about : mapping
        Seed, metrics, code digest...: JSON values, or numpy's.

    Raises
    ------
    ValueError
        `path` does not end in ``.keras``, or `model` is another architecture.
    """
    if Path(path).suffix != ".keras":
        msg = f"{path}: a network's file name must end in .keras"
        raise ValueError(msg)
    parameters = model if isinstance(model, Parameters) else parameters_of(model)
    architecture = parameters.arch.to_json()
    sidecar = {"format": FORMAT, "architecture": architecture, "about": plain(about)}
    write_bytes(path, archive_bytes(parameters, sidecar))


def parameters_of(model) -> Parameters:
    """Return the weights of a Keras model made by `build`.

    Raises
    ------
    ValueError
        The model was not made by `build`, or was changed since.
    """
    arch = getattr(model, "architecture", None)
    if not isinstance(arch, Architecture):
        msg = "the model has no architecture: make it with network.model.build"
        raise ValueError(msg)
    arrays = {}
    for node in nodes_of(arch):
        values = model.get_layer(node.name).get_weights()
        keys = array_names(node.kind, node.name)
        arrays |= dict(zip(keys, values, strict=True)) if keys else {}
    return from_arrays(arch, arrays)


def _guarded(path: Path, read: Callable, grid: Grid | None):
    """Call a reader; whatever it stumbles over becomes an `InputError`."""
    try:
        return read(path, grid)
    except InputError:
        raise
    except MappingError as bad:
        where = f"layer {bad.layer!r}"
        raise InputError(path, str(bad), where=where, remedy=REMEDY) from None
    except Exception as bad:
        # h5py and zipfile raise a dozen types on damaged files.
        problem = f"not a readable network ({type(bad).__name__}: {bad})"
        raise InputError(path, problem, remedy=REMEDY) from None


def _read_keras(path: Path, grid: Grid | None) -> Parameters:
    archive = read_archive(path)
    if archive.sidecar is None:
        return _map(path, read_graph(archive.config), _numbered(archive), None, grid)
    arch = Architecture.from_json(_sidecar(path, archive)["architecture"])
    arrays = {}
    for node in nodes_of(arch):
        keys = array_names(node.kind, node.name)
        values = archive.weights.get(node.name, [])
        if len(values) != len(keys):
            problem = f"{len(values)} arrays; expected {len(keys)}"
            raise MappingError(node.name, problem)
        arrays |= dict(zip(keys, values, strict=True))
    norms = [
        layer["config"]["epsilon"]
        for layer in archive.config["config"]["layers"]
        if layer["class_name"] == "BatchNormalization"
    ]
    return _assemble(arch, arrays, norms)


def _sidecar(path: Path, archive: Archive) -> dict:
    sidecar = archive.sidecar
    if not isinstance(sidecar, dict) or sidecar.get("format") != FORMAT:
        problem = "no skyloom.json of a known format inside"
        raise InputError(path, problem, expected=f"format {FORMAT}", remedy=REMEDY)
    return sidecar


def _numbered(archive: Archive) -> Callable[[Layer], dict[str, np.ndarray]]:
    """Return a look-up of a layer's arrays in a ``.keras`` of others."""
    counts, keys = Counter(), {}
    for layer in archive.config["config"]["layers"]:
        kind = snake(layer["class_name"])
        keys[layer["name"]] = f"{kind}_{counts[kind]}" if counts[kind] else kind
        counts[kind] += 1

    def arrays(layer: Layer) -> dict[str, np.ndarray]:
        held = archive.weights.get(layer.name, archive.weights.get(keys[layer.name]))
        roles = [key.rpartition("/")[2] for key in array_names(layer.kind, layer.name)]
        if held is None or len(held) != len(roles):
            raise MappingError(layer.name, f"its {len(roles)} arrays are missing")
        return dict(zip(roles, held, strict=True))

    return arrays


def _read_h5(path: Path, grid: Grid | None) -> Parameters:
    with h5py.File(path, "r") as file:
        if "model_config" not in file.attrs or "model_weights" not in file:
            problem = "weights without the model's configuration"
            expected = "a whole model: attribute model_config, group model_weights"
            raise InputError(path, problem, expected=expected, remedy=REMEDY)
        config = json.loads(file.attrs["model_config"])
        _refuse_theano(path, file)
        wave = np.asarray(file["model_grid"]) if "model_grid" in file else None
        weights = file["model_weights"]

        def arrays(layer: Layer) -> dict[str, np.ndarray]:
            return _h5_arrays(weights, layer)

        return _map(path, read_graph(config), arrays, wave, grid)


def _refuse_theano(path: Path, file: h5py.File) -> None:
    backend = file.attrs.get("backend", file["model_weights"].attrs.get("backend", ""))
    backend = backend.decode() if isinstance(backend, bytes) else backend
    if backend == "theano":
        problem = "weights of the Theano backend, whose kernels run backwards"
        raise InputError(path, problem, where="backend", remedy=REMEDY)


def _h5_arrays(weights: h5py.Group, layer: Layer) -> dict[str, np.ndarray]:
    if layer.name not in weights:
        raise MappingError(layer.name, "its weights are not in the file")
    group, arrays = weights[layer.name], {}
    for stored in group.attrs.get("weight_names", []):
        name = stored.decode() if isinstance(stored, bytes) else str(stored)
        if name not in group:
            raise MappingError(layer.name, f"{name!r} is not in the file")
        last = name.split(":")[0].rpartition("/")[2]
        last = last.removeprefix(f"{layer.name}_")
        arrays[ROLES.get(last, last)] = np.asarray(group[name])
    return arrays


def _map(
    path: Path,
    graph: Graph,
    arrays: Callable[[Layer], dict[str, np.ndarray]],
    wave: np.ndarray | None,
    grid: Grid | None,
) -> Parameters:
    mapped = map_layers(graph)
    arch = architecture_of(mapped, _grid(path, mapped.n_pixels, wave, grid))
    blocks = [(f"conv_{k}", pair) for k, pair in enumerate(mapped.conv, start=1)]
    found, epsilons = {}, []
    for name, (affine, norm) in [*blocks, ("dense", mapped.dense)]:
        held = arrays(affine) | arrays(norm)
        found |= {f"{name}/{key}": value for key, value in held.items()}
        epsilons.append(float(norm.config.get("epsilon", 1e-3)))
    for name in [name for name in found if name.startswith("conv_")]:
        if found[name].ndim == 4:  # Keras 1: (width, 1, in, out)
            found[name] = found[name][:, 0]
    for name, layers in (("box", mapped.boxes), ("offset", mapped.offsets)):
        each = [arrays(layer) for layer in layers]
        for key in ("kernel", "bias"):
            found[f"{name}/{key}"] = np.concatenate([h[key] for h in each], axis=-1)
    return _assemble(arch, found, epsilons)


def _assemble(arch: Architecture, arrays: dict, epsilons: list[float]) -> Parameters:
    for name, shape in expected_shapes(arch).items():
        layer = name.rpartition("/")[0]
        if name not in arrays:
            raise MappingError(layer, f"no {name.rpartition('/')[2]}")
        if arrays[name].shape != shape:
            problem = f"{name} has shape {arrays[name].shape}; expected {shape}"
            raise MappingError(layer, problem)
        if not np.isfinite(arrays[name]).all():
            raise MappingError(layer, f"{name} holds NaN or infinity")
    if len(set(epsilons)) > 1:
        raise MappingError(MODEL, f"several batch norm epsilons: {set(epsilons)}")
    return from_arrays(arch, arrays, epsilons[0])


def _grid(path: Path, size: int, wave, grid: Grid | None) -> Grid:
    """Return the pixels: told by the file, or by the caller, or known by their number.

    Raises
    ------
    InputError
        None of the three, or they disagree.
    """
    told = [known for known in (_grid_of(path, wave), grid) if known is not None]
    told = told or [known for known in (LOG, LINEAR) if known.size == size]
    if not told:
        problem = f"a grid of {size} pixels, which the file does not describe"
        raise InputError(path, problem, where="input", remedy="give its grid")
    for known in told:
        if known.size != size:
            problem = f"{size} pixels; the grid told has {known.size}"
            raise InputError(path, problem, where="input", remedy="give its grid")
    return told[0]


def _grid_of(path: Path, wave) -> Grid | None:
    if wave is None:
        return None
    size = len(wave)
    for known in (LOG, LINEAR):
        if known.size == size and np.allclose(known.wave, wave, rtol=1e-6, atol=0):
            return known
    for kind, edges in (("log", np.log10(wave)), ("linear", wave)):
        step = np.diff(edges)
        if np.allclose(step, step.mean(), rtol=1e-3, atol=0):
            return Grid(kind, float(edges[0]), float(step.mean()), size)
    problem = "its wavelengths are neither linear nor logarithmic"
    raise InputError(path, problem, where="model_grid", remedy=REMEDY)
