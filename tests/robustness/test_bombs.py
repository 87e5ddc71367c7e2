"""Small files that unpack to much, and files that reach for others.

Each is refused, with little memory: the address space may grow by `ROOM` only.
"""

from __future__ import annotations

import gzip
import io
import re
import resource
import sys
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import attempts
import h5py
import numpy as np
import pytest
from formats import TABLE
from PIL import Image
from skyloom.io.errors import InputError

ROOM = 2**29  # bytes
LARGE = 10 * 2**26
TOLD = re.compile("unpacks to|decompression bomb")
pytestmark = pytest.mark.filterwarnings("ignore")


@contextmanager
def bounded() -> Iterator[None]:
    """Let the process have `ROOM` more, where the system can limit that."""
    if sys.platform != "linux":
        yield
        return
    pages = int(Path("/proc/self/statm").read_text().split()[0])
    before = resource.getrlimit(resource.RLIMIT_AS)
    limit = pages * resource.getpagesize() + ROOM
    resource.setrlimit(resource.RLIMIT_AS, (limit, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_AS, before)


def zeros() -> Iterator[bytes]:
    yield from [bytes(2**20)] * (LARGE // 2**20)


def filled(path: Path, names: tuple[str, ...]) -> None:
    """Let a part of an archive, the first of these endings, be zeros."""
    with zipfile.ZipFile(io.BytesIO(path.read_bytes())) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    large = next(name for name in parts if name.endswith(names))
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for name, held in parts.items():
            if name != large:
                archive.writestr(name, held)
        with archive.open(large, "w", force_zip64=True) as part:
            for some in zeros():
                part.write(some)


def packed(path: Path) -> None:
    """Let a file unpack to blanks."""
    some = gzip.compress(b" " * 2**26, 1, mtime=0)
    path.write_bytes(some * (LARGE // 2**26))


def picture(path: Path) -> None:
    """Tell a size that no picture has, as the chunk that tells it."""
    Image.new("L", (16, 16)).save(path, "PNG")
    head = b"IHDR" + (60_000).to_bytes(4, "big") * 2 + b"\x08\x00\x00\x00\x00"
    made = path.read_bytes()
    told = head + zlib.crc32(head).to_bytes(4, "big")
    path.write_bytes(made[:12] + told + made[12 + len(told) :])


BOMBS = {
    "member": lambda path: filled(path, ("weights.h5", "config.json")),
    "desom": lambda path: filled(path, ("weights.h5",)),
    "npz": lambda path: filled(path, ("a.npy",)),
    "cutout": lambda path: filled(path, ("image.npy",)),
    "encoder": lambda path: filled(path, ("data/0",)),
    "upstream": packed,
    "png": picture,
}


@pytest.mark.parametrize("name", BOMBS)
def test_a_small_file_takes_little_memory(name, tmp_path):
    whole = attempts.original(TABLE[name], tmp_path)
    BOMBS[name](whole.path)
    assert whole.path.stat().st_size < 2**23
    with bounded(), attempts.limited(60), pytest.raises(InputError, match=TOLD):
        whole.form.told(whole.path)


@pytest.mark.parametrize("name", ["flux", "ivar", "meta"])
def test_a_store_does_not_reach_for_other_files(name, tmp_path):
    """As a link of HDF5 would: what is read depends on the file alone."""
    whole = attempts.original(TABLE["store"], tmp_path)
    other = whole.path.with_name("other.h5")
    other.write_bytes(whole.content)
    with h5py.File(whole.path, "r+") as file:
        del file[name]
        file[name] = h5py.ExternalLink(str(other), f"/{name}")
    with pytest.raises(InputError):
        whole.form.told(whole.path)


def test_data_of_a_store_do_not_lie_elsewhere(tmp_path):
    """As external storage of HDF5 would have it."""
    whole = attempts.original(TABLE["store"], tmp_path)
    with h5py.File(whole.path, "r+") as file:
        flux = file["flux"][()]
        raw = tmp_path / "flux.raw"
        raw.write_bytes(np.asarray(flux, "<f4").tobytes())
        del file["flux"]
        place = [(str(raw), 0, flux.nbytes)]
        file.create_dataset("flux", flux.shape, "<f4", external=place)
    with pytest.raises(InputError):
        whole.form.told(whole.path)


@pytest.mark.parametrize("name", ["member", "desom"])
def test_weights_do_not_reach_for_other_files(name, tmp_path):
    """Keras' weights are HDF5 inside of an archive: its links are refused too."""
    whole = attempts.original(TABLE[name], tmp_path)
    with zipfile.ZipFile(io.BytesIO(whole.content)) as archive:
        parts = {part: archive.read(part) for part in archive.namelist()}
    weights = next(part for part in parts if part.endswith("weights.h5"))
    other = tmp_path / "other.h5"
    other.write_bytes(parts[weights])
    held = io.BytesIO(parts[weights])
    with h5py.File(held, "r+") as file:
        sets: list[str] = []
        file.visititems(lambda k, v: sets.append(k) if hasattr(v, "shape") else None)
        for one in sets:
            del file[one]
            file[one] = h5py.ExternalLink(str(other), f"/{one}")
    parts[weights] = held.getvalue()
    with zipfile.ZipFile(whole.path, "w") as archive:
        for part, content in parts.items():
            archive.writestr(part, content)
    with pytest.raises(InputError):
        whole.form.told(whole.path)
