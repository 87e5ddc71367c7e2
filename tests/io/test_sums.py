"""Lists of checksums."""

import pytest
from skyloom.io.errors import InputError
from skyloom.io.sums import read_sums, sum_of

SUM = "0" * 64


def test_sums_of_a_list(tmp_path):
    """Text and binary marks, folders before names; what is not there is named."""
    path = tmp_path / "sums"
    path.write_text(f"{SUM}  a/one.fz\n{'1' * 64} *two.fz\n")
    assert sum_of(path, "https://a/b/one.fz") == SUM
    assert sum_of(path, "https://a/two.fz") == "1" * 64
    with pytest.raises(InputError, match=r"no sum of three\.fz; add its line"):
        sum_of(path, "https://a/three.fz")
    path.write_text(f"{SUM}\n")
    with pytest.raises(InputError, match=r"line 1: got '000.*a checksum and a file"):
        sum_of(path, "https://a/one.fz")
    path.write_text(f"{SUM}  a/one.fz\n{'1' * 64}  b/one.fz\n")
    with pytest.raises(InputError, match=r"line 2: another sum of one\.fz"):
        read_sums(path)
    path.write_bytes(b"\xff 1\n")
    with pytest.raises(InputError, match="byte 0xff is not UTF-8"):
        read_sums(path)


def test_names_come_in_the_order_of_the_list(tmp_path):
    """Of an archive whose list of sums is the list of its files."""
    path = tmp_path / "sums"
    path.write_text(f"{SUM}  z.fits\n{SUM}  ./a.fits\n")
    assert list(read_sums(path)) == ["z.fits", "a.fits"]
