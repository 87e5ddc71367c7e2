"""HDF5 files: nothing outside of them is read, they fit into memory, ours show damage.

Ours have the checksums of the format: of all that tells where data lie, and of each
chunk of a dataset made with ``fletcher32``.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

import h5py
import numpy as np
from h5py import h5f, h5p

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
        links, nodes = {}, {}
        file.visititems_links(lambda name, link: _keep(links, name, link))
        file.visititems(lambda name, node: _keep(nodes, name, node))
        for name, link in links.items():
            if isinstance(link, h5py.ExternalLink):
                problem = f"a link to another file, {link.filename!r}"
                raise _outside(path, name, problem)
        sizes = [_size(path, name, node) for name, node in nodes.items()]
        bounded(path, sum(sizes), size)
        yield file


def create_hdf5(path: str | Path) -> h5py.File:
    """Open a new file whose bytes follow from its content alone, with checksums."""
    # h5py's own way keeps the time at which the file was made.
    timeless, versions = h5p.create(h5p.FILE_CREATE), h5p.create(h5p.FILE_ACCESS)
    timeless.set_obj_track_times(False)
    versions.set_libver_bounds(h5f.LIBVER_V110, h5f.LIBVER_V110)
    name = str(path).encode()
    return h5py.File(h5f.create(name, h5f.ACC_TRUNC, timeless, versions))


def write_tree(file: h5py.File, name: str, tree: Mapping) -> None:
    """Write plain values as a dataset, of the bytes of their JSON.

    Texts in attributes have no checksum, and HDF5 may search damaged ones without end.
    """
    held = np.frombuffer(json.dumps(tree, sort_keys=True).encode(), np.uint8)
    how = {"chunks": held.shape, "fletcher32": True, "track_times": False}
    file.create_dataset(name, data=held, **how)


def read_tree(file: h5py.File, name: str) -> dict:
    """Return what `write_tree` wrote."""
    return json.loads(file[name][:].tobytes())


def _keep(found: dict, name: str, one: object) -> None:
    found[name] = one  # h5py calls this: no error may leave it, and nothing return


def _size(path: str | Path, name: str, node) -> int:
    """Return the bytes of a node's values, all of which lie in the file."""
    if not isinstance(node, h5py.Dataset) or node.shape is None:
        return 0
    if node.external or node.is_virtual:
        raise _outside(path, name, "a dataset whose values lie in other files")
    return node.nbytes


def _outside(path: str | Path, name: str, problem: str) -> InputError:
    expected = "all data in this file"
    return InputError(path, problem, where=f"{name!r}", expected=expected)
