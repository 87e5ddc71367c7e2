"""Files of GZ3D and cutouts, fetched from an archive on this machine."""

from __future__ import annotations

import threading
from functools import partial
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from io import BytesIO
from urllib.parse import parse_qs, urlsplit

import numpy as np
import pandas as pd
import pytest
import skyloom.spirals.tasks.retrieve as module
from astropy.io import fits
from skyloom.io.errors import InputError
from skyloom.io.parquet import write_parquet
from skyloom.spirals.questions import columns
from skyloom.spirals.tasks.retrieve import cutout, gz3d


def fits_bytes() -> bytes:
    file = BytesIO()
    fits.PrimaryHDU(np.zeros((3, 4))).writeto(file, checksum=True)
    return file.getvalue()


NAME = "gz3d_1-2_19_7"
CONTENT = fits_bytes()


class Archive(BaseHTTPRequestHandler):
    """Has one file of GZ3D, and any cutout."""

    asked: list[str] = []  # noqa: RUF012

    def do_GET(self):
        """Answer, and remember what was asked for."""
        self.asked.append(self.path)
        known = self.path.startswith((f"/v4/{NAME}.fits.gz", "/viewer/cutout.fits?"))
        self.send_response(200 if known else 404)
        self.send_header("Content-Length", str(len(CONTENT)))
        self.end_headers()
        self.wfile.write(CONTENT)

    def log_message(self, *_):
        """Print nothing."""


@pytest.fixture
def archive(monkeypatch):
    """Serve; return the address. Nothing waits between attempts."""
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    quick = partial(module.download, sleep=lambda _: None)
    monkeypatch.setattr(module, "download", quick)
    Archive.asked.clear()
    with ThreadingHTTPServer(("127.0.0.1", 0), Archive) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()
        thread.join()


@pytest.mark.parametrize("stated", ["right", "wrong", "none"])
def test_a_file_of_gz3d(tmp_path, archive, stated):
    """Checked against the list of sums, where there is one."""
    right = sha256(CONTENT).hexdigest()
    sums, target = tmp_path / "sums", tmp_path / "out" / f"{NAME}.fits.gz"
    sums.write_text(f"{right if stated == 'right' else '0' * 64}  {NAME}.fits.gz\n")
    given = [] if stated == "none" else [sums]
    if stated == "wrong":
        with pytest.raises(InputError, match="checksum"):
            gz3d(f"{archive}/v4/", given, target, target)
        assert not target.exists()
    else:
        assert gz3d(f"{archive}/v4/", given, target, target) == right
        assert target.read_bytes() == CONTENT


def test_a_file_that_the_archive_lacks(tmp_path, archive):
    """No page of the server is left in its place."""
    with pytest.raises(InputError, match="404"):
        gz3d(f"{archive}/v4", [], tmp_path / "gz3d_9-9_19_9.fits.gz", tmp_path / "x")
    assert not (tmp_path / "x").exists()


@pytest.fixture
def master(tmp_path):
    """Return a crossmatched catalogue of one galaxy."""
    row = {"name": NAME, "ra_manga": 150.1, "ra_desi": 150.0, "dec_manga": 2.1}
    row |= {"dec_desi": 2.0, "est_dr5_pixscale": 0.4, "redshift": 0.03}
    row |= {"sky_separation": 0.2, "spiral_asked": 15, "bar_asked": 15}
    table = pd.DataFrame([row | dict.fromkeys(columns(), 0)])
    write_parquet(tmp_path / "m.parquet", table, {})
    return tmp_path / "m.parquet"


def test_a_cutout(tmp_path, archive, master):
    """About MaNGA's position, of the field of the galaxy's picture."""
    target = tmp_path / "a.fits"
    wanted = tmp_path / f"{NAME}.fits"
    cutout(f"{archive}/viewer", "ls-dr8", str(master), wanted, target)
    assert target.read_bytes() == CONTENT
    query = parse_qs(urlsplit(Archive.asked[-1]).query)
    assert (query["ra"], query["dec"]) == (["150.1000000"], ["2.1000000"])
    assert (query["layer"], query["bands"]) == (["ls-dr8"], ["grz"])
    field = float(query["pixscale"][0]) * int(query["size"][0])
    assert field == pytest.approx(424 * 0.4, rel=1e-3)


def test_a_cutout_of_a_galaxy_that_was_not_matched(tmp_path, archive, master):
    """The catalogue is named; nothing is asked."""
    own = (tmp_path / "other.fits", tmp_path / "a.fits")
    cutout(f"{archive}/viewer", "ls-dr8", str(master), *own)
    assert (tmp_path / "a.fits").read_bytes() == b""
    assert Archive.asked == []
