"""What each top-level statement of a file binds, uses, calls and changes.

Reading a file's syntax tree takes far longer than using what is found, so that is kept
in the working directory with the checksum of the text and of this reader.
"""

from __future__ import annotations

import ast
import contextlib
import hashlib
import json
import symtable
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

KEPT = Path(".snakemake") / "skyloom-statements"
READER = f"{sys.version}{Path(__file__).read_text(encoding='utf-8')}"
DEFINITION = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef
IMPORT = ast.Import | ast.ImportFrom
DECLARATIONS = frozenset({"key", "part"})  # of the configuration's keys

# A module that uses one of these is taken whole: what it reaches cannot be read.
DYNAMIC_CALLS = frozenset({"delattr", "eval", "exec", "globals", "locals", "vars"})
DYNAMIC_CALLS |= {"setattr", "__import__", "__doc__", "__file__"}
DYNAMIC_NAMES = frozenset({"__doc__", "__init_subclass__", "__subclasses__"})


class Statement(NamedTuple):
    """One top-level statement, JSON-plain; a chain is a dotted name as a list.

    Attributes
    ----------
    kind : str
        ``definition``, ``import``, ``constant``, ``binding`` (of plain names) or
        ``action``.
    text : str
        The statement in one layout, without comments and docstrings.
    binds : list of str
        Names that it binds in its module, imports aside.
    imports : list of [str, str, str or None]
        Names bound by imports anywhere in it: the name, the module that it comes from,
        and the name there; None for the module itself.
    executed : list of str
        Modules that those imports run.
    uses : list of chain
        Dotted names that it takes from its module or beyond.
    calls, stores, decorators : list of chain
        What it calls; what it stores into, plain names aside, or declares global; by
        what it is decorated.
    """

    kind: str
    text: str
    binds: list
    imports: list
    executed: list
    uses: list
    calls: list
    stores: list
    decorators: list


def statements(text: str, package: str, name: str) -> tuple[bool, list[Statement]]:
    """Return whether a file must be taken whole, and its statements.

    Parameters
    ----------
    text : str
        Python.
    package : str
        The package of the file, for relative imports.
    name : str
        What the file is called in a SyntaxError.
    """
    content = f"{READER}\0{package}\0{text}"
    state = hashlib.sha256(content.encode()).hexdigest()
    place = KEPT / f"{package}-{name}.json"
    with contextlib.suppress(OSError, ValueError, TypeError):
        known, dynamic, found = json.loads(place.read_text(encoding="utf-8"))
        if known == state:
            return dynamic, [Statement(*one) for one in found]
    read = _read(ast.parse(text, filename=name), package)
    with contextlib.suppress(OSError):
        KEPT.mkdir(parents=True, exist_ok=True)
        place.write_text(json.dumps([state, *read]), encoding="utf-8")
    return read


def _read(tree: ast.Module, package: str) -> tuple[bool, list[Statement]]:
    body = tree.body[1:] if _documented(tree) else tree.body
    found, dynamic = [], False
    for node in body:
        if _for_types(node):
            continue
        nodes = list(ast.walk(node))
        # The module's own __getattr__ finds names that nobody can read.
        dynamic |= isinstance(node, ast.FunctionDef) and node.name == "__getattr__"
        dynamic |= any(map(_tricks, nodes))
        found.append(_statement(node, nodes, package))
    return dynamic, found


def _statement(node: ast.stmt, nodes: list[ast.AST], package: str) -> Statement:
    """Return a statement, given with all its nodes.

    Of a configuration's key, its name and type are kept: a rule is given the value
    that it has in this run, and neither default nor words count.
    """
    for one in filter(_documented, nodes):
        one.body = one.body[1:] or [ast.Pass()]
    for one in nodes:
        if isinstance(one, ast.AnnAssign) and _declares(one.value):
            one.value = None
    importing = [one for one in nodes if isinstance(one, IMPORT)]
    nodes = list(ast.walk(node))
    text = ast.unparse(node)
    table = symtable.symtable(text, "statement", "exec")
    imports = [row for one in importing for row in _imported(one, package)]
    known = _outside(table) | {row[0] for row in imports}
    names = _Chains()
    names.visit(node)
    calls = (_chain(one.func) for one in nodes if isinstance(one, ast.Call))
    decorators = node.decorator_list if isinstance(node, DEFINITION) else []
    executed = {name for one in importing for name in _executed(one, package)}
    return Statement(
        kind=_kind(node),
        text=text,
        binds=_binds(node, table),
        imports=imports,
        executed=sorted(executed),
        uses=sorted(map(list, (c for c in names.found if c[0] in known))),
        calls=[chain for chain in calls if chain],
        stores=[chain for chain in _stored(nodes) if chain],
        decorators=[chain for chain in map(_chain, decorators) if chain],
    )


def _kind(node: ast.stmt) -> str:
    if isinstance(node, DEFINITION):
        return "definition"
    if isinstance(node, IMPORT):
        return "import"
    if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
        return "constant"
    if isinstance(node, ast.Assign | ast.AnnAssign) and all(
        map(_plain, _targets(node))
    ):
        return "binding"
    return "action"


def _binds(node: ast.stmt, table: symtable.SymbolTable) -> list[str]:
    if isinstance(node, DEFINITION):
        return [node.name]
    if isinstance(node, IMPORT):
        return []
    return sorted(s.get_name() for s in table.get_symbols() if s.is_assigned())


def _targets(node: ast.AST) -> list[ast.expr]:
    if isinstance(node, ast.AnnAssign | ast.AugAssign):
        return [node.target]
    return node.targets if isinstance(node, ast.Assign | ast.Delete) else []


def _plain(target: ast.expr) -> bool:
    if isinstance(target, ast.Tuple | ast.List):
        return all(map(_plain, target.elts))
    return isinstance(target, ast.Name)


def _stored(nodes: list[ast.AST]) -> Iterator[list[str]]:
    for node in nodes:
        if isinstance(node, ast.Global):
            yield from ([name] for name in node.names)
        yield from (_chain(part) for part in _targets(node) if not _plain(part))


def _chain(node: ast.expr) -> list[str]:
    """Return the dotted name at the beginning of an expression."""
    names: list[str] = []
    while isinstance(node, ast.Attribute | ast.Call | ast.Subscript):
        names = [node.attr, *names] if isinstance(node, ast.Attribute) else []
        node = node.func if isinstance(node, ast.Call) else node.value
    return [node.id, *names] if isinstance(node, ast.Name) else []


def _declares(value: ast.expr | None) -> bool:
    """Tell whether a value is a declaration of `skyloom.run.config`."""
    called = value.func if isinstance(value, ast.Call) else None
    return isinstance(called, ast.Name) and called.id in DECLARATIONS


def _documented(node: ast.AST) -> bool:
    """Tell whether a node begins with a docstring."""
    if not isinstance(node, DEFINITION | ast.Module):
        return False
    return ast.get_docstring(node, clean=False) is not None


def _for_types(node: ast.stmt) -> bool:
    """Tell whether a statement is ``if TYPE_CHECKING:``, which never runs."""
    return isinstance(node, ast.If) and ast.unparse(node.test).endswith("TYPE_CHECKING")


def _tricks(node: ast.AST) -> bool:
    """Tell whether a node does what cannot be followed by reading."""
    if isinstance(node, ast.Name):
        return node.id in DYNAMIC_CALLS
    if isinstance(node, ast.Attribute):
        table = node.attr == "modules" and getattr(node.value, "id", None) == "sys"
        return table or node.attr in DYNAMIC_NAMES
    if isinstance(node, ast.FunctionDef):
        return node.name in DYNAMIC_NAMES
    if isinstance(node, ast.Import):
        return any(alias.name.split(".")[0] == "importlib" for alias in node.names)
    if isinstance(node, ast.ImportFrom):
        star = any(alias.name == "*" for alias in node.names)
        return star or node.module in ("importlib", "sys.modules")
    return False


def _imported(node: IMPORT, package: str) -> list[list]:
    """Return the names that an import statement binds, as `Statement` has them."""
    if isinstance(node, ast.ImportFrom):
        source = _absolute(node, package)
        return [[a.asname or a.name, source, a.name] for a in node.names]
    tops = ((a.asname, a.name, a.name.split(".")[0]) for a in node.names)
    return [[alias or top, name if alias else top, None] for alias, name, top in tops]


def _executed(node: IMPORT, package: str) -> list[str]:
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
