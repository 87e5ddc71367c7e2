"""Trained networks on disk, and as the codec of a map.

A file is a ``.keras`` archive that Keras opens by itself, with our own members beside
Keras': `SIDECAR` says what was trained and how, `ARRAYS` holds prototypes and the like.
We rebuild the networks from our own settings and read arrays only: nothing that a file
holds is run.
"""

from __future__ import annotations

import io
import json
import tempfile
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from skyloom.io.documents import plain
from skyloom.io.errors import InputError, existing_file
from skyloom.learn.archives import document, parts_of, write_parts
from skyloom.spectra.desom.autoencoders import Pair, applied
from skyloom.spectra.desom.backend import keras

SIDECAR, FORMAT = "skyloom.json", 1
WEIGHTS = "model.weights.h5"
REMEDY = "train the map again, or give a file that skyloom's training wrote"


@dataclass(frozen=True, eq=False)
class Network:
    """An encoder and a decoder, for samples and latent vectors of any number.

    `mean` is what was taken from samples for training, a mean spectrum or 0.
    """

    encoder: keras.Model
    decoder: keras.Model
    mean: np.ndarray | float = 0.0

    def encode(self, flux: np.ndarray) -> np.ndarray:
        """Return latent vectors, float32, (n, latent), of samples without gaps."""
        return applied(self.encoder, np.asarray(flux - self.mean, np.float32))

    def decode(self, latent: np.ndarray) -> np.ndarray:
        """Return the samples that latent vectors stand for, float32."""
        return applied(self.decoder, np.asarray(latent, np.float32)) + self.mean


def write_networks(
    path: str | Path, pair: Pair, arrays: Mapping[str, np.ndarray], facts: Mapping
) -> None:
    """Write two networks with what belongs to them: same content, same bytes.

    Parameters
    ----------
    path : str or Path
        Ends in ``.keras``.
    pair : tuple of 2 keras.Model
        Encoder and decoder.
    arrays : mapping of str to ndarray
        Prototypes, scalers...
    facts : mapping
        Settings to rebuild the networks from, history, provenance; JSON-plain.
    """
    parts = parts_of(_joined(pair))
    parts[SIDECAR] = document({"format": FORMAT, "facts": plain(facts)})
    for name, array in arrays.items():
        held = io.BytesIO()
        np.lib.format.write_array(held, np.asarray(array), allow_pickle=False)
        parts[_member(name)] = held.getvalue()
    write_parts(path, parts)


def read_networks(
    path: str | Path, build: Callable[[dict], Pair]
) -> tuple[Pair, dict[str, np.ndarray], dict]:
    """Return what `write_networks` wrote: networks, arrays and facts.

    Parameters
    ----------
    path : str or Path
        The file.
    build : callable
        ``build(facts)`` returns untrained networks of the file's settings.

    Raises
    ------
    InputError
        No file, damaged, or not of ours; networks of another shape than its weights.
    """
    path = existing_file(path)
    try:
        with zipfile.ZipFile(path) as archive:
            names = archive.namelist()
            if SIDECAR not in names:
                problem, expected = "not a map of ours", f"{SIDECAR} inside"
                raise InputError(path, problem, expected=expected, remedy=REMEDY)
            sidecar = json.loads(archive.read(SIDECAR))
            if sidecar.get("format") != FORMAT:
                problem = f"format {sidecar.get('format')!r} of {SIDECAR}"
                raise InputError(path, problem, expected=FORMAT, remedy=REMEDY)
            arrays = {
                name.removesuffix(".npy").removeprefix("skyloom/"): _array(
                    archive, name
                )
                for name in names
                if name == _member(Path(name).stem)
            }
            weights = archive.read(WEIGHTS)
        keras.utils.clear_session()  # names of layers are numbered as they were
        pair = build(sidecar["facts"])
        _load(_joined(pair), weights)
    except InputError:
        raise
    except Exception as bad:
        # zipfile, h5py and Keras raise a dozen types on damaged files.
        first = str(bad).strip().split("\n")[0][:160]
        problem = f"not a readable network ({type(bad).__name__}: {first})"
        raise InputError(path, problem, remedy=REMEDY) from None
    return pair, arrays, sidecar["facts"]


def _joined(pair: Pair) -> keras.Model:
    """Return encoder and decoder as one model, named the same each time."""
    encoder, decoder = pair
    start = keras.Input(encoder.input_shape[1:], name="sample")
    return keras.Model(start, decoder(encoder(start)), name="autoencoder")


def _member(name: str) -> str:
    return f"skyloom/{name}.npy"


def _array(archive: zipfile.ZipFile, name: str) -> np.ndarray:
    held = io.BytesIO(archive.read(name))
    return np.lib.format.read_array(held, allow_pickle=False)


def _load(model: keras.Model, weights: bytes) -> None:
    # Keras reads weights from files only; they are arrays, and it checks their shapes.
    with tempfile.TemporaryDirectory() as folder:
        held = Path(folder) / WEIGHTS
        held.write_bytes(weights)
        model.load_weights(held)
