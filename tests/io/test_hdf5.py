"""HDF5 files: nothing outside, nothing beyond the memory, the same bytes."""

import h5py
import numpy as np
import pytest
from skyloom.io.errors import InputError
from skyloom.io.hdf5 import create_hdf5, opened_hdf5, read_tree, write_tree


def _external_link(file, secret):
    file["x"] = h5py.ExternalLink(secret, "/x")


def _external_storage(file, secret):
    file.create_dataset("x", (4,), "u1", external=[(secret, 0, 4)])


def _virtual(file, secret):
    layout = h5py.VirtualLayout((4,), "u1")
    layout[:] = h5py.VirtualSource(secret, "x", (4,))
    file.create_virtual_dataset("x", layout)


@pytest.mark.parametrize("make", [_external_link, _external_storage, _virtual])
def test_nothing_outside_of_the_file_is_read(tmp_path, make):
    """Neither a link, nor values, nor a view of another file."""
    with h5py.File(tmp_path / "secret.h5", "w") as file:
        file["x"] = np.arange(4, dtype="u1")
    path = tmp_path / "a.h5"
    with h5py.File(path, "w") as file:
        make(file.create_group("inner"), str(tmp_path / "secret.h5"))
    where = r"a\.h5: 'inner/x': .*other.* file"
    with pytest.raises(InputError, match=where), opened_hdf5(path):
        pass


def test_a_file_does_not_fill_the_memory(tmp_path):
    """A dataset that was never written has a size, and no bytes."""
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file.create_dataset("x", (10**9,), "f8", chunks=(10**6,))
    with (
        pytest.raises(InputError, match=r"a\.h5: unpacks to 8,000,000,000 bytes"),
        opened_hdf5(tmp_path / "a.h5"),
    ):
        pass


def test_plain_values_return(tmp_path):
    """The same bytes, whenever it is written."""
    for name in "ab":
        with create_hdf5(tmp_path / name) as file:
            write_tree(file, "about", {"grid": [1, "µ"]})
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()
    with opened_hdf5(tmp_path / "a") as file:
        assert read_tree(file, "about") == {"grid": [1, "µ"]}
