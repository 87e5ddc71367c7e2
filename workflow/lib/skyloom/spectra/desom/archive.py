"""The file of trained networks, read without Keras.

A file is a ``.keras`` archive that Keras opens by itself, with our own members beside
Keras': `SIDECAR` says what was trained and how, further ones hold prototypes and the
like. We read arrays only: nothing that a file holds is run.
"""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from skyloom.io.errors import REMADE, InputError
from skyloom.io.hdf5 import opened_hdf5
from skyloom.io.packed import opened_zip

SIDECAR, FORMAT = "skyloom.json", 1
WEIGHTS = "model.weights.h5"
REMEDY = f"if the workflow made it, {REMADE}; if it was given, give one that it made"


def read_archive(path: str | Path, build: Callable[[dict, dict, bytes], Any]) -> Any:
    """Return what a trained network is built to.

    Parameters
    ----------
    path : str or Path
        The file.
    build : callable
        ``build(facts, arrays, weights)``: of settings and the like, arrays by name, and
        Keras' file of weights. Its KeyError, OSError, TypeError and ValueError are the
        file's; any other error is a bug, and stays what it is.

    Raises
    ------
    InputError
        No file, damaged, or not of ours; networks of another shape than its weights.
    """
    try:
        with opened_zip(path) as archive:
            names = archive.namelist()
            if SIDECAR not in names:
                problem, expected = "not a map of ours", f"{SIDECAR} inside"
                raise InputError(path, problem, expected=expected, remedy=REMEDY)
            sidecar = json.loads(archive.read(SIDECAR))
            if sidecar.get("format") != FORMAT:
                problem = f"format {sidecar.get('format')!r} of {SIDECAR}"
                raise InputError(path, problem, expected=FORMAT, remedy=REMEDY)
            own = [name for name in names if name == member(Path(name).stem)]
            arrays = {Path(name).stem: _array(archive.read(name)) for name in own}
            weights, facts = archive.read(WEIGHTS), sidecar["facts"]
        with opened_hdf5(path, io.BytesIO(weights)):
            pass  # it is looked at before anything in it is read
    except InputError:
        raise
    except Exception as bad:  # zipfile's and numpy's have no class in common
        raise _unreadable(path, bad) from None
    try:
        return build(facts, arrays, weights)
    except (KeyError, OSError, TypeError, ValueError) as bad:
        raise _unreadable(path, bad) from None


def _unreadable(path: str | Path, bad: Exception) -> InputError:
    first = str(bad).strip().split("\n")[0][:160]
    problem = f"not a readable network ({type(bad).__name__}: {first})"
    return InputError(path, problem, remedy=REMEDY)


def member(name: str) -> str:
    """Return how an array is called in an archive."""
    return f"skyloom/{name}.npy"


def _array(held: bytes) -> np.ndarray:
    return np.lib.format.read_array(io.BytesIO(held), allow_pickle=False)
