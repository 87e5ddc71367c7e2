"""Downloads from public archives: verified, retried, whole or not at all."""

from __future__ import annotations

import logging
import re
import time
from collections.abc import Callable
from http.client import HTTPException
from pathlib import Path
from urllib.error import HTTPError, URLError
from urllib.parse import urlsplit
from urllib.request import Request, urlopen

from skyloom.io.atomic import replacing
from skyloom.io.errors import InputError
from skyloom.io.record import checksum

BLOCK = 1 << 16
PASSING = (408, 425, 429, 500, 502, 503, 504)  # HTTP states that may pass
REMEDY = "check the address in the config and the network, then run again"

logger = logging.getLogger(__name__)


class _FailedError(Exception):
    """One attempt failed; `again` tells whether another may succeed."""

    def __init__(self, problem: str, expected: str = "", *, again: bool = True):
        super().__init__(problem)
        self.expected, self.again = expected, again


def download(
    url: str,
    path: str | Path,
    *,
    sha256: str | None = None,
    attempts: int = 4,
    timeout: float = 60.0,
    pause: float = 2.0,
    sleep: Callable[[float], None] = time.sleep,
) -> str:
    """Fetch `url` to `path`, whole or not at all, and return its sha256.

    Parameters
    ----------
    url : str
        http or https.
    path : str or Path
        The file to write.
    sha256 : str, optional
        The expected checksum, 64 hexadecimal digits.
    attempts : int
        How often to try. Refused connections, stalls, cut bodies, wrong checksums
        and the server states 408, 425, 429 and 5xx are tried again; others not.
    timeout : float
        Longest silence of the server [s].
    pause : float
        Before the second attempt [s]; doubled before each further one.
    sleep : callable
        Replaces `time.sleep` in tests.

    Raises
    ------
    InputError
        Naming the URL, the file, and what was expected and got.
    """
    _check_request(url, path, sha256, attempts)
    for attempt in range(1, attempts + 1):
        try:
            return _attempt(url, path, sha256, timeout)
        except _FailedError as bad:
            if attempt == attempts or not bad.again:
                problem = f"{bad} (attempt {attempt})"
                words = {"expected": bad.expected, "remedy": REMEDY}
                raise InputError(path, problem, where=url, **words) from None
            wait = pause * 2 ** (attempt - 1)
            logger.warning("%s: %s; again in %g s", url, bad, wait)
            sleep(wait)
    raise AssertionError


def _check_request(url: str, path, sha256: str | None, attempts: int) -> None:
    if urlsplit(url).scheme not in ("http", "https") or not urlsplit(url).netloc:
        problem = f"cannot fetch {url!r}"
        raise InputError(path, problem, expected="an http or https address")
    if sha256 is not None and not re.fullmatch("[0-9a-fA-F]{64}", sha256):
        problem = f"sha256 {sha256!r} of {url}"
        raise InputError(path, problem, expected="64 hexadecimal digits")
    if attempts < 1:
        msg = f"attempts: expected 1 or more, got {attempts}"
        raise ValueError(msg)


def _attempt(url: str, path, sha256: str | None, timeout: float) -> str:
    with replacing(path) as temporary:
        _transfer(url, temporary, timeout)
        got = checksum(temporary)
        if sha256 is not None and got != sha256.lower():
            problem = f"wrong checksum, got sha256 {got}"
            raise _FailedError(problem, f"sha256 {sha256.lower()}")
    return got


def _transfer(url: str, temporary: Path, timeout: float) -> None:
    request = Request(url, headers={"Accept-Encoding": "identity"})
    try:
        with urlopen(request, timeout=timeout) as answer, temporary.open("wb") as file:
            while block := answer.read(BLOCK):
                file.write(block)
            stated, got = answer.headers.get("Content-Length"), file.tell()
            if stated is not None and int(stated) != got:
                problem = f"the body was cut: got {got} bytes"
                raise _FailedError(problem, f"{stated} bytes")
    except HTTPError as bad:
        with bad:
            again = bad.code in PASSING
            problem = f"HTTP {bad.code} {bad.reason}"
        raise _FailedError(problem, "HTTP 200", again=again) from None
    except TimeoutError:
        problem = f"no answer within {timeout:g} s"
        raise _FailedError(problem) from None
    except (URLError, HTTPException, OSError) as bad:
        problem = f"connection failed: {getattr(bad, 'reason', None) or bad}"
        raise _FailedError(problem) from None
