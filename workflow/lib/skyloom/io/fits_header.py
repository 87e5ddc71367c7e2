"""What a header of a FITS file says of its HDU's size, checked against the standard."""

from __future__ import annotations

import re
import warnings
from dataclasses import dataclass
from math import prod
from pathlib import Path
from typing import NoReturn

from astropy.io import fits
from astropy.utils.exceptions import AstropyWarning

from skyloom.io.errors import AGAIN, InputError

# What is packed, a file or an image, may be a gibibyte, or a hundred times its size.
SLACK, TIMES = 2**30, 100
MOST = 999  # axes, and columns of a table
HUGE = 2**62  # no number in a header is larger
NUMBER = re.compile(r"= *([+-]?\d+) *(/.*)?", re.DOTALL)
WIDTHS = {"L": 1, "B": 1, "I": 2, "J": 4, "K": 8, "A": 1, "E": 4, "D": 8, "C": 8}
WIDTHS |= {"M": 16, "P": 8, "Q": 16}
FORM = re.compile(rf"(\d*)([X{''.join(WIDTHS)}])")
KINDS = {"IMAGE": "image", "BINTABLE": "table", "A3DTABLE": "table", "TABLE": "table"}
UNREADABLE = "not a readable FITS file"


@dataclass(frozen=True, slots=True)
class SizedHeader:
    """The header of an HDU by its keywords, and the sizes that it tells.

    `raw` are its bytes; `cards` the text after each keyword, of its first card.
    """

    path: Path
    number: int
    raw: bytes
    cards: dict[str, str]

    def refuse(self, problem: str, expected: str = "", remedy: str = "") -> NoReturn:
        """Raise the InputError of this HDU."""
        where = f"HDU {self.number}"
        how = {"where": where, "expected": expected, "remedy": remedy}
        raise InputError(self.path, f"{UNREADABLE}: {problem}", **how)

    def value(self, key: str):
        """Return what astropy makes of a card, None of one that is not there."""
        if key not in self.cards:
            return None
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("error", AstropyWarning)
                warnings.simplefilter("ignore", fits.verify.VerifyWarning)
                value = fits.Card.fromstring(f"{key:8}{self.cards[key]}").value
            return None if isinstance(value, fits.card.Undefined) else value
        except (fits.VerifyError, AstropyWarning, ValueError):
            return self.refuse(f"the card {key} cannot be parsed", "", AGAIN)

    def whole(self, key: str, low: int, high: int, default: int | None = None) -> int:
        """Return a whole number; refuse one out of its bounds."""
        text = self.cards.get(key)
        if text is None and default is not None:
            return default
        found = NUMBER.fullmatch(text.rstrip()) if text is not None else None
        if found is None or not low <= int(found[1]) <= high:
            said = "no card" if text is None else f"{text.strip()!r} in the card"
            bounds = f"{low} to {high}" if high < HUGE else f"{low} or more"
            self.refuse(f"{said} {key}", f"a whole number, {bounds}", AGAIN)
        return int(found[1])

    def axes(self, prefix: str = "") -> list[int]:
        """Return the lengths of the axes, NAXIS1 first; of Z..., the unpacked ones."""
        n = self.whole(f"{prefix}NAXIS", 0, MOST)
        return [self.whole(f"{prefix}NAXIS{i + 1}", 0, HUGE) for i in range(n)]

    @property
    def name(self) -> str:
        """Return EXTNAME, PRIMARY for a first HDU without it, or nothing."""
        name = str(self.value("EXTNAME") or "").strip().upper()
        return name or ("" if self.number else "PRIMARY")

    @property
    def xtension(self) -> str:
        """Return the kind of extension, IMAGE for the first HDU."""
        return str(self.value("XTENSION")).strip().upper() if self.number else "IMAGE"

    def data_size(self) -> int:
        """Return the bytes of data, without padding."""
        bits, axes = self._bits("BITPIX"), self.axes()
        if KINDS.get(self.xtension) == "table":
            self._check_table(bits, axes)
        groups = self.whole("GCOUNT", 1, 2**31, default=1)
        more = self.whole("PCOUNT", 0, HUGE, default=0)
        return bits // 8 * groups * (more + prod(axes)) if axes else 0

    def _bits(self, key: str) -> int:
        bits = abs(self.whole(key, -64, 64))
        if bits not in (8, 16, 32, 64):
            self.refuse(f"{key} is {bits}", "8, 16, 32, 64, -32 or -64", AGAIN)
        return bits

    def _check_table(self, bits: int, axes: list[int]) -> None:
        columns = self.whole("TFIELDS", 0, MOST)
        if bits != 8 or len(axes) != 2:
            problem = f"a table of {len(axes)} axes (NAXIS), BITPIX {bits}"
            self.refuse(problem, "2 axes, BITPIX 8", AGAIN)
        forms = [self.value(f"TFORM{i + 1}") for i in range(columns)]
        if None in forms:
            self.refuse(f"no card TFORM{forms.index(None) + 1}", "", AGAIN)
        if self.xtension == "TABLE":  # of text
            return
        width = sum(map(self._width, forms))
        if width != axes[0]:
            problem = f"rows of {axes[0]} bytes (NAXIS1), columns of {width} (TFORMn)"
            self.refuse(problem, "as many", AGAIN)

    def _width(self, form: object) -> int:
        found = FORM.match(str(form).strip().upper())
        if found is None:
            self.refuse(f"TFORM {form!r}", "a format of FITS, as 1E or 16A", AGAIN)
        times = int(found[1] or 1)
        return -(-times // 8) if found[2] == "X" else times * WIDTHS[found[2]]

    def content(self, length: int) -> tuple[str, tuple[int, ...]]:
        """Return kind and shape of what is in `length` bytes of data."""
        kind = KINDS.get(self.xtension, self.xtension)
        if kind == "table" and self.value("ZIMAGE") is True:
            axes = self.axes("Z")
            self._check_tiles(axes, length)
            return "image", tuple(axes[::-1])
        return kind, tuple(self.axes()[::-1]) if kind == "image" else ()

    def _check_tiles(self, axes: list[int], length: int) -> None:
        rows = self.axes()[1]
        sides = [axes[0] or 1, *[1] * (len(axes) - 1)] if axes else []
        for i, side in enumerate(sides):
            sides[i] = self.whole(f"ZTILE{i + 1}", 1, 2**31, default=side)
        number = prod(-(-n // side) for n, side in zip(axes, sides, strict=True))
        if number != rows:
            problem = f"{axes} pixels in tiles of {sides}, {rows} rows (NAXIS2)"
            self.refuse(problem, f"{number} rows, one a tile", AGAIN)
        if prod(axes) * self._bits("ZBITPIX") // 8 > SLACK + TIMES * length:
            problem = f"{axes} pixels from {length} bytes"
            self.refuse(problem, f"{TIMES} times these bytes at most")
