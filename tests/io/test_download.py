"""Downloads, against a server on this machine."""

import hashlib
import threading
import time
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from skyloom.io.download import download
from skyloom.io.errors import InputError
from skyloom.io.http import Limits

BODY = b"galaxy" * 1000
SHA = hashlib.sha256(BODY).hexdigest()


def send(handler, code, body, length=None):
    handler.send_response(code)
    handler.send_header("Content-Length", str(length or len(body)))
    handler.end_headers()
    handler.wfile.write(body)


def plain(handler, head, body=BODY):
    """Send a head as it is, and a body that ends with the connection."""
    handler.wfile.write(b"HTTP/1.1 " + head.encode() + b"\r\n\r\n" + body)
    handler.close_connection = True


def drip(handler):
    """Send a byte now and then, never silent for long."""
    plain(handler, "200 OK\r\nContent-Length: 99999")
    with suppress(OSError):
        while not handler.server.released.wait(0.05):
            handler.wfile.write(b"x")


def lead(place):
    return lambda h: plain(h, f"302 Found\r\nLocation: {place}", b"")


def slow(handler):
    """Count how many are served at once."""
    server = handler.server
    server.now += 1
    server.most = max(server.most, server.now)
    time.sleep(0.2)
    send(handler, 200, BODY)
    server.now -= 1


def flood(handler):
    """Send until the other side has gone."""
    with suppress(OSError):
        while True:
            handler.wfile.write(bytes(1 << 20))


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
    "/dripping": drip,
    "/slow": slow,
    "/moved": lead("/good"),
    "/moved_at_length": lambda h: (lead("/good")(h), flood(h)),
    "/in_circles": lead("/in_circles"),
    "/to_nowhere": lead("http://[::1"),
    "/to_a_file": lead("file:///etc/hostname"),
    "/to_ftp": lead("ftp://h/x"),
    "/to_a_long_name": lead(f"http://{'a' * 300}/"),
    "/nothing": lambda h: send(h, 200, b""),
    "/no_content": lambda h: plain(h, "204 No Content", b""),
    "/part": lambda h: plain(h, "206 Partial Content"),
    "/odd_length": lambda h: plain(h, "200 OK\r\nContent-Length: abc"),
    "/negative_length": lambda h: plain(h, "200 OK\r\nContent-Length: -5"),
    "/page": lambda h: send(h, 200, b"\n<!DOCTYPE HTML><title>Sorry</title>"),
    "/packed": lambda h: plain(h, "200 OK\r\nContent-Encoding: gzip"),
    "/odd_head": lambda h: plain(h, "200 OK\r\nno colon\xe9"),
    "/no_head": lambda h: h.wfile.write(b"\x16\x03\x01 what?"),
    "/unending": lambda h: plain(h, "200 OK", bytes(300_000)),
    "/large": lambda h: plain(h, "200 OK\r\nContent-Length: 300000", b""),
    "/kept.gz": lambda h: plain(h, "200 OK\r\nContent-Encoding: x-gzip"),
    "/later": lambda h: plain(h, f"{429 if first(h) else 200} x\r\nRetry-After: 9"),
    "/much_later": lambda h: plain(
        h, f"{503 if first(h) else 200} x\r\nRetry-After: 9999"
    ),
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
    made.seen, made.released, made.now, made.most = [], threading.Event(), 0, 0
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
        options = {"limits": Limits(silence=5.0), "attempts": 3, **options}
        return download(
            f"{server.url}/{name}", tmp_path / "got", sleep=run.waits.append, **options
        )

    run.waits, run.folder = [], tmp_path
    return run


def test_good_file(fetch):
    """The bytes, and their checksum."""
    assert fetch("good", stated=SHA.upper()) == SHA
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
        fetch("good", stated="0" * 64)
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
        fetch(name, limits=Limits(silence=0.2), attempts=2)
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


URLS = ["", "a.json", "file:///etc/hosts", "ftp://x/y", "http:", "http://", 5, None]
URLS += ["http://[::1", "http://h:x/", "http://h:99999/", "http://a b/c", "//h/x"]
URLS += ["http://h/a\nb", "http:///x", b"http://h/x"]


@pytest.mark.parametrize("url", URLS)
def test_other_addresses(url, tmp_path):
    """Only http and https."""
    with pytest.raises(InputError, match=r"cannot fetch .*an http or https address"):
        download(url, tmp_path / "got")


HOSTS = ["a" * 300, "a..b", "xn--\u20ac", "\u3002", "%00", "-", "h\u00e9.invalid"]


@pytest.mark.parametrize("host", HOSTS)
def test_hosts_that_cannot_be(host, tmp_path):
    """No name that a computer could have; an accent is one."""
    with pytest.raises(InputError, match="connection failed"):
        download(f"http://{host}/\u00e9", tmp_path / "got", attempts=1)
    assert not list(tmp_path.iterdir())


def test_a_password_is_not_shown(tmp_path):
    """It would stand in logs."""
    with pytest.raises(InputError, match=r"~/\.netrc") as bad:
        download("http://me:secret@h/x", tmp_path / "got")
    assert "secret" not in str(bad.value)


# What is answered, what is said of it, and how often it is asked for.
ANSWERED = {
    "in_circles": ("connection failed: Exceeded 30 redirects", 31),
    "to_nowhere": ("connection failed", 1),
    "to_a_file": ("connection failed: No connection adapters", 1),
    "to_ftp": ("connection failed: No connection adapters", 1),
    "to_a_long_name": ("connection failed", 1),
    "nothing": ("the answer is empty .*expected the file", 1),
    "no_content": ("HTTP 204 .*expected HTTP 200", 1),
    "part": ("HTTP 206 .*expected HTTP 200", 1),
    "odd_length": ("Content-Length is 'abc'.*expected a number of bytes", 1),
    "negative_length": ("Content-Length is '-5'", 1),
    "page": ("the answer is a page of HTML", 1),
    "packed": ("Content-Encoding is 'gzip'.*expected the file as it is kept", 1),
    "no_head": ("connection failed", 3),
    "large": ("the file is too large.*expected 100000 bytes at most", 1),
    "unending": ("the file is too large.*expected 100000 bytes at most", 1),
}


@pytest.mark.parametrize("name", ANSWERED)
def test_answers_that_are_no_file(fetch, server, name):
    """Nothing is left, and only what may pass is asked for again."""
    said, times = ANSWERED[name]
    with pytest.raises(InputError, match=f"got: http://.*/{name}: {said}"):
        fetch(name, limits=Limits(size=100_000, silence=5))
    assert len(server.seen) == times
    assert not list(fetch.folder.iterdir())


@pytest.mark.parametrize("name", ["moved", "moved_at_length", "odd_head", "kept.gz"])
def test_odd_answers_that_are_the_file(fetch, name):
    """Moved; a damaged line of the head; a packed file as the archive keeps it."""
    assert fetch(name, stated=SHA) == SHA


def test_the_server_may_say_when(fetch):
    """Within a minute."""
    assert fetch("later") == SHA
    assert fetch.waits == [9.0]


def test_but_not_that_it_is_never(fetch):
    """An hour is no pause."""
    assert fetch("much_later") == SHA
    assert fetch.waits == [60.0]


def test_a_server_that_drips_does_not_hold_a_job(fetch):
    """The whole download has its time."""
    start = time.monotonic()
    with pytest.raises(InputError, match=r"not done in time.* an end within 0\.5 s"):
        fetch("dripping", limits=Limits(total=0.5))
    assert time.monotonic() - start < 4


def test_the_reader_of_the_format_looks_first(fetch):
    """What it refuses never gets the file's name; the message has the file's."""

    def check(path):
        assert path.read_bytes() == BODY
        raise InputError(path, "no SIMPLE", where="byte 0", expected="FITS")

    with pytest.raises(InputError, match=r"/got: http://.*: byte 0: no SIMPLE") as bad:
        fetch("good", check=check)
    assert "expected FITS; check the address" in str(bad.value)
    assert "part" not in str(bad.value)
    assert not list(fetch.folder.iterdir())


@pytest.mark.parametrize("kind", ["md5", "sha1", "sha512"])
def test_checksums_that_archives_give(fetch, kind):
    """By their length."""
    assert fetch("good", stated=hashlib.new(kind, BODY).hexdigest()) == SHA
    with pytest.raises(InputError, match=f"got {kind} .*expected {kind} 1111"):
        fetch("good", stated="1" * len(hashlib.new(kind).hexdigest()))


def test_two_that_fetch_one_file(fetch, server):
    """One after the other: both end well, the file is whole, no lock is left."""
    found = []
    both = [
        threading.Thread(target=lambda: found.append(fetch("slow"))) for _ in range(2)
    ]
    for one in both:
        one.start()
    for one in both:
        one.join()
    assert found == [SHA, SHA]
    assert server.most == 1
    assert [path.name for path in fetch.folder.iterdir()] == ["got"]


def test_impossible_requests(tmp_path):
    """A checksum that is none, and no attempt at all."""
    with pytest.raises(InputError, match=r"got the checksum 'abc'; .*md5, sha1"):
        download("http://x/y", tmp_path / "got", stated="abc")
    with pytest.raises(ValueError, match="attempts: expected 1 or more"):
        download("http://x/y", tmp_path / "got", attempts=0)
