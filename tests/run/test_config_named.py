"""Keys that messages name are keys that there are."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from skyloom.run.areas import AREAS, whole
from skyloom.run.config import Section
from skyloom.run.config_messages import kinds

NAMED = re.compile(
    rf"(?<![\w./<])(?:folders|{'|'.join(AREAS)})(?:\.[a-z][a-z_0-9]*)+(?![\w*/(])"
)
FILES = (".fits", ".csv", ".parquet", ".json", ".yaml", ".h5", ".npz", ".py", ".smk")


def texts(source: str) -> Iterator[str]:
    """Yield the strings of a program that are no docstrings."""
    tree = ast.parse(source)
    told = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        text = node.value if isinstance(node, ast.Constant) else None
        if isinstance(text, str) and id(node) not in told:
            yield text


def is_key(name: str, section: type[Section]) -> bool:
    first, _, rest = name.partition(".")
    field = section.model_fields.get(first)
    if field is None or not rest:
        return field is not None
    inner = [k for k in kinds(field.annotation) if issubclass(k, Section)]
    return any(is_key(rest, kind) for kind in inner)


def test_keys_in_messages_exist(checkout):
    """Dotted names that begin with an area, in the strings of the library."""
    root, absent, met = whole(AREAS), [], 0
    for path in sorted((checkout / "workflow" / "lib").rglob("*.py")):
        for text in texts(path.read_text()):
            named = [k for k in NAMED.findall(text) if not k.endswith(FILES)]
            met += len(named)
            absent += [(path.name, k) for k in named if not is_key(k, root)]
    assert absent == []
    assert met > 30
