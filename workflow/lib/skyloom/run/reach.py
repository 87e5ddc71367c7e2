"""Which definitions of the library a script reaches.

The walk goes from definition to definition; `skyloom.run.digest` says by which rules
and why they are sound. What one statement leads to is worked out once a process,
since the walks of all rules pass through the same statements.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache

from skyloom.run.effects import acts
from skyloom.run.modules import Chain, Module, imports_of, library_module, located


@dataclass
class _Steps:
    """What a statement leads to: entries, modules that run, statements, modules."""

    entries: list[tuple] = field(default_factory=list)
    runs: list[str] = field(default_factory=list)
    units: list[tuple[Module, int]] = field(default_factory=list)
    wholes: list[Module] = field(default_factory=list)
    followed: set[tuple] = field(default_factory=set)


def reached(source: Module) -> list[list]:
    """Describe the code that runs when a module, a script or notebook, is run.

    Sorted, JSON-plain entries: module name, name or place, text. Equal lists mean equal
    code.
    """
    entries, seen = set(), set()
    waiting = [_all_of(source)]
    while waiting:
        steps = waiting.pop()
        entries.update(steps.entries)
        following = (
            *((_running, (name,)) for name in steps.runs),
            *((_taking, pair) for pair in steps.units),
            *((_all_of, (module,)) for module in steps.wholes),
        )
        for follow, arguments in following:
            if (follow, arguments) not in seen:
                seen.add((follow, arguments))
                waiting.append(follow(*arguments))
    return sorted(map(list, entries))


@cache
def _all_of(module: Module) -> _Steps:
    """Return what a module leads to that is used whole."""
    units = [(module, number) for number in range(len(module.units))]
    return _Steps(runs=[module.name], units=units)


@cache
def _running(name: str) -> _Steps:
    """Return what happens when a module is imported."""
    module = library_module(name)
    if module is None:
        return _Steps()
    steps = _Steps(wholes=[module] if module.dynamic else [])
    for number, unit in enumerate(module.units):
        if acts(module, number):
            steps.units.append((module, number))
        elif unit.kind == "import":
            steps.runs.extend(unit.executed)
    return steps


@cache
def _taking(module: Module, number: int) -> _Steps:
    """Return what one statement is and what it uses."""
    unit = module.units[number]
    steps = _Steps(runs=list(unit.executed))
    if unit.kind != "import":
        steps.entries.append((module.name, *_place(module, number), unit.text))
    imports = imports_of(unit) | module.imports
    for chain in unit.uses:
        _resolve(module, imports, tuple(chain), steps)
    return steps


def _resolve(module: Module, imports: dict, chain: Chain, steps: _Steps) -> None:
    """Follow a dotted name, through packages and re-exports."""
    steps.units.extend((module, number) for number in module.bound.get(chain[0], ()))
    source = imports.get(chain[0])
    if source is None or (module.name, chain) in steps.followed:
        return
    steps.followed.add((module.name, chain))
    meaning = f"{source[0]}:{source[1] or ''}"
    steps.entries.append((module.name, chain[0], 0, meaning))
    found = located(source, chain[1:])
    if found is None:
        return
    other, rest = found
    if rest:
        _resolve(other, other.imports, rest, steps)
    else:
        steps.wholes.append(other)


def _place(module: Module, number: int) -> tuple[str, int]:
    """Say where a statement stands: its name, and its order among equal names.

    Definitions may trade places without any change of meaning, actions may not.
    """
    binds = module.units[number].binds
    if acts(module, number) or not binds:
        return "", number
    name = min(binds)
    return name, module.bound[name].index(number)
