"""HDF5 files: nothing outside of them is read, and they fit into memory."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

import h5py

from skyloom.io.errors import InputError
from skyloom.io.packed import bounded


@contextmanager
def opened_hdf5(path: str | Path, held: BinaryIO | None = None) -> Iterator[h5py.File]:
    """Open an HDF5 file to read.

    Parameters
    ----------
    path : str or Path
        The file.
    held : file object, optional
        Its bytes, where it is a member of the archive `path`.

    Raises
    ------
    InputError
        A link or a dataset whose content lies outside, or data that would not be
        `bounded`.
    OSError
        And other errors of h5py, of a damaged file.
    """
    size = Path(path).stat().st_size if held is None else held.seek(0, 2)
    with h5py.File(path if held is None else held, "r") as file:
        file.visititems_links(lambda name, link: _refuse_outside(path, name, link))
        sizes: list[int] = []
        file.visititems(lambda name, node: _measure(path, name, node, sizes))
        bounded(path, sum(sizes), size)
        yield file


def _refuse_outside(path: str | Path, name: str, link) -> None:
    if isinstance(link, h5py.ExternalLink):
        problem = f"a link to another file, {link.filename!r}"
        raise _outside(path, name, problem)


def _measure(path: str | Path, name: str, node, sizes: list[int]) -> None:
    if isinstance(node, h5py.Dataset):
        if node.external or node.is_virtual:
            raise _outside(path, name, "a dataset whose values lie in other files")
        # Of an empty dataset, h5py.Empty, the size is None.
        sizes.append(0 if node.shape is None else node.nbytes)


def _outside(path: str | Path, name: str, problem: str) -> InputError:
    expected = "all data in this file"
    return InputError(path, problem, where=f"{name!r}", expected=expected)
