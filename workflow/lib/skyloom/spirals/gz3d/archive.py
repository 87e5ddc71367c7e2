"""Where GZ3D's files lie in the public archive, and which a list of sums asks for."""

from __future__ import annotations

from pathlib import Path

from skyloom.io.errors import InputError
from skyloom.io.sums import read_sums
from skyloom.spirals.gz3d.galaxy import SUFFIX, name_of


def url_of(base: str, name: str) -> str:
    """Return the address of a galaxy's file, such as gz3d_1-304336_127_14724446.

    Source: the data model of MANGA_MORPHOLOGY, SDSS DR17: one folder a version.
    """
    return f"{base.rstrip('/')}/{name}{SUFFIX}"


def listed(path: str | Path) -> dict[str, str]:
    """Return the checksums of galaxies' files of a list, by name without suffixes.

    Raises
    ------
    InputError
        See `skyloom.io.sums.read_sums`; also a file of another name or format.
    """
    found = {}
    for file, digest in read_sums(path).items():
        if not file.endswith(SUFFIX):
            problem = f"a sum of {file!r}"
            raise InputError(path, problem, expected=f"names that end in {SUFFIX}")
        try:
            found[name_of(file)] = digest
        except InputError as bad:
            raise InputError(path, bad.problem, expected=bad.expected) from None
    return found
