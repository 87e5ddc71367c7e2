"""Networks in training and their file; reading one needs no Keras, see `archive`."""

from __future__ import annotations

import io
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from skyloom.io.documents import plain
from skyloom.learn.archives import document, parts_of, write_parts
from skyloom.spectra.desom.archive import (
    FORMAT,
    SIDECAR,
    WEIGHTS,
    member,
    read_archive,
)
from skyloom.spectra.desom.autoencoders import Pair, applied
from skyloom.spectra.desom.backend import keras


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
        parts[member(name)] = held.getvalue()
    write_parts(path, parts)


def read_networks(
    path: str | Path, build: Callable[[dict], Pair]
) -> tuple[Pair, dict[str, np.ndarray], dict]:
    """Return what `write_networks` wrote: networks, arrays and facts.

    ``build(facts)`` returns untrained networks of the file's settings. InputError is
    raised as by `read_archive`.
    """

    def loaded(facts: dict, arrays: dict, weights: bytes):
        keras.utils.clear_session()  # names of layers are numbered as they were
        pair = build(facts)
        _load(_joined(pair), weights)
        return pair, arrays, facts

    return read_archive(path, loaded)


def _joined(pair: Pair) -> keras.Model:
    """Return encoder and decoder as one model, named the same each time."""
    encoder, decoder = pair
    start = keras.Input(encoder.input_shape[1:], name="sample")
    return keras.Model(start, decoder(encoder(start)), name="autoencoder")


def _load(model: keras.Model, weights: bytes) -> None:
    # Keras reads weights from files only; they are arrays, and it checks their shapes.
    with tempfile.TemporaryDirectory() as folder:
        held = Path(folder) / WEIGHTS
        held.write_bytes(weights)
        model.load_weights(held)
