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


@pytest.mark.parametrize("kind", [32, 40, 64, 128])
@pytest.mark.parametrize(
    "line",
    [
        "{0}  a b.fits",
        "{0} *x/a b.fits",
        "SHA256 (a b.fits) = {0}",
        "MD5(a b.fits)= {0}",
    ],
)
def test_lists_as_archives_have_them(tmp_path, kind, line):
    """Of any kind, as GNU's, BSD's and openssl's; with comments and Windows' ends."""
    path = tmp_path / "sums"
    text = f"\ufeff# made by hand\r\n\r\n{line.format('aB' * (kind // 2))}\r\n"
    path.write_text(text, encoding="utf-8", newline="")
    assert read_sums(path) == {"a b.fits": "ab" * (kind // 2)}
    assert sum_of(path, "http://x/y/a%20b.fits?version=2") == "ab" * (kind // 2)


def test_the_longer_of_two_kinds_counts(tmp_path):
    """Whatever their order."""
    path = tmp_path / "sums"
    for kinds in ("10", "01"):
        lines = {"0": f"MD5 (a) = {'0' * 32}", "1": f"SHA256 (a) = {'1' * 64}"}
        path.write_text("\n".join(lines[k] for k in kinds))
        assert read_sums(path) == {"a": "1" * 64}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("<html>\n", "line 1: got '<html>'; expected a checksum and a file's name"),
        ("# none\n", "no checksum; expected a line for each file"),
        (
            f"{'0' * 63}  a\n",
            "line 1: got the checksum '000.*hexadecimal digits",
        ),
        (f"{'g' * 64}  a\n", "line 1: got 'ggg"),
    ],
)
def test_what_is_no_list(tmp_path, text, said):
    """A page in its place, nothing, or sums of no kind."""
    path = tmp_path / "sums"
    path.write_text(text)
    with pytest.raises(InputError, match=said):
        read_sums(path)
