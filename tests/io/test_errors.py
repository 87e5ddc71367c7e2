"""The message of an input error, and what makes one."""

import errno
import os
import pickle

import pytest
from skyloom.io.errors import (
    DatumError,
    InputError,
    MissingFileError,
    encoding_error,
    existing_file,
    raise_passing,
    raw_datum,
)
from skyloom.io.fits import opened


def test_message_names_everything_in_order():
    """File, place, problem, expectation and remedy stand in one line."""
    error = InputError("a.csv", "bad", where="row 3", expected="good", remedy="fix it")
    assert str(error) == "a.csv: row 3: bad; expected good; fix it"


def test_message_leaves_out_what_is_not_given():
    """No empty parts appear."""
    assert str(InputError("a.csv", "bad")) == "a.csv: bad"


def test_message_is_one_line():
    """A problem with line breaks, as from another library, is joined."""
    assert "\n" not in str(InputError("a.csv", "bad\n  news"))


def test_survives_the_way_between_processes():
    """Every attribute is there after pickling."""
    error = InputError("a.csv", "bad", where="row 3", expected="good", remedy="fix it")
    again = pickle.loads(pickle.dumps(error))
    assert str(again) == str(error)
    assert again.where == "row 3"


def test_existing_file_refuses_folders_and_nothing(tmp_path):
    """A missing, an empty file and a folder are each named as such."""
    (tmp_path / "empty").touch()
    with pytest.raises(InputError, match="no such file"):
        existing_file(tmp_path / "absent")
    with pytest.raises(InputError, match="empty"):
        existing_file(tmp_path / "empty")
    with pytest.raises(InputError, match="not a file"):
        existing_file(tmp_path)


def test_nobody_is_told_first_to_delete_a_file_of_their_own(tmp_path):
    """What helps with a damaged file that the workflow has not made comes first."""
    (tmp_path / "cube.fits").write_text("<html>not found</html>")
    with pytest.raises(InputError) as said, opened(tmp_path / "cube.fits"):
        pass
    yours, ours = said.value.remedy.split("; if the workflow made it, ")
    assert "copy it again, or correct its path in the configuration" in yours
    assert ours.startswith("delete it and run the workflow")


def test_a_missing_file_is_not_the_fault_of_its_object(tmp_path):
    """A damaged raw file is; what is missing may be back at once. So between processes.

    The remedy holds for files of ours and of others.
    """
    with (
        pytest.raises(MissingFileError, match="run the workflow again") as said,
        raw_datum(),
    ):
        existing_file(tmp_path / "absent")
    assert type(pickle.loads(pickle.dumps(said.value))) is MissingFileError
    (tmp_path / "empty").touch()
    with pytest.raises(DatumError, match="empty"), raw_datum():
        existing_file(tmp_path / "empty")


def test_encoding_error_gives_the_byte(tmp_path):
    """Line and byte offset of the first bad byte are named."""
    path = tmp_path / "a.csv"
    path.write_bytes("é\nab".encode() + b"\xe9\n")
    assert "line 2, byte 5: byte 0xe9 is not UTF-8" in str(encoding_error(path))


@pytest.mark.parametrize("code", [errno.EACCES, errno.ESTALE, errno.EIO])
def test_a_file_out_of_reach_says_what_to_do(code):
    """It is no damaged file, so the job stops and no object is blamed."""
    bad = OSError(code, os.strerror(code))
    with pytest.raises(MissingFileError, match=r"a\.npz: cannot be read .*run the"):
        raise_passing("a.npz", bad)
    raise_passing("a.npz", OSError(errno.EINVAL, "of the file"))
    raise_passing("a.npz", ValueError("of the file"))
    with pytest.raises(MemoryError):
        raise_passing("a.npz", MemoryError())
