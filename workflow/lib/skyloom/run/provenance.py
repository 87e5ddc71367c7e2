"""What a product was made from, written into the product itself.

The record of `record` stands in each product as its format has room: as a tree in
JSON and in the metadata of ECSV, as one line of JSON (`text`) in npz, Parquet, PNG and
PDF, as `cards` in FITS, as `comments` in DS9 and GALFIT files. Files in the layout of
a survey's own (CSV tables, simulated exports) have no room for it: the log of their
rule holds the line (`skyloom.run.job.Job.note_provenance`).
"""

from __future__ import annotations

import hashlib
import json
import platform
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

# Those that compute numbers or write files, in the alphabet's order.
PACKAGES = (
    *("astropy", "galsim", "h5py", "jax", "jaxlib", "keras", "matplotlib", "numba"),
    *("numpy", "numpyro", "pandas", "pyarrow", "pytorch-lightning", "scikit-learn"),
    *("scipy", "shapely", "tensorflow", "torch"),
)


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


@dataclass(frozen=True, slots=True)
class Recipe:
    """How a rule makes its products: all of a record but the files.

    Attributes
    ----------
    settings : mapping
        The settings that the rule reads, JSON-plain.
    code : str
        The rule's code digest.
    """

    settings: Mapping
    code: str

    def record(self, inputs: Iterable[str | Path] = ()) -> dict[str, object]:
        """Return the record of a product made from these files; see `record`."""
        return record(self.settings, self.code, inputs)


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
    """Return the versions of Python and of the `PACKAGES` that are installed.

    One that is not has made nothing. skyloom's own version is left out: the code
    digest says it more exactly.
    """
    found = {"python": platform.python_version()}
    for name in PACKAGES:
        with suppress(PackageNotFoundError):
            found[name] = version(name)
    return tuple(found.items())


def _named(files: list[Path]) -> dict[str, Path]:
    for depth in range(1, 1 + max((len(file.parts) for file in files), default=0)):
        named = {"/".join(file.parts[-depth:]): file for file in files}
        if len(named) == len(files):
            return named
    return {}
