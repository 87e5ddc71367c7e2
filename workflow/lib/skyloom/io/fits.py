"""FITS files: one opener for the library, and writers of the same bytes each time."""

from __future__ import annotations

import gzip
import io
import zlib
from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from itertools import chain
from pathlib import Path

import numpy as np
from astropy.io import fits

from skyloom.io.atomic import replacing
from skyloom.io.errors import AGAIN, InputError, existing_file
from skyloom.io.fits_errors import reading
from skyloom.io.fits_file import FitsFile
from skyloom.io.fits_header import UNREADABLE
from skyloom.io.fits_layout import layout
from skyloom.io.packed import gzipped

PACKED = 4  # level of gzip; higher ones take long and gain little on noise
LARGEST = 2**28  # bytes of a file that is unpacked at once


@contextmanager
def opened(
    path: str | Path, *, verify: bool = True, unpack: bool = False
) -> Iterator[FitsFile]:
    """Open a FITS file, gzipped or not.

    Parameters
    ----------
    path : str or Path
        The file.
    verify : bool
        Whether to compare the checksums that the file has, of its bytes on disk.
    unpack : bool
        Whether to unpack a gzipped file into memory at once: much faster, for small
        files of many HDUs.

    Raises
    ------
    InputError
        No file, not FITS, cut short, or a wrong checksum; from the methods of
        `FitsFile` also what shows only there.
    """
    path = existing_file(path)
    with ExitStack() as stack:
        content = _unpacked(path) if unpack else None
        stream, size, packed = _stream(path, content, stack)
        parts = layout(path, stream, size, packed=packed, sums=verify)
        # The first at least, before astropy reads it.
        parts = list(parts) if verify else chain([next(parts)], parts)
        with reading(path):
            hdus, mapped = (
                _hdus(path, content, stack, memmap=m) for m in (False, True)
            )
        yield FitsFile(path, parts, hdus, mapped)


def _unpacked(path: Path) -> bytes:
    """Return the content of a small file."""
    with gzip.open(path) if gzipped(path) else path.open("rb") as file:
        try:
            content = file.read(LARGEST + 1)
        except (gzip.BadGzipFile, EOFError, zlib.error) as bad:
            problem = f"{UNREADABLE}: it cannot be unpacked ({bad})"
            raise InputError(path, problem, remedy=AGAIN) from None
    if len(content) > LARGEST:
        raise InputError(path, "too large", expected=f"{LARGEST} bytes, unpacked")
    return content


def _stream(path: Path, content: bytes | None, stack: ExitStack):
    """Return what is read once through, its size on disk, and whether it is packed."""
    if content is not None:
        return io.BytesIO(content), len(content), False
    packed = gzipped(path)
    stream = stack.enter_context((gzip.open if packed else open)(path, "rb"))
    return stream, path.stat().st_size, packed


def _hdus(path: Path, content: bytes | None, stack: ExitStack, **how) -> fits.HDUList:
    handle = path.open("rb") if content is None else io.BytesIO(content)
    stack.enter_context(handle)
    return stack.enter_context(fits.open(handle, **how))


def whole_fits(path: str | Path) -> None:
    """Raise InputError if this is no whole FITS file."""
    with opened(path):
        pass


def read_images(
    path: str | Path, hdus: Iterable[str | int]
) -> dict[str | int, tuple[np.ndarray, fits.Header]]:
    """Return pixels and header of image HDUs, by their names or numbers."""
    with opened(path) as file:
        return {key: (file.pixels(key), file[key].header) for key in hdus}


def write_images(
    path: str | Path,
    images: Mapping[str, tuple[np.ndarray, Mapping]],
    header: Mapping | None = None,
) -> None:
    """Write images as extensions after an empty primary HDU, with checksums.

    Parameters
    ----------
    path : str or Path
        The file, written whole or not at all.
    images : mapping of str to (ndarray, mapping)
        By extension name: pixels of shape (ny, nx) and header cards, each
        ``keyword: value`` or ``keyword: (value, comment)``. A bool array is written
        as 0 and 1 (uint8).
    header : mapping, optional
        Cards of the primary header.
    """
    primary = fits.PrimaryHDU()
    fill(primary.header, header or {})
    hdus = [primary] + [_hdu(name, *pair) for name, pair in images.items()]
    write_hdus(path, hdus)


def write_hdus(path: str | Path, hdus: list) -> None:
    """Write HDUs with checksum cards that carry no time of day; ``.gz`` packs them."""
    whole = fits.HDUList(hdus)
    for hdu in whole:
        hdu.add_datasum(when="data unit checksum")
        hdu.add_checksum(when="HDU checksum", override_datasum=True)
    with replacing(path) as temporary, temporary.open("wb") as file:
        packs = temporary.suffix == ".gz"
        # Neither a time nor a name, which astropy's own packing would have.
        target = gzip.GzipFile("", "wb", PACKED, file, mtime=0) if packs else file
        whole.writeto(target, output_verify="exception")
        if packs:
            target.close()


def fill(header: fits.Header, cards: Mapping) -> None:
    """Set header cards, each ``keyword: value`` or ``keyword: (value, comment)``."""
    for keyword, value in cards.items():
        header[keyword] = value


def _hdu(name: str, array: np.ndarray, cards: Mapping) -> fits.ImageHDU:
    array = np.asarray(array)
    pixels = array.astype(np.uint8) if array.dtype.kind == "b" else array
    hdu = fits.ImageHDU(pixels, name=name)
    fill(hdu.header, cards)
    return hdu
