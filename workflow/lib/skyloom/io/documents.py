"""JSON documents, plain or gzipped."""

from __future__ import annotations

import gzip
import json
import math
import zlib
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from skyloom.io.atomic import write_text
from skyloom.io.errors import InputError, encoding_error, existing_file


def read_json(path: str | Path, *, nonfinite: bool = False) -> dict:
    """Read a JSON file (``.json``, or ``.json.gz``).

    Parameters
    ----------
    path : str or Path
        The file.
    nonfinite : bool
        Accept ``NaN`` and ``Infinity``, which are not JSON but which Python writes.

    Raises
    ------
    InputError
        No file, empty, damaged gzip, not UTF-8, not JSON (with line and column), a
        key given twice, or no object outermost.
    """
    text = _read_text(existing_file(path))
    try:
        constant = float if nonfinite else _refuse
        tree = json.loads(text, parse_constant=constant, object_pairs_hook=_unique)
    except json.JSONDecodeError as bad:
        where = f"line {bad.lineno}, column {bad.colno}"
        remedy = "the file is damaged or cut short: fetch or make it again"
        raise InputError(path, bad.msg, where=where, remedy=remedy) from None
    except RecursionError:
        raise InputError(path, "nested too deeply", expected="a document") from None
    except ValueError as bad:
        raise InputError(path, str(bad), expected="valid JSON") from None
    if not isinstance(tree, dict):
        raise InputError(path, f"holds a {type(tree).__name__}", expected="a dict")
    return tree


def write_json(path: str | Path, tree, *, indent: int | None = None) -> None:
    """Write a JSON file: whole or not at all, same tree same bytes.

    Keys are sorted; numpy scalars and arrays become numbers and lists; a number that
    is not finite becomes null, since JSON has no other name for it.
    """
    text = json.dumps(plain(tree), sort_keys=True, indent=indent, allow_nan=False)
    write_text(path, text + "\n")


def plain(tree):
    """Return `tree` as JSON has it; TypeError for a value with no JSON form."""
    if isinstance(tree, Mapping):
        return {str(k): plain(v) for k, v in tree.items()}
    if isinstance(tree, np.ndarray | np.generic):
        return plain(tree.tolist())
    if isinstance(tree, float):
        return tree if math.isfinite(tree) else None
    if tree is None or isinstance(tree, str | int):
        return tree
    if isinstance(tree, Sequence | set | frozenset):
        items = sorted(tree) if isinstance(tree, set | frozenset) else tree
        return [plain(v) for v in items]
    msg = f"no JSON form for {type(tree).__name__}: {tree!r}"
    raise TypeError(msg)


def _read_text(path: Path) -> str:
    try:
        with (gzip.open if path.suffix == ".gz" else open)(path, "rb") as file:
            return file.read().decode("utf-8-sig")
    except (gzip.BadGzipFile, EOFError, zlib.error) as bad:
        problem = f"damaged gzip file ({bad})"
        raise InputError(path, problem, remedy="fetch or make it again") from None
    except UnicodeDecodeError as bad:
        if path.suffix != ".gz":
            raise encoding_error(path) from None
        problem = f"byte {bad.start} of the unpacked text is not UTF-8"
        raise InputError(path, problem, expected="UTF-8 text") from None


def _refuse(name: str):
    msg = f"{name} is not JSON; use null"
    raise ValueError(msg)


def _unique(pairs: list[tuple]) -> dict:
    tree = dict(pairs)
    if len(tree) < len(pairs):
        names = [k for k, _ in pairs]
        twice = sorted({k for k in names if names.count(k) > 1})
        msg = f"key {twice[0]!r} appears twice in one object"
        raise ValueError(msg)
    return tree
