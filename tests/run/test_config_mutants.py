"""Every key of every area, with values that no setting should have."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from datetime import date
from importlib import import_module

import pytest
from skyloom.run.areas import AREAS, Shared, whole
from skyloom.run.config import ConfigError, Section, checked, pick
from skyloom.run.config_messages import kinds

# Of no key, whatever it is: not finite, of no size, or of a type that only YAML has.
NEVER = [math.nan, math.inf, -math.inf, 1e308, -1e308, 1e-320, 2**63, 10**30, 10**400]
NEVER += [10**5000, [math.nan], [10**5000], {1: 2}, {None: 1}, [{}], "\x00", "\ud800"]
NEVER += [date(2020, 1, 1), b"x", {1}, 1j, "9" * 5000, [[[[]]]]]
# Of some.
ODD = [None, [], {}, "", " ", "x", "0", "-1", "nan", "1e999", "١", "{x}", "a<b>c"]
ODD += [True, 0, -0.0, -5, 0.5, 1.5, 10**7, [1, 2], ["a", "a"], {"x": {"y": {}}}]
PLACES = {"shared": Shared}
PLACES |= {area: import_module(f"skyloom.{area}.config").Config for area in AREAS}


def keys(section: type[Section], place: tuple = ()) -> Iterator[tuple[str, ...]]:
    """Yield the place of every key and section."""
    for name, field in section.model_fields.items():
        yield (*place, name)
        for kind in kinds(field.annotation):
            if issubclass(kind, Section):
                yield from keys(kind, (*place, name))


def layer(place: tuple[str, ...], value: object) -> dict:
    for name in reversed(place):
        value = {name: value}
    return value


def refusal(kind: type[Section], tree: dict) -> str:
    """Return why a tree is refused, or nothing if what is taken is right.

    That is plain JSON, which is taken again as it is.
    """
    try:
        made = checked(kind, tree).model_dump(mode="json")
    except ConfigError as error:
        return str(error)
    plain = pick(made, *made)
    assert json.loads(json.dumps(plain)) == plain
    assert checked(kind, plain).model_dump(mode="json") == made
    return ""


@pytest.mark.parametrize("where", PLACES)
def test_an_odd_value_is_refused_by_the_name_of_its_key(where):
    """Or, if it may be one of that key, taken; a contradiction names the section."""
    for place in keys(PLACES[where]):
        said = (".".join(place), ".".join(place[:-1]) or "(top level)", "(top level)")
        for value in [*NEVER, *ODD]:
            text = refusal(PLACES[where], layer(place, value))
            assert text or not any(value is never for never in NEVER), (place, value)
            assert len(text) < 5000, place
            lines = text.splitlines()[1:]
            assert all(line.strip().startswith(said) for line in lines), text


def test_every_number_has_two_limits():
    """Or it is one of a few; `key` and the types of the hall see to it."""
    schema = whole(AREAS).model_json_schema()
    free = []
    for place, node in numbers(schema, schema):
        ends = [name[-7:].lower() for name in node if name.lower().endswith("imum")]
        if set(ends) != {"minimum", "maximum"} and "enum" not in node:
            free.append(place)
    assert free == []


def numbers(node: dict, schema: dict, place: str = "") -> Iterator[tuple[str, dict]]:
    if "$ref" in node:
        node = schema["$defs"][node["$ref"].rpartition("/")[2]]
    if node.get("type") in {"integer", "number"}:
        yield place, node
    for name, one in node.get("properties", {}).items():
        yield from numbers(one, schema, f"{place}.{name}".strip("."))
    inner = [*node.get("anyOf", ()), *node.get("prefixItems", ())]
    inner += [node[k] for k in ("items", "additionalProperties") if node.get(k)]
    for one in inner:
        yield from numbers(one, schema, place)
