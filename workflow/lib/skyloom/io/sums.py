"""Lists of checksums, in the format of sha256sum."""

from __future__ import annotations

from pathlib import Path

from skyloom.io.errors import InputError, encoding_error, existing_file


def read_sums(path: str | Path) -> dict[str, str]:
    """Return the checksums of a list by file name, without folders, in its order.

    Raises
    ------
    InputError
        No list, a line of another form, or a file with two sums.
    """
    path = existing_file(path)
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except UnicodeDecodeError:
        raise encoding_error(path) from None
    sums: dict[str, str] = {}
    for number, line in enumerate(lines, start=1):
        where, parts = f"line {number}", line.split(maxsplit=1)
        if len(parts) != 2:
            wanted = "a checksum and a file's name"
            raise InputError(path, f"got {line[:40]!r}", where=where, expected=wanted)
        name = Path(parts[1].removeprefix("*")).name
        if sums.setdefault(name, parts[0]) != parts[0]:
            problem = f"another sum of {name}"
            raise InputError(path, problem, where=where, expected="one a file")
    return sums


def sum_of(path: str | Path, url: str) -> str:
    """Return the checksum of the file at an address; InputError if it is not listed."""
    name, sums = url.rpartition("/")[2], read_sums(path)
    if name not in sums:
        remedy = "add its line, or fetch without a list"
        raise InputError(path, f"no sum of {name}", remedy=remedy)
    return sums[name]
