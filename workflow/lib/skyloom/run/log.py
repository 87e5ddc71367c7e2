"""Logging of a job: to its ``log:`` file and, where there is one, to a terminal."""

from __future__ import annotations

import logging
import sys
import time
import warnings
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

NAME = "skyloom"
EVERY = 10.0  # seconds between two progress lines


def start(path: str | Path | None) -> logging.Logger:
    """Send the package's logging, and warnings, to a file and to standard error.

    Standard error shows every line on a terminal and only warnings elsewhere; an
    uncaught error is written to the file as well. Without a path there is no file.
    """
    logger = logging.getLogger(NAME)
    logger.setLevel(logging.INFO)
    logger.propagate = False
    handlers = [_terminal()] if path is None else [_terminal(), _file(Path(path))]
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
            logger.info("%s: %s", description, _line(done, total, now - began))
            last = now


@contextmanager
def collected() -> Iterator[list[tuple[int, str]]]:
    """Keep level and text of log lines and warnings of a block in a list.

    A worker process has no log file; its parent writes these lines.
    """
    lines: list[tuple[int, str]] = []

    def emit(record: logging.LogRecord) -> None:
        lines.append((record.levelno, record.getMessage().strip()))

    def show(message, category, filename, lineno, *_) -> None:
        place = f"{Path(filename).name}:{lineno}"
        lines.append((logging.WARNING, f"{place}: {category.__name__}: {message}"))

    logger = logging.getLogger(NAME)
    handlers, level = logger.handlers, logger.level
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


def _line(done: int, total: int, elapsed: float) -> str:
    left = elapsed / done * (total - done)
    return f"{done} of {total}, {elapsed:.1f} s, about {left:.0f} s left"


def _terminal() -> logging.Handler:
    handler = logging.StreamHandler(sys.stderr)
    handler.setLevel(logging.INFO if sys.stderr.isatty() else logging.WARNING)
    handler.setFormatter(logging.Formatter("%(message)s"))
    return handler


def _file(path: Path) -> logging.Handler:
    path.parent.mkdir(parents=True, exist_ok=True)
    handler = logging.FileHandler(path, mode="w", encoding="utf-8")
    line = "%(asctime)s %(levelname)s %(message)s"
    handler.setFormatter(logging.Formatter(line, "%Y-%m-%d %H:%M:%S"))
    return handler


def _report(kind: type, error: BaseException, trace: object) -> None:
    """Write an uncaught error to the log, with its trace in the file only."""
    for handler in logging.getLogger(NAME).handlers:
        to_file = isinstance(handler, logging.FileHandler)
        where = (kind, error, trace) if to_file else None
        record = logging.LogRecord(
            NAME, logging.ERROR, "", 0, f"{kind.__name__}: {error}", None, where
        )
        handler.handle(record)
