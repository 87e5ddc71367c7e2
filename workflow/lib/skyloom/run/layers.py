"""What a layer of the configuration may hold: plain values, each key once."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

import yaml

from skyloom.run.config_messages import ConfigError, message, shown

DEEP, MANY = 20, 1_000_000  # levels and values; aliases of YAML can make far more
TINY = 1e-30
CONTROL = re.compile(r"[\x00-\x1f\x7f\ud800-\udfff]")
PLAIN = (str, int, float, type(None))
Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def odd_values(tree: Mapping) -> list[str]:
    """Return a line for each value or key that no setting can have.

    YAML also has dates, bytes, sets, numbers as keys, and lists that hold themselves.
    """
    problems: list[str] = []
    todo, met = deque([((), tree)]), 0
    while todo:
        place, value = todo.popleft()
        inner = _inner(value)
        met += len(inner)
        if met > MANY or len(place) > DEEP:
            limit = f"more than {MANY} values, or {DEEP} levels"
            return [*problems, f"{_named(place)}: {limit}; are aliases (&, *) meant?"]
        problems += [
            f"{_named(place)}: got the key {shown(name)}, expected text; quote it"
            for name, _ in inner
            if not isinstance(name, str) and isinstance(value, Mapping)
        ]
        odd = _odd(value)
        if odd:
            problems.append(f"{_named(place)}: got {shown(value)}, {odd}")
        todo += [((*place, str(name)), one) for name, one in inner]
    return problems


def check_layers(paths: Iterable[str | Path]) -> None:
    """Refuse layers that have a key twice; YAML and JSON would keep the last one.

    Raises
    ------
    ConfigError
        With file, line and key.
    """
    problems = []
    for path in paths:
        try:
            root = yaml.compose(Path(path).read_text(encoding="utf-8-sig"), Loader)
        except yaml.YAMLError:  # JSON with tabs; what is neither is refused before
            continue
        problems += [
            f"{path}, line {line}: the key {shown(name)} stands in line {first} too; "
            "keep one of them"
            for name, first, line in _repeated(root)
        ]
    if problems:
        raise ConfigError(message("the configuration", problems))


def _inner(value: object) -> list[tuple]:
    if isinstance(value, Mapping):
        return list(value.items())
    return list(enumerate(value)) if isinstance(value, list | tuple) else []


def _odd(value: object) -> str:
    if isinstance(value, str) and CONTROL.search(value.rstrip("\n")):
        return "expected text without control characters"
    if isinstance(value, float) and 0 < abs(value) < TINY:
        return "expected 0, or a number that is not next to nothing"
    if isinstance(value, (*PLAIN, Mapping, list, tuple)):
        return ""
    return "expected text, a number, a list or keys; quote what is meant as text"


def _named(place: tuple) -> str:
    return ".".join(place) or "(top level)"


def _repeated(root: yaml.Node | None) -> Iterator[tuple[str, int, int]]:
    """Yield keys that a mapping has twice, with both lines."""
    todo, known = [root], set()
    while todo:
        node = todo.pop()
        if isinstance(node, yaml.ScalarNode | None) or id(node) in known:
            continue
        known.add(id(node))
        if isinstance(node, yaml.SequenceNode):
            todo += node.value
            continue
        first: dict[str, int] = {}
        for name, value in node.value:
            line, text = name.start_mark.line + 1, str(name.value)
            if text in first and text != "<<":
                yield text, first[text], line
            first.setdefault(text, line)
            todo.append(value)
