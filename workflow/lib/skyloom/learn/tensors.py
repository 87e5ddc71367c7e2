"""Files of tensors: nothing is unpickled, and the same tensors give the same bytes."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import torch

from skyloom.io.atomic import write_bytes
from skyloom.io.errors import AGAIN, InputError
from skyloom.io.packed import opened_zip


def own(tensor: torch.Tensor) -> torch.Tensor:
    """Return a copy whose bytes depend on its values only: no view, one order."""
    return tensor.detach().cpu().clone(memory_format=torch.contiguous_format)


def write_tensors(path: str | Path, tree: object) -> None:
    """Write lists and dicts of plain values and tensors, whole or not at all."""
    # A buffer has no name: torch.save writes the name of a file into its content.
    buffer = io.BytesIO()
    torch.save(tree, buffer)
    write_bytes(path, buffer.getvalue())


def read_tensors(path: str | Path, remedy: str = AGAIN) -> object:
    """Return what a file holds.

    Raises
    ------
    InputError
        No file, cut short or damaged, a pickled object, or more than is `bounded`.
    """
    try:
        # torch does not look at the checksums that it writes.
        with opened_zip(path) as archive:
            damaged = archive.testzip()
        if damaged:
            msg = f"{damaged} does not have its checksum"
            raise zipfile.BadZipFile(msg)
        return torch.load(path, map_location="cpu", weights_only=True)
    except InputError:
        raise
    except Exception as bad:
        # torch, pickle and zipfile raise whatever a damaged file makes them stumble
        # over. The first line says what; the rest advises to trust the file.
        why = str(bad).strip().split("\n")[0][:120] or type(bad).__name__
        problem = f"not readable as tensors ({why})"
        expected = "a whole file of tensors, no other objects"
        raise InputError(path, problem, expected=expected, remedy=remedy) from None
