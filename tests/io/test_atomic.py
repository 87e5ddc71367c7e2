"""A file is whole or absent."""

import errno
import shutil

import pytest
from skyloom.io.atomic import replacing, write_bytes, write_text


def test_file_appears_when_the_block_ends(tmp_path):
    """The target exists only after the block, with parents made."""
    path = tmp_path / "a" / "b.txt"
    with replacing(path) as temporary:
        temporary.write_text("x")
        assert not path.exists()
        assert temporary.parent == path.parent
        assert temporary.suffix == ".txt"
    assert path.read_text() == "x"
    assert list(path.parent.iterdir()) == [path]


def _half_written(path):
    with replacing(path) as temporary:
        temporary.write_text("half")
        1 / 0  # noqa: B018


def test_failure_leaves_the_old_file(tmp_path):
    """An exception keeps what was there and removes the temporary file."""
    path = tmp_path / "b.txt"
    path.write_text("old")
    with pytest.raises(ZeroDivisionError):
        _half_written(path)
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_leftover_of_a_killed_process_is_overwritten(tmp_path):
    """Temporary files never pile up."""
    path = tmp_path / "b.txt"
    with replacing(path) as temporary:
        temporary.write_text("first")
        name = temporary.name
    (tmp_path / name).write_text("a leftover that is much longer than the text")
    write_text(path, "new")
    assert path.read_text() == "new"
    assert list(tmp_path.iterdir()) == [path]


def test_bytes_as_given(tmp_path):
    """`write_bytes` changes nothing."""
    write_bytes(tmp_path / "a", b"\x00\r\n")
    assert (tmp_path / "a").read_bytes() == b"\x00\r\n"


def fail(path, error):
    with replacing(path) as temporary:
        temporary.write_text("half")
        raise error


@pytest.mark.parametrize(
    ("number", "said"),
    [
        (errno.ENOSPC, "no room left for this file: free some"),
        (errno.EDQUOT, "the quota is used up, no room left"),
        (errno.EACCES, "may not be written: change the rights"),
        (errno.EROFS, "may not be written"),
    ],
)
def test_a_disk_that_takes_nothing_names_the_file(tmp_path, number, said):
    """And what to do, by keys that there are."""
    path = tmp_path / "a" / "b.fits"
    with pytest.raises(OSError, match=f"{said}.*the key `folders`.*a/b.fits'") as bad:
        fail(path, OSError(number, "No"))
    assert bad.value.errno == number
    assert list(path.parent.iterdir()) == []


def test_a_full_disk_that_a_library_tells_in_its_own_words(tmp_path, monkeypatch):
    """As those of HDF5 and torch do."""
    full = shutil.disk_usage(tmp_path)._replace(free=100)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: full)
    with pytest.raises(OSError, match=r"no room left for this file.*b\.h5"):
        fail(tmp_path / "b.h5", RuntimeError("Can't write data"))


def test_another_file_that_is_closed_is_not_blamed_on_ours(tmp_path):
    """Its own name stays."""
    other = OSError(errno.EACCES, "Permission denied", str(tmp_path / "closed"))
    with pytest.raises(PermissionError, match=r"Permission denied: .*/closed"):
        fail(tmp_path / "b", other)


def test_a_folder_that_is_a_file(tmp_path):
    """It is named, whatever else cannot be done."""
    write_text(tmp_path / "a", "x")
    with pytest.raises(FileExistsError, match="/a'"):
        write_text(tmp_path / "a" / "b", "x")
