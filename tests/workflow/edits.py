"""Edits of a checkout, each a function of its folder, for the rebuild matrix."""

from __future__ import annotations

import ast
import os
import re
import shutil
from collections.abc import Callable
from pathlib import Path

Edit = Callable[[Path], object]
LIBRARY = "workflow/lib/skyloom"


def swap(file: str, old: str, new: str) -> Edit:
    """Replace the first occurrence of a text, which must be there."""

    def edit(folder: Path) -> None:
        path = folder / file
        text = path.read_text()
        assert old in text, f"{file} has no {old!r}: mend the row of the matrix"
        path.write_text(text.replace(old, new, 1))

    return edit


def body(module: str, function: str) -> Edit:
    """Add a statement without effect at the end of a function, or of a method."""

    def edit(folder: Path) -> None:
        path = source(folder, module)
        node = definition(path, function)
        lines = path.read_text().splitlines(keepends=True)
        lines.insert(node.end_lineno, f"{' ' * node.body[0].col_offset}assert True\n")
        path.write_text("".join(lines))

    return edit


def docstring(module: str, function: str) -> Edit:
    """Add a sentence to the docstring of a function of the library."""

    def edit(folder: Path) -> None:
        path = source(folder, module)
        text = ast.get_docstring(definition(path, function), clean=False)
        first = text.split("\n")[0]
        path.write_text(path.read_text().replace(first, f"{first} And more", 1))

    return edit


def source(folder: Path, module: str) -> Path:
    """Return the file of a module: `builder.fit`."""
    return folder / LIBRARY / f"{module.replace('.', '/')}.py"


def definition(path: Path, name: str) -> ast.FunctionDef:
    """Return a function, or a method given as `Class.method`."""
    node: ast.AST = ast.parse(path.read_text())
    for part in name.split("."):
        kinds = ast.FunctionDef | ast.ClassDef
        inner = [n for n in node.body if isinstance(n, kinds) and n.name == part]
        assert inner, f"{path.name} has no {name}: mend the row of the matrix"
        node = inner[0]
    return node


def append(file: str, text: str) -> Edit:
    """Add a text at the end of a file."""

    def edit(folder: Path) -> None:
        path = folder / file
        assert path.is_file(), f"no {file}: mend the row of the matrix"
        path.write_text(path.read_text() + text)

    return edit


def configure(key: str, value: str) -> Edit:
    """Set a key of the run's own config layer: `builder.tune.rtol`."""

    def edit(folder: Path) -> None:
        import yaml

        path = folder / "tiny.yaml"
        tree = yaml.safe_load(path.read_text())
        node = tree
        *sections, last = key.split(".")
        for section in sections:
            node = node.setdefault(section, {})
        node[last] = yaml.safe_load(value)
        path.write_text(yaml.safe_dump(tree, sort_keys=False))

    return edit


def spread_out(folder: Path) -> None:
    """Put comments and blank lines before all definitions of the library."""
    for path in sorted((folder / LIBRARY).rglob("*.py")):
        text = path.read_text()
        path.write_text(
            re.sub(r"^(def |class |@)", r"# Why.\n\n\n\1", text, flags=re.M)
        )


def touch_code(folder: Path) -> None:
    """Give every file of the checkout a new time, as `git checkout` does."""
    for part in ("Snakefile", "config", "envs", "notebooks", "scripts", "workflow"):
        root = folder / part
        for path in [root, *root.rglob("*")] if root.is_dir() else [root]:
            os.utime(path)


def touch(pattern: str) -> Edit:
    """Give the first product that matches a new time."""
    return lambda folder: os.utime(first(folder, pattern))


def change(pattern: str, old: bytes, new: bytes) -> Edit:
    """Replace bytes in the first product that matches."""

    def edit(folder: Path) -> None:
        path = first(folder, pattern)
        content = path.read_bytes()
        assert old in content, f"{path} has no {old!r}: mend the row of the matrix"
        path.write_bytes(content.replace(old, new, 1))

    return edit


def remove(pattern: str) -> Edit:
    """Delete the first product that matches."""
    return lambda folder: first(folder, pattern).unlink()


def first(folder: Path, pattern: str) -> Path:
    found = sorted(folder.glob(pattern))
    assert found, f"no {pattern}: mend the row of the matrix"
    return found[0]


def move(folder: Path) -> Path:
    """Move the whole checkout, results included; return where it is now."""
    target = folder.with_name("moved") / "deeper" / folder.name
    target.parent.mkdir(parents=True)
    shutil.move(folder, target)
    return target


def both(*edits: Edit) -> Edit:
    """Apply several edits."""

    def edit(folder: Path) -> None:
        for part in edits:
            part(folder)

    return edit
