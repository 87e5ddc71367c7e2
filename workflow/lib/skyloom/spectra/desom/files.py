"""The file of a trained DESOM of spectra: all that is needed to use it."""

from __future__ import annotations

from pathlib import Path

from skyloom.som.model import Som
from skyloom.spectra.desom.archive import read_archive
from skyloom.spectra.desom.inference import inference
from skyloom.spectra.mapping.model import SpectralMap
from skyloom.spectra.rest.grid import grid_from


def write_desom(path: str | Path, made: SpectralMap) -> None:
    """Write a map of spectra whose codec is a `Network` made by `build`.

    ``made.about["network"]`` names the network, and its mean is the map's. Same map,
    same bytes.
    """
    # Imported here: reading a map needs no Keras.
    from skyloom.spectra.desom.networks import write_networks  # noqa: PLC0415

    facts = {
        "kind": made.kind,
        "network": made.about["network"],
        "latent": made.som.width,
        "grid": made.grid.to_json(),
        "scaled": made.scaled,
        "topology": made.som.topology,
        "lattice": made.som.lattice,
        "about": made.about,
    }
    arrays = {"prototypes": made.som.weights, "mean": made.mean}
    write_networks(path, (made.codec.encoder, made.codec.decoder), arrays, facts)


def read_desom(path: str | Path) -> SpectralMap:
    """Read what `write_desom` wrote; InputError for any other file."""
    return read_archive(path, _spectral)


def _spectral(facts: dict, arrays: dict, weights: bytes) -> SpectralMap:
    som = Som(arrays["prototypes"], facts["topology"], facts["lattice"])
    kind, scaled, about = facts["kind"], facts["scaled"], facts["about"]
    grid, mean = grid_from(facts["grid"]), arrays["mean"]
    if som.width != facts["latent"]:
        msg = f"prototypes of {som.width} values, not {facts['latent']}"
        raise ValueError(msg)
    codec = inference(facts["network"], grid.pixels, som.width, weights, mean)
    return SpectralMap(kind, codec, som, grid, scaled, mean, about)
