"""Arrays in one ``.npz`` file, never pickled, same arrays same bytes."""

from __future__ import annotations

import zipfile
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from skyloom.io.atomic import replacing
from skyloom.io.errors import AGAIN, InputError, raise_passing
from skyloom.io.packed import opened_zip

SUFFIX = ".npy"  # of the members
EPOCH = (1980, 1, 1, 0, 0, 0)  # the oldest date a zip archive can hold


def read_npz(
    path: str | Path,
    keys: Mapping[str, tuple[str, int]] | None = None,
    optional: Mapping[str, tuple[str, int]] | None = None,
) -> dict[str, np.ndarray]:
    """Read arrays and check their kinds and dimensions.

    Parameters
    ----------
    path : str or Path
        The file.
    keys : mapping of str to (str, int)
        The arrays that must be there: allowed dtype kinds (``"f"``, ``"iu"``, ...)
        and number of dimensions. None reads everything unchecked.
    optional : mapping of str to (str, int)
        The same for arrays that may be absent.

    Raises
    ------
    InputError
        No file, not an archive, damaged, a pickled object, more than is `bounded`, or
        an array that is missing, of another kind or of another number of dimensions.
    """
    try:
        with opened_zip(path) as archive:
            return _members(path, archive, keys, optional or {})
    except InputError:
        raise
    except Exception as bad:
        raise_passing(path, bad)
        # On damaged archives numpy and zipfile raise whatever they stumble over:
        # a dozen types, tokenize.TokenError among them.
        problem = f"not a readable npz file ({bad})"
        raise InputError(path, problem, remedy=AGAIN) from None


def write_npz(path: str | Path, **arrays) -> None:
    """Write arrays compressed, with fixed dates; ValueError for Python objects."""
    with replacing(path) as temporary, zipfile.ZipFile(temporary, "w") as archive:
        for name in sorted(arrays):
            member = zipfile.ZipInfo(f"{name}{SUFFIX}", EPOCH)
            member.compress_type = zipfile.ZIP_DEFLATED
            member.create_system = 3
            with archive.open(member, "w") as file:
                array = np.asanyarray(arrays[name])
                np.lib.format.write_array(file, array, allow_pickle=False)


def _members(path, archive, keys, optional) -> dict[str, np.ndarray]:
    names = [name.removesuffix(SUFFIX) for name in archive.namelist()]
    if keys is None:
        return {name: _array(archive, name) for name in names}
    found = {**keys, **{k: v for k, v in optional.items() if k in names}}
    return {k: _checked(path, archive, names, k, *v) for k, v in found.items()}


def _array(archive: zipfile.ZipFile, name: str) -> np.ndarray:
    with archive.open(name + SUFFIX) as member:
        array = np.lib.format.read_array(member, allow_pickle=False)
        # At its end the member is compared with its checksum.
        if member.read(1):
            msg = f"{name!r} has bytes behind its array"
            raise ValueError(msg)
    return array


def _checked(path, archive, names, name: str, kinds: str, ndim: int) -> np.ndarray:
    where = f"key {name!r}"
    if name not in names:
        expected = f"it among {sorted(names)}"
        raise InputError(path, "missing array", where=where, expected=expected)
    array = _array(archive, name)
    if array.dtype.kind not in kinds:
        problem = f"dtype {array.dtype}"
        raise InputError(path, problem, where=where, expected=f"a kind of {kinds!r}")
    if array.ndim != ndim:
        problem = f"shape {array.shape}"
        raise InputError(path, problem, where=where, expected=f"{ndim} dimension(s)")
    return array
