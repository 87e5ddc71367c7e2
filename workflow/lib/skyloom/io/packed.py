"""Packed files: what they may unpack to, and zip archives whose damage shows."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from skyloom.io.errors import InputError, existing_file

GZIP = b"\x1f\x8b"
FREE = 2**28  # bytes that a file of any size may unpack to
MANY = 0xFFFF  # members, told elsewhere
RATIO = 100  # further bytes for each byte of the file


def bounded(path: str | Path, unpacked: int, size: int | None = None) -> None:
    """Refuse a file that unpacks to more than the files of any real work do.

    Parameters
    ----------
    path : str or Path
        The file.
    unpacked : int
        Bytes that it says it unpacks to.
    size : int, optional
        Bytes that hold them, if not those of the file.

    Raises
    ------
    InputError
        More than `FREE` and `RATIO` times the size.
    """
    most = FREE + RATIO * (Path(path).stat().st_size if size is None else size)
    if unpacked > most:
        problem = f"unpacks to {unpacked:,} bytes"
        raise InputError(
            path,
            problem,
            expected=f"at most {most:,}, by its size",
            remedy="it is damaged or made to fill the memory: do not use it",
        )


def gzipped(path: str | Path) -> bool:
    """Return whether a file is gzipped, whatever its name."""
    with Path(path).open("rb") as file:
        return file.read(2) == GZIP


@contextmanager
def opened_zip(path: str | Path) -> Iterator[zipfile.ZipFile]:
    """Open a zip archive; a member is compared with its checksum when it is read whole.

    The names of all members are compared with those that stand before their bytes, and
    their number with that at the end of the file.

    Raises
    ------
    InputError
        No file, or it unpacks to more than is `bounded`.
    zipfile.BadZipFile
        And other errors of the library, of a file that is damaged or no archive.
    """
    with zipfile.ZipFile(existing_file(path)) as archive:
        members = archive.infolist()
        bounded(path, sum(member.file_size for member in members))
        if len({member.filename for member in members}) != _told(archive, len(members)):
            msg = "members that are lost, or stand in it twice"
            raise zipfile.BadZipFile(msg)
        for member in members:
            archive.open(member).close()
        yield archive


def _told(archive: zipfile.ZipFile, number: int) -> int:
    """Return how many members the file's end tells; `number` where it does not."""
    archive.fp.seek(-zipfile.sizeEndCentDir, 2)
    end = archive.fp.read()
    told = int.from_bytes(end[10:12], "little")
    plain = end.startswith(zipfile.stringEndArchive) and told != MANY
    return told if plain else number
