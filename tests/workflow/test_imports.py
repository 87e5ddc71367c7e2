"""Who may import whom: areas stand apart, the hall knows none, nothing is hidden."""

from __future__ import annotations

import ast
import re

import grimp
import pytest
from skyloom.run.modules import LIBRARY, library_module

HALL = {"atlas", "io", "learn", "plots", "run", "sky", "slurm", "som", "stats"}
# The machinery of digests reads files itself; no product depends on how.
DIGESTS = {"skyloom.run.places", "skyloom.run.statements"}
# Find the areas by name while rules are read; no job imports them.
PARSING = {"skyloom.run.areas", "skyloom.run.config_docs"}


def areas() -> set[str]:
    folders = (path.name for path in (LIBRARY / "skyloom").iterdir() if path.is_dir())
    return {name for name in folders if not name.startswith("_")} - HALL


@pytest.fixture(scope="module")
def graph():
    return grimp.build_graph("skyloom", include_external_packages=True, cache_dir=None)


def room(module: str) -> str | None:
    parts = module.split(".")
    return parts[1] if parts[0] == "skyloom" and len(parts) > 1 else None


def imports(graph) -> list[tuple[str, str]]:
    return [
        (module, target)
        for module in graph.modules
        for target in graph.find_modules_directly_imported_by(module)
    ]


def test_area_knows_no_area(graph):
    """No area imports another, and the hall imports no area."""
    wrong = [
        (source, target)
        for source, target in imports(graph)
        if room(target) in areas() and room(source) != room(target)
    ]
    assert wrong == []


def test_library_knows_no_snakemake(graph):
    """Only rules know Snakemake, and what speeds up their planning."""
    users = {source for source, target in imports(graph) if target == "snakemake"}
    assert users == {"skyloom.run.planning"}


def test_there_is_an_area():
    """The rule above has something to hold."""
    assert "builder" in areas()


def test_library_has_no_cycles(graph):
    """No module needs, at import, a module that needs it."""
    ours = [module for module in graph.modules if module.startswith("skyloom.")]
    loops = [
        module
        for module in ours
        if any(
            graph.chain_exists(importer=target, imported=module)
            for target in graph.find_modules_directly_imported_by(module)
        )
    ]
    assert loops == []


def parted(one: str, other: str) -> tuple[str, str]:
    """Return the packages or modules, side by side, where two names part."""
    a, b = one.split("."), other.split(".")
    k = next(i for i, pair in enumerate(zip(a, b, strict=False)) if len(set(pair)) > 1)
    return ".".join(a[: k + 1]), ".".join(b[: k + 1])


def test_no_packages_import_each_other(graph):
    """Between packages, in the hall and inside an area, arrows go one way."""
    arrows = {}
    for source, target in imports(graph):
        if target.startswith("skyloom.") and not target.startswith(f"{source}."):
            arrows.setdefault(parted(source, target), []).append((source, target))
    both = {
        pair: found + arrows[pair[::-1]]
        for pair, found in arrows.items()
        if pair < pair[::-1] in arrows
    }
    assert both == {}


def names() -> list[str]:
    files = sorted((LIBRARY / "skyloom").rglob("*.py"))
    found = (
        ".".join(path.relative_to(LIBRARY).with_suffix("").parts) for path in files
    )
    return [name.removesuffix(".__init__") for name in found]


@pytest.mark.parametrize("name", sorted(set(names()) - DIGESTS - PARSING))
def test_module_can_be_followed(name):
    """Digests are exact only where nothing is imported or called by its name."""
    assert not library_module(name).dynamic


def test_no_job_finds_areas_by_name(graph):
    """What is exempt above is imported by rules only."""
    users = [graph.find_modules_that_directly_import(name) for name in PARSING]
    assert set().union(*users) <= PARSING


def test_one_opener_of_fits_files():
    """`io.fits` opens what lies on disk; the others open bytes before writing them."""
    files = (LIBRARY / "skyloom").rglob("*.py")
    users = {path.stem for path in files if "fits.open(" in path.read_text()}
    assert users == {"catalogues", "fits", "survey"}


def scripts(checkout):
    return sorted((checkout / "scripts").rglob("*.py"))


def test_scripts_are_short_adapters(checkout):
    """Under 40 lines, no classes, and few imports but the library and Python."""
    allowed = {"skyloom", "__future__", "functools", "itertools", "json", "pathlib"}
    allowed |= {"typing", "collections", "dataclasses", "pandas", "snakemake"}
    for path in scripts(checkout):
        tree = ast.parse(path.read_text())
        nodes = list(ast.walk(tree))
        used = {
            a.name.split(".")[0]
            for n in nodes
            if isinstance(n, ast.Import)
            for a in n.names
        }
        used |= {n.module.split(".")[0] for n in nodes if isinstance(n, ast.ImportFrom)}
        assert used <= allowed, path
        assert len(path.read_text().splitlines()) < 40, path
        assert not any(isinstance(node, ast.ClassDef) for node in nodes), path


def test_each_script_imports_its_own_area(checkout):
    """A script in scripts/<area> uses that area and the hall."""
    for path in scripts(checkout):
        tree = ast.parse(path.read_text())
        used = {
            node.module.split(".")[1]
            for node in ast.walk(tree)
            if isinstance(node, ast.ImportFrom) and node.module.startswith("skyloom.")
        }
        assert used <= HALL | {path.parent.name}, path


def named(path) -> set[str]:
    """Return all names that a file binds."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        match node:
            case ast.FunctionDef(name=name) | ast.ClassDef(name=name):
                found.add(name)
            case ast.Name(id=name, ctx=ast.Store()):
                found.add(name)
            case ast.alias(name=name, asname=other):
                found.add(other or name)
    return found


def test_what_scripts_import_is_there(checkout):
    """Only some scripts run in the tests of a change."""
    lost = []
    for path in scripts(checkout):
        for node in ast.walk(ast.parse(path.read_text())):
            if not isinstance(node, ast.ImportFrom) or node.module == "__future__":
                continue
            place = LIBRARY.joinpath(*node.module.split("."))
            if not place.is_relative_to(LIBRARY / "skyloom"):
                continue
            inside = {one.stem for one in place.glob("*")}
            file = place / "__init__.py" if inside else place.with_suffix(".py")
            known = inside | named(file)
            lost += [
                (path.name, one.name) for one in node.names if one.name not in known
            ]
    assert lost == []


def made_sections(code: str) -> list[str]:
    """Return what code makes of classes that it imports from an area's keys."""
    tree = ast.parse(code)
    nodes = [node for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)]
    kinds = {
        one.asname or one.name
        for node in nodes
        if re.fullmatch(r"skyloom\.(?!run\.)\w+\.config\w*", node.module or "")
        for one in node.names
    }
    calls = (node.func for node in ast.walk(tree) if isinstance(node, ast.Call))
    return [each for each in map(ast.unparse, calls) if each in kinds]


def test_no_code_makes_a_section_of_the_configuration(checkout):
    """Its defaults would be settings that no rule states and no digest sees."""
    imported = "from skyloom.clusters.config import Halos\n"
    assert made_sections(imported + "Halos.stated({}), Halos(margin=0)") == ["Halos"]
    paths = [p for area in areas() for p in (LIBRARY / "skyloom" / area).rglob("*")]
    paths += (checkout / "scripts").rglob("*")
    made = {
        path.name: found
        for path in paths
        if path.suffix == ".py" and not path.name.startswith("config")
        if (found := made_sections(path.read_text()))
    }
    assert made == {}
