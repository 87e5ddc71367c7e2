"""FITS images, many HDUs to a file, same images same bytes."""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Mapping
from pathlib import Path

import numpy as np
from astropy.io import fits
from astropy.utils.exceptions import AstropyWarning

from skyloom.io.atomic import replacing
from skyloom.io.errors import InputError, existing_file


def read_images(
    path: str | Path, hdus: Iterable[str | int]
) -> dict[str | int, tuple[np.ndarray, fits.Header]]:
    """Read image HDUs of a file.

    Parameters
    ----------
    path : str or Path
        The file.
    hdus : iterable of str or int
        Their names or numbers.

    Returns
    -------
    dict of str or int to (ndarray, Header)
        Pixels of shape (ny, nx) in native byte order, and the header, by HDU.

    Raises
    ------
    InputError
        No file, not FITS, cut short, a wrong checksum, no such HDU, or not an image.
    """
    path = existing_file(path)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", AstropyWarning)
            # Our own handle: astropy leaves its own open when the checksum is wrong.
            with (
                path.open("rb") as handle,
                fits.open(handle, memmap=False, checksum=True) as file,
            ):
                return {hdu: _image(path, file, hdu) for hdu in hdus}
    except InputError:
        raise
    except (OSError, TypeError, ValueError, EOFError, AstropyWarning) as bad:
        problem = f"not a readable FITS file ({bad})"
        raise InputError(path, problem, remedy="fetch or make it again") from None


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
    """Write HDUs with checksum cards that carry no time of day."""
    whole = fits.HDUList(hdus)
    for hdu in whole:
        hdu.add_datasum(when="data unit checksum")
        hdu.add_checksum(when="HDU checksum", override_datasum=True)
    with replacing(path) as temporary:
        whole.writeto(temporary, output_verify="exception")


def _image(path: Path, file: fits.HDUList, name: str | int):
    try:
        hdu = file[name]
    except (KeyError, IndexError):
        names = [h.name or str(i) for i, h in enumerate(file)]
        raise InputError(
            path, "no such HDU", where=f"HDU {name!r}", expected=f"one of {names}"
        ) from None
    if not hdu.is_image or hdu.data is None:
        raise InputError(path, "no pixels", where=f"HDU {name!r}", expected="an image")
    data = np.asarray(hdu.data)
    return data.astype(data.dtype.newbyteorder("=")), hdu.header


def _hdu(name: str, array: np.ndarray, cards: Mapping) -> fits.ImageHDU:
    array = np.asarray(array)
    pixels = array.astype(np.uint8) if array.dtype.kind == "b" else array
    hdu = fits.ImageHDU(pixels, name=name)
    fill(hdu.header, cards)
    return hdu


def fill(header: fits.Header, cards: Mapping) -> None:
    """Set header cards, each ``keyword: value`` or ``keyword: (value, comment)``."""
    for keyword, value in cards.items():
        header[keyword] = value
