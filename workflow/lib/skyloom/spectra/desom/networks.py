"""Networks in training, and writing their file; `archive` reads it without Keras."""

from __future__ import annotations

import io
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from skyloom.io.documents import plain
from skyloom.learn.archives import document, parts_of, write_parts
from skyloom.spectra.desom.archive import FORMAT, SIDECAR, member
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


def _joined(pair: Pair) -> keras.Model:
    """Return encoder and decoder as one model, named the same each time."""
    encoder, decoder = pair
    start = keras.Input(encoder.input_shape[1:], name="sample")
    return keras.Model(start, decoder(encoder(start)), name="autoencoder")
