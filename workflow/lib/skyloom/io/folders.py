"""The users' folders: which of the files in them are data."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Iterator
from pathlib import Path

from skyloom.io.errors import InputError

PACKED = (".gz", ".fz")
HIDDEN = (".", "lost+found")

log = logging.getLogger(__name__)


def data_files(
    folder: str | Path, named: Callable[[str], object], *, deep: bool = True
) -> list[Path]:
    """Return the files of a folder whose names are `named`, sorted.

    Links to folders are entered, and each folder once, by its own name rather than by
    a link's. Hidden files and folders (``._x`` of a Mac, ``.snapshot``) hold no data.
    Of a file that stands there both unpacked and packed (``x.fits``, ``x.fits.gz``)
    the unpacked one counts, as the log says.

    Parameters
    ----------
    folder : str or Path
        The folder; one that is not there has no files.
    named : callable
        Says of a file's name whether it is one of those looked for, as
        ``re.compile(...).fullmatch`` does.
    deep : bool
        Whether folders inside are entered.

    Raises
    ------
    InputError
        A folder that may not be listed, or a file looked for that is a link to nothing.
    """
    found: list[Path] = []
    for place in _folders(Path(folder), deep=deep):
        names = {e.name: e for e in _visible(place) if not _is_folder(e)}
        wanted = {name for name, entry in names.items() if _wanted(entry, named)}
        for name in sorted(wanted):
            plain = _plain(name)
            if plain != name and plain in wanted:
                log.warning("%s: %s is read instead, beside it", place / name, plain)
            else:
                found.append(place / name)
    return sorted(found)


def _folders(first: Path, *, deep: bool) -> Iterator[Path]:
    """Yield a folder and those inside it, the ones that are reached by links last."""
    own, linked, seen = [first] if first.is_dir() else [], [], set()
    while own or linked:
        place = own.pop(0) if own else linked.pop(0)
        real = os.path.realpath(place)
        if real in seen:
            continue
        seen.add(real)
        yield place
        inside = sorted(_visible(place), key=lambda e: e.name) if deep else []
        for entry in filter(_is_folder, inside):
            (linked if entry.is_symlink() else own).append(Path(entry.path))


def _visible(place: Path) -> list[os.DirEntry]:
    try:
        with os.scandir(place) as entries:
            return [e for e in entries if not e.name.startswith(HIDDEN)]
    except OSError as bad:
        problem = f"the folder cannot be listed ({bad.strerror})"
        raise InputError(place, problem, remedy="see who may read it") from None


def _is_folder(entry: os.DirEntry) -> bool:
    try:
        return entry.is_dir()
    except OSError:  # a link in a circle
        return False


def _wanted(entry: os.DirEntry, named: Callable[[str], object]) -> bool:
    wanted = bool(named(entry.name))
    if entry.is_symlink() and not Path(entry.path).exists():
        problem = f"a link to {os.readlink(entry.path)}, which is not there"
        if wanted:
            remedy = "mend or remove the link"
            raise InputError(entry.path, problem, remedy=remedy)
        log.warning("%s: %s; it is left out", entry.path, problem)
    return wanted


def _plain(name: str) -> str:
    ending = next((end for end in PACKED if name.lower().endswith(end)), "")
    return name[: len(name) - len(ending)]
