"""Keras' archives, ``.keras``, whose bytes are those of their content alone."""

from __future__ import annotations

import io
import json
import re
import tempfile
import warnings
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from skyloom.io.atomic import write_bytes
from skyloom.io.npz import EPOCH

if TYPE_CHECKING:
    import keras


def parts_of(model: keras.Model) -> dict[str, bytes]:
    """Return the members of the archive that Keras makes of a model.

    Keras stamps date and addresses in memory into them: these are taken out.
    """
    with tempfile.TemporaryDirectory() as folder:
        made = Path(folder) / "net.keras"
        with warnings.catch_warnings():
            # TensorFlow's variables do not know NumPy 2's keyword `copy`.
            warnings.simplefilter("ignore", DeprecationWarning)
            model.save(made)
        with zipfile.ZipFile(made) as archive:
            parts = {name: archive.read(name) for name in archive.namelist()}
    parts["config.json"] = _without_addresses(parts["config.json"])
    metadata = json.loads(parts["metadata.json"]) | {"date_saved": "1980-01-01"}
    return parts | {"metadata.json": document(metadata)}


def document(tree: Mapping) -> bytes:
    """Return a member that is a JSON document, of plain values."""
    return (json.dumps(tree, sort_keys=True, indent=1) + "\n").encode()


def write_parts(path: str | Path, parts: Mapping[str, bytes]) -> None:
    """Write an archive whole or not at all.

    Raises
    ------
    ValueError
        `path` does not end in ``.keras``.
    """
    if Path(path).suffix != ".keras":
        msg = f"{path}: a network's file name must end in .keras"
        raise ValueError(msg)
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as archive:
        for name, held in sorted(parts.items()):
            archive.writestr(zipfile.ZipInfo(name, EPOCH), held)
    write_bytes(path, buffer.getvalue())


def _without_addresses(config: bytes) -> bytes:
    """Return Keras' configuration with shared objects numbered, not by address."""
    named = re.findall(rb'"shared_object_id": (\d+)', config)
    for number, address in enumerate(dict.fromkeys(named)):
        config = config.replace(
            b'"shared_object_id": ' + address, b'"shared_object_id": %d' % number
        )
    return config
