"""Where the archive of DES keeps its tiles, and what their checksums are."""

from __future__ import annotations

from pathlib import Path

from skyloom.io.errors import InputError, encoding_error, existing_file


def tile_url(base: str, tile: str, run: str, band: str) -> str:
    """Return the address of an image, such as DES0000-2958, r4907p01 and r.

    Source: DES DR2 (Abbott et al. 2021, ApJS 255, 20), the layout of its file server.
    """
    name = f"{tile}_{run}_{band}_nobkg.fits.fz"
    return f"{base.rstrip('/')}/{tile}/{name}"


def sum_of(path: str | Path, url: str) -> str:
    """Return the checksum of a file from a list in the format of sha256sum.

    Raises
    ------
    InputError
        No list, a line of another form, or no sum of this file.
    """
    path, name = existing_file(path), url.rpartition("/")[2]
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except UnicodeDecodeError:
        raise encoding_error(path) from None
    sums = {}
    for number, line in enumerate(lines, start=1):
        parts = line.split(maxsplit=1)
        if len(parts) != 2:
            where, wanted = f"line {number}", "a checksum and a file's name"
            raise InputError(path, f"got {line[:40]!r}", where=where, expected=wanted)
        sums[Path(parts[1].removeprefix("*")).name] = parts[0]
    if name not in sums:
        remedy = "add its line, or fetch without a list"
        raise InputError(path, f"no sum of {name}", remedy=remedy)
    return sums[name]
