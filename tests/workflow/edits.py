"""Edits of a checkout, each a function of its folder, for the rebuild matrix."""

from __future__ import annotations

import ast
import json
import os
import re
import shutil
from collections.abc import Callable
from pathlib import Path

import yaml

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


def create(file: str, text: str) -> Edit:
    """Write a file that was not there."""

    def edit(folder: Path) -> None:
        (folder / file).write_text(text)

    return edit


def to_end(module: str, function: str) -> Edit:
    """Move a function to the end of its file."""

    def edit(folder: Path) -> None:
        path = source(folder, module)
        node = definition(path, function)
        lines = path.read_text().splitlines(keepends=True)
        assert not node.decorator_list
        moved = lines[node.lineno - 1 : node.end_lineno]
        del lines[node.lineno - 1 : node.end_lineno]
        path.write_text("".join([*lines, "\n\n", *moved]))

    return edit


def cell(notebook: str, kind: str) -> Edit:
    """Add a line to the first cell of a kind, `code` or `markdown`, of a notebook."""

    def edit(folder: Path) -> None:
        path = folder / "notebooks" / f"{notebook}.ipynb"
        tree = json.loads(path.read_text())
        chosen = next(c for c in tree["cells"] if c["cell_type"] == kind)
        chosen["source"] = "".join(chosen["source"]) + "\nassert True"
        path.write_text(json.dumps(tree))

    return edit


def layer(change: Callable[[dict], dict | None]) -> Edit:
    """Change the run's own config layer as a tree."""

    def edit(folder: Path) -> None:
        path = folder / "tiny.yaml"
        tree = yaml.safe_load(path.read_text())
        tree = change(tree) or tree
        path.write_text(yaml.safe_dump(tree, sort_keys=False))

    return edit


def configure(key: str, value: str) -> Edit:
    """Set a key of the layer, `builder.tune.rtol`, to a value written in YAML."""

    def change(tree: dict) -> None:
        section, last = reach(tree, key)
        section[last] = yaml.safe_load(value)

    return layer(change)


def swap_keys(one: str, other: str) -> Edit:
    """Let two keys of the layer change their values."""

    def change(tree: dict) -> None:
        (first, a), (second, b) = reach(tree, one), reach(tree, other)
        assert first[a] != second[b]
        first[a], second[b] = second[b], first[a]

    return layer(change)


def reach(tree: dict, key: str) -> tuple[dict, str]:
    """Return the section that holds a key, made if need be, and the key's own name."""
    *sections, last = key.split(".")
    for name in sections:
        tree = tree.setdefault(name, {})
    return tree, last


def turn_keys(folder: Path) -> None:
    """Write the keys of the layer in the opposite order, at every depth."""

    def turned(tree: dict) -> dict:
        items = reversed(list(tree.items()))
        return {k: turned(v) if isinstance(v, dict) else v for k, v in items}

    layer(turned)(folder)


def turn_lines(file: str, one: str, other: str) -> Edit:
    """Let two lines, known by how they begin, change places."""

    def edit(folder: Path) -> None:
        path = folder / file
        lines = path.read_text().splitlines(keepends=True)
        i, j = ([x.startswith(s) for x in lines].index(True) for s in (one, other))
        lines[i], lines[j] = lines[j], lines[i]
        path.write_text("".join(lines))

    return edit


def nothing(folder: Path) -> None:
    """Leave everything as it is."""


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


def change(pattern: str) -> Edit:
    """Add a byte to the first product that matches."""

    def edit(folder: Path) -> None:
        path = first(folder, pattern)
        path.write_bytes(path.read_bytes() + b"\n")

    return edit


def rewrite(pattern: str) -> Edit:
    """Write the first match again, with the same bytes."""

    def edit(folder: Path) -> None:
        path = first(folder, pattern)
        path.write_bytes(path.read_bytes())

    return edit


def there_and_back(pattern: str) -> Edit:
    """Change the first product that matches, and change it back."""

    def edit(folder: Path) -> None:
        path = first(folder, pattern)
        before = path.read_bytes()
        change(pattern)(folder)
        path.write_bytes(before)

    return edit


def forget(part: str) -> Edit:
    """Delete a whole folder."""
    return lambda folder: shutil.rmtree(folder / part)


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
