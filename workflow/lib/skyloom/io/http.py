"""One request to a public archive: a body within limits, or why there is none."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import urlsplit

import requests
from urllib3.exceptions import HTTPError, ReadTimeoutError

from skyloom.io.errors import InputError

BLOCK = 1 << 16
PASSING = (408, 425, 429, 500, 502, 503, 504)  # HTTP states that may pass
KEPT = ("", "identity")  # encodings of a body that is the file
# What requests and urllib3 raise for odd addresses and answers.
FOR_GOOD = (requests.TooManyRedirects, requests.exceptions.SSLError, ValueError)
LOST = (requests.RequestException, HTTPError, OSError)


class FailedError(Exception):
    """A request failed.

    Attributes
    ----------
    expected : str
        What was.
    again : bool
        Whether another may succeed.
    wait : float
        How long the server wants to be left alone [s].
    """

    def __init__(
        self, problem: str, expected: str = "", *, again: bool = True, wait: float = 0.0
    ):
        super().__init__(problem)
        self.expected, self.again, self.wait = expected, again, wait


@dataclass(frozen=True)
class Limits:
    """What a download may take.

    Attributes
    ----------
    size : int
        Of the file [bytes].
    total : float
        Of all attempts together, with their pauses [s].
    silence : float
        Of the server [s].
    """

    size: int = 1 << 35  # the largest LOGCUBE has some 2 GB
    total: float = 3000.0  # within the hour that the rules ask for
    silence: float = 60.0


def check_address(url: str, path) -> None:
    """Raise InputError, naming the file that it is for, if this is no web address."""
    try:
        parts = urlsplit(url)
        good = parts.scheme in {"http", "https"} and parts.hostname and parts.port != 0
        secret = parts.username is not None
    except (ValueError, AttributeError, TypeError):
        good, secret = False, False
    if secret:
        problem = "the address holds a user's name, which logs would show"
        raise InputError(path, problem, remedy="put it and the password into ~/.netrc")
    if not good or re.search(r"[\x00-\x20\x7f]", url):
        problem = f"cannot fetch {str(url)[:200]!r}"
        raise InputError(path, problem, expected="an http or https address")


def body(url: str, limits: Limits, until: float) -> Iterator[bytes]:
    """Yield what a server sends, as it keeps it: nothing is unpacked.

    Parameters
    ----------
    url : str
        See `check_address`.
    limits : Limits
        Of size and silence.
    until : float
        When it must have ended, by `time.monotonic`.

    Raises
    ------
    FailedError
        At the latest at the end of the body.
    """
    how = {"headers": {"Accept-Encoding": "identity"}, "timeout": limits.silence}
    how["hooks"] = {"response": _unread}
    try:
        with requests.get(url, stream=True, **how) as answer:
            _check_answer(answer, limits.size)
            size = 0
            while block := answer.raw.read1(BLOCK, decode_content=False):
                size += len(block)
                if size > limits.size:
                    raise _too_large(limits.size)
                if time.monotonic() > until:
                    problem = f"not done in time, got {size} bytes"
                    raise FailedError(problem, f"an end within {limits.total:g} s")
                yield block
    except (requests.Timeout, ReadTimeoutError):
        problem = f"no answer within {limits.silence:g} s"
        raise FailedError(problem) from None
    except (*FOR_GOOD, *LOST) as bad:
        problem = f"connection failed: {_cause(bad)}"
        raise FailedError(problem, again=not isinstance(bad, FOR_GOOD)) from None


def _unread(answer: requests.Response, **_) -> None:
    """Do not read the body of an answer that leads elsewhere; requests would, whole."""
    if answer.is_redirect:
        answer.close()


def _check_answer(answer: requests.Response, largest: int) -> None:
    """Refuse an answer that is not the whole file as the server keeps it."""
    code, told = answer.status_code, answer.headers
    if code != requests.codes.ok:
        wait = told.get("Retry-After", "")
        wait = float(wait) if re.fullmatch("[0-9]{1,6}", wait) else 0.0
        problem, again = f"HTTP {code} {answer.reason}", code in PASSING
        raise FailedError(problem, "HTTP 200", again=again, wait=wait)
    length, packed = told.get("Content-Length"), told.get("Content-Encoding", "")
    if length is not None and not re.fullmatch("[0-9]{1,18}", length):
        problem = f"Content-Length is {length[:40]!r}"
        raise FailedError(problem, "a number of bytes", again=False)
    if int(length or 0) > largest:
        raise _too_large(largest)
    # Some servers call a .gz file that they keep a packed file of another type.
    gz = urlsplit(answer.url).path.endswith(".gz") and packed in {"gzip", "x-gzip"}
    if packed not in KEPT and not gz:
        problem = f"Content-Encoding is {packed[:40]!r}"
        raise FailedError(problem, "the file as it is kept", again=False)


def _too_large(largest: int) -> FailedError:
    return FailedError("the file is too large", f"{largest} bytes at most", again=False)


def _cause(bad: Exception) -> str:
    """Return what happened, without the layers of libraries that pass it on."""
    inner = bad.args[0] if bad.args and isinstance(bad.args[0], Exception) else bad
    return str(getattr(inner, "reason", inner))[:300]
