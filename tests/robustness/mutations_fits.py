"""Mutations of FITS files: of cards as text, of cells, columns, rows and HDUs."""

from __future__ import annotations

import io
import warnings
from collections.abc import Callable

import numpy as np
from astropy.io import fits
from astropy.utils.exceptions import AstropyWarning

BLOCK, CARD = 2880, 80
STRUCTURE = ("SIMPLE", "XTENSION", "BITPIX", "NAXIS", "NAXIS1", "NAXIS2", "NAXIS3")
STRUCTURE += ("PCOUNT", "GCOUNT", "TFIELDS", "EXTNAME", "END")
COLUMN = ("TFORM", "TTYPE", "TUNIT", "TZERO", "TSCAL", "TNULL", "TDIM", "TDISP")
VALUES = ("-5", "0", "1", "-1", "3", "7", "999999999999", "1E300", "-2147483648", "NaN")
VALUES += ("'text'", "''", "T", "1.5", "'1PB(12)'", "'A'", "'QJ'", "'Jy'", "'nm'")
VALUES += ("", "'unclosed", "9223372036854775807", "'0'", "16", "-64")
KINDS = {"C": "c8", "D": "f8", "E": "f4", "I": "i2", "L": "?", "K": "i8"}
NUMBERS = (np.nan, np.inf, -np.inf, -1.0, 0.0, 1e300, 99.0, -9999.0)


def _cards(content: bytes) -> list[int]:
    """Return where the cards of all headers begin, found by their text."""
    places, inside = [], False
    for at in range(0, len(content) - CARD + 1, CARD):
        key = content[at : at + 8]
        first = at % BLOCK == 0 and key in (b"SIMPLE  ", b"XTENSION")
        inside = inside or first
        if inside:
            places.append(at)
        inside = inside and key != b"END     "
    return places


def _with_card(content: bytes, at: int, card: bytes) -> bytes:
    return content[:at] + card[:CARD].ljust(CARD) + content[at + CARD :]


def _chosen(content: bytes, rng: np.random.Generator, wanted: tuple) -> int | None:
    """Return the place of a card whose keyword begins with one of `wanted`."""
    named = [at for at in _cards(content) if content[at : at + 8].strip()]
    if wanted:
        keys = tuple(key.encode() for key in wanted)
        named = [at for at in named if content[at : at + 8].startswith(keys)] or named
    return named[rng.integers(len(named))] if named else None


def _another_value(content: bytes, rng: np.random.Generator, wanted: tuple) -> bytes:
    at = _chosen(content, rng, wanted)
    if at is None:
        return content
    key, value = content[at : at + 8], VALUES[rng.integers(len(VALUES))]
    quoted = value.ljust(20) if value.startswith("'") else value.rjust(20)
    return _with_card(content, at, key + b"= " + quoted.encode())


def structure_card(content: bytes, rng: np.random.Generator) -> bytes:
    """Give a card of the structure another value."""
    return _another_value(content, rng, STRUCTURE)


def column_card(content: bytes, rng: np.random.Generator) -> bytes:
    """Give a card of a column another value."""
    return _another_value(content, rng, COLUMN)


def any_card(content: bytes, rng: np.random.Generator) -> bytes:
    """Give any card another value."""
    return _another_value(content, rng, ())


def card_gone(content: bytes, rng: np.random.Generator) -> bytes:
    """Blank a card."""
    at = _chosen(content, rng, ((), STRUCTURE, COLUMN)[rng.integers(3)])
    return content if at is None else _with_card(content, at, b"")


def card_twice(content: bytes, rng: np.random.Generator) -> bytes:
    """Write a card over the one behind it."""
    at = _chosen(content, rng, ())
    if at is None or at + 2 * CARD > len(content):
        return content
    return _with_card(content, at + CARD, content[at : at + CARD])


def odd_bytes(content: bytes, rng: np.random.Generator) -> bytes:
    """Put what is no ASCII into a comment, or a null byte for its blanks."""
    at = _chosen(content, rng, ())
    if at is None:
        return content
    card = content[at : at + CARD]
    if rng.random() < 0.5:
        return _with_card(content, at, card[:60] + "/ Ångström é".encode("latin-1"))
    return _with_card(content, at, card.rstrip().ljust(CARD, b"\0"))


def _edited(change: Callable, what: Callable = len) -> Callable:
    """Return a mutation that changes HDUs, if there are any of `what`."""

    def made(content: bytes, rng: np.random.Generator) -> bytes:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", AstropyWarning)
            warnings.simplefilter("ignore", UserWarning)
            with fits.open(io.BytesIO(content)) as file:
                hdus = [hdu.copy() for hdu in file]
                if not what(hdus):
                    return content
                for hdu in hdus:
                    for key in ("CHECKSUM", "DATASUM"):
                        hdu.header.remove(key, ignore_missing=True)
                change(hdus, rng)
                if rng.random() < 0.5:
                    for hdu in hdus:
                        hdu.add_checksum("")  # without the time
                out = io.BytesIO()
                fits.HDUList(hdus).writeto(out, output_verify="ignore")
        return out.getvalue()

    made.__name__, made.__doc__ = change.__name__.strip("_"), change.__doc__
    return made


def _tables(hdus: list) -> list[int]:
    return [i for i, hdu in enumerate(hdus) if isinstance(hdu, fits.BinTableHDU)]


def _images(hdus: list) -> list:
    return [hdu for hdu in hdus if hdu.is_image and np.ndim(hdu.data)]


def _filled(hdus: list) -> list:
    return [h for h in hdus if h.data is not None and np.size(h.data)]


def _one(items, rng: np.random.Generator):
    return items[rng.integers(len(items))]


def _rewritten(hdu: fits.BinTableHDU, columns: list[fits.Column]) -> fits.BinTableHDU:
    made = fits.BinTableHDU.from_columns(columns, name=hdu.name)
    own = {"XTENSION", "BITPIX", "PCOUNT", "GCOUNT", "TFIELDS", *made.header}
    for card in hdu.header.cards:
        if card.keyword not in own and not card.keyword.startswith((*COLUMN, "NAXIS")):
            made.header.append(card)
    return made


def _columns(hdu: fits.BinTableHDU) -> list[fits.Column]:
    return [
        fits.Column(
            c.name, c.format, c.unit, dim=c.dim, array=np.array(hdu.data[c.name])
        )
        for c in hdu.columns
    ]


def _cell(hdus, rng):
    """Put another number or text into one cell or pixel."""
    hdu = _one(_filled(hdus), rng)
    if isinstance(hdu, fits.BinTableHDU):
        name = _one(hdu.columns.names, rng)
        cells = hdu.data[name]
        if cells.dtype.kind not in "fiuSU" or not len(cells):
            return
        place = (rng.integers(len(cells)), *(rng.integers(n) for n in cells.shape[1:]))
    else:
        cells = hdu.data = np.array(hdu.data)
        place = tuple(rng.integers(n) for n in cells.shape)
    kind = cells.dtype.kind
    with np.errstate(all="ignore"):
        if kind == "f":
            cells[place] = _one(NUMBERS, rng)
        elif kind in "iu":
            limits = np.iinfo(cells.dtype)
            cells[place] = _one((0, 1, limits.max, limits.min, 99), rng)
        elif kind in "SU":
            cells[place] = _one(("", "<b>", "NaN", "~", "-1"), rng)


def _as_another(hdus, rng):
    """Write a column as text, complex or other floats, or long integers."""
    _as_kind(hdus, _one(("30A", "C", "D", "E", "K"), rng), rng)


def _as_small(hdus, rng):
    """Write a column as short integers, or as truths."""
    _as_kind(hdus, _one(("I", "L"), rng), rng)


def _as_kind(hdus, kind: str, rng):
    place = _one(_tables(hdus), rng)
    columns = _columns(hdus[place])
    # Half of them are long integers: identifiers, where there are.
    long = [k for k, column in enumerate(columns) if column.format in ("K", "1K")]
    i = _one(long if long and rng.random() < 0.5 else range(len(columns)), rng)
    old, name = np.asarray(columns[i].array), columns[i].name
    width = int(np.prod(old.shape[1:], dtype=int))
    form = f"{width}{kind}" if kind != "30A" else "30A"
    with np.errstate(all="ignore"):
        if kind == "30A":
            values = np.array([str(cell).strip() for cell in old])
        elif old.dtype.kind in "SU":
            return
        else:
            values = old.astype(KINDS[kind])
    dim = None if kind == "30A" else columns[i].dim
    columns[i] = fits.Column(name, form, dim=dim, array=values)
    hdus[place] = _rewritten(hdus[place], columns)


def _column_gone(hdus, rng):
    """Leave a column out."""
    place = _one(_tables(hdus), rng)
    columns = _columns(hdus[place])
    del columns[rng.integers(len(columns))]
    hdus[place] = _rewritten(hdus[place], columns)


def _column_renamed(hdus, rng):
    """Rename a column."""
    hdu = hdus[_one(_tables(hdus), rng)]
    i = int(rng.integers(len(hdu.columns))) + 1
    name = hdu.header.get(f"TTYPE{i}", "")
    hdu.header[f"TTYPE{i}"] = _one((f"{name}_2", "", f"X{name}"[:8], "ID"), rng)


def _case(hdus, rng):
    """Spell all columns of a table in small or capital letters, or with blanks."""
    hdu = hdus[_one(_tables(hdus), rng)]
    how = _one((str.lower, str.upper, lambda name: f" {name}"), rng)
    for i in range(1, len(hdu.columns) + 1):
        hdu.header[f"TTYPE{i}"] = how(hdu.header.get(f"TTYPE{i}", ""))


def _rows(hdus, rng):
    """Leave out rows of a table, all of them, or double some."""
    place = _one(_tables(hdus), rng)
    hdu = hdus[place]
    n = len(hdu.data)
    kept = _one(
        (slice(0, 0), slice(1, None), np.r_[0:n, 0 : min(n, 1)], slice(None, None, -1)),
        rng,
    )
    columns = _columns(hdu)
    made = [
        fits.Column(
            c.name, c.format, c.unit, dim=c.dim, array=np.asarray(c.array)[kept]
        )
        for c in columns
    ]
    hdus[place] = _rewritten(hdu, made)


def _hdu_gone(hdus, rng):
    """Leave an HDU out."""
    if len(hdus) > 1:
        del hdus[rng.integers(1, len(hdus))]


def _hdu_renamed(hdus, rng):
    """Rename an HDU, or give it the name of another."""
    hdu = _one(hdus[1:] or hdus, rng)
    hdu.header["EXTNAME"] = _one(("X", "", hdus[-1].name, hdu.name.lower()), rng)


def _hdus_turned(hdus, rng):
    """Put the HDUs behind the first in another order."""
    hdus[1:] = [hdus[1:][i] for i in rng.permutation(len(hdus) - 1)]


def _pixels_cut(hdus, rng):
    """Leave out a row of pixels, or give an axis more or less."""
    hdu = _one(_images(hdus), rng)
    data = np.array(hdu.data)
    hdu.data = _one((data[1:], data[..., :-1], data[None], data[:1]), rng)


def _pixels_kind(hdus, rng):
    """Write pixels as other numbers."""
    hdu = _one(_images(hdus), rng)
    with np.errstate(all="ignore"):
        hdu.data = np.array(hdu.data).astype(_one(("f8", "i2", "u1", "i4"), rng))


CHANGES = {
    **dict.fromkeys((structure_card, column_card, any_card, card_gone), "any"),
    **dict.fromkeys((card_twice, odd_bytes), "any"),
    _edited(_cell, _filled): "one",
    _edited(_case, _tables): "same",
    **dict.fromkeys((_edited(c, _tables) for c in (_rows, _as_another)), "kept"),
    **dict.fromkeys(
        (_edited(c, _tables) for c in (_as_small, _column_gone, _column_renamed)), "any"
    ),
    **dict.fromkeys((_edited(c, _images) for c in (_pixels_cut, _pixels_kind)), "kept"),
    **dict.fromkeys(map(_edited, (_hdu_renamed, _hdus_turned)), "kept"),
    _edited(_hdu_gone): "any",
}
