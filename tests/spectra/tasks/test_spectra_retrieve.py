"""MaNGA's files, fetched from an archive on this machine."""

import threading
from functools import partial
from hashlib import sha256
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer

import pytest
from skyloom.io.errors import InputError
from skyloom.spectra.tasks.retrieve import manga_url, retrieve
from small_spectra import NAME, galaxy


class Quiet(SimpleHTTPRequestHandler):
    """Serves a folder without a word."""

    def log_message(self, *_):
        """Print nothing."""


@pytest.fixture
def archive(tmp_path):
    """Serve a galaxy's files where SDSS has them; return address and files by kind."""
    made, folder = tmp_path / "made", tmp_path / "archive"
    made.mkdir()
    files = dict(zip(("LOGCUBE", "MAPS"), galaxy(made), strict=True))
    for kind, path in files.items():
        place = folder / manga_url(NAME, kind, "x").removeprefix("x/")
        place.parent.mkdir(parents=True)
        place.write_bytes(path.read_bytes())
        files[kind] = place
    handler = partial(Quiet, directory=str(folder))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield f"http://127.0.0.1:{server.server_address[1]}", files
        server.shutdown()
        thread.join()


@pytest.fixture
def sheet(tmp_path):
    path = tmp_path / "plateifus.csv"
    path.write_text(f"plateifu\n{NAME}\n")
    return path


@pytest.fixture(autouse=True)
def _no_proxy(monkeypatch):
    monkeypatch.setenv("no_proxy", "127.0.0.1")


@pytest.mark.parametrize("kind", ["LOGCUBE", "MAPS"])
def test_a_file_arrives_whole(tmp_path, archive, sheet, kind):
    """Its bytes, and their sum."""
    url, files = archive
    target = tmp_path / "out" / "file.fits.gz"
    found = retrieve(NAME, kind, target, sheet, url)
    assert target.read_bytes() == files[kind].read_bytes()
    assert found == sha256(files[kind].read_bytes()).hexdigest()


def test_the_addresses_of_dr17():
    """As the archive's pages list them."""
    base = "https://data.sdss.org/sas/dr17/manga/spectro"
    assert manga_url("8485-1901", "LOGCUBE") == (
        f"{base}/redux/v3_1_1/8485/stack/manga-8485-1901-LOGCUBE.fits.gz"
    )
    assert manga_url("8485-1901", "MAPS") == (
        f"{base}/analysis/v3_1_1/3.1.0/HYB10-MILESHC-MASTARSSP/8485/1901/"
        "manga-8485-1901-MAPS-HYB10-MILESHC-MASTARSSP.fits.gz"
    )


def test_a_stated_sum_is_compared(tmp_path, archive, sheet, monkeypatch):
    """A wrong one leaves nothing; a right one, in its column, does."""
    monkeypatch.setattr("time.sleep", lambda _: None)
    url, files = archive
    right = sha256(files["MAPS"].read_bytes()).hexdigest()
    target = tmp_path / "file.fits.gz"
    for stated in ("0" * 64, right):
        text = f"plateifu,sha256_maps\n{NAME},{stated}\n8081-1901,\n"
        sheet.write_text(text)
        if stated == right:
            assert retrieve(NAME, "MAPS", target, sheet, url) == right
        else:
            with pytest.raises(InputError, match="wrong checksum"):
                _at_once(NAME, "MAPS", target, sheet, url)
            assert not target.exists()


def _at_once(*args):
    """Fetch without waiting between attempts."""
    import skyloom.spectra.tasks.retrieve as module

    slow = module.download
    module.download = partial(slow, sleep=lambda _: None)
    try:
        return retrieve(*args)
    finally:
        module.download = slow


def test_the_file_of_another_galaxy_is_refused(tmp_path, archive, sheet):
    """Nor is a missing one left as a page of the server."""
    url, files = archive
    files["MAPS"].write_bytes(galaxy(tmp_path, "8081-1901")[1].read_bytes())
    target = tmp_path / "file.fits.gz"
    with pytest.raises(InputError, match="PLATEIFU is '8081-1901'"):
        retrieve(NAME, "MAPS", target, sheet, url)
    files["LOGCUBE"].unlink()
    with pytest.raises(InputError, match="404"):
        retrieve(NAME, "LOGCUBE", target, sheet, url)
    assert not target.exists()
