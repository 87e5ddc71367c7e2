"""A file is whole or absent."""

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
