"""What is wrong with a configuration, in words."""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping
from reprlib import Repr
from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import BaseModel, ValidationError

LISTED = 10  # problems that one message names
BRACED = 'a path that has { } is put in double quotes, as in "images/{subject}.json"'


class _Short(Repr):
    def repr_int(self, x: int, level: int) -> str:
        # Python refuses to write the digits of a very long number.
        huge = abs(x) >= 10**50
        return f"about 2^{x.bit_length() - 1}" if huge else repr(x)


SHORT = _Short()
SHORT.maxstring = SHORT.maxother = 120
SHORT.maxlist = SHORT.maxtuple = SHORT.maxdict = SHORT.maxset = 10


class ConfigError(ValueError):
    """A configuration that no run can follow."""


def shown(value: object) -> str:
    """Return how a value is written, in a hundred characters or so."""
    return SHORT.repr(value)


def message(what: str, problems: list[str]) -> str:
    """Return one message that lists problems, the first ten of them."""
    more = len(problems) - LISTED
    tail = [f"... and {more} more"] if more > 0 else []
    lines = [*problems[:LISTED], *tail]
    return f"{what} cannot be used:\n" + "\n".join(f"  {line}" for line in lines)


def problems_of(error: ValidationError, kind: type[BaseModel]) -> list[str]:
    """Return a line for every key that is wrong, in the order of the keys.

    Unknown keys are first: a misspelt one may be why another is said to be absent.
    """
    by_place: dict[tuple, list] = {}
    for one in error.errors(include_url=False):
        place, owner, meaning = _located(kind, one["loc"])
        by_place.setdefault((place, owner, meaning), []).append(one)
    return [
        f"{'.'.join(place)[:200] or '(top level)'}: {_said(found, owner)}"
        + (f" ({meaning})" if meaning else "")
        for (place, owner, meaning), found in sorted(
            by_place.items(), key=lambda item: item[1][0]["type"] != "extra_forbidden"
        )
    ]


def _located(kind: type[BaseModel], loc: tuple) -> tuple[tuple, type[BaseModel], str]:
    """Return the place of an error in the tree, its section, and the key's meaning.

    pydantic also names which of several types was tried; that is left out.
    """
    owner, inside, place, meaning = kind, False, [], ""
    for number, step in enumerate(loc):
        field = None if inside else owner.model_fields.get(step)
        if field is not None:
            place.append(step)
            meaning = field.description or ""
            inner = [k for k in kinds(field.annotation) if issubclass(k, BaseModel)]
            owner, inside = (inner[0], False) if inner else (owner, True)
        elif isinstance(step, int) or (number == len(loc) - 1 and not inside):
            place.append(str(step))
    return tuple(place), owner, meaning


def _said(errors: list[dict], owner: type[BaseModel]) -> str:
    """Return what is wrong with one key; several types may have been tried."""
    first = errors[0]
    if first["type"] == "extra_forbidden":
        return _unknown(str(first["loc"][-1]), sorted(owner.model_fields))
    if first["type"] == "missing":
        return "missing; add it"
    if first["type"] == "value_error" and isinstance(first["input"], Mapping):
        return str(first["ctx"]["error"])
    wanted = dict.fromkeys(
        str(one["ctx"]["error"])
        if one["type"] == "value_error"
        else _expected(one["msg"])
        for one in errors
    )
    quote = first["type"] == "string_type" and isinstance(first["input"], int | float)
    hint = "; text is put in quotes" if quote else ""
    # YAML takes an unquoted { for a mapping, and what it cannot read for text.
    given, kind = first["input"], first["type"]
    if (kind == "string_type" and isinstance(given, dict)) or (
        kind in ("model_type", "dict_type") and isinstance(given, str) and "{" in given
    ):
        hint = f"; {BRACED}"
    return f"got {shown(first['input'])}, " + " or ".join(wanted) + hint


def _expected(said: str) -> str:
    said = re.sub(r"a valid dictionary or .*", "keys, as in {key: value}", said)
    return said.replace("Input should be", "expected").replace("tuple", "list")


def _unknown(name: str, known: list[str]) -> str:
    near = difflib.get_close_matches(name, known, n=1)
    hint = f"did you mean {near[0]}?" if near else f"known: {', '.join(known)}"
    return f"unknown key ({hint})"


def kinds(annotation: Any) -> list[type]:
    """Return the classes that an annotation names, those of a union each."""
    if get_origin(annotation) in (Union, UnionType):
        return [kind for one in get_args(annotation) for kind in kinds(one)]
    if get_origin(annotation) is Annotated:
        return kinds(get_args(annotation)[0])
    return [annotation] if isinstance(annotation, type) else []
