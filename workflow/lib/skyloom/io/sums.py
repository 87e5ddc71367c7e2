"""Lists of checksums, as sha256sum, sha1sum and md5sum write them."""

from __future__ import annotations

import re
from pathlib import Path
from urllib.parse import unquote, urlsplit

from skyloom.io.errors import InputError, encoding_error, existing_file

KINDS = {32: "md5", 40: "sha1", 64: "sha256", 128: "sha512"}  # by hexadecimal digits
LINES = (
    re.compile(r"\\?(?P<sum>[0-9a-fA-F]+)\s+\*?(?P<name>\S.*)"),
    re.compile(r"\w+ ?\((?P<name>.+)\) ?= ?(?P<sum>[0-9a-fA-F]+)"),  # BSD's
)
EXPECTED = "the hexadecimal digits of an md5, sha1, sha256 or sha512"


def algorithm(digest: str, path: str | Path, where: str) -> str:
    """Return the kind of a checksum; InputError if it is none.

    Archives give md5 and sha1: they tell damage as well as others.
    """
    known = re.fullmatch(r"[0-9a-fA-F]+", digest) and len(digest) in KINDS
    if not known:
        problem = f"got the checksum {digest[:130]!r}"
        raise InputError(path, problem, where=where, expected=EXPECTED)
    return KINDS[len(digest)]


def read_sums(path: str | Path) -> dict[str, str]:
    """Return the checksums of a list by file name, without folders, in its order.

    Of two kinds for one file the longer one.

    Raises
    ------
    InputError
        No list, a line of another form, or a file with two sums of one kind.
    """
    path = existing_file(path)
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except UnicodeDecodeError:
        raise encoding_error(path) from None
    sums: dict[str, str] = {}
    for number, line in enumerate(map(str.strip, lines), start=1):
        if line and not line.startswith("#"):
            _add(line, sums, path, f"line {number}")
    if not sums:
        raise InputError(path, "no checksum", expected="a line for each file")
    return sums


def _add(line: str, sums: dict[str, str], path: Path, where: str) -> None:
    found = next((m for one in LINES if (m := one.fullmatch(line))), None)
    if found is None:
        wanted = "a checksum and a file's name"
        raise InputError(path, f"got {line[:40]!r}", where=where, expected=wanted)
    digest, name = found["sum"].lower(), Path(found["name"]).name
    algorithm(digest, path, where)
    known = sums.setdefault(name, digest)
    if len(known) == len(digest) and known != digest:
        problem = f"another sum of {name}"
        raise InputError(path, problem, where=where, expected="one a file")
    sums[name] = max(known, digest, key=len)


def sum_of(path: str | Path, url: str) -> str:
    """Return the checksum of the file at an address; InputError if it is not listed."""
    name, sums = unquote(urlsplit(url).path).rpartition("/")[2], read_sums(path)
    if name not in sums:
        remedy = "add its line, or fetch without a list"
        raise InputError(path, f"no sum of {name}", remedy=remedy)
    return sums[name]
