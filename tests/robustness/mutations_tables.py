"""Mutations of tables of text: CSV, TSV and ECSV."""

from __future__ import annotations

import csv
import gzip
import io
import re

import numpy as np

CELLS = ("", "nan", "inf", "1e999", "-1", "1_000", "１２３", "3.96E+16", "text", "0")
CELLS += (str(2**63), "39627733433519873.0", 'a"b', "a\u2028b", "<script>1</script>")
CELLS += (
    "99",
    "1e308",
    "True",
    " ",
    "1,5",
    "-9999",
    "0x10",
    "a\vb",
    "12345678901234567890",
)
NUMBER = re.compile(r"[-+]?\d+\.?\d*([eE][-+]?\d+)?", re.ASCII)


def _split(content: bytes) -> tuple[str, str, list[list[str]]]:
    """Return comments (of ECSV), the separator, and the cells of a table."""
    text = content.decode("utf-8")
    head = "".join(line for line in text.splitlines(True) if line.startswith("#"))
    body = text[len(head) :]
    first = body.split("\n", 1)[0]
    sign = max(",\t; ", key=first.count)
    return head, sign, list(csv.reader(io.StringIO(body), delimiter=sign))


def _joined(head: str, sign: str, rows: list[list[str]]) -> bytes:
    out = io.StringIO()
    csv.writer(out, delimiter=sign, lineterminator="\n").writerows(rows)
    return (head + out.getvalue()).encode("utf-8")


def _edited(change):
    """Return a mutation that changes rows of cells, and writes them again."""

    def made(content: bytes, rng: np.random.Generator) -> bytes:
        head, sign, rows = _split(content)
        if len(rows) < 2:
            return content
        changed = change(rows, rng)
        return _joined(head, sign, rows if changed is None else changed)

    made.__name__, made.__doc__ = change.__name__.strip("_"), change.__doc__
    return made


def _one(items, rng):
    return items[rng.integers(len(items))]


def _cell(rows, rng):
    """Put something else into a cell."""
    row = _one(rows[1:], rng)
    row[rng.integers(len(row))] = _one(CELLS, rng)


def _column_cells(rows, rng):
    """Put the same into all cells of a column."""
    place, cell = rng.integers(len(rows[0])), _one(CELLS, rng)
    for row in rows[1:]:
        row[place] = cell


def _as_floats(rows, rng):
    """Write a column of numbers as a spreadsheet or a float column does."""
    _written(rows, int(rng.integers(len(rows[0]))), rng)


def _longest_as_floats(rows, rng):
    """Write so the column of most digits, which holds identifiers where there are."""
    digits = [len(c) if c.isascii() and c.isdigit() else 0 for c in rows[1]]
    _written(rows, int(np.argmax(digits)), rng)


def _written(rows, place: int, rng):
    how = _one(("%.2E", "%.6g", "%.1f", "%.16g"), rng)
    for row in rows[1:]:
        if place < len(row) and NUMBER.fullmatch(row[place]):
            row[place] = how % float(row[place])


def _long(rows, rng):
    """Give a row one more cell, or one less."""
    row = _one(rows, rng)
    if rng.random() < 0.5:
        row.append("x")
    else:
        del row[-1]


def _blank(rows, rng):
    """Put a blank line, or one of separators, between rows."""
    empty = _one(([], [""] * len(rows[0]), [""]), rng)
    rows.insert(int(rng.integers(1, len(rows) + 1)), empty)


def _column_gone(rows, rng):
    """Leave a column out."""
    place = int(rng.integers(len(rows[0])))
    for row in rows:
        del row[place]


def _column_twice(rows, rng):
    """Write a column twice, the second time with other cells."""
    place, other = rng.integers(len(rows[0])), rng.integers(len(rows[0]))
    for i, row in enumerate(rows):
        row.append(row[other if i else place])


def _renamed(rows, rng):
    """Rename a column."""
    place = rng.integers(len(rows[0]))
    rows[0][place] = _one(("", "x", rows[0][place] + "_2", "id", "\ufeff"), rng)


def _case(rows, rng):
    """Spell the columns' names in small or capital letters, or with blanks."""
    how = _one((str.lower, str.upper, lambda name: f" {name}"), rng)
    rows[0] = [how(name) for name in rows[0]]


def _row_gone(rows, rng):
    """Leave a row out."""
    del rows[rng.integers(1, len(rows))]


def _row_twice(rows, rng):
    """Write a row twice."""
    rows.append(list(_one(rows[1:], rng)))


def _header_only(rows, rng):
    """Leave all rows out, or the header."""
    return rows[:1] if rng.random() < 0.5 else rows[1:]


def coded(content: bytes, rng: np.random.Generator) -> bytes:
    """Write the text in another encoding."""
    text = content.decode("utf-8")
    how = _one(("latin-1", "utf-16", "utf-16-le", "cp1252"), rng)
    return text.replace("a", "ä", 1).encode(how, "replace")


def marked(content: bytes, rng: np.random.Generator) -> bytes:
    """Put the byte order mark of UTF-8 before the text."""
    return b"\xef\xbb\xbf" + content


def other_ends(content: bytes, rng: np.random.Generator) -> bytes:
    """End the lines as Windows does."""
    return content.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")


def old_ends(content: bytes, rng: np.random.Generator) -> bytes:
    """End the lines as old Macs did."""
    return content.replace(b"\r\n", b"\n").replace(b"\n", b"\r")


def semicolons(content: bytes, rng: np.random.Generator) -> bytes:
    """Separate by semicolons, with decimal commas."""
    return content.replace(b",", b";").replace(b".", b",")


def packed(content: bytes, rng: np.random.Generator) -> bytes:
    """Pack it, under its old name."""
    return gzip.compress(content, mtime=0)


def quote(content: bytes, rng: np.random.Generator) -> bytes:
    """Put a quote anywhere."""
    place = int(rng.integers(len(content)))
    return content[:place] + b'"' + content[place:]


def nulls(content: bytes, rng: np.random.Generator) -> bytes:
    """Put null bytes anywhere."""
    place = int(rng.integers(len(content)))
    return content[:place] + b"\0\0" + content[place:]


CHANGES = {
    _edited(_cell): "one",
    **dict.fromkeys(map(_edited, (_blank, _case)), "same"),
    **dict.fromkeys(map(_edited, (_row_gone, _header_only)), "fewer"),
    **dict.fromkeys((marked, other_ends, old_ends, packed), "same"),
    **dict.fromkeys(map(_edited, (_as_floats, _longest_as_floats)), "kept"),
    **dict.fromkeys(
        map(_edited, (_column_cells, _long, _column_gone, _column_twice, _renamed)),
        "any",
    ),
    _edited(_row_twice): "kept",
    semicolons: "kept",
    **dict.fromkeys((coded, quote, nulls), "any"),
}
