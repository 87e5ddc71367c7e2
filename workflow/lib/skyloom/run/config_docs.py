"""Write what follows from the typed configuration: editors' schema and a page.

``python -m skyloom.run.config_docs`` in the checkout (or ``make config``) writes
``workflow/schemas/config.schema.json`` and ``config/README.md``; a test holds that
they are as the classes say.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path

from skyloom.io.atomic import write_text
from skyloom.run.areas import AREAS, whole
from skyloom.run.config import MOST

CHECKOUT = Path(__file__).resolve().parents[4]
LIMITS = {
    "exclusiveMinimum": "> {}",
    "minimum": "≥ {}",
    "exclusiveMaximum": "< {}",
    "maximum": "≤ {}",
    "minItems": "{} or more items",
    "pattern": "matches `{}`",
}
PAGE = """\
# The configuration

`config.yaml` holds what every run shares. On it lies one layer: `demo.yaml` if none is
named, else the files after `--configfile`. A layer sets what it needs; every other key
has the default below, which suits a survey. On the command line, `--config` sets keys
too: `--config 'builder={{tune: {{max_evaluations: 100}}}}'`; `null` unsets one there.

Paths of data are relative to `$SKYLOOM_DATA` (`data/` when it is not set); they may
have blanks, but none of `{{`, `}}`, `<` and `>`. An unknown key, a key that a layer has
twice, a wrong type or range, a missing file and settings that contradict each other
stop a run before its first job, with one message. A number without an upper limit below
is 10⁹ at most. In a layer, text that reads as a number or a date is put in quotes.

This page is written by `make config` from the classes in
`workflow/lib/skyloom/<area>/config.py`; `workflow/schemas/config.schema.json`, written
with it, gives editors completion.
{sections}"""


def documents() -> dict[str, str]:
    """Return the texts of the generated files, by their paths in the checkout."""
    schema = whole(AREAS).model_json_schema()
    schema["title"] = "skyloom"
    page = PAGE.format(sections="".join(_sections(schema)))
    return {
        "workflow/schemas/config.schema.json": json.dumps(schema, indent=1) + "\n",
        "config/README.md": page,
    }


def _sections(schema: Mapping) -> Iterator[str]:
    """Yield a table for what is shared and for each section of an area."""
    keys = schema["properties"]
    shared = {name: node for name, node in keys.items() if name not in AREAS}
    yield from _table("What all areas share", schema | {"properties": shared}, schema)
    for area in AREAS:
        yield from _table(f"`{area}`", _resolved(keys[area], schema), schema)


def _table(title: str, section: Mapping, schema: Mapping) -> Iterator[str]:
    about = section.get("description", "").strip()
    yield f"\n## {title}\n" + (f"\n{about}\n" if about else "")
    yield "\n| key | type | default | meaning |\n|---|---|---|---|\n"
    yield from _rows(section, schema, "")


def _rows(section: Mapping, schema: Mapping, prefix: str) -> Iterator[str]:
    for name, node in section["properties"].items():
        full = _resolved(node, schema)
        if "properties" in full:
            yield f"| **`{prefix}{name}`** | | | **{_text(full)}** |\n"
            yield from _rows(full, schema, f"{prefix}{name}.")
        else:
            default = json.dumps(full.get("default"), ensure_ascii=False)
            cells = f"`{prefix}{name}` | {_kind(full, schema)} | `{default}`"
            yield f"| {cells} | {_text(full)} |\n"


def _resolved(node: Mapping, schema: Mapping) -> dict:
    """Return a node with the definition that it refers to; its own words win."""
    if "$ref" not in node:
        return dict(node)
    target = schema["$defs"][node["$ref"].rpartition("/")[2]]
    return {**target, **{k: v for k, v in node.items() if k != "$ref"}}


def _kind(node: Mapping, schema: Mapping) -> str:
    """Return the type of a key in words, with its limits."""
    if "$ref" in node:
        return _kind(_resolved(node, schema), schema)
    if "anyOf" in node:
        return " or ".join(_kind(one, schema) for one in node["anyOf"])
    if "enum" in node or "const" in node:
        options = node.get("enum", [node.get("const")])
        return " or ".join(f"`{option}`" for option in options)
    name = node.get("type", "any")
    if name == "array":
        name = _list(node, schema)
    told = {k: text for k, text in LIMITS.items() if k in node}
    if "prefixItems" in node:
        told.pop("minItems", None)
    limits = [told[k].format(node[k]) for k in told if node[k] != MOST]
    return ", ".join([name, *limits]).replace("|", "\\|")


def _list(node: Mapping, schema: Mapping) -> str:
    items = node.get("prefixItems", [])
    if items:
        return f"{len(items)} × {_kind(items[0], schema)}"
    return f"list of {_kind(node.get('items', {}), schema)}"


def _text(node: Mapping) -> str:
    return " ".join(node.get("description", "").split()).replace("|", "\\|")


if __name__ == "__main__":
    for path, text in documents().items():
        write_text(CHECKOUT / path, text)
