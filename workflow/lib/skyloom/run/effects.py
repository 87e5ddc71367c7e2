"""Which statements of a module do more, when it is imported, than bind a name.

Those count wherever the module is imported, whether or not anything of it is used: a
call for its own sake, a loop, a condition, a decorator that enters a function in a
table. A binding does not, nor does a call or decorator that changes nothing lasting:
outside packages are trusted in this, definitions of the library are looked into.
"""

from __future__ import annotations

import ast
from functools import cache

from skyloom.run.modules import DEFINITION, Module, Unit, located

Chain = tuple[str, ...]
Seen = frozenset


@cache
def acts(module: Module, unit: Unit) -> bool:
    """Tell whether a statement does more than bind names when it runs."""
    node = unit.node
    if isinstance(node, DEFINITION):
        chains = map(_chain, node.decorator_list)
        return any(_name_lasts(module, chain, frozenset()) for chain in chains if chain)
    if isinstance(node, ast.Import | ast.ImportFrom):
        return False
    if isinstance(node, ast.Expr):
        return not isinstance(node.value, ast.Constant)
    if isinstance(node, ast.Assign | ast.AnnAssign):
        plain = all(_plain(target) for target in _targets(node))
        return not plain or _calls_last(module, unit, frozenset())
    return True


def _targets(node: ast.stmt) -> list[ast.expr]:
    if isinstance(node, ast.AnnAssign | ast.AugAssign):
        return [node.target]
    return node.targets if isinstance(node, ast.Assign | ast.Delete) else []


def _plain(target: ast.expr) -> bool:
    if isinstance(target, ast.Tuple | ast.List):
        return all(_plain(part) for part in target.elts)
    return isinstance(target, ast.Name)


@cache
def _called(unit: Unit) -> tuple[Chain, ...]:
    """Return the dotted names that a statement calls."""
    calls = (node for node in ast.walk(unit.node) if isinstance(node, ast.Call))
    return tuple(chain for call in calls if (chain := _chain(call.func)))


@cache
def _stored(unit: Unit) -> tuple[Chain, ...]:
    """Return what a statement stores into, plain names aside, or declares global."""
    found: list[Chain] = []
    for node in ast.walk(unit.node):
        if isinstance(node, ast.Global):
            found.extend((name,) for name in node.names)
        found.extend(_chain(part) for part in _targets(node) if not _plain(part))
    return tuple(chain for chain in found if chain)


def _calls_last(module: Module, unit: Unit, seen: Seen) -> bool:
    """Tell whether a call in a statement may change something that stays."""
    return any(_name_lasts(module, chain, seen) for chain in _called(unit))


def _chain(node: ast.expr) -> tuple[str, ...]:
    """Return the dotted name at the beginning of an expression."""
    names: list[str] = []
    while isinstance(node, ast.Attribute | ast.Call | ast.Subscript):
        names = [node.attr, *names] if isinstance(node, ast.Attribute) else []
        node = node.func if isinstance(node, ast.Call) else node.value
    return (node.id, *names) if isinstance(node, ast.Name) else ()


def _name_lasts(module: Module, chain: tuple[str, ...], seen: Seen) -> bool:
    if (module.name, chain) in seen:
        return False
    seen |= {(module.name, chain)}
    source = module.imports.get(chain[0])
    if source is None:
        units = module.bound.get(chain[0], ())
        return any(_unit_lasts(module, unit, chain, seen) for unit in units)
    found = located(source, chain[1:])
    if found is None:
        return False
    target, rest = found
    # A module cannot be called: what was meant was not found, so it counts.
    return not rest or _name_lasts(target, rest, seen)


def _unit_lasts(module: Module, unit: Unit, chain: tuple[str, ...], seen: Seen) -> bool:
    """Tell whether calling what a statement binds, or a method of it, lasts."""
    if isinstance(unit.node, DEFINITION):
        return _changes(module, unit, seen)
    # A method of a module's own object, TABLE.append, changes that object;
    # `jit = numba.njit(cache=True)` is outside work under another name.
    if len(chain) > 1:
        return True
    return _calls_last(module, unit, seen)


def _changes(module: Module, unit: Unit, seen: Seen) -> bool:
    """Tell whether the body of a definition changes its module's objects."""
    if unit.imports:
        return True  # a late import: not followed here
    outside = {chain[0] for chain in unit.uses}
    if any(chain[0] in outside for chain in _stored(unit)):
        return True
    ours = (chain for chain in _called(unit) if chain[0] in outside)
    return any(_name_lasts(module, chain, seen) for chain in ours)
