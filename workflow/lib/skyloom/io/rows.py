"""Text tables: the one reader of CSV and TSV files.

Rows are numbered as a spreadsheet shows them: the header is row 1.
"""

from __future__ import annotations

import csv
import gzip
import io
import re
import zlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import BinaryIO, NamedTuple, TextIO

from skyloom.io.errors import AGAIN, InputError, encoding_error, existing_file
from skyloom.io.packed import gzipped

CUT = "the file may be cut short: export it again"
TEXTS = (".csv", ".csv.gz", ".tsv", ".tsv.gz")
DELIMITERS = ",;\t"
LONGEST = 2**27  # of lines and cells, lest a packed file fill the memory
INVISIBLE = "\ufeff\u200b"  # what editors leave before a name
QUOTED = re.compile(r'"[^"]*"')
UTF16 = (b"\xff\xfe", b"\xfe\xff")
# First bytes of what people take for a CSV file.
OTHERS = {
    b"PK\x03\x04": "a spreadsheet or another zip file",
    b"\xd0\xcf\x11\xe0": "a spreadsheet of Excel",
    b"BZh": "packed with bzip2",
    b"\xfd7zXZ": "packed with xz",
    b"SIMPLE  =": "a FITS file",
    b"PAR1\x15": "a Parquet file",
    b"<": "a web page or XML",
    b"{": "JSON",
}


class Layout(NamedTuple):
    """How a text table is written: its columns, and what stands between cells."""

    names: list[str]
    raw: list[str]  # the names with the blanks round them
    delimiter: str
    row: int  # of the header


def read_rows(
    path: str | Path, wanted: Iterable[str] = ()
) -> Iterator[tuple[int, dict[str, str]]]:
    """Yield the number and the cells, by column, of each row.

    For tables too large for memory; cells are text, exactly as written. The file may
    be gzipped, whatever its name, and have ``;`` or tabs between cells, as its header
    tells. Rows without content, blank or of commas only, are passed over. Columns have
    the names of `header`.

    Raises
    ------
    InputError
        No file, empty, no text table, not UTF-8 (with the byte's place), a quote left
        open by a cut, a column named twice, or a row with more or fewer cells than the
        header.
    """
    path = Path(path)
    about = layout(path)
    # Of several columns without a name the first counts, as where one is an index.
    names = spelt(path, about.names, wanted)[::-1]
    with _text(path) as lines, _huge_fields():
        reader = csv.reader(lines, strict=True, delimiter=about.delimiter)
        for row, cells in _with_content(path, islice(reader, about.row, None), about):
            yield row, dict(zip(names, cells[::-1], strict=True))


def header(path: str | Path, wanted: Iterable[str] = ()) -> list[str]:
    """Return the names of the columns, without the blanks round them.

    One that differs from a `wanted` name by case only is called by that name.
    """
    return spelt(path, layout(path).names, wanted)


def layout(path: str | Path) -> Layout:
    """Return the columns of a text table, and the delimiter that its header tells."""
    path = existing_file(path)
    with _text(path) as lines:
        line = next((line for line in lines if line.strip(",; \t\r\n")), "")
    bare = QUOTED.sub("", line)
    delimiter = max(DELIMITERS, key=bare.count)
    with _text(path) as lines, _huge_fields():
        row, raw = _first(path, csv.reader(lines, strict=True, delimiter=delimiter))
    names = [name.strip().strip(INVISIBLE).strip() for name in raw]
    twice = sorted({n for n in names if n and names.count(n) > 1})
    if twice:
        where = f"row {row}, {twice[0]!r}"
        raise InputError(path, "column appears twice", where=where)
    return Layout(names, raw, delimiter, row)


def spelt(path: str | Path, names: Iterable[str], wanted: Iterable[str]) -> list[str]:
    """Return the names of columns, those `wanted` as they are there.

    A name that is not in the file is that of the one column that differs by case only.
    InputError where there are two.
    """
    names, wanted = list(names), list(wanted)
    for name in wanted:
        free = [one for one in names if one not in wanted]
        alike = [one for one in free if one.lower() == name.lower()]
        if name in names or not alike:
            continue
        if len(alike) > 1:
            problem = f"columns {' and '.join(alike)} could both be {name}"
            remedy = f"keep one of them, or call one {name}"
            raise InputError(path, problem, where="header", remedy=remedy)
        names[names.index(alike[0])] = name
    return names


def row_of(path: str | Path, k: int) -> str:
    """Return the name of a table's row, counted from 0, as a reader of it counts.

    In text the header is row 1, and rows without content count; in others the first
    is row 1.
    """
    if not is_text(path):
        return f"row {k + 1}"
    return f"row {next(islice(read_rows(path), k, None))[0]}"


def is_text(path: str | Path) -> bool:
    """Return whether a file is a text table by its name."""
    return Path(path).name.lower().endswith(TEXTS)


@contextmanager
def _text(path: Path) -> Iterator[Iterator[str]]:
    """Open a text table, gzipped or not, and yield its lines."""
    zipped = gzipped(path)
    try:
        with (gzip.open if zipped else open)(path, "rb") as raw:
            _refuse_others(path, raw)
            with io.TextIOWrapper(raw, encoding="utf-8-sig", newline="") as file:
                yield _lines(path, file)
    except UnicodeDecodeError:
        if zipped:
            raise InputError(path, "the text is not UTF-8") from None
        raise encoding_error(path) from None
    except (OSError, EOFError, zlib.error) as bad:
        problem = f"not a readable CSV file ({bad})"
        raise InputError(path, problem, remedy=AGAIN) from None


def _lines(path: Path, file: TextIO) -> Iterator[str]:
    while line := file.readline(LONGEST):
        if len(line) == LONGEST:
            problem = f"a line of {LONGEST:,} characters or more"
            raise InputError(path, problem, expected="rows of a table")
        yield line


def _refuse_others(path: Path, raw: BinaryIO) -> None:
    head = raw.peek(512)[:512]
    wide = head.startswith(UTF16) or b"\0" in head
    bare = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    kind = next((kind for mark, kind in OTHERS.items() if bare.startswith(mark)), None)
    if wide and kind is None:
        problem = "UTF-16 text, or none: it has bytes of zero"
        remedy = "save it as 'CSV UTF-8', or convert it: iconv -f UTF-16 -t UTF-8"
        raise InputError(path, problem, expected="UTF-8 text", remedy=remedy)
    if kind is not None:
        expected = "a table as CSV text"
        remedy = "export the table as CSV, or download the table itself"
        raise InputError(path, kind, expected=expected, remedy=remedy)


@contextmanager
def _huge_fields():
    # The csv module refuses cells above 128 KiB; a classification can be larger.
    # The limit is global to the process, so it is put back.
    before = csv.field_size_limit(LONGEST)
    try:
        yield
    finally:
        csv.field_size_limit(before)


def _first(path: Path, reader) -> tuple[int, list[str]]:
    """Return the first row with content, and its number."""
    try:
        found = next(((k, c) for k, c in enumerate(reader, 1) if _any(c)), None)
    except csv.Error as bad:
        raise InputError(path, str(bad), where="row 1") from None
    if found is None:
        raise InputError(path, "no header", where="row 1", expected="column names")
    return found


def _with_content(path: Path, reader, about: Layout):
    row, n = about.row, len(about.names)
    try:
        for row, cells in enumerate(reader, about.row + 1):
            if not _any(cells):
                continue
            if len(cells) != n:
                problem, expected = f"{len(cells)} cell(s)", f"{n}, as in the header"
                problem = f"row {row}: {problem}"
                raise InputError(path, problem, expected=expected, remedy=CUT)
            yield row, cells
    except csv.Error as bad:
        where = f"row {row + 1}"
        raise InputError(path, str(bad), where=where, remedy=CUT) from None


def _any(cells: list[str]) -> bool:
    return any(cell and not cell.isspace() for cell in cells)
