"""Where the HDUs of a FITS file lie: sizes and checksums, before astropy reads it.

astropy trusts the sizes in a header: it loops for ever on a negative one, and takes any
memory for a large one. Here each is held against what the file can hold.

Source: FITS standard 4.0 (checksums: its appendix J).
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from gzip import BadGzipFile
from itertools import count
from pathlib import Path
from typing import BinaryIO

import numpy as np

from skyloom.io.errors import AGAIN, InputError
from skyloom.io.fits_header import SLACK, TIMES, UNREADABLE, SizedHeader

BLOCK, CARD = 2880, 80  # bytes
LONGEST = 4096  # blocks of a header
AT_ONCE = 100 * BLOCK  # bytes summed at once
ONES = 0xFFFFFFFF  # what the words of an HDU with its CHECKSUM add up to


@dataclass(frozen=True, slots=True)
class Part:
    """An HDU: its name (PRIMARY, or empty where it has none), its kind, its shape.

    `kind` is ``"image"``, ``"table"``, or another XTENSION; `shape` is that of an
    image, in numpy's order, and else empty.
    """

    number: int
    name: str
    kind: str
    shape: tuple[int, ...]


def layout(
    path: Path, stream: BinaryIO, size: int, *, packed: bool, sums: bool
) -> Iterator[Part]:
    """Yield the HDUs of a file in their order.

    Parameters
    ----------
    path : Path
        The file, for messages.
    stream : binary file
        Its content, unpacked as it is read.
    size : int
        The file's bytes.
    packed : bool
        Whether these are fewer than the content's.
    sums : bool
        Whether the checksums that an HDU has are compared.

    Raises
    ------
    InputError
        Not FITS; a header without END or with sizes that cannot be; an HDU that is cut
        short, too large for the file, or of a wrong checksum; bytes after the last one.
    """
    most = SLACK + TIMES * size if packed else size
    start = 0
    for number in count():
        header = _header(path, stream, number)
        if header is None:
            return
        length = header.data_size()
        end = start + len(header.raw) + length + -length % BLOCK
        if end > most:
            problem = "cut short, or its sizes (NAXISn) are wrong: "
            problem += f"by its header it ends at byte {end}"
            header.refuse(problem, f"{most} at most, of a file of {size} bytes", AGAIN)
        _pass(header, stream, end, length, sums=sums)
        yield Part(number, header.name, *header.content(length))
        start = end


def _header(path: Path, stream: BinaryIO, number: int) -> SizedHeader | None:
    """Return the next header; None after the last."""
    block, first = _read(path, stream, BLOCK), b"XTENSION" if number else b"SIMPLE  "
    if number and not block.strip(b"\0 "):
        return _nothing_more(path, stream, number)
    if not block.startswith(first):
        problem = f"{UNREADABLE}: HDU {number} begins with {block[:8]!r}"
        expected = first.decode().strip()
        raise InputError(path, problem, expected=expected, remedy=AGAIN)
    blocks, cards = [block], {}
    while not _noted(blocks[-1], cards):
        blocks.append(_read(path, stream, BLOCK))
        if len(blocks[-1]) < BLOCK or len(blocks) > LONGEST:
            problem = f"{UNREADABLE}: no END card in the header of HDU {number}"
            raise InputError(path, problem, remedy=AGAIN)
    header = SizedHeader(path, number, b"".join(blocks), cards)
    if not number and header.value("SIMPLE") is not True:
        header.refuse(
            f"SIMPLE is {header.value('SIMPLE')!r}", "T, a file of the standard"
        )
    return header


def _noted(block: bytes, cards: dict[str, str]) -> bool:
    """Note the cards of a block; return whether END is among them."""
    for i in range(0, len(block), CARD):
        card = block[i : i + CARD].decode("latin-1").replace("\0", " ")
        key = card[:8].rstrip()
        if key == "END":
            return True
        cards.setdefault(key, card[8:])
    return False


def _nothing_more(path: Path, stream: BinaryIO, number: int) -> None:
    # Blocks of tapes end a file with zeros or blanks, which mean nothing.
    while piece := _read(path, stream, AT_ONCE):
        if piece.strip(b"\0 "):
            problem = f"{UNREADABLE}: bytes after HDU {number - 1} that are no HDU"
            raise InputError(path, problem, remedy=AGAIN)


def _pass(header: SizedHeader, stream: BinaryIO, end: int, length: int, *, sums: bool):
    """Go on to the header after the data, and compare the sums on the way."""
    stated = {key: header.value(key) for key in ("DATASUM", "CHECKSUM")} if sums else {}
    left, total = length + -length % BLOCK, 0
    if not any(stated.values()):
        _skip(header.path, stream, left)
    else:
        while left and (piece := _read(header.path, stream, min(AT_ONCE, left))):
            left -= len(piece)
            total = _added(total, piece)
    # A plain file's size is known before; a packed one shows here that it is cut.
    if stream.tell() < end:
        header.refuse("cut short", f"{length} bytes of data", AGAIN)
    if any(stated.values()):
        _compare(header, stated, total)


def _compare(header: SizedHeader, stated: dict, total: int) -> None:
    of_data, of_all = (str(stated[key] or "").strip() for key in stated)
    if of_data and of_data.lstrip("0") != str(total).lstrip("0"):
        problem = f"Checksum of the data {total}, DATASUM {of_data}"
        header.refuse(problem, remedy=AGAIN)
    if of_all.strip("0") and _added(total, header.raw) != ONES:
        problem, remedy = "Checksum of the HDU is wrong", AGAIN
        if of_data:
            problem += ", while that of its data holds: the header was changed"
            remedy += "; or delete the card CHECKSUM if the change was meant"
        header.refuse(problem, remedy=remedy)


def _skip(path: Path, stream: BinaryIO, size: int) -> None:
    try:
        stream.seek(size, 1)
    except (BadGzipFile, EOFError, zlib.error) as bad:
        raise _broken(path, bad) from None


def _read(path: Path, stream: BinaryIO, size: int) -> bytes:
    try:
        return stream.read(size)
    except (BadGzipFile, EOFError, zlib.error) as bad:
        raise _broken(path, bad) from None


def _broken(path: Path, bad: Exception) -> InputError:
    problem = f"{UNREADABLE}: it cannot be unpacked ({bad})"
    return InputError(path, problem, remedy=AGAIN)


def _added(total: int, piece: bytes) -> int:
    """Add big-endian words of 32 bits; a carry comes in again at the other end."""
    words = np.frombuffer(piece + bytes(-len(piece) % 4), ">u4")
    total += int(words.sum(dtype=np.uint64))
    while total > ONES:
        total = (total & ONES) + (total >> 32)
    return total
