"""Modules of the library as statements, the names they bind and the names they use.

A `Module` is the syntax tree of one file, cut into its top-level statements
(`Unit`), each with the names that it binds and, worked out when asked for, the
dotted names that it uses from outside itself.
"""

from __future__ import annotations

import ast
import json
import symtable
from dataclasses import dataclass, field
from functools import cache, cached_property
from pathlib import Path

LIBRARY = Path(__file__).resolve().parents[2]
PACKAGE = "skyloom"
DEFINITION = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef

# A module that uses one of these is taken whole: what it reaches cannot be read.
DYNAMIC_CALLS = frozenset({"delattr", "eval", "exec", "globals", "locals", "vars"})
DYNAMIC_CALLS |= {"setattr", "__import__", "__doc__", "__file__"}
DYNAMIC_NAMES = frozenset({"__doc__", "__init_subclass__", "__subclasses__"})
DECLARATIONS = frozenset({"key", "part"})  # of the configuration's keys


@dataclass(frozen=True)
class Import:
    """One name brought in by an import: ``module`` itself, or ``name`` of it."""

    module: str
    name: str | None = None


@dataclass(frozen=True, eq=False)
class Unit:
    """One top-level statement without docstrings, its package, and its imports."""

    node: ast.stmt
    package: str
    importing: tuple[ast.Import | ast.ImportFrom, ...] = ()

    @cached_property
    def text(self) -> str:
        """The statement in one layout, without comments."""
        return ast.unparse(self.node)

    @cached_property
    def binds(self) -> frozenset[str]:
        """Names that the statement binds in its module, imports aside."""
        if isinstance(self.node, DEFINITION):
            return frozenset({self.node.name})
        if isinstance(self.node, ast.Import | ast.ImportFrom):
            return frozenset()
        table = symtable.symtable(self.text, "unit", "exec")
        bound = {s.get_name() for s in table.get_symbols() if s.is_assigned()}
        return frozenset(bound)

    @cached_property
    def imports(self) -> dict[str, Import]:
        """Names bound by those imports."""
        found: dict[str, Import] = {}
        for node in self.importing:
            found |= imported(node, self.package)
        return found

    @cached_property
    def executed(self) -> frozenset[str]:
        """Modules that run when the statement runs."""
        runs = (executed(node, self.package) for node in self.importing)
        return frozenset(name for names in runs for name in names)

    @cached_property
    def uses(self) -> frozenset[tuple[str, ...]]:
        """Dotted names that the statement takes from its module or beyond."""
        outside = _outside(symtable.symtable(self.text, "unit", "exec"))
        known = outside | set(self.imports)
        chains = _Chains()
        chains.visit(self.node)
        return frozenset(chain for chain in chains.found if chain[0] in known)


@dataclass(frozen=True, eq=False)
class Module:
    """One file: its name, its statements, and whether it must be taken whole."""

    name: str
    units: tuple[Unit, ...]
    dynamic: bool = False
    bound: dict[str, list[Unit]] = field(init=False, repr=False)
    imports: dict[str, Import] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        bound: dict[str, list[Unit]] = {}
        imports: dict[str, Import] = {}
        for unit in self.units:
            if not isinstance(unit.node, DEFINITION):
                imports |= unit.imports
            for name in unit.binds:
                bound.setdefault(name, []).append(unit)
        object.__setattr__(self, "bound", bound)
        object.__setattr__(self, "imports", imports)


@cache
def library_module(name: str) -> Module | None:
    """Return the library's module of a dotted name, None if there is none."""
    if name.split(".", maxsplit=1)[0] != PACKAGE:
        return None
    path = LIBRARY.joinpath(*name.split("."))
    if path.is_dir():
        init = path / "__init__.py"
        text = init.read_text(encoding="utf-8") if init.exists() else ""
        return _module(name, name, text)
    file = path.with_suffix(".py")
    if not file.exists():
        return None
    return _module(name, name.rpartition(".")[0], file.read_text(encoding="utf-8"))


def located(
    source: Import, rest: tuple[str, ...]
) -> tuple[Module, tuple[str, ...]] | None:
    """Follow a dotted name from an import to the module that binds it.

    Parameters
    ----------
    source : Import
        What the first part of the name was imported from.
    rest : tuple of str
        The parts after the first.

    Returns
    -------
    tuple of Module and tuple of str, or None
        The module, and the parts from the one it binds on; no parts where the name
        stands for the module itself or for something unknown of it. None outside
        the library.
    """
    name = source.module
    rest = rest if source.name is None else (source.name, *rest)
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
    return _module(path.name, "", _cells(text) if path.suffix == ".ipynb" else text)


def _module(name: str, package: str, text: str) -> Module:
    tree = ast.parse(text, filename=name)
    body = tree.body[1:] if _documented(tree) else tree.body
    units, dynamic = [], False
    for statement in body:
        if not _for_types(statement):
            nodes = list(ast.walk(statement))
            dynamic = dynamic or _finds_names(statement) or any(map(_tricks, nodes))
            units.append(_unit(statement, nodes, package))
    return Module(name, tuple(units), dynamic=dynamic)


def _unit(statement: ast.stmt, nodes: list[ast.AST], package: str) -> Unit:
    """Return a statement, given with all its nodes, without docstrings.

    Of a configuration's key, its name and type are kept: a rule is given the value
    that it has in this run, and neither default nor words count.
    """
    for node in filter(_documented, nodes):
        node.body = node.body[1:] or [ast.Pass()]
    for node in nodes:
        if isinstance(node, ast.AnnAssign) and _declares(node.value):
            node.value = None
    imports = (node for node in nodes if isinstance(node, ast.Import | ast.ImportFrom))
    return Unit(statement, package, tuple(imports))


def _declares(value: ast.expr | None) -> bool:
    """Tell whether a value is a declaration of `skyloom.run.config`."""
    called = value.func if isinstance(value, ast.Call) else None
    return isinstance(called, ast.Name) and called.id in DECLARATIONS


def _cells(text: str) -> str:
    """Return the code of a notebook; lines of IPython magic become strings."""
    cells = [c for c in json.loads(text)["cells"] if c["cell_type"] == "code"]
    lines = "\n".join("".join(cell["source"]) for cell in cells).split("\n")
    return "\n".join(repr(x) if x.startswith(("%", "!")) else x for x in lines)


def _documented(node: ast.AST) -> bool:
    """Tell whether a node begins with a docstring."""
    if not isinstance(node, DEFINITION | ast.Module):
        return False
    return ast.get_docstring(node, clean=False) is not None


def _for_types(node: ast.stmt) -> bool:
    """Tell whether a statement is ``if TYPE_CHECKING:``, which never runs."""
    return isinstance(node, ast.If) and ast.unparse(node.test).endswith("TYPE_CHECKING")


def _finds_names(node: ast.stmt) -> bool:
    """Tell whether a statement is the ``__getattr__`` of its module."""
    return isinstance(node, ast.FunctionDef) and node.name == "__getattr__"


def _tricks(node: ast.AST) -> bool:
    """Tell whether a node does what cannot be followed by reading."""
    if isinstance(node, ast.Name):
        return node.id in DYNAMIC_CALLS
    if isinstance(node, ast.Attribute):
        inner = node.value
        table = node.attr == "modules" and getattr(inner, "id", None) == "sys"
        return table or node.attr in DYNAMIC_NAMES
    if isinstance(node, ast.FunctionDef):
        return node.name in DYNAMIC_NAMES
    if isinstance(node, ast.Import):
        return any(alias.name.split(".")[0] == "importlib" for alias in node.names)
    if isinstance(node, ast.ImportFrom):
        star = any(alias.name == "*" for alias in node.names)
        return star or node.module in ("importlib", "sys.modules")
    return False


def imported(node: ast.Import | ast.ImportFrom, package: str) -> dict[str, Import]:
    """Return the names that an import statement binds."""
    if isinstance(node, ast.Import):
        return {
            a.asname or a.name.split(".")[0]: Import(
                a.name if a.asname else a.name.split(".")[0]
            )
            for a in node.names
        }
    source = _absolute(node, package)
    return {a.asname or a.name: Import(source, a.name) for a in node.names}


def executed(node: ast.Import | ast.ImportFrom, package: str) -> list[str]:
    """Return the modules that an import statement runs, parents included."""
    if isinstance(node, ast.Import):
        return [name for alias in node.names for name in _parents(alias.name)]
    source = _absolute(node, package)
    return _parents(source) + [f"{source}.{alias.name}" for alias in node.names]


def _absolute(node: ast.ImportFrom, package: str) -> str:
    if not node.level:
        return node.module or ""
    base = package.split(".")[: len(package.split(".")) - node.level + 1]
    return ".".join([*base, node.module] if node.module else base)


def _parents(name: str) -> list[str]:
    parts = name.split(".")
    return [".".join(parts[:n]) for n in range(1, len(parts) + 1)]


def _outside(table: symtable.SymbolTable) -> set[str]:
    """Return the names that a statement takes from its module, at any depth."""
    top = table.get_type() == "module"
    own = {
        s.get_name()
        for s in table.get_symbols()
        if (s.is_referenced() if top else s.is_global())
    }
    return own.union(*(_outside(child) for child in table.get_children()))


class _Chains(ast.NodeVisitor):
    """Collect the dotted names of a tree, the longest chain of each."""

    def __init__(self) -> None:
        self.found: set[tuple[str, ...]] = set()

    def visit_Name(self, node: ast.Name) -> None:
        self.found.add((node.id,))

    def visit_Attribute(self, node: ast.Attribute) -> None:
        names, inner = [node.attr], node.value
        while isinstance(inner, ast.Attribute):
            names.append(inner.attr)
            inner = inner.value
        if isinstance(inner, ast.Name):
            self.found.add((inner.id, *reversed(names)))
        else:
            self.visit(inner)
