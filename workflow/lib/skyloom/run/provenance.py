"""What a product was made from, written into the product itself.

`skyloom.io.record` writes it as each format has room. Files in the layout of a survey's
own (CSV tables, simulated exports) have none: the log of their rule holds the line
(`skyloom.run.job.Job.note_provenance`).
"""

from __future__ import annotations

import platform
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from skyloom.io.record import checksums, digest_of

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
    """How a rule makes its products: all of a record but the files."""

    settings: Mapping
    code: str

    def record(self, inputs: Iterable[str | Path] = ()) -> dict[str, object]:
        """Return the record of a product made from these files; see `record`."""
        return record(self.settings, self.code, inputs)


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
