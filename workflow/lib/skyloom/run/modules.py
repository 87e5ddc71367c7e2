"""Modules of the library: their statements, and which of them binds a name."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from skyloom.run.places import LIBRARY
from skyloom.run.statements import Statement, statements

PACKAGE = "skyloom"
Chain = tuple[str, ...]


@dataclass(frozen=True, eq=False)
class Module:
    """One file: its name, its statements, and whether it must be taken whole.

    Attributes
    ----------
    bound : dict of str to list of int
        Numbers of the statements that bind a name, imports aside.
    imports : dict of str to (str, str or None)
        Names that its imports bind, those inside of definitions aside: the module that
        each comes from, and its name there.
    """

    name: str
    dynamic: bool
    units: list[Statement]
    bound: dict[str, list[int]] = field(default_factory=dict, repr=False)
    imports: dict[str, tuple] = field(default_factory=dict, repr=False)

    def __post_init__(self) -> None:
        for number, unit in enumerate(self.units):
            if unit.kind != "definition":
                self.imports.update(imports_of(unit))
            for name in unit.binds:
                self.bound.setdefault(name, []).append(number)


def imports_of(unit: Statement) -> dict[str, tuple]:
    """Return the names that the imports in a statement bind, as `Module` has them."""
    return {name: (module, inner) for name, module, inner in unit.imports}


@cache
def library_module(name: str) -> Module | None:
    """Return the library's module of a dotted name, None if there is none."""
    if name.split(".", maxsplit=1)[0] != PACKAGE:
        return None
    path = LIBRARY.joinpath(*name.split("."))
    if path.is_dir():
        init = path / "__init__.py"
        text = init.read_text(encoding="utf-8") if init.exists() else ""
        return Module(name, *statements(text, name, name))
    file = path.with_suffix(".py")
    if not file.exists():
        return None
    text = file.read_text(encoding="utf-8")
    return Module(name, *statements(text, name.rpartition(".")[0], name))


def located(source: tuple, rest: Chain) -> tuple[Module, Chain] | None:
    """Follow a dotted name from an import to the module that binds it.

    Parameters
    ----------
    source : tuple of str and (str or None)
        What the first part of the name was imported from, as in `Module.imports`.
    rest : tuple of str
        The parts after the first.

    Returns
    -------
    tuple of Module and tuple of str, or None
        The module, and the parts from the one it binds on; no parts where the name
        stands for the module itself or for something unknown of it. None outside
        the library.
    """
    name, inner = source
    rest = rest if inner is None else (inner, *rest)
    while (module := library_module(name)) is not None:
        if not rest or rest[0] in module.bound or rest[0] in module.imports:
            return module, rest
        name, rest = f"{name}.{rest[0]}", rest[1:]
        if library_module(name) is None:
            return module, ()
    return None


def source_module(path: Path) -> Module:
    """Return the module of a script, or of a notebook's code cells."""
    text = path.read_text(encoding="utf-8")
    code = _cells(text) if path.suffix == ".ipynb" else text
    return Module(path.name, *statements(code, "", path.name))


def _cells(text: str) -> str:
    """Return the code of a notebook; lines of IPython magic become strings."""
    cells = [c for c in json.loads(text)["cells"] if c["cell_type"] == "code"]
    lines = "\n".join("".join(cell["source"]) for cell in cells).split("\n")
    return "\n".join(repr(x) if x.startswith(("%", "!")) else x for x in lines)
