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

import json
import os
from collections.abc import Mapping
from functools import cache
from inspect import getdoc
from pathlib import Path
from typing import Any, Self, get_args

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    TypeAdapter,
    ValidationError,
    model_validator,
)

from skyloom.run.config_messages import ConfigError, kinds, message, problems_of, shown
from skyloom.run.layers import odd_values

MOST = 10**9  # of every number that has no limit of its own


class Section(BaseModel):
    """A section of the configuration; its keys are its attributes."""

    model_config = ConfigDict(
        extra="forbid",
        frozen=True,
        allow_inf_nan=False,
        str_strip_whitespace=True,
        str_min_length=1,
        str_max_length=1000,
    )

    @model_validator(mode="before")
    @classmethod
    def _as_meant(cls, tree: Any) -> Any:
        """Refuse true and false as numbers; read the text null as null.

        pydantic would take true as 1. Snakemake hands on what is nested in --config
        as text, which pydantic reads as the numbers that keys want.
        """
        if not isinstance(tree, Mapping):
            return tree
        meant = dict(tree)
        for name, field in cls.model_fields.items():
            value = tree.get(name)
            if _has_truth(value) and not _takes(field.annotation, bool):
                msg = f"{name}: got {shown(value)}, expected no true or false"
                raise ValueError(msg)
            if value == "null" and _takes(field.annotation, type(None)):
                meant[name] = None
        return meant

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
        pydantic's: ``gt``, ``ge``, ``lt``, ``le``, ``min_length``, ``pattern``... A
        number that has a lower limit only is `MOST` at most.
    """
    if limits.keys() & {"gt", "ge"} and not limits.keys() & {"lt", "le"}:
        limits["le"] = MOST
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


def checked(kind: type[Section], tree: Mapping, what: str = "the configuration"):
    """Return a section made from a tree, or say all that is wrong with it.

    Raises
    ------
    ConfigError
        One message with a line for every problem: key, value, what was expected, and
        the key's meaning with its unit.
    """
    odd = odd_values(tree)
    if odd:
        raise ConfigError(message(what, odd))
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


@cache
def _adapter(annotation: Any) -> TypeAdapter:
    return TypeAdapter(annotation)


def _stated(annotation: Any, value: Any) -> Any:
    """Return a value that is known to be right in the type of its key."""
    sections = [kind for kind in kinds(annotation) if issubclass(kind, Section)]
    if len(sections) == 1 and isinstance(value, Mapping):
        return sections[0].stated(value)
    return _adapter(annotation).validate_python(value)


def _has_truth(value: Any) -> bool:
    """Whether a value is true or false, or a list that holds one."""
    listed = isinstance(value, list | tuple)
    return isinstance(value, bool) or (listed and any(map(_has_truth, value)))


def _takes(annotation: Any, kind: type) -> bool:
    inner = get_args(annotation)
    return annotation in (kind, Any) or any(_takes(one, kind) for one in inner)
