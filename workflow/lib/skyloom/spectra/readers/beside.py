"""Files that belong to a file of spectra, and lie in its folder."""

from __future__ import annotations

import re
from pathlib import Path

from skyloom.io.folders import data_files


def maps_of(path: Path) -> list[Path]:
    """Return the files of MAPS of a LOGCUBE; none of another file."""
    begin, cut, _ = path.name.partition("LOGCUBE")
    named = re.compile(rf"{re.escape(begin)}MAPS.*\.fits.*").fullmatch
    return data_files(path.parent, named, deep=False) if cut else []


def redrock_of(path: Path) -> Path | None:
    """Return the ``redrock-*`` of a ``coadd-*``, if it is there."""
    found = path.with_name(path.name.replace("coadd", "redrock", 1))
    return found if found != path and found.is_file() else None
