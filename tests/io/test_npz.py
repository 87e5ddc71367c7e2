"""Arrays in npz files."""

import errno
import io
import zipfile

import damaged
import numpy as np
import pytest
from skyloom.io.errors import InputError, MissingFileError
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


def test_damage_is_noticed(tmp_path):
    """A flipped bit changes no value, though numpy stops before the checksum."""
    path = tmp_path / "a.npz"
    write_npz(path, x=np.arange(50.0), mask=np.arange(50) > 9, about=np.array("text"))

    def same(one, other):
        kinds = {k: v.dtype for k, v in one.items()}
        wanted = {k: v.dtype for k, v in other.items()}
        return kinds == wanted and all(np.array_equal(one[k], other[k]) for k in one)

    assert damaged.unnoticed(path, read_npz, same) == []


def test_an_archive_does_not_fill_the_memory(tmp_path):
    """Zeros pack a thousand times; no table of ours does so beyond the free part."""
    held = io.BytesIO()
    np.save(held, np.zeros(2**26))
    with zipfile.ZipFile(tmp_path / "a.npz", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("x.npy", held.getvalue(), compresslevel=1)
    with pytest.raises(InputError, match=r"a\.npz: unpacks to 536,871,040 bytes"):
        read_npz(tmp_path / "a.npz")


def test_an_error_of_the_disk_is_not_the_file_s(tmp_path, monkeypatch):
    """A network file system that fails for a moment has no damaged archives."""
    write_npz(tmp_path / "a.npz", a=np.arange(3))

    def stale(*_, **__):
        raise OSError(errno.ESTALE, "stale file handle")

    monkeypatch.setattr(np.lib.format, "read_array", stale)
    with pytest.raises(MissingFileError, match=r"a\.npz.*stale.*run the workflow"):
        read_npz(tmp_path / "a.npz")
