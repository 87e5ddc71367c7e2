"""Which statements of a module do more, when it is imported, than bind a name.

Those count wherever the module is imported, whether or not anything of it is used: a
call for its own sake, a loop, a condition, a decorator that enters a function in a
table. A binding does not, nor does a call or decorator that changes nothing lasting:
outside packages are trusted in this, definitions of the library are looked into.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache

from skyloom.run.modules import Chain, Module, located
from skyloom.run.statements import Statement

Seen = frozenset


@cache
def acts(module: Module, number: int) -> bool:
    """Tell whether a statement of a module does more than bind names when it runs."""
    unit = module.units[number]
    if unit.kind in ("definition", "binding"):
        called = unit.decorators if unit.kind == "definition" else unit.calls
        return _any_lasts(module, called, frozenset())
    return unit.kind == "action"


def _any_lasts(module: Module, called: Iterable[list[str]], seen: Seen) -> bool:
    """Tell whether calling one of these names may change something that stays."""
    return any(_name_lasts(module, tuple(chain), seen) for chain in called)


def _name_lasts(module: Module, chain: Chain, seen: Seen) -> bool:
    if (module.name, chain) in seen:
        return False
    seen |= {(module.name, chain)}
    source = module.imports.get(chain[0])
    if source is None:
        units = (module.units[k] for k in module.bound.get(chain[0], ()))
        return any(_unit_lasts(module, unit, chain, seen) for unit in units)
    found = located(source, chain[1:])
    if found is None:
        return False
    target, rest = found
    # A module cannot be called: what was meant was not found, so it counts.
    return not rest or _name_lasts(target, rest, seen)


def _unit_lasts(module: Module, unit: Statement, chain: Chain, seen: Seen) -> bool:
    """Tell whether calling what a statement binds, or a method of it, lasts."""
    if unit.kind == "definition":
        return _changes(module, unit, seen)
    # A method of a module's own object, TABLE.append, changes that object;
    # `jit = numba.njit(cache=True)` is outside work under another name.
    return len(chain) > 1 or _any_lasts(module, unit.calls, seen)


def _changes(module: Module, unit: Statement, seen: Seen) -> bool:
    """Tell whether the body of a definition changes its module's objects."""
    if unit.imports:
        return True  # a late import: not followed here
    outside = {chain[0] for chain in unit.uses}
    if any(chain[0] in outside for chain in unit.stores):
        return True
    ours = (chain for chain in unit.calls if chain[0] in outside)
    return _any_lasts(module, ours, seen)
