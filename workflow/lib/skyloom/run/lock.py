"""One working folder at a time for the results of a run.

Snakemake's own lock lies in the working folder: two of them whose `folders.results` is
one folder would write the same files at once.
"""

from __future__ import annotations

import fcntl
import logging
import os
from collections.abc import Mapping
from pathlib import Path

from skyloom.io.atomic import writing
from skyloom.run.config import ConfigError
from skyloom.run.log import NAME

LOCK = ".lock"
_held: list[int] = []  # open as long as this process runs, however it ends


def hold(config: Mapping) -> None:
    """Hold the results of a run for all processes that run in this working folder.

    Parameters
    ----------
    config : mapping
        The validated configuration.

    Raises
    ------
    ConfigError
        A process in another working folder holds them.
    OSError
        They cannot be written; see `skyloom.io.atomic.writing`.
    """
    folder, here = Path(config["folders"]["results"], config["run"]), os.getcwd()
    with writing(folder / LOCK):
        folder.mkdir(parents=True, exist_ok=True)
        file = os.open(folder / LOCK, os.O_RDWR | os.O_CREAT, 0o666)
    try:
        alone = _locked(file, fcntl.LOCK_EX)
        if alone:
            os.ftruncate(file, 0)
            os.pwrite(file, here.encode(), 0)
        there = os.pread(file, 1 << 16, 0).decode()
        if not (alone or there == here) or not _locked(file, fcntl.LOCK_SH):
            msg = (
                f"another run, in the folder {there}, is writing {folder} now: wait "
                "for its end, or give this run other folders.results or another name"
            )
            raise ConfigError(msg)
    except OSError as bad:
        line = "%s: this disk has no locks (%s): let only one run write there at a time"
        logging.getLogger(NAME).warning(line, folder, bad.strerror)
    _held.append(file)


def _locked(file: int, kind: int) -> bool:
    try:
        fcntl.flock(file, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
