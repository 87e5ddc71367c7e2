"""Downloads, against a server on this machine."""

import hashlib
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from skyloom.io.download import download
from skyloom.io.errors import InputError

BODY = b"galaxy" * 1000
SHA = hashlib.sha256(BODY).hexdigest()


def send(handler, code, body, length=None):
    handler.send_response(code)
    handler.send_header("Content-Length", str(length or len(body)))
    handler.end_headers()
    handler.wfile.write(body)


def silence(handler):
    handler.server.released.wait(5)
    handler.close_connection = True


def first(handler):
    return len(handler.server.seen) == 1


ANSWERS = {
    "/good": lambda h: send(h, 200, BODY),
    "/absent": lambda h: send(h, 404, b""),
    "/busy_once": lambda h: send(h, 503 if first(h) else 200, BODY),
    "/cut": lambda h: send(h, 200, BODY[:100], len(BODY)),
    "/cut_once": lambda h: send(h, 200, BODY[:100] if first(h) else BODY, len(BODY)),
    "/stalled": lambda h: (send(h, 200, BODY[:100], len(BODY)), silence(h)),
    "/silent": silence,
}


def answer(handler):
    handler.server.seen.append(handler.path)
    ANSWERS[handler.path](handler)


Handler = type(
    "Handler",
    (BaseHTTPRequestHandler,),
    {"do_GET": answer, "log_message": lambda *_: None},
)


@pytest.fixture
def server(monkeypatch):
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    made = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    made.seen, made.released = [], threading.Event()
    made.url = f"http://127.0.0.1:{made.server_address[1]}"
    thread = threading.Thread(target=made.serve_forever, args=(0.01,))
    thread.start()
    yield made
    made.released.set()
    made.shutdown()
    thread.join()
    made.server_close()


@pytest.fixture
def fetch(server, tmp_path):
    """Download a path of the server; `fetch.waits` lists the pauses."""

    def run(name, **options):
        options = {"timeout": 5.0, "attempts": 3, **options}
        return download(
            f"{server.url}/{name}", tmp_path / "got", sleep=run.waits.append, **options
        )

    run.waits, run.folder = [], tmp_path
    return run


def test_good_file(fetch):
    """The bytes, and their checksum."""
    assert fetch("good", sha256=SHA.upper()) == SHA
    assert (fetch.folder / "got").read_bytes() == BODY


def test_absent_file_is_not_asked_for_again(fetch, server):
    """404 does not pass; the message names address, file and state."""
    with pytest.raises(InputError, match=r"got: http://.*/absent: HTTP 404") as bad:
        fetch("absent")
    assert len(server.seen) == 1
    assert "expected HTTP 200" in str(bad.value)
    assert not list(fetch.folder.iterdir())


def test_busy_server_is_asked_again(fetch, server):
    """503, then good."""
    assert fetch("busy_once") == SHA
    assert len(server.seen) == 2
    assert fetch.waits == [2.0]


def test_wrong_checksum(fetch, server):
    """Tried again with growing pauses, then both sums are named; no file is left."""
    with pytest.raises(
        InputError, match=f"got sha256 {SHA}.*expected sha256 {'0' * 64}"
    ):
        fetch("good", sha256="0" * 64)
    assert len(server.seen) == 3
    assert fetch.waits == [2.0, 4.0]
    assert not list(fetch.folder.iterdir())


def test_cut_body(fetch):
    """Fewer bytes than announced are no file."""
    with pytest.raises(InputError, match=r"cut|connection failed"):
        fetch("cut")
    assert not list(fetch.folder.iterdir())


def test_cut_body_then_good(fetch):
    """A cut transfer passes."""
    assert fetch("cut_once") == SHA


@pytest.mark.parametrize("name", ["stalled", "silent"])
def test_server_that_stops_talking(fetch, name):
    """The silence ends after the timeout."""
    start = time.monotonic()
    with pytest.raises(InputError, match=r"no answer within 0\.2 s|timed out"):
        fetch(name, timeout=0.2, attempts=2)
    assert time.monotonic() - start < 4
    assert not list(fetch.folder.iterdir())


def test_nobody_listens(fetch, server):
    """A refused connection is named as such."""
    url = server.url.rsplit(":", 1)[0] + ":1/x"
    with pytest.raises(InputError, match="connection failed"):
        download(url, fetch.folder / "got", attempts=1)


def test_failure_keeps_the_old_file(fetch):
    """What was there stays."""
    (fetch.folder / "got").write_text("old")
    with pytest.raises(InputError):
        fetch("absent")
    assert (fetch.folder / "got").read_text() == "old"


@pytest.mark.parametrize(
    "url", ["", "a.json", "file:///etc/hosts", "ftp://x/y", "http:"]
)
def test_other_addresses(url, tmp_path):
    """Only http and https."""
    with pytest.raises(InputError, match="an http or https address"):
        download(url, tmp_path / "got")


def test_impossible_requests(tmp_path):
    """A checksum that is none, and no attempt at all."""
    with pytest.raises(InputError, match="64 hexadecimal digits"):
        download("http://x/y", tmp_path / "got", sha256="abc")
    with pytest.raises(ValueError, match="attempts: expected 1 or more"):
        download("http://x/y", tmp_path / "got", attempts=0)
