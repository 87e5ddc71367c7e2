"""Configuration: completed, or refused with one message that says all."""

from __future__ import annotations

import re

import pytest
from jsonschema import Draft202012Validator
from skyloom.run.config import ConfigError
from skyloom.run.schema import load_schema, validated

SCHEMA = {
    "type": "object",
    "additionalProperties": False,
    "required": ["run"],
    "properties": {
        "run": {"type": "string", "pattern": "^[a-z]+$", "description": "Name [text]."},
        "radius": {
            "type": "number",
            "minimum": 1,
            "exclusiveMaximum": 90,
            "default": 3.0,
            "description": "Outer radius [px].",
        },
        "method": {"enum": ["trf", "lbfgsb"], "default": "trf"},
        "file": {"type": ["string", "null"], "path": "file", "default": None},
        "folder": {"type": "string", "path": "folder"},
        "any": {"type": "string", "path": "any"},
        "fit": {
            "type": "object",
            "additionalProperties": False,
            "default": {},
            "increasing": [["low", "high"], ["scan", "high"]],
            "ordered": [["few", "many"]],
            "properties": {
                "low": {"type": "number", "default": 1},
                "high": {"type": "number", "default": 2},
                "scan": {"type": "array", "items": {"type": "number"}},
                "few": {"type": "number", "default": 3},
                "many": {"type": "number", "default": 3},
                "range": {"type": "array", "increasing": True},
                "span": {"type": "array", "ordered": True},
                "steps": {"type": "array", "items": {"type": "integer"}, "minItems": 1},
            },
        },
    },
    "refuse": [
        {
            "when": {
                "properties": {"method": {"const": "lbfgsb"}, "radius": {"minimum": 50}}
            },
            "because": "lbfgsb is too slow for radius >= 50; set method: trf",
        }
    ],
}

# What is wrong, the config, and what the message must say.
WRONG = {
    "unknown key": ({"radus": 1}, r"unknown key radus \(did you mean radius\?\)"),
    "unknown inner key": ({"fit": {"lo": 1}}, r"fit: unknown key lo"),
    "quite unknown key": ({"zzz": 1}, r"unknown key zzz \(known: .*radius.*\)"),
    "wrong type": ({"radius": "3"}, r"radius: got '3', expected number \(.*\[px\]"),
    "bool as number": ({"radius": True}, "radius: got True, expected number"),
    "too small": ({"radius": 0}, "radius: got 0, expected at least 1"),
    "too large": ({"radius": 90}, "radius: got 90, expected less than 90"),
    "not an option": ({"method": "x"}, "got 'x', expected one of 'trf', 'lbfgsb'"),
    "bad name": ({"run": "A b"}, r"run: got 'A b', expected text that matches"),
    "no section": ({"fit": 3}, "fit: got 3, expected object"),
    "null": ({"fit": None}, "fit: got None, expected object"),
    "wrong item": ({"fit": {"steps": [1, "b"]}}, r"fit\.steps\.1: got 'b'"),
    "too few": ({"fit": {"steps": []}}, "expected at least 1 items"),
    "no file": (
        {"file": "a.csv"},
        "file: got 'a.csv', but there is no file .*a.csv; set",
    ),
    "no folder": ({"folder": "a"}, "folder: got 'a', but there is no folder"),
    "neither": ({"any": "a"}, "any: got 'a', but there is no file or folder .*a; set"),
    "order": ({"fit": {"low": 5}}, "fit: got low = 5, high = 2, expected low < high"),
    "order of equals": (
        {"fit": {"low": 2}},
        "fit: got low = 2, high = 2, expected low < high",
    ),
    "order of a list and a number": (
        {"fit": {"scan": [1, 3, 0]}},
        r"fit: got scan = \[1, 3, 0\], high = 2, expected scan < high",
    ),
    "order with equals": (
        {"fit": {"few": 4}},
        "fit: got few = 4, many = 3, expected few <= many",
    ),
    "order of items": (
        {"fit": {"range": [3, 1]}},
        r"fit\.range: got \[3, 1\], expected each item more than the one before",
    ),
    "order of equal items": ({"fit": {"range": [1, 1]}}, r"fit\.range: got \[1, 1\]"),
    "order of items with equals": (
        {"fit": {"span": [3, 3, 1]}},
        r"fit\.span: got \[3, 3, 1\], expected no item less than the one before",
    ),
    "contradiction": (
        {"method": "lbfgsb", "radius": 60},
        "too slow .* set method: trf",
    ),
    "nothing at all": ({"run": None}, "run: got None, expected string"),
}


@pytest.mark.parametrize("case", WRONG, ids=str)
def test_wrong_config_is_refused_clearly(case, tmp_path, monkeypatch):
    """Each fault is named with its key, what came, and what was expected."""
    monkeypatch.setenv("SKYLOOM_DATA", str(tmp_path))
    tree, text = WRONG[case]
    with pytest.raises(ConfigError, match=text) as caught:
        validated({"run": "demo", **tree}, SCHEMA)
    assert len(str(caught.value).splitlines()) == 2


def test_equal_values_may_be_ordered():
    """Where equal values make sense, they pass; what is no number is not ours."""
    tree = {"fit": {"span": [1, 1, 2], "few": 3, "many": 3, "scan": [0, 1]}}
    assert validated({"run": "a", **tree}, SCHEMA)["fit"]["span"] == [1, 1, 2]
    validated({"run": "a", "fit": {"range": ["b", "a"]}}, SCHEMA)


def test_missing_key_is_named():
    """A required key without default must be given."""
    with pytest.raises(ConfigError, match="missing run; add it"):
        validated({}, SCHEMA)


def test_all_faults_in_one_message():
    """The user mends everything at once."""
    with pytest.raises(ConfigError) as caught:
        validated({"run": "A", "radius": 0, "x": 1, "fit": {"low": "a"}}, SCHEMA)
    assert len(str(caught.value).splitlines()) == 5


def test_long_lists_of_faults_are_cut():
    """Twenty faults are ten lines and a count."""
    steps = {"steps": ["a"] * 20}
    with pytest.raises(ConfigError, match="and 10 more"):
        validated({"run": "a", "fit": steps}, SCHEMA)


def test_defaults_are_filled_at_every_depth():
    """Absent keys have their defaults, given ones stay; the input is not touched."""
    given = {"run": "demo", "fit": {"high": 9}}
    tree = validated(given, SCHEMA)
    assert tree["radius"] == 3.0
    assert tree["fit"] == {"high": 9, "low": 1, "few": 3, "many": 3}
    assert given == {"run": "demo", "fit": {"high": 9}}


def test_defaults_are_not_shared():
    """Changing one config never changes the next."""
    first = validated({"run": "a"}, SCHEMA)
    first["fit"]["low"] = 99
    assert validated({"run": "a"}, SCHEMA)["fit"]["low"] == 1


def test_existing_paths_pass(tmp_path, monkeypatch):
    """Relative paths are looked up under SKYLOOM_DATA, absolute ones as they are."""
    monkeypatch.setenv("SKYLOOM_DATA", str(tmp_path))
    (tmp_path / "a.csv").write_text("x")
    (tmp_path / "b").mkdir()
    validated({"run": "a", "file": "a.csv", "folder": str(tmp_path / "b")}, SCHEMA)
    for name in ("a.csv", "b"):
        validated({"run": "a", "any": name}, SCHEMA)


def test_schema_files_are_put_together(tmp_path):
    """References to files and definitions are replaced; nearby keys win."""
    (tmp_path / "root.yaml").write_text(
        "type: object\nproperties:\n  room: {$ref: room.yaml, description: A room.}\n"
    )
    (tmp_path / "room.yaml").write_text(
        "$schema: https://json-schema.org/draft/2020-12/schema\n"
        "type: object\ndescription: Other.\ndefault: {}\nincreasing: [[a, b]]\n"
        "properties:\n  a: {$ref: '#/$defs/n', default: 1}\n  b: {$ref: '#/$defs/n'}\n"
        "$defs: {n: {type: number, minimum: 0}}\n"
    )
    room = load_schema(tmp_path / "root.yaml")["properties"]["room"]
    assert room["description"] == "A room."
    assert room["properties"]["a"] == {"type": "number", "minimum": 0, "default": 1}
    with pytest.raises(
        ConfigError, match=re.escape("room: got a = 1, b = 0, expected")
    ):
        validated({"room": {"b": 0}}, tmp_path / "root.yaml")


def leaves(schema, path=()):
    for key, inner in schema.get("properties", {}).items():
        if "properties" in inner:
            yield from leaves(inner, (*path, key))
        yield (*path, key), inner


def test_schema_is_complete(checkout):
    """A schema; every key has type, unit or kind, and default; sections are closed."""
    schema = load_schema(checkout / "workflow" / "schemas" / "config.schema.yaml")
    Draft202012Validator.check_schema(schema)
    for path, inner in leaves(schema):
        name = ".".join(path)
        assert {"type", "enum", "anyOf", "oneOf", "const"} & set(inner), name
        assert "description" in inner, name
        assert "default" in inner, name
        if "properties" in inner:
            assert inner["additionalProperties"] is False, name
        else:
            assert re.search(r"\[[^]]+\]", inner["description"]), name
