"""Configuration: validated, completed, or refused in one clear message.

Schemas are JSON Schema (draft 2020-12) in YAML with five words of our own:

``path: file | folder | any``
    on a string: it must exist, relative to the data folder (`data_path`);
``increasing: [[a, b], ...]``
    on an object: the values of these keys must grow; a list stands for each of its
    items. ``increasing: true`` on a list: its items must grow;
``ordered: ...``
    the same, but equal values pass;
``refuse: [{when: SCHEMA, because: TEXT}, ...]``
    on an object: a contradiction, when the inner schema holds;
``unique: [key, ...]``
    on the schema of a sheet's row: no two rows may agree in these
    (`skyloom.run.sheets`).

Descriptions name the unit, ``"Outer radius of the fit [px]."``, and are part of the
message.
"""

from __future__ import annotations

import difflib
import operator
from collections.abc import Callable, Iterator, Mapping
from copy import deepcopy
from functools import cache
from itertools import pairwise
from pathlib import Path

import yaml
from jsonschema import Draft202012Validator, ValidationError, validators

from skyloom.run.config import ConfigError, data_path, message

# libyaml reads ten times faster, and each run and each of its jobs reads the schemas.
LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def validated(config: Mapping, schema: str | Path | Mapping) -> dict:
    """Return the config with its defaults filled in, or say what is wrong with it.

    Parameters
    ----------
    config : mapping
        The merged layers.
    schema : str, Path or mapping
        The schema, or its file (YAML).

    Returns
    -------
    dict
        A new tree, with the schema's ``default`` wherever a key was left out.

    Raises
    ------
    ConfigError
        One message with a line for every problem: key, value, what was expected,
        the key's meaning and unit, and what to do.
    """
    rules = schema if isinstance(schema, Mapping) else load_schema(schema)
    tree = filled(config, rules)
    problems = problems_of(tree, rules)
    if problems:
        raise ConfigError(message("the configuration", problems))
    return tree


@cache
def load_schema(path: str | Path) -> dict:
    """Read a schema file, with the files that it refers to put in their places.

    Parameters
    ----------
    path : str or Path
        A YAML file. ``$ref: other.yaml`` stands for that file beside it and
        ``$ref: "#/$defs/name"`` for a definition of its own; keys next to a
        reference win over the target's.

    Returns
    -------
    dict
        One schema without references.
    """
    document = yaml.load(Path(path).read_text(encoding="utf-8"), LOADER)
    return _inlined(document, document, Path(path).parent)


def _inlined(schema: object, document: Mapping, folder: Path) -> object:
    if isinstance(schema, list):
        return [_inlined(inner, document, folder) for inner in schema]
    if not isinstance(schema, dict):
        return schema
    own = {key: _inlined(inner, document, folder) for key, inner in schema.items()}
    # jsonschema would leave our own words aside below a nested dialect.
    own.pop("$schema", None)
    reference = own.pop("$ref", None)
    if reference is None:
        return own
    if not reference.startswith("#/$defs/"):
        return {**load_schema(folder / reference), **own}
    target = document["$defs"][reference.removeprefix("#/$defs/")]
    return {**_inlined(target, document, folder), **own}


def filled(tree: object, schema: Mapping) -> object:
    """Return a copy of `tree` with defaults from `schema` where keys are absent."""
    properties = schema.get("properties", {})
    if not isinstance(tree, Mapping):
        return deepcopy(tree)
    full = {key: filled(value, properties.get(key, {})) for key, value in tree.items()}
    for key, inner in properties.items():
        if key not in full and "default" in inner:
            full[key] = filled(inner["default"], inner)
    return full


def problems_of(tree: object, schema: Mapping) -> list[str]:
    """Return a line for every way in which `tree` breaks `schema`."""
    errors = _validator()(schema).iter_errors(tree)
    ordered = sorted(errors, key=lambda error: [str(part) for part in error.path])
    return [_line(error) for error in ordered]


def _line(error: ValidationError) -> str:
    """Say one problem: key, value, expected, meaning with unit, remedy."""
    place = ".".join(str(part) for part in error.absolute_path) or "(top level)"
    meaning = error.schema.get("description", "").strip()
    return f"{place}: {_problem(error)}" + (f" ({meaning})" if meaning else "")


def _problem(error: ValidationError) -> str:
    got, wanted = error.instance, error.validator_value
    if error.validator == "additionalProperties":
        return _unknown(got, error.schema)
    if error.validator == "required":
        absent = [key for key in wanted if key not in got]
        return (
            f"missing {', '.join(absent)}; add {'it' if len(absent) == 1 else 'them'}"
        )
    if error.validator in OWN:
        return error.message
    return f"got {got!r}, expected {_wanted(error)}"


def _wanted(error: ValidationError) -> str:
    """Say in words what the schema asked for."""
    value = error.validator_value
    words = {
        "type": lambda: " or ".join([value] if isinstance(value, str) else value),
        "enum": lambda: "one of " + ", ".join(repr(option) for option in value),
        "const": lambda: repr(value),
        "minimum": lambda: f"at least {value}",
        "maximum": lambda: f"at most {value}",
        "exclusiveMinimum": lambda: f"more than {value}",
        "exclusiveMaximum": lambda: f"less than {value}",
        "minItems": lambda: f"at least {value} items",
        "maxItems": lambda: f"at most {value} items",
        "uniqueItems": lambda: "no item twice",
        "pattern": lambda: f"text that matches {value}",
    }
    return words.get(error.validator, lambda: error.message)()


def _unknown(got: Mapping, schema: Mapping) -> str:
    known = sorted(schema.get("properties", {}))
    parts = []
    for key in sorted(set(got) - set(known), key=str):
        near = difflib.get_close_matches(str(key), known, n=1)
        hint = f"did you mean {near[0]}?" if near else f"known: {', '.join(known)}"
        parts.append(f"unknown key {key} ({hint})")
    return "; ".join(parts)


def _path(validator, kind, value, schema) -> Iterator[ValidationError]:
    del validator, schema
    place = Path(data_path(value)) if isinstance(value, str) else None
    exists = {"folder": Path.is_dir, "file": Path.is_file, "any": Path.exists}
    if place is None or exists[kind](place):
        return
    what = "file or folder" if kind == "any" else kind
    remedy = "set SKYLOOM_DATA to the folder that holds it, or correct the path"
    yield ValidationError(f"got {value!r}, but there is no {what} {place}; {remedy}")


def _increasing(validator, chains, tree, schema) -> Iterator[ValidationError]:
    del validator, schema
    wanted = "each item more than the one before"
    yield from _disorder(tree, chains, operator.lt, "<", wanted)


def _ordered(validator, chains, tree, schema) -> Iterator[ValidationError]:
    del validator, schema
    wanted = "no item less than the one before"
    yield from _disorder(tree, chains, operator.le, "<=", wanted)


def _disorder(tree, chains, before: Callable, sign: str, wanted: str):
    """Yield an error for each chain of an object, or for a list, out of order."""
    pairs = pairwise(tree) if isinstance(tree, list) and _numeric(tree) else ()
    if not all(before(a, b) for a, b in pairs):
        yield ValidationError(f"got {tree}, expected {wanted}")
    for keys in chains if isinstance(tree, Mapping) else ():
        values = [tree.get(key) for key in keys]
        items = [value if isinstance(value, list) else [value] for value in values]
        if not all(map(_numeric, items)):
            continue
        if not all(before(max(a), min(b)) for a, b in pairwise(items)):
            got = ", ".join(f"{k} = {v}" for k, v in zip(keys, values, strict=True))
            yield ValidationError(f"got {got}, expected {f' {sign} '.join(keys)}")


def _numeric(items: list) -> bool:
    """Whether there are items, numbers all; other words of the schema say if not."""
    return bool(items) and all(isinstance(item, int | float) for item in items)


def _refuse(validator, refusals, tree, schema) -> Iterator[ValidationError]:
    del schema
    for refusal in refusals:
        if validator.evolve(schema=refusal["when"]).is_valid(tree):
            yield ValidationError(refusal["because"].strip())


OWN = {
    "path": _path,
    "increasing": _increasing,
    "ordered": _ordered,
    "refuse": _refuse,
}


@cache
def _validator() -> type:
    return validators.extend(Draft202012Validator, OWN)
