"""What single cells of Zooniverse's exports say; ValueError with the reason if none."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime

from skyloom.io.cells import CellError
from skyloom.io.documents import strict_json
from skyloom.io.identifiers import integer

DATE = re.compile(r"(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d:\d\d)")


def identifier(cells: Mapping, name: str) -> int:
    """Return the whole number above 0 of a cell."""
    try:
        value = integer(cells.get(name) or "")
    except CellError as bad:
        msg = f"{name}: {bad}"
        raise ValueError(msg) from None
    if value <= 0:
        msg = f"{name}: got {value}; expected a whole number above 0"
        raise ValueError(msg)
    return value


def tree(text: str, name: str, root: type):
    """Return the JSON of a cell, a list or an object as its `root` is."""
    try:
        found = strict_json(text)
    except (ValueError, RecursionError) as bad:
        msg = f"{name}: not JSON ({bad})"
        raise ValueError(msg) from None
    if not isinstance(found, root):
        msg = f"{name}: expected a {root.__name__}, got a {type(found).__name__}"
        raise ValueError(msg)
    return found


def moment(text: str) -> str:
    """Return the time of a cell, ``YYYY-MM-DD HH:MM:SS UTC``."""
    parts = DATE.match(text.strip())
    try:
        found = datetime.fromisoformat(" ".join(parts.groups()) if parts else "")
    except ValueError:
        msg = f"created_at: expected YYYY-MM-DD HH:MM:SS, got {text[:40]!r}"
        raise ValueError(msg) from None
    return f"{found} UTC"
