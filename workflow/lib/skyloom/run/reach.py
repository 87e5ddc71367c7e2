"""Which definitions of the library a script reaches.

The walk goes from definition to definition; `skyloom.run.digest` says by which
rules and why they are sound.
"""

from __future__ import annotations

import ast

from skyloom.run.effects import acts
from skyloom.run.modules import Import, Module, Unit, library_module, located


def reached(source: Module) -> list[list]:
    """Describe the code that runs when a module is run.

    Parameters
    ----------
    source : Module
        A script or notebook.

    Returns
    -------
    list of list
        Sorted, JSON-plain entries: module name, name or place, text. Equal lists
        mean equal code.
    """
    walk = _Walk()
    walk.whole(source)
    return sorted(walk.entries)


class _Walk:
    """A walk over definitions, each visited once."""

    def __init__(self) -> None:
        self.entries: list[list] = []
        self._seen: set = set()

    def _first(self, *key: object) -> bool:
        if key in self._seen:
            return False
        self._seen.add(key)
        return True

    def whole(self, module: Module) -> None:
        """Reach every statement of a module."""
        if self._first("whole", module.name):
            self.run(module.name)
            for unit in module.units:
                self.take(module, unit)

    def run(self, name: str) -> None:
        """Reach what happens when a module is imported."""
        module = library_module(name)
        if module is None or not self._first("run", name):
            return
        if module.dynamic:
            self.whole(module)
        for unit in module.units:
            if acts(module, unit):
                self.take(module, unit)
            elif isinstance(unit.node, ast.Import | ast.ImportFrom):
                self._run_all(unit)

    def take(self, module: Module, unit: Unit) -> None:
        """Reach one statement and what it uses."""
        if not self._first("unit", id(unit)):
            return
        self._run_all(unit)
        if not isinstance(unit.node, ast.Import | ast.ImportFrom):
            self.entries.append([module.name, *_place(module, unit), unit.text])
        for chain in unit.uses:
            self._resolve(module, unit.imports | module.imports, chain)

    def _run_all(self, unit: Unit) -> None:
        for name in unit.executed:
            self.run(name)

    def _resolve(self, module: Module, imports: dict, chain: tuple[str, ...]) -> None:
        for unit in module.bound.get(chain[0], ()):
            self.take(module, unit)
        source = imports.get(chain[0])
        if source is not None and self._first(module.name, source, chain):
            meaning = f"{source.module}:{source.name or ''}"
            self._note([module.name, chain[0], 0, meaning])
            self._follow(source, chain[1:])

    def _note(self, entry: list) -> None:
        if self._first("import", *entry):
            self.entries.append(entry)

    def _follow(self, source: Import, rest: tuple[str, ...]) -> None:
        """Reach a dotted name from an import, through packages and re-exports."""
        found = located(source, rest)
        if found is None:
            return
        module, rest = found
        if rest:
            self._resolve(module, module.imports, rest)
        else:
            self.whole(module)


def _place(module: Module, unit: Unit) -> tuple[str, int]:
    """Say where a statement stands: its name, and its order among equal names.

    Definitions may trade places without any change of meaning, actions may not.
    """
    if acts(module, unit) or not unit.binds:
        return "", module.units.index(unit)
    name = min(unit.binds)
    return name, module.bound[name].index(unit)
