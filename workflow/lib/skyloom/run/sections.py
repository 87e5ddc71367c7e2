"""Sections of the configuration as the library's own settings."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from typing import TypeVar

T = TypeVar("T")


def of(kind: type[T], section: Mapping) -> T:
    """Return a dataclass from the keys of a section that it has, lists as tuples."""
    names = {field.name for field in fields(kind)}
    given = {key: value for key, value in section.items() if key in names}
    return kind(**{k: tuple(v) if isinstance(v, list) else v for k, v in given.items()})
