"""What a product was made from, written into the product itself."""

from __future__ import annotations

import hashlib
import json
import platform
from collections.abc import Iterable, Mapping
from functools import cache
from importlib.metadata import version
from pathlib import Path

PACKAGES = ("astropy", "numpy", "pandas", "scipy")


def record(
    config: Mapping, code: str, inputs: Iterable[str | Path] = ()
) -> dict[str, object]:
    """Describe where a product comes from, without time, place or machine.

    Parameters
    ----------
    config : mapping
        The settings that the rule reads, JSON-plain.
    code : str
        The rule's code digest, `skyloom.run.digest.code_of`.
    inputs : iterable of path
        The files it was made from.

    Returns
    -------
    dict
        ``code``, ``config`` (digests), ``inputs`` (file name to SHA-256) and
        ``versions``; JSON-plain, the same for the same work anywhere.
    """
    return {
        "code": code,
        "config": digest_of(config),
        "inputs": checksums(inputs),
        "versions": dict(versions()),
    }


def cards(provenance: Mapping) -> dict[str, str]:
    """Return a record as FITS cards: three digests, each of which fills one card."""
    return {
        "CODESHA": provenance["code"],
        "CONFSHA": provenance["config"],
        "FILESHA": digest_of(provenance["inputs"]),
    }


def digest_of(tree: object) -> str:
    """Return the SHA-256 of a JSON-plain tree, whatever the order of its keys."""
    text = json.dumps(tree, sort_keys=True, separators=(",", ":"), allow_nan=False)
    return hashlib.sha256(text.encode()).hexdigest()


def checksums(paths: Iterable[str | Path]) -> dict[str, str]:
    """Return file name to SHA-256, sorted by name.

    Files of the same name in different folders are told apart by the shortest
    endings of their paths that differ.
    """
    files = sorted({Path(path) for path in paths})
    return {name: checksum(path) for name, path in sorted(_named(files).items())}


def checksum(path: str | Path) -> str:
    """Return the SHA-256 of a file's bytes."""
    with Path(path).open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


@cache
def versions() -> tuple[tuple[str, str], ...]:
    """Return the versions of Python and the main packages.

    skyloom's own version is left out: the code digest says it more exactly.
    """
    own = (("python", platform.python_version()),)
    return own + tuple((name, version(name)) for name in PACKAGES)


def _named(files: list[Path]) -> dict[str, Path]:
    for depth in range(1, 1 + max((len(file.parts) for file in files), default=0)):
        named = {"/".join(file.parts[-depth:]): file for file in files}
        if len(named) == len(files):
            return named
    return {}
