"""What readers raise: a bad file stops a job, a bad object is recorded."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

# What to do about a damaged file: one text for ours, and one for any. A reader cannot
# tell whose a file is, since products may lie anywhere: a user's own comes first, so
# that nobody deletes it.
REMADE = "delete it and run the workflow, which makes it again"
AGAIN = (
    "if it is a file of yours, download or copy it again, or correct its path in the "
    f"configuration; if the workflow made it, {REMADE}"
)
ABSENT = (
    "if the workflow made it, run the workflow again: it may have been out of reach "
    "for a moment, or is made again; if the config names it, check its path there"
)
UNREACHED = (
    "run the workflow again if disk or network failed for a moment; if not, check that "
    "you may read the file"
)
# Errors of disks and networks, which may pass, and not of files.
PASSING = (
    errno.EIO,
    errno.ENOENT,
    errno.ESTALE,
    errno.EACCES,
    errno.ETIMEDOUT,
    errno.ENOMEM,
)


class InputError(ValueError):
    """A file, row, HDU or key that cannot be what it claims to be.

    The message is made of the file's path, `where` in it (row, HDU, key or byte), the
    problem, what was `expected`, and the `remedy`.
    """

    def __init__(
        self,
        path: str | Path,
        problem: str,
        *,
        where: str = "",
        expected: str = "",
        remedy: str = "",
    ):
        self.path, self.problem = str(path), problem
        self.where, self.expected, self.remedy = where, expected, remedy
        place = f"{path}: {where}" if where else self.path
        wanted = f"expected {expected}" if expected else ""
        parts = [part for part in (f"{place}: {problem}", wanted, remedy) if part]
        super().__init__(" ".join("; ".join(parts).split()))

    def __reduce__(self):
        # Worker processes send their errors home pickled; the keyword arguments
        # would be lost by the default rule of ValueError.
        words = {k: getattr(self, k) for k in ("where", "expected", "remedy")}
        return partial(type(self), **words), (self.path, self.problem)


class MissingFileError(InputError):
    """A file that is not there, perhaps for a moment only: never an object's fault."""


class DatumError(ValueError):
    """The data of one object cannot be used; says why, in words for its record.

    `skyloom.run.batch.each` records it and goes on. Any other error stops the job.
    """


@contextmanager
def raw_datum() -> Iterator[None]:
    """Read the raw file of one object: an InputError becomes a DatumError.

    Not that of a file that is missing: it was there when the job was planned, and a
    network's hiccup would become a lasting failure. An object that never had a file
    is known before, and not read.
    """
    try:
        yield
    except MissingFileError:
        raise
    except InputError as bad:
        raise DatumError(str(bad)) from bad


def existing_file(path: str | Path) -> Path:
    """Return `path`; InputError if it is no file, or an empty one.

    MissingFileError if there is nothing of that name.
    """
    path = Path(path)
    if not path.exists():
        raise MissingFileError(path, "no such file", remedy=ABSENT)
    if not path.is_file():
        raise InputError(path, "not a file", expected="a file, not a folder")
    if path.stat().st_size == 0:
        raise InputError(path, "the file is empty (0 bytes)", remedy=AGAIN)
    return path


def raise_passing(path: str | Path, bad: Exception) -> None:
    """Raise an error of the disk, the network or the memory; return for any other.

    Raises
    ------
    MissingFileError
        If the file could not be reached, which says nothing of what is in it.
    """
    if isinstance(bad, MemoryError):
        raise bad
    if getattr(bad, "errno", None) in PASSING:
        problem = f"cannot be read ({bad.strerror})"
        raise MissingFileError(path, problem, remedy=UNREACHED) from None


def encoding_error(path: str | Path) -> InputError:
    """Return the error of a file that is not UTF-8, with the bad byte's place."""
    offset = 0
    with Path(path).open("rb") as file:
        for row, line in enumerate(file, start=1):
            try:
                line.decode("utf-8")
            except UnicodeDecodeError as bad:
                where = f"line {row}, byte {offset + bad.start}"
                problem = f"byte 0x{line[bad.start]:02x} is not UTF-8"
                return InputError(
                    path,
                    problem,
                    where=where,
                    expected="UTF-8 text",
                    remedy="export the file again or convert it, e.g. with iconv",
                )
            offset += len(line)
    return InputError(path, "the text is not UTF-8", expected="UTF-8 text")
