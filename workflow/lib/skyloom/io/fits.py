"""FITS files: one opener for the library, and writers of the same bytes each time."""

from __future__ import annotations

import gzip
import io
import warnings
from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path

import numpy as np
from astropy.io import fits
from astropy.io.fits.verify import VerifyWarning
from astropy.table import Table
from astropy.units import UnitsWarning
from astropy.utils.exceptions import AstropyWarning

from skyloom.io.atomic import replacing
from skyloom.io.errors import InputError, existing_file

PACKED = 4  # level of gzip; higher ones take long and gain little on noise


class FitsFile:
    """An open FITS file, whose errors are InputErrors that name it and the HDU.

    Attributes
    ----------
    path : Path
        The file.
    hdus, mapped : HDUList
        What astropy opened: read, and mapped from the disk. It can scale no image that
        is mapped, such as the unsigned masks of DESI; the columns of a large table
        are read one by one only where it is.
    """

    def __init__(self, path: Path, hdus: fits.HDUList, mapped: fits.HDUList):
        self.path, self.hdus, self.mapped = path, hdus, mapped

    def __len__(self) -> int:
        with _reading(self.path):
            return len(self.hdus)

    def __iter__(self) -> Iterator:
        return (self[i] for i in range(len(self)))

    def __contains__(self, key: str | int) -> bool:
        with _reading(self.path):
            return key in self.hdus

    @property
    def names(self) -> list[str]:
        """The names of the HDUs, or their numbers where they have none."""
        with _reading(self.path):
            return [hdu.name or str(i) for i, hdu in enumerate(self)]

    def cards(self, key: str | int, *names: str) -> dict:
        """Return the values of those header cards of an HDU that it has."""
        header = self[key].header
        with _reading(self.path, key):
            return {name: header[name] for name in names if name in header}

    def __getitem__(self, key: str | int):
        """Return the HDU of a name or number."""
        with _reading(self.path, key):
            try:
                return self.hdus[key]
            except (KeyError, IndexError):
                problem = f"no such HDU among {self.names}"
                raise InputError(self.path, problem, where=_place(key)) from None

    def image(self, key: str | int, ndim: int | None = None):
        """Return an image HDU that has pixels, on `ndim` axes if that is given."""
        hdu = self[key]
        shape = (hdu.shape or (0,)) if hdu.is_image else ()
        if not shape or 0 in shape or ndim not in (None, len(shape)):
            seen = f"shape {shape}" if all(shape) else f"no pixels: shape {shape}"
            problem = seen if hdu.is_image else "a table"
            axes = "pixels" if ndim is None else f"{ndim} axes"
            expected = f"an image of {axes}"
            raise InputError(self.path, problem, where=_place(key), expected=expected)
        return hdu

    def pixels(self, key, ndim: int | None = None, window=np.s_[:]) -> np.ndarray:
        """Return pixels of an image in native byte order; `window` indexes them.

        Only that part of a large image is read. `key` may be an HDU of `image`.
        """
        named = isinstance(key, str | int)
        hdu = self.image(key, ndim) if named else key
        with _reading(self.path, key if named else hdu.name):
            return _native(hdu.section[window])

    def column_names(self, key: str | int) -> dict[str, str]:
        """Return the columns of a table HDU by their upper-case form."""
        hdu = self[key]
        if hdu.is_image:
            where = _place(key)
            raise InputError(self.path, "an image", where=where, expected="a table")
        with _reading(self.path, key):
            return {name.upper(): name for name in hdu.columns.names}

    def columns(
        self, key: str | int, required: Iterable[str], optional: Iterable[str] = ()
    ) -> dict[str, np.ndarray]:
        """Return columns of a table HDU in native byte order, by the names asked for.

        The file may spell them in another case. An empty table is refused.
        """
        names, required = self.column_names(key), tuple(required)
        missing = [name for name in required if name.upper() not in names]
        where, expected = _place(key), f"the columns {', '.join(required)}"
        if missing:
            problem = f"no column {', '.join(missing)}"
            raise InputError(self.path, problem, where=where, expected=expected)
        wanted = [n for n in (*required, *optional) if n.upper() in names]
        with _reading(self.path, key):
            data = self.mapped[key].data
            found = {n: _native(np.array(data[names[n.upper()]])) for n in wanted}
        if len(data) == 0:
            raise InputError(self.path, "no rows", where=where, expected="one or more")
        return found

    def table(self, key: str | int) -> Table:
        """Return a table HDU as astropy reads it: units, and empty cells masked."""
        hdu = self[key]
        with _reading(self.path, key):
            warnings.simplefilter("ignore", UnitsWarning)
            return Table.read(hdu)


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
    with _reading(path):
        content = _unpacked(path) if unpack else None
    with ExitStack() as stack:
        if verify:
            # Not unpacked, so that the sums of a large file need no memory.
            how = {"checksum": True, "disable_image_compression": True}
            with _reading(path), ExitStack() as checked:
                len(_hdus(path, content, checked, memmap=True, **how))
        with _reading(path):
            hdus, mapped = (
                _hdus(path, content, stack, memmap=m) for m in (False, True)
            )
        yield FitsFile(path, hdus, mapped)


def _unpacked(path: Path) -> bytes:
    content = path.read_bytes()
    return gzip.decompress(content) if content.startswith(b"\x1f\x8b") else content


def _hdus(path: Path, content: bytes | None, stack: ExitStack, **how) -> fits.HDUList:
    # Our own handle: astropy leaves its own open when the checksum is wrong.
    handle = path.open("rb") if content is None else io.BytesIO(content)
    stack.enter_context(handle)
    return stack.enter_context(fits.open(handle, **how))


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


@contextmanager
def _reading(path: Path, key: str | int | None = None) -> Iterator[None]:
    """Turn whatever astropy makes of a damaged file into an InputError."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", AstropyWarning)
            # Old headers break rules of FITS that do not touch the numbers.
            warnings.simplefilter("ignore", VerifyWarning)
            # But so does astropy call a file that is cut short.
            warnings.filterwarnings("error", "Error validating header", VerifyWarning)
            yield
    except (InputError, MemoryError):
        raise
    except Exception as bad:  # astropy's and cfitsio's have no class in common
        problem = f"not a readable FITS file ({bad})"
        where = "" if key is None else _place(key)
        remedy = "fetch or make it again"
        raise InputError(path, problem, where=where, remedy=remedy) from None


def _place(key: str | int) -> str:
    return f"HDU {key!r}"


def _native(array: np.ndarray) -> np.ndarray:
    array = np.asarray(array)
    return array.astype(array.dtype.newbyteorder("="), copy=False)


def _hdu(name: str, array: np.ndarray, cards: Mapping) -> fits.ImageHDU:
    array = np.asarray(array)
    pixels = array.astype(np.uint8) if array.dtype.kind == "b" else array
    hdu = fits.ImageHDU(pixels, name=name)
    fill(hdu.header, cards)
    return hdu
