"""How a record of what a product was made from (`run.provenance`) stands in files.

As a tree in JSON and in the metadata of ECSV, as one line of JSON (`text`) in npz,
Parquet, PNG and PDF, as `cards` in FITS, as `comments` in DS9 and GALFIT files.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path

from skyloom.io.errors import ABSENT, MissingFileError


def cards(provenance: Mapping) -> dict[str, str]:
    """Return a record as FITS cards: three digests of a card each, and versions.

    ``FILESHA`` is the digest of ``inputs``, of which there may be thousands.
    ``VERSIONS`` is a long string, continued over several cards.
    """
    found = provenance["versions"].items()
    return {
        "CODESHA": provenance["code"],
        "CONFSHA": provenance["config"],
        "FILESHA": digest_of(provenance["inputs"]),
        "VERSIONS": ", ".join(f"{name} {number}" for name, number in found),
    }


def text(provenance: Mapping) -> str:
    """Return a record as one line of JSON, its keys sorted."""
    return json.dumps(provenance, sort_keys=True)


def comments(provenance: Mapping) -> str:
    """Return a record as comment lines below 80 characters, each begun by ``#``."""
    lines = [f"# {key} {provenance[key]}" for key in ("code", "config")]
    for name, digest in provenance["inputs"].items():
        lines += [f"# input {name}", f"#   {digest}"]
    for name, number in provenance["versions"].items():
        lines.append(f"# version {name} {number}")
    return "\n".join(lines) + "\n"


def digest_of(tree: object) -> str:
    """Return the SHA-256 of a JSON-plain tree, whatever the order of its keys."""
    text = json.dumps(tree, sort_keys=True, separators=(",", ":"), allow_nan=False)
    return hashlib.sha256(text.encode()).hexdigest()


def checksums(paths: Iterable[str | Path]) -> dict[str, str]:
    """Return file name, as `named` gives it, to SHA-256, sorted by name."""
    return {name: checksum(path) for name, path in named(paths).items()}


def checksum(path: str | Path) -> str:
    """Return the SHA-256 of a file's bytes, read once a process while it stays."""
    path = Path(path).absolute()
    try:
        now = path.stat()
    except FileNotFoundError:
        raise MissingFileError(path, "no such file", remedy=ABSENT) from None
    return _checksum(path, now.st_size, now.st_mtime_ns)


@cache
def _checksum(path: Path, size: int, changed: int) -> str:
    del size, changed
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def named(paths: Iterable[str | Path]) -> dict[str, Path]:
    """Return files by their names, sorted by name.

    Files of the same name in different folders are told apart by the shortest
    endings of their paths that differ.
    """
    files = sorted({Path(path) for path in paths})
    for depth in range(1, 1 + max((len(file.parts) for file in files), default=0)):
        found = {"/".join(file.parts[-depth:]): file for file in files}
        if len(found) == len(files):
            return dict(sorted(found.items()))
    return {}
