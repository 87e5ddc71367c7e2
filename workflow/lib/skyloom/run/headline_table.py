"""The headline numbers of a run as a table that a person reads."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from html import escape
from pathlib import Path
from typing import NamedTuple

from skyloom.io.atomic import write_text

NOBODY = "<p>Nothing was judged: this run has no truth to compare with.</p>"
COUNTS = ("n", "targets")  # of how many a number is
NOTHING = "–"  # of a number that could not be had
HEAD = ("quantity", "value", "interval", "of")
PAGE = """<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><title>{title}</title><style>
body {{ font: 15px/1.4 sans-serif; margin: 2em auto; max-width: 60em; color: #222 }}
table {{ border-collapse: collapse; width: 100%; margin-bottom: 2em }}
th, td {{ text-align: left; padding: 2px 8px; border-bottom: 1px solid #ddd }}
td + td, th + th {{ text-align: right; white-space: nowrap }}
</style></head><body><h1>{title}</h1>
{sections}</body></html>
"""


class Row(NamedTuple):
    """A quantity in words, its value, its interval, and how many it is of."""

    quantity: str
    value: str
    interval: str = ""
    of: str = ""


def write_table(path: str | Path, tree: Mapping, title: str) -> None:
    """Write `skyloom.run.headline.headline` as a page of tables, one a kind of report.

    Whole or not at all; same tree, same bytes.
    """
    parts = []
    for kind, one in tree.items():
        if rows := list(table({kind: one})):
            parts.append(f"<h2>{escape(_words(kind))}</h2>\n{_html(rows)}")
    page = PAGE.format(title=escape(title), sections="\n".join(parts or [NOBODY]))
    write_text(path, page)


def table(tree: Mapping, above: tuple[str, ...] = ()) -> Iterator[Row]:
    """Yield a row a number or word of a tree; lists and provenance are left out.

    A mapping with ``value`` is one number, with ``low`` and ``high`` for its interval
    and ``n`` or ``targets`` for how many it is of, where it has them.
    """
    for key, one in tree.items():
        place = (*above, _words(key))
        if key == "provenance" or isinstance(one, list):
            continue
        if not isinstance(one, Mapping):
            yield Row(_said(place), _number(one))
        elif "value" in one:
            ends = [_number(one[end]) for end in ("low", "high") if end in one]
            count = next((_number(one[k]) for k in COUNTS if k in one), "")
            yield Row(_said(place), _number(one["value"]), " to ".join(ends), count)
        else:
            yield from table(one, place)


def _said(place: tuple[str, ...]) -> str:
    """Return where a number stands, without the kind of report."""
    return ", ".join(place[1:] or place)


def _words(key: str) -> str:
    return str(key).replace("_", " ")


def _number(value: object) -> str:
    if value is None:
        return NOTHING
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:.4g}"
    return f"{value:,}" if isinstance(value, int) else str(value)


def _html(rows: list[Row]) -> str:
    head = "".join(f"<th>{name}</th>" for name in HEAD)
    body = "\n".join(
        "<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in row) + "</tr>"
        for row in rows
    )
    return f"<table><tr>{head}</tr>\n{body}\n</table>"
