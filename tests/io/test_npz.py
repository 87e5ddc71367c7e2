"""Arrays in npz files."""

import numpy as np
import pytest
from skyloom.io.errors import InputError
from skyloom.io.npz import read_npz, write_npz


def test_what_is_written_is_read(tmp_path):
    """Kinds, shapes and values return."""
    arrays = {"x": np.eye(3), "m": np.eye(2) > 0, "s": np.array("é")}
    write_npz(tmp_path / "a.npz", **arrays)
    again = read_npz(tmp_path / "a.npz", {"x": ("f", 2), "m": ("b", 2), "s": ("U", 0)})
    assert all((again[k] == arrays[k]).all() for k in arrays)


def test_same_arrays_same_bytes(tmp_path):
    """No date and no order of arguments shows."""
    write_npz(tmp_path / "a.npz", x=np.eye(3), y=np.arange(4))
    write_npz(tmp_path / "b.npz", y=np.arange(4), x=np.eye(3))
    assert (tmp_path / "a.npz").read_bytes() == (tmp_path / "b.npz").read_bytes()


def test_numpy_reads_it_too(tmp_path):
    """The format is numpy's own."""
    write_npz(tmp_path / "a.npz", x=np.eye(3))
    with np.load(tmp_path / "a.npz") as archive:
        assert (archive["x"] == np.eye(3)).all()


def test_objects_are_never_pickled(tmp_path):
    """An object array is refused, and no file is left."""
    with pytest.raises(ValueError, match="Object arrays"):
        write_npz(tmp_path / "a.npz", x=np.array([{}]))
    assert not list(tmp_path.iterdir())


def test_objects_are_never_unpickled(tmp_path):
    """An archive with a pickle inside is an error."""
    np.savez(tmp_path / "a.npz", x=np.array([{}]))
    with pytest.raises(InputError, match="not a readable npz"):
        read_npz(tmp_path / "a.npz")


def test_optional_arrays_may_be_absent(tmp_path):
    """Only those that exist return, and they are checked."""
    write_npz(tmp_path / "a.npz", x=np.eye(3))
    found = read_npz(tmp_path / "a.npz", {"x": ("f", 2)}, {"y": ("f", 1)})
    assert list(found) == ["x"]
    with pytest.raises(InputError, match=r"key 'x': shape \(3, 3\)"):
        read_npz(tmp_path / "a.npz", {}, {"x": ("f", 1)})
