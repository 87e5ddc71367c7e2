"""Which statements of a module do more, when it is imported, than bind a name.

Those count wherever the module is imported, whether or not anything of it is used: a
call for its own sake, a loop, a condition, a decorator that enters a function in a
table. A binding does not, nor does a call or decorator that changes nothing lasting:
outside packages are trusted in this, definitions of the library are looked into.
"""

from __future__ import annotations

import ast

from skyloom.run.modules import DEFINITION, PACKAGE, Module, Unit, library_module

Seen = frozenset


def acts(module: Module, unit: Unit) -> bool:
    """Tell whether a statement does more than bind names when it runs.

    Parameters
    ----------
    module : Module
        The module that holds it.
    unit : Unit
        The statement.
    """
    node = unit.node
    if isinstance(node, DEFINITION):
        return any(_lasts(module, part) for part in node.decorator_list)
    if isinstance(node, ast.Import | ast.ImportFrom):
        return False
    if isinstance(node, ast.Expr):
        return not isinstance(node.value, ast.Constant)
    if isinstance(node, ast.Assign | ast.AnnAssign):
        plain = all(_plain(target) for target in _targets(node))
        return not plain or any(_lasts(module, call.func) for call in _calls(node))
    return True


def _targets(node: ast.stmt) -> list[ast.expr]:
    if isinstance(node, ast.AnnAssign | ast.AugAssign):
        return [node.target]
    return node.targets if isinstance(node, ast.Assign | ast.Delete) else []


def _plain(target: ast.expr) -> bool:
    if isinstance(target, ast.Tuple | ast.List):
        return all(_plain(part) for part in target.elts)
    return isinstance(target, ast.Name)


def _calls(node: ast.AST) -> list[ast.Call]:
    return [part for part in ast.walk(node) if isinstance(part, ast.Call)]


def _lasts(module: Module, called: ast.expr, seen: Seen = frozenset()) -> bool:
    """Tell whether calling an expression may change something that stays."""
    root = _root(called)
    if root is None or (module.name, root) in seen:
        return False
    seen |= {(module.name, root)}
    source = module.imports.get(root)
    if source is not None and source.module.split(".", maxsplit=1)[0] == PACKAGE:
        return _imported_lasts(source, called, seen)
    bound = module.bound.get(root, ())
    return any(_unit_lasts(module, unit, called, seen) for unit in bound)


def _root(node: ast.expr) -> str | None:
    """Return the first name of a dotted, called or indexed expression."""
    while isinstance(node, ast.Attribute | ast.Call | ast.Subscript):
        node = node.func if isinstance(node, ast.Call) else node.value
    return node.id if isinstance(node, ast.Name) else None


def _imported_lasts(source, called: ast.expr, seen: Seen) -> bool:
    """Look into a function of another module; what cannot be found counts."""
    target = library_module(source.module)
    if target is None or source.name not in target.bound:
        return True
    units = target.bound[source.name]
    return any(_unit_lasts(target, unit, called, seen) for unit in units)


def _unit_lasts(module: Module, unit: Unit, called: ast.expr, seen: Seen) -> bool:
    """Tell whether calling what a statement binds, or a method of it, lasts."""
    if isinstance(unit.node, DEFINITION):
        return _changes(module, unit, seen)
    # A method of a module's own object, TABLE.append, changes that object;
    # `jit = numba.njit(cache=True)` is outside work under another name.
    if isinstance(called, ast.Attribute):
        return True
    return any(_lasts(module, call.func, seen) for call in _calls(unit.node))


def _changes(module: Module, unit: Unit, seen: Seen) -> bool:
    """Tell whether the body of a definition changes its module's objects."""
    if unit.imports:
        return True  # a late import: not followed here
    outside = {chain[0] for chain in unit.uses}
    for node in ast.walk(unit.node):
        if isinstance(node, ast.Global):
            return True
        stored = [_root(part) for part in _targets(node) if not _plain(part)]
        if outside & set(stored):
            return True
    calls = [call.func for call in _calls(unit.node)]
    return any(_root(f) in outside and _lasts(module, f, seen) for f in calls)
