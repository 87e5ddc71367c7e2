"""The file of a map that needs no network, ``.npz``."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from skyloom.io.documents import plain
from skyloom.io.errors import InputError
from skyloom.io.npz import read_npz, write_npz
from skyloom.som.model import Som
from skyloom.spectra.mapping.codecs import Identity, Principal
from skyloom.spectra.mapping.model import SpectralMap
from skyloom.spectra.rest.grid import grid_from

KEYS = {
    "weights": ("f", 3),
    "mean": ("f", 1),
    "axes": ("f", 2),
    "centre": ("f", 1),
    "about": ("U", 0),
}


def read_plain(path: str | Path) -> SpectralMap:
    """Read a map whose codec is no network; InputError for a file that is none."""
    arrays = read_npz(path, KEYS)
    remedy = "train the map again"
    try:
        return _map_of(arrays)
    except (KeyError, ValueError, TypeError, OverflowError) as bad:
        raise InputError(path, f"not a map of spectra ({bad})", remedy=remedy) from None


def _map_of(arrays: Mapping[str, np.ndarray]) -> SpectralMap:
    facts = json.loads(str(arrays["about"]))
    som = Som(arrays["weights"], facts["topology"], facts["lattice"])
    grid = grid_from(facts["grid"])
    axes, centre = arrays["axes"], arrays["centre"]
    if not all(np.isfinite(arrays[name]).all() for name in ("mean", "axes", "centre")):
        msg = "numbers that are not finite"
        raise ValueError(msg)
    width, pixels = (len(axes) or grid.pixels), (axes.shape[1], *centre.shape)
    if som.width != width or set(pixels) != {grid.pixels}:
        msg = f"latent {som.width} for {width}, pixels {pixels} for {grid.pixels}"
        raise ValueError(msg)
    codec = Principal(centre, axes) if len(axes) else Identity()
    kind, scaled, mean = facts["kind"], facts["scaled"], arrays["mean"]
    return SpectralMap(kind, codec, som, grid, scaled, mean, facts["about"])


def write_map(path: str | Path, made: SpectralMap) -> None:
    """Write a map whose codec is no network: same map, same bytes."""
    none = np.zeros((0, made.grid.pixels), np.float32)
    axes = getattr(made.codec, "axes", none)
    centre = getattr(made.codec, "mean", np.zeros(made.grid.pixels, np.float32))
    facts = {
        "kind": made.kind,
        "topology": made.som.topology,
        "lattice": made.som.lattice,
        "grid": made.grid.to_json(),
        "scaled": made.scaled,
        "about": plain(made.about),
    }
    text = json.dumps(facts, sort_keys=True, allow_nan=False)
    write_npz(
        path,
        weights=made.som.weights,
        mean=made.mean,
        axes=axes,
        centre=centre,
        about=np.array(text),
    )
