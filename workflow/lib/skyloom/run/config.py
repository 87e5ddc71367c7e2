"""The configuration as typed sections: each key once, completed or refused.

An area declares its keys in ``skyloom/<area>/config.py``, for example::

    class Fit(Section):
        '''How a model is fitted.'''

        radius: float = key(3.0, "Outer radius of the fit.", "px", gt=0)
        band: Interval[float] = key((0.1, 0.9), "Redshifts that are used.")

    class Area(Section):
        '''What the area does.'''

        fit: Fit = part(Fit)

Contradictions between keys are pydantic's ``model_validator`` of the section that
holds them. The schema for editors and ``config/README.md`` are written from the same
classes (`skyloom.run.config_docs`).
"""

from __future__ import annotations

import difflib
import json
import os
from collections.abc import Mapping
from functools import cache, partial
from inspect import getdoc
from itertools import pairwise
from pathlib import Path
from types import UnionType
from typing import Annotated, Any, Self, TypeVar, Union, get_args, get_origin

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    TypeAdapter,
    ValidationError,
    model_validator,
)

LISTED = 10  # problems that one message names


class ConfigError(ValueError):
    """A configuration that no run can follow."""


class Section(BaseModel):
    """A section of the configuration; its keys are its attributes."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    @model_validator(mode="before")
    @classmethod
    def _no_truth_as_number(cls, tree: Any) -> Any:
        """Refuse true and false as numbers; pydantic would take them as 1 and 0."""
        for name, value in tree.items() if isinstance(tree, Mapping) else ():
            field = cls.model_fields.get(name)
            if field and _has_truth(value) and not _takes_truth(field.annotation):
                msg = f"{name}: got {value!r}, expected no true or false"
                raise ValueError(msg)
        return tree

    @classmethod
    def stated(cls, tree: Mapping) -> Self:
        """Return the section with the keys that a rule has stated, and no others.

        Parameters
        ----------
        tree : mapping
            What `pick` chose of a validated configuration. Keys that are not of the
            section, such as the run's seed, are left out.

        Returns
        -------
        Section
            Reading a key that is not in `tree` raises ConfigError: a rule whose
            products depend on a key must state it, or a change of the key would not
            make them again.
        """
        values = {
            name: _stated(field.annotation, tree[name])
            for name, field in cls.model_fields.items()
            if name in tree
        }
        made = cls.model_construct()
        made.__dict__.clear()
        made.__dict__.update(values)
        return made

    def __getattr__(self, name: str) -> Any:
        if name in type(self).model_fields:
            msg = (
                f"the key {name} of {type(self).__name__} is read, but the rule does "
                "not state it; add it to the rule's pick(...)"
            )
            raise ConfigError(msg)
        return super().__getattr__(name)


def key(default: Any, sentence: str, unit: str = "", **limits: Any) -> Any:
    """Declare a key: its default, its meaning in one sentence, unit and limits.

    Parameters
    ----------
    default : object
        ``...`` for a key that must be given.
    sentence : str
        Shown in messages, in editors and in ``config/README.md``.
    unit : str
        Such as ``"px"`` or ``"arcsec"``; empty where a value has none.
    **limits
        pydantic's: ``gt``, ``ge``, ``lt``, ``le``, ``min_length``, ``pattern``...
    """
    extra = {"unit": unit} if unit else None
    text = f"{sentence.removesuffix('.')} [{unit}]." if unit else sentence
    return Field(default, description=text, json_schema_extra=extra, **limits)


def part(kind: type[Section], sentence: str = "") -> Any:
    """Declare an inner section, with its own defaults where it is left out."""
    text = sentence or (getdoc(kind) or "").partition("\n")[0]
    return Field(default_factory=kind, description=text)


def data_path(path: str) -> str:
    """Return where a data file lies: as given, or under ``$SKYLOOM_DATA``.

    Relative paths are taken from the folder that the environment variable
    SKYLOOM_DATA names, ``data`` if it is not set.
    """
    return str(Path(os.environ.get("SKYLOOM_DATA", "data")) / path)


def _growing(values: tuple, *, strictly: bool) -> tuple:
    if any(a > b or (strictly and a == b) for a, b in pairwise(values)):
        wanted = "each item more than" if strictly else "no item less than"
        msg = f"expected {wanted} the one before"
        raise ValueError(msg)
    return values


def _present(path: str, what: str) -> str:
    place = Path(data_path(path))
    known = {"file": Path.is_file, "folder": Path.is_dir, "file or folder": Path.exists}
    if not known[what](place):
        msg = (
            f"there is no {what} {place}; set SKYLOOM_DATA to the folder that holds "
            "it, or correct the path"
        )
        raise ValueError(msg)
    return path


T = TypeVar("T")
Share = Annotated[float, Field(ge=0, le=1)]
Interval = Annotated[tuple[T, T], AfterValidator(partial(_growing, strictly=False))]
Rising = Annotated[tuple[T, T], AfterValidator(partial(_growing, strictly=True))]
Increasing = Annotated[
    tuple[float, ...], AfterValidator(partial(_growing, strictly=True))
]
DataFile = Annotated[str, AfterValidator(partial(_present, what="file"))]
DataFolder = Annotated[str, AfterValidator(partial(_present, what="folder"))]
DataPlace = Annotated[str, AfterValidator(partial(_present, what="file or folder"))]


def checked(kind: type[Section], tree: Mapping, what: str = "the configuration"):
    """Return a section made from a tree, or say all that is wrong with it.

    Raises
    ------
    ConfigError
        One message with a line for every problem: key, value, what was expected, and
        the key's meaning with its unit.
    """
    try:
        return kind.model_validate(tree)
    except ValidationError as error:
        raise ConfigError(message(what, problems_of(error, kind))) from None


def pick(config: Mapping, *keys: str) -> dict:
    """Return the settings that a rule reads, and nothing else.

    Parameters
    ----------
    config : mapping
        An area's validated config.
    *keys : str
        Its keys; ``"tune.method"`` reaches into a section. The result is JSON-plain,
        keys sorted at every level: Snakemake compares contents, and not the order in
        which layers were merged.
    """
    chosen: dict = {}
    for name in keys:
        *sections, last = name.split(".")
        source, target = config, chosen
        for section in sections:
            source, target = source[section], target.setdefault(section, {})
        target[last] = source[last]
    return json.loads(json.dumps(chosen, sort_keys=True, allow_nan=False))


def message(what: str, problems: list[str]) -> str:
    """Return one message that lists problems, the first ten of them."""
    more = len(problems) - LISTED
    tail = [f"... and {more} more"] if more > 0 else []
    lines = [*problems[:LISTED], *tail]
    return f"{what} cannot be used:\n" + "\n".join(f"  {line}" for line in lines)


def problems_of(error: ValidationError, kind: type[Section]) -> list[str]:
    """Return a line for every key that is wrong, in the order of the keys."""
    by_place: dict[tuple, list] = {}
    for one in error.errors(include_url=False):
        place, owner, meaning = _located(kind, one["loc"])
        by_place.setdefault((place, owner, meaning), []).append(one)
    return [
        f"{'.'.join(place) or '(top level)'}: {_said(found, owner)}"
        + (f" ({meaning})" if meaning else "")
        for (place, owner, meaning), found in by_place.items()
    ]


def _located(kind: type[Section], loc: tuple) -> tuple[tuple, type[Section], str]:
    """Return the place of an error in the tree, its section, and the key's meaning.

    pydantic also names which of several types was tried; that is left out.
    """
    owner, inside, place, meaning = kind, False, [], ""
    for number, step in enumerate(loc):
        field = None if inside else owner.model_fields.get(step)
        if field is not None:
            place.append(step)
            meaning = field.description or ""
            inner = [k for k in _kinds(field.annotation) if issubclass(k, Section)]
            owner, inside = (inner[0], False) if inner else (owner, True)
        elif isinstance(step, int) or (number == len(loc) - 1 and not inside):
            place.append(str(step))
    return tuple(place), owner, meaning


def _said(errors: list[dict], owner: type[Section]) -> str:
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
        else one["msg"].replace("Input should be", "expected").replace("tuple", "list")
        for one in errors
    )
    return f"got {first['input']!r}, " + " or ".join(wanted)


def _unknown(name: str, known: list[str]) -> str:
    near = difflib.get_close_matches(name, known, n=1)
    hint = f"did you mean {near[0]}?" if near else f"known: {', '.join(known)}"
    return f"unknown key ({hint})"


@cache
def _adapter(annotation: Any) -> TypeAdapter:
    return TypeAdapter(annotation)


def _stated(annotation: Any, value: Any) -> Any:
    """Return a value that is known to be right in the type of its key."""
    sections = [kind for kind in _kinds(annotation) if issubclass(kind, Section)]
    if len(sections) == 1 and isinstance(value, Mapping):
        return sections[0].stated(value)
    return _adapter(annotation).validate_python(value)


def _kinds(annotation: Any) -> list[type]:
    """Return the classes that an annotation names, those of a union each."""
    if get_origin(annotation) in (Union, UnionType):
        return [kind for one in get_args(annotation) for kind in _kinds(one)]
    if get_origin(annotation) is Annotated:
        return _kinds(get_args(annotation)[0])
    return [annotation] if isinstance(annotation, type) else []


def _has_truth(value: Any) -> bool:
    """Whether a value is true or false, or a list that holds one."""
    listed = isinstance(value, list | tuple)
    return isinstance(value, bool) or (listed and any(map(_has_truth, value)))


def _takes_truth(annotation: Any) -> bool:
    return annotation in (bool, Any) or any(map(_takes_truth, get_args(annotation)))
