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
from skyloom.io.errors import AGAIN, REMADE, InputError, encoding_error, existing_file
from skyloom.io.packed import gzipped
from skyloom.io.record import digest_of

SEAL = "skyloom_sha256"  # key of the checksum of our own documents
# Bytes that a gzipped document may unpack to; read, it takes many times as much.
FREE, RATIO = 2**24, 50
HEX = 64  # characters of a checksum


def read_json(path: str | Path, *, nonfinite: bool = False) -> dict:
    """Read a JSON file, gzipped or not.

    One of ours is compared with its checksum, which is not returned. Files of others
    have none, nor do ours when somebody has changed them and taken it out.

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
        key given twice, a number that no computer holds, or no object outermost.
    """
    text = _read_text(existing_file(path))
    try:
        tree = strict_json(text, nonfinite=nonfinite)
    except json.JSONDecodeError as bad:
        where = f"line {bad.lineno}, column {bad.colno}"
        problem = f"damaged or cut short, or no JSON ({bad.msg})"
        raise InputError(path, problem, where=where, remedy=AGAIN) from None
    except RecursionError:
        raise InputError(path, "nested too deeply", expected="a document") from None
    except ValueError as bad:
        raise InputError(path, str(bad), expected="valid JSON") from None
    if not isinstance(tree, dict):
        raise InputError(path, f"holds a {type(tree).__name__}", expected="a dict")
    return _unsealed(path, tree)


def strict_json(text: str, *, nonfinite: bool = False):
    """Return what a text says; ValueError for a key that is given twice.

    So for a number that is not finite, unless `nonfinite` allows it.
    """
    how = {} if nonfinite else {"parse_constant": _refuse, "parse_float": _finite}
    return json.loads(text, object_pairs_hook=_unique, **how)


def write_json(
    path: str | Path, tree, *, indent: int | None = None, sealed: bool = True
) -> None:
    """Write a JSON file: whole or not at all, same tree same bytes.

    Keys are sorted; numpy scalars and arrays become numbers and lists; a number that
    is not finite becomes null, since JSON has no other name for it. `sealed` adds a
    checksum of the content, which files in the layout of others have no place for.
    """
    tree = plain(tree)
    if sealed and isinstance(tree, dict):
        tree[SEAL] = digest_of(tree)
    text = json.dumps(tree, sort_keys=True, indent=indent, allow_nan=False)
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


def _unsealed(path: str | Path, tree: dict) -> dict:
    key = next((key for key, value in tree.items() if _sealing(key, value)), None)
    if key is not None and tree.pop(key) != _digest(tree):
        problem = "its content does not have its checksum: damaged, or changed by hand"
        remedy = f"{REMADE}; or, to keep a change that is meant, take out this key"
        raise InputError(path, problem, where=f"key {SEAL!r}", remedy=remedy)
    return tree


def _sealing(key: str, value: object) -> bool:
    """Return whether a key is that of the checksum, or is so but for one character."""
    if key == SEAL or len(key) != len(SEAL):
        return key == SEAL
    near = sum(a != b for a, b in zip(key, SEAL, strict=True)) == 1
    return near and isinstance(value, str) and len(value) == HEX


def _digest(tree: dict) -> str | None:
    """Return the checksum of a document; None of one with a number that is none."""
    try:
        return digest_of(tree)
    except ValueError:
        return None


def _read_text(path: Path) -> str:
    zipped, content, most = gzipped(path), b"", FREE + RATIO * path.stat().st_size
    try:
        with (gzip.open if zipped else open)(path, "rb") as file:
            while block := file.read(FREE):
                content += block
                if len(content) > most:
                    problem = f"unpacks to more than {most:,} bytes"
                    raise InputError(path, problem, remedy="do not use it")
        return content.decode("utf-8-sig")
    except (gzip.BadGzipFile, EOFError, zlib.error) as bad:
        problem = f"damaged gzip file ({bad})"
        raise InputError(path, problem, remedy=AGAIN) from None
    except UnicodeDecodeError as bad:
        if not zipped:
            raise encoding_error(path) from None
        problem = f"byte {bad.start} of the unpacked text is not UTF-8"
        raise InputError(path, problem, expected="UTF-8 text") from None


def _refuse(name: str):
    msg = f"{name} is not JSON; use null"
    raise ValueError(msg)


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        msg = f"{text[:40]} is beyond any number of a computer"
        raise ValueError(msg)
    return number


def _unique(pairs: list[tuple]) -> dict:
    tree = dict(pairs)
    if len(tree) < len(pairs):
        names = [k for k, _ in pairs]
        twice = sorted({k for k in names if names.count(k) > 1})
        msg = f"key {twice[0]!r} appears twice in one object"
        raise ValueError(msg)
    return tree
