"""What a product was made from, written into the product itself.

`skyloom.io.record` writes it as each format has room. Files in the layout of a survey's
own (CSV tables, simulated exports) have none: a file beside the log of their rule has
it, ``<log>.provenance.json``.
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
VERSIONS = "versions: "  # begins what a job's log says of them
OTHER_NAMES = {"tensorflow": "tensorflow-cpu"}  # of builds that are packages apart


@dataclass(frozen=True, slots=True)
class Recipe:
    """How a rule makes its products: its JSON-plain settings and its code digest."""

    settings: Mapping
    code: str

    def record(self, inputs: Iterable[str | Path] = ()) -> dict[str, object]:
        """Describe where a product of these files comes from.

        Returns
        -------
        dict
            ``code``, ``config`` (digests), ``inputs`` (file name to SHA-256) and
            ``versions``; JSON-plain, the same for the same work anywhere: without
            time, place or machine.
        """
        return {
            "code": self.code,
            "config": digest_of(self.settings),
            "inputs": checksums(inputs),
            "versions": dict(versions()),
        }


@cache
def versions() -> tuple[tuple[str, str], ...]:
    """Return the versions of Python and of the `PACKAGES` that are installed.

    One that is not has made nothing. skyloom's own version is left out: the code
    digest says it more exactly.
    """
    found = {"python": platform.python_version()}
    for name in PACKAGES:
        for known in (name, OTHER_NAMES.get(name, name)):
            with suppress(PackageNotFoundError):
                found.setdefault(name, version(known))
    return tuple(found.items())
