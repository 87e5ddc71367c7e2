"""An open FITS file: what is asked of it is answered, or refused with the HDU."""

from __future__ import annotations

import logging
import warnings
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import NoReturn

import numpy as np
from astropy.io import fits
from astropy.table import Table
from astropy.units import UnitsWarning

from skyloom.io.cells import CellError
from skyloom.io.errors import InputError
from skyloom.io.fits_errors import BROKEN, place, reading
from skyloom.io.fits_layout import Part
from skyloom.io.identifiers import integers
from skyloom.io.rows import spelt

log = logging.getLogger(__name__)


@dataclass(frozen=True, eq=False)
class Hdu:
    """An HDU of an open file; header and data are read when they are asked for.

    `shape` is that of an image, in numpy's order; empty without pixels or of a table.
    """

    file: FitsFile
    number: int
    name: str
    shape: tuple[int, ...]
    is_image: bool

    @property
    def header(self) -> fits.Header:
        """A copy of the header, without cards that cannot be parsed, as the log says.

        A card that is needed is better asked for by `FitsFile.cards`, which refuses it.
        """
        own = self.file.native(self.number)
        with reading(self.file.path, self.number):
            copy = own.header.copy()
            broken = [i for i, card in enumerate(copy.cards) if not _parses(card)]
            for i in reversed(broken):
                where = f"HDU {self.number}"
                text = copy.cards[i].image.strip()
                log.warning("%s: %s: passed over: %s", self.file.path, where, text)
                del copy[i]
        return copy

    @property
    def data(self) -> np.ndarray:
        """Pixels or rows as astropy has them, for a library that wants an HDU."""
        own = self.file.native(self.number)
        with reading(self.file.path, self.number):
            return own.data


class FitsFile:
    """An open FITS file, whose errors are InputErrors that name it and the HDU.

    Parameters
    ----------
    path : Path
        The file.
    parts : iterable of Part
        Its HDUs by `skyloom.io.fits_layout`, taken as far as they are asked for.
    hdus, mapped : HDUList
        What astropy opened: read, and mapped from the disk. It can scale no image that
        is mapped, such as the unsigned masks of DESI; the columns of a large table
        are read one by one only where it is.
    """

    def __init__(self, path: Path, parts: Iterable[Part], hdus: fits.HDUList, mapped):
        self.path, self._hdus, self._mapped = path, hdus, mapped
        self._parts, self._known = iter(parts), []

    def _upto(self, number: float) -> list[Part]:
        """Return the HDUs up to one of a number, if there are as many."""
        wanted = None if number == np.inf else number + 1 - len(self._known)
        if wanted is None or wanted > 0:
            self._known += islice(self._parts, wanted)
        return self._known

    def _part(self, key: str | int) -> Part | None:
        """Return the HDU of a name or number, None if there is none."""
        if not isinstance(key, str):
            known = self._upto(key)
            return known[key] if 0 <= key < len(known) else None
        name = key.strip().upper()
        named = [p for p in self._upto(np.inf) if p.name == name]
        if name == "PRIMARY":
            return self._known[0]
        if len(named) > 1:
            problem = f"{len(named)} HDUs of this name, {[p.number for p in named]}"
            self._refuse(key, problem, "one", "rename or remove one of them")
        return named[0] if named else None

    def __len__(self) -> int:
        return len(self._upto(np.inf))

    def __iter__(self) -> Iterator[Hdu]:
        return (self[i] for i in range(len(self)))

    def __contains__(self, key: str | int) -> bool:
        if isinstance(key, str):
            names = {part.name for part in self._upto(np.inf)}
            return key.strip().upper() in names | {"PRIMARY"}
        return self._part(key) is not None

    @property
    def names(self) -> list[str]:
        """The names of the HDUs, or their numbers where they have none."""
        return [part.name or str(part.number) for part in self._upto(np.inf)]

    def __getitem__(self, key: str | int) -> Hdu:
        """Return the HDU of a name or number."""
        part = self._part(key)
        if part is None:
            self._refuse(key, f"no such HDU among {self.names}")
        image = part.kind == "image"
        return Hdu(self, part.number, part.name, part.shape, image)

    def native(self, key: str | int, *, mapped: bool = False):
        """Return astropy's own HDU; what it raises later is not named."""
        number = self[key].number
        with reading(self.path, key):
            return (self._mapped if mapped else self._hdus)[number]

    def cards(self, key: str | int, *names: str) -> dict:
        """Return the values of those header cards of an HDU that it has.

        InputError for one that cannot be parsed.
        """
        hdu, found = self.native(key), {}
        with reading(self.path, key):
            header = hdu.header
            for name in names:
                try:
                    found |= {name: header[name]} if name in header else {}
                except fits.VerifyError:
                    problem = f"the card {name} cannot be parsed"
                    self._refuse(key, problem, "a value", BROKEN)
        return found

    def image(self, key: str | int, ndim: int | None = None) -> Hdu:
        """Return an image HDU that has pixels, on `ndim` axes if that is given."""
        hdu = self[key]
        shape = hdu.shape
        none = not shape or 0 in shape
        if none or ndim not in (None, len(shape)):
            seen = f"no pixels: shape {shape}" if none else f"shape {shape}"
            axes = "pixels" if ndim is None else f"{ndim} axes"
            problem = seen if hdu.is_image else "a table"
            self._refuse(key, problem, f"an image of {axes}")
        return hdu

    def pixels(self, key, ndim: int | None = None, window=np.s_[:]) -> np.ndarray:
        """Return pixels of an image in native byte order; `window` indexes them.

        Only that part of a large image is read. `key` may be an HDU of `image`.
        """
        key = key.number if isinstance(key, Hdu) else key
        self.image(key, ndim)
        hdu = self.native(key)
        with reading(self.path, key):
            return _native(hdu.section[window])

    def column_names(self, key: str | int) -> list[str]:
        """Return the names of the columns of a table HDU."""
        if self[key].is_image:
            self._refuse(key, "an image", "a table")
        hdu = self.native(key)
        with reading(self.path, key):
            return [name for name in hdu.columns.names if name]

    def has_column(self, key: str | int, name: str) -> bool:
        """Return whether a table HDU has a column, in any case."""
        return name.upper() in map(str.upper, self.column_names(key))

    def columns(
        self, key: str | int, required: Iterable[str], optional: Iterable[str] = ()
    ) -> dict[str, np.ndarray]:
        """Return columns of a table HDU in native byte order, by the names asked for.

        The file may spell them in another case, if that is one. An empty table is
        refused.
        """
        own, required = self.column_names(key), tuple(required)
        asked = (*required, *optional)
        names = dict(zip(spelt(self.path, own, asked), own, strict=True))
        missing = [name for name in required if name not in names]
        expected = f"the columns {', '.join(required)}"
        if missing:
            self._refuse(key, f"no column {', '.join(missing)}", expected)
        hdu = self.native(key, mapped=True)
        with reading(self.path, key):
            data = hdu.data
            found = {n: _native(np.array(data[names[n]])) for n in asked if n in names}
        if len(data) == 0:
            self._refuse(key, "no rows", "one or more")
        return found

    def numbers(
        self, key: str | int, required: Iterable[str], optional: Iterable[str] = ()
    ) -> dict[str, np.ndarray]:
        """Return `columns` of one real number a row; text and others are refused."""
        found = self.columns(key, required, optional)
        for name, column in found.items():
            if column.dtype.kind not in "iuf" or column.ndim != 1:
                where = f"{place(key)}, column {name}, row 1"
                problem = f"got {column[0].tolist()!r}"[:80]
                expected, remedy = "one real number a row", "write it as numbers"
                how = {"where": where, "expected": expected, "remedy": remedy}
                raise InputError(self.path, problem, **how)
        return found

    def integers(
        self, key: str | int, required: Iterable[str], optional: Iterable[str] = ()
    ) -> dict[str, np.ndarray]:
        """Return `columns` of whole numbers as int64, exactly; others are refused."""
        found = self.columns(key, required, optional)
        for name, column in found.items():
            try:
                found[name] = integers(column)
            except CellError as bad:
                where = f"{place(key)}, column {name}, row {bad.row + 1}"
                raise bad.at(self.path, where) from None
        return found

    def units(self, key: str | int) -> dict[str, str]:
        """Return the units that columns of a table HDU state, by upper-case names."""
        # A name in capitals comes last, and goes before others of the same letters.
        names = sorted(self.column_names(key), key=str.isupper)
        hdu = self.native(key)
        with reading(self.path, key):
            stated = {name.upper(): hdu.columns[name].unit for name in names}
        return {name: str(unit) for name, unit in stated.items() if unit}

    def table(self, key: str | int) -> Table:
        """Return a table HDU as astropy reads it: units, and empty cells masked."""
        hdu = self.native(key)
        with reading(self.path, key):
            warnings.simplefilter("ignore", UnitsWarning)
            return Table.read(hdu)

    def _refuse(
        self, key: str | int, problem: str, expected: str = "", remedy: str = ""
    ) -> NoReturn:
        how = {"where": place(key), "expected": expected, "remedy": remedy}
        raise InputError(self.path, problem, **how)


def _parses(card: fits.Card) -> bool:
    try:
        return (card.value, card.comment) is not None
    except (fits.VerifyError, ValueError):
        return False


def _native(array: np.ndarray) -> np.ndarray:
    array = np.asarray(array)
    return array.astype(array.dtype.newbyteorder("="), copy=False)
