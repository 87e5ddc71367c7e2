"""Downloads from public archives: verified, retried, whole or not at all."""

from __future__ import annotations

import hashlib
import logging
import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from skyloom.io.atomic import replacing, writing
from skyloom.io.errors import InputError
from skyloom.io.http import FailedError, Limits, body, check_address
from skyloom.io.sums import algorithm

LONGEST_PAUSE = 60.0  # s, whatever a server asks for
REMEDY = "check the address and the network, then run again"
PAGE = re.compile(rb"(\xef\xbb\xbf)?\s*<(!doctype\s+html|html|head|body)\b", re.I)

logger = logging.getLogger(__name__)


def download(
    url: str,
    path: str | Path,
    *,
    stated: str | None = None,
    check: Callable[[Path], object] | None = None,
    limits: Limits = Limits(),  # noqa: B008
    attempts: int = 4,
    pause: float = 2.0,
    sleep: Callable[[float], None] = time.sleep,
) -> str:
    """Fetch `url` to `path`, whole or not at all, and return its sha256.

    Parameters
    ----------
    url : str
        http or https.
    path : str or Path
        The file to write. Of two processes that fetch it, one waits for the other.
    stated : str, optional
        Its checksum in hexadecimal digits: md5, sha1, sha256 or sha512, by length.
    check : callable, optional
        The reader of the format: it is given the file before that gets its name, and
        raises InputError for anything else. HTML and nothing are refused always.
    limits : Limits
        Of size and time.
    attempts : int
        How often to try. Refused connections, stalls, cut bodies, wrong checksums
        and the server states 408, 425, 429 and 5xx are tried again; others not.
    pause : float
        Before the second attempt [s]; doubled before each further one.
    sleep : callable
        Replaces `time.sleep` in tests.

    Raises
    ------
    InputError
        Naming the URL, the file, and what was expected and got.
    """
    check_address(url, path)
    kind = "sha256" if stated is None else algorithm(stated, path, url)
    if attempts < 1:
        msg = f"attempts: expected 1 or more, got {attempts}"
        raise ValueError(msg)
    until = time.monotonic() + limits.total
    with _alone(Path(path), limits.total):
        for attempt in range(1, attempts + 1):
            try:
                with replacing(path) as temporary:
                    blocks = body(url, limits, until)
                    found = _written(blocks, temporary, {kind, "sha256"})
                    _compare(kind, found[kind], stated)
                    _look(temporary, check)
                return found["sha256"]
            except FailedError as bad:
                wait = min(max(pause * 2 ** (attempt - 1), bad.wait), LONGEST_PAUSE)
                late = time.monotonic() + wait > until
                if attempt == attempts or late or not bad.again:
                    problem = f"{bad} (attempt {attempt})"
                    words = {"expected": bad.expected, "remedy": REMEDY}
                    raise InputError(path, problem, where=url, **words) from None
                logger.warning("%s: %s; again in %g s", url, bad, wait)
                sleep(wait)
    raise AssertionError


@contextmanager
def _alone(path: Path, longest: float) -> Iterator[None]:
    """Hold the lock of a file; the lock's own file is gone afterwards.

    Who waits for a lock whose file is gone begins anew, see filelock.
    """
    lock = FileLock(path.with_name(f".lock.{path.name}"))
    with writing(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            lock.acquire(timeout=longest)
        except Timeout:
            problem = f"another process still fetches it: it holds {lock.lock_file}"
            raise InputError(path, problem, remedy="let it end, or end it") from None
    try:
        yield
    finally:
        Path(lock.lock_file).unlink(missing_ok=True)
        lock.release()


def _written(blocks: Iterator[bytes], path: Path, kinds: set[str]) -> dict[str, str]:
    """Write blocks to a file and return their checksums."""
    sums = {kind: hashlib.new(kind, usedforsecurity=False) for kind in kinds}
    with path.open("wb") as file:
        for block in blocks:
            file.write(block)
            for one in sums.values():
                one.update(block)
    return {kind: one.hexdigest() for kind, one in sums.items()}


def _compare(kind: str, got: str, stated: str | None) -> None:
    if stated is not None and got != stated.lower():
        problem = f"wrong checksum, got {kind} {got}"
        raise FailedError(problem, f"{kind} {stated.lower()}")


def _look(path: Path, check: Callable[[Path], object] | None) -> None:
    """Refuse what is no file, or none of the format."""
    with path.open("rb") as file:
        start = file.read(1000)
    if not start or PAGE.match(start):
        problem = "the answer is a page of HTML" if start else "the answer is empty"
        raise FailedError(problem, "the file", again=False)
    try:
        if check is not None:
            check(path)
    except InputError as bad:
        problem = f"{bad.where}: {bad.problem}" if bad.where else bad.problem
        raise FailedError(problem, bad.expected, again=False) from bad
