"""Logging of a job: to its ``log:`` file, and what a person waits for to the console.

A Snakemake whose console is `skyloom.run.console` tells of warnings and errors itself,
from the log, when the job has ended. All else that a job, and the programs that it
starts, write to standard error then goes to the log.
"""

from __future__ import annotations

import copy
import logging
import math
import os
import re
import sys
import time
import warnings
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from sys import modules
from typing import TextIO

NAME = "skyloom"
EVERY = 10.0  # seconds between two progress lines
RANK = "LOCAL_RANK"  # set by Lightning where it starts a script several times
CONSOLE = "SKYLOOM_CONSOLE"  # set in the environment of jobs by `run.console`
LONGEST = 1000  # characters of a line of a log
FAILED = logging.WARNING + 5  # of the line that counts the objects that failed
logging.addLevelName(FAILED, "FAILED")
# As `extra` of a line: the console shows it too, a terminal or any.
ON_TERMINAL, ANYWHERE = {"shown": "on a terminal"}, {"shown": "anywhere"}
MOMENT, LINE = "%Y-%m-%d %H:%M:%S", "%(asctime)s %(levelname)s %(message)s"
_CONSOLES: dict[str, TextIO] = {}  # by the log that standard error goes to
ENTRY = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d ([A-Z]+) (.*)")


def start(path: str | Path | None, name: str = "") -> logging.Logger:
    """Send the package's logging, and warnings, to a file and to standard error.

    Standard error shows every line on a terminal, elsewhere warnings and the lines that
    are to be seen anywhere; an uncaught error is written to the file as well. Without a
    path there is no file. `name` begins the lines on standard error.
    """
    logger = logging.getLogger(NAME)
    logger.setLevel(logging.INFO)
    logger.propagate = False
    handlers = _handlers(path, name)
    before: set[logging.Handler] = set()
    for each in (logger, logging.getLogger("py.warnings")):
        before |= set(each.handlers)
        each.handlers = list(handlers)
    for old in before:
        old.close()
    logging.captureWarnings(capture=True)
    sys.excepthook = _report
    return logger


def progress(
    items: Iterable, description: str, total: int | None = None, every: float = EVERY
) -> Iterator:
    """Yield the items and log how far the loop is, now and then and at its end.

    Parameters
    ----------
    items : iterable
        What is looped over.
    description : str
        What is done, "tuning galaxies".
    total : int, optional
        How many items there are; taken from ``len(items)`` where it has one.
    every : float
        Least time between two lines [s].
    """
    total = len(items) if total is None else total
    logger, began, done = logging.getLogger(NAME), time.monotonic(), 0
    last = began
    for done, item in enumerate(items, start=1):
        yield item
        now = time.monotonic()
        if now - last >= every or done == total:
            line, how = _line(done, total, now - began), ON_TERMINAL
            logger.info(
                "%s: %s", description, line, extra=how if done != total else None
            )
            last = now


def entries(path: str | Path) -> list[tuple[str, str]]:
    """Return level and text of what a job has logged; nothing without the file.

    What other programs have written follows the line before it, first without level.
    """
    try:
        lines = Path(path).read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return []
    told: list[tuple[str, str]] = []
    for line in lines:
        if found := ENTRY.fullmatch(line):
            told.append((found[1], found[2]))
        elif told:
            told[-1] = (told[-1][0], f"{told[-1][1]}\n{line}")
        else:
            told.append(("", line))
    return told


@contextmanager
def collected(item: int | str = "") -> Iterator[list[tuple[int, str]]]:
    """Keep level and text of log lines and warnings of a block in a list.

    A worker process has no log file; its parent writes these lines. Those that the
    console shows are logged at once, with the object's name.
    """
    lines: list[tuple[int, str]] = []
    logger = logging.getLogger(NAME)
    handlers, level = logger.handlers, logger.level

    def emit(record: logging.LogRecord) -> None:
        if handlers and hasattr(record, "shown"):
            named = _named(record, item)
            for handler in handlers:
                handler.handle(named)
        else:
            lines.append((record.levelno, record.getMessage().strip()))

    def show(message, category, filename, lineno, *_) -> None:
        place = f"{Path(filename).name}:{lineno}"
        lines.append((logging.WARNING, f"{place}: {category.__name__}: {message}"))

    listing = logging.Handler()
    listing.emit = emit
    logger.handlers = [listing]
    logger.setLevel(logging.INFO)
    try:
        with warnings.catch_warnings():
            warnings.showwarning = show
            yield lines
    finally:
        logger.handlers = handlers
        logger.setLevel(level)


def _named(record: logging.LogRecord, item: int | str) -> logging.LogRecord:
    named = copy.copy(record)
    named.msg, named.args, named.item = f"{item}: {record.getMessage()}", None, item
    return named


def _line(done: int, total: int, elapsed: float) -> str:
    left = elapsed / done * (total - done)
    return f"{done} of {total}, {elapsed:.1f} s, about {left:.0f} s left"


def _handlers(path: str | Path | None, name: str) -> list[logging.Handler]:
    if path is None:
        return [_terminal(name)]
    file = _file(Path(path))
    if CONSOLE not in os.environ:
        return [_terminal(name), file]
    terminal = _standard_error(_console_beside(path), name, only_shown=True)
    # A line that the file cannot take (its disk is full) is not lost.
    file.handleError = terminal.emit
    return [terminal, file]


def begin() -> None:
    """Send standard error of a job to its log, before its script has called `start`.

    TensorFlow greets where it is imported, and a script that fails there has a reason.
    """
    job = getattr(modules["__main__"], "snakemake", None)
    first = os.environ.get(RANK, "0") == "0"
    if CONSOLE in os.environ and first and job is not None and job.log:
        _empty(Path(job.log[0]))
        _console_beside(job.log[0])


def _console_beside(path: str | Path) -> TextIO:
    """Return the console, and keep standard error for the file.

    That of this process and of those that it starts, as kernels of notebooks.
    """
    place = str(Path(path).absolute())
    if place not in _CONSOLES:
        _CONSOLES[place] = os.fdopen(
            os.dup(2), "w", buffering=1, errors="backslashreplace"
        )
        file = os.open(path, os.O_WRONLY | os.O_APPEND)
        os.dup2(file, 2)
        os.close(file)
    return _CONSOLES[place]


def _terminal(name: str) -> logging.Handler:
    return _standard_error(sys.stderr, name, only_shown=False)


def _standard_error(
    stream: TextIO, name: str, *, only_shown: bool
) -> logging.StreamHandler:
    handler = logging.StreamHandler(stream)
    terminal = stream.isatty()
    usual = logging.INFO if terminal else logging.WARNING
    handler.addFilter(_Shown(math.inf if only_shown else usual, terminal=terminal))
    handler.setFormatter(_Lines("%(message)s", begun=f"{name}: " if name else ""))
    return handler


class _Shown:
    """Lets lines pass for their level, and those to be seen now and then."""

    def __init__(self, level: float, *, terminal: bool):
        self.level, self.terminal, self.began = level, terminal, time.time()
        self._last: dict[object, float] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        shown = getattr(record, "shown", None)
        if record.levelno >= self.level:
            return True
        if shown is None or (shown == ON_TERMINAL["shown"] and not self.terminal):
            return False
        return self._due(getattr(record, "item", None), record.created)

    def _due(self, item: object, now: float) -> bool:
        """Whether nothing has been shown of an object, or of the job, for a while."""
        due = now - self._last.get(item, self.began) >= EVERY
        if due:
            self._last[item] = now
        return due


class _Lines(logging.Formatter):
    """Cuts lines that are too long to be read; each message may begin with a name."""

    def __init__(self, line: str, moment: str | None = None, begun: str = ""):
        super().__init__(line, moment)
        self.begun = begun

    def format(self, record: logging.LogRecord) -> str:
        text = self.begun + super().format(record).removeprefix(self.begun)
        return "\n".join(map(bounded, text.splitlines()))


def bounded(line: str, longest: int = LONGEST) -> str:
    """Return a line, cut where it is longer, with what was left out said."""
    left = len(line) - longest
    return line if left <= 0 else f"{line[:longest]} ... ({left} characters more)"


def _file(path: Path) -> logging.FileHandler:
    if str(path.absolute()) not in _CONSOLES:
        _empty(path)
    # Appended to, as other processes may write to it too.
    handler = logging.FileHandler(path, mode="a", encoding="utf-8")
    handler.setFormatter(_Lines(LINE, MOMENT))
    return handler


def _empty(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"")


def _report(kind: type, error: BaseException, trace: object) -> None:
    """Write an uncaught error to the log, with its trace in the file only."""
    handlers = logging.getLogger(NAME).handlers
    for handler in handlers:
        # A further process of a training has no file.
        to_file = isinstance(handler, logging.FileHandler) or len(handlers) == 1
        where = (kind, error, trace) if to_file else None
        record = logging.LogRecord(
            NAME, logging.ERROR, "", 0, f"{kind.__name__}: {error}", None, where
        )
        handler.handle(record)
