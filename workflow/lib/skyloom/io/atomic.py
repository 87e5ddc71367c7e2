"""Writing so that a file is whole or absent, never half there."""

from __future__ import annotations

import errno
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

FULL = (
    "no room left for this file: free some, or let the folders of the key `folders` "
    "lie on another disk, then run again"
)
CLOSED = (
    "this file may not be written: change the rights of its folder, or let the folders "
    "of the key `folders` lie elsewhere"
)
REASONS = {
    errno.ENOSPC: FULL,
    errno.EDQUOT: f"the quota is used up, {FULL}",
    errno.EFBIG: f"files cannot be that large here, {FULL}",
    errno.EACCES: CLOSED,
    errno.EPERM: CLOSED,
    errno.EROFS: CLOSED,
}
LEAST = 1 << 16  # bytes free: with fewer, a disk is full


@contextmanager
def replacing(path: str | Path) -> Iterator[Path]:
    """Give a temporary path that becomes `path` when the block ends well.

    It lies in the same folder, which is made if missing, and keeps all suffixes, for
    writers that choose a format by them. Its name depends on `path` only: what a killed
    process left behind is overwritten by the next attempt.

    Raises
    ------
    OSError
        See `writing`.
    """
    path = Path(path)
    temporary = path.with_name(f".part.{path.name}")
    try:
        with writing(path):
            path.parent.mkdir(parents=True, exist_ok=True)
            yield temporary
            _flush(temporary)
            temporary.replace(path)
            _flush_folder(path.parent)
    finally:
        with suppress(NotADirectoryError):
            temporary.unlink(missing_ok=True)


@contextmanager
def writing(path: Path) -> Iterator[None]:
    """Say of a full disk, or one that is closed to us, which file it is and what helps.

    Raises
    ------
    OSError
        In place of one of `REASONS`, with the same number; or of any error on a disk
        without room, as HDF5 and others have their own. All else is left as it is.
    """
    try:
        yield
    except Exception as bad:
        number = getattr(bad, "errno", None)
        name = getattr(bad, "filename", None) and str(bad.filename)
        # Of what is read meanwhile the error has another file's name.
        ours = name is None or name.endswith(path.name) or Path(name) in path.parents
        if isinstance(bad, OSError | RuntimeError) and _without_room(path.parent):
            number, ours = errno.ENOSPC, True
        if ours and number in REASONS:
            raise OSError(number, REASONS[number], str(path)) from bad
        raise


def _without_room(folder: Path) -> bool:
    return folder.is_dir() and shutil.disk_usage(folder).free < LEAST


def _flush(path: Path) -> None:
    with path.open("rb") as file:
        os.fsync(file.fileno())


def _flush_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def write_bytes(path: str | Path, content: bytes) -> None:
    """Write `content` to `path`, whole or not at all."""
    with replacing(path) as temporary:
        temporary.write_bytes(content)


def write_text(path: str | Path, content: str) -> None:
    """Write `content` as UTF-8 to `path`, whole or not at all."""
    write_bytes(path, content.encode("utf-8"))
