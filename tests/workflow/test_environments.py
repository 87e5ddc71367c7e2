"""Lock file, conda environments and cluster requirements say the same."""

from __future__ import annotations

import ast
import re
import sys
from importlib.metadata import packages_distributions

import pytest
import yaml
from skyloom.run.digest import pip_name

# And the halls that not all use, or the modules of one.
AREAS = {
    "builder": (),
    "clusters": ("learn/harness.py", "learn/splits.py", "learn/tensors.py"),
    "quasars": ("som",),
    "spectra": ("learn/archives.py", "learn/splits.py", "som"),
    "spirals": ("learn/harness.py", "learn/splits.py", "learn/tensors.py"),
}
# Used through another package and not by an import of ours.
INDIRECT = {"ipykernel", "jaxlib", "tensorboard", "tensorflow-cpu"}
# Files that a simulation reads; on a cluster nobody simulates.
FILES = {"sdss-mangadap"}


def pip_pins(path) -> dict[str, str]:
    lines = path.read_text().splitlines()
    pins = [line.split("==") for line in lines if line and not line.startswith("#")]
    return {pip_name(name): version for name, version in pins}


def conda_pins(path) -> dict[str, str]:
    tree = yaml.safe_load(path.read_text())
    entries = [e for e in tree["dependencies"] if isinstance(e, str) and e != "pip"]
    pins = dict(entry.split("=") for entry in entries)
    by_pip = [e["pip"] for e in tree["dependencies"] if isinstance(e, dict)]
    pins |= dict(entry.split("==") for one in by_pip for entry in one)
    return {pip_name(name): v for name, v in pins.items()}


@pytest.fixture(scope="module")
def lock(checkout) -> dict[str, str]:
    return pip_pins(checkout / "envs" / "lock.txt")


def test_lock_is_exact_and_placeless(checkout):
    """Every line of the lock is NAME==VERSION: no address, no folder, no range."""
    lines = (checkout / "envs" / "lock.txt").read_text().splitlines()
    pins = [line for line in lines if not line.startswith("#")]
    assert all(re.fullmatch(r"[A-Za-z0-9._-]+==[0-9][A-Za-z0-9.]*", p) for p in pins)


@pytest.mark.parametrize("name", ["head", *AREAS])
def test_conda_file_agrees_with_lock(checkout, lock, name):
    """The same versions with pip and with conda, from stated channels only."""
    path = checkout / "envs" / f"{name}.yaml"
    pins = conda_pins(path)
    assert pins.pop("python") == "3.11"
    assert pins == {package: lock.get(package) for package in pins}
    channels = yaml.safe_load(path.read_text())["channels"]
    assert channels[0] == "conda-forge"
    assert channels[-1] == "nodefaults"


def test_cluster_requirements_agree(checkout, lock):
    """The cluster's virtualenv has what head and areas need, at the same versions."""
    pins = pip_pins(checkout / "envs" / "alliance" / "requirements.txt")
    assert pins == {package: lock.get(package) for package in pins}
    wanted = {
        p for n in ["head", *AREAS] for p in conda_pins(checkout / f"envs/{n}.yaml")
    }
    assert set(pins) == wanted - {"python"} - FILES


def imports_of(folders) -> set[str]:
    """Return the outside distributions that files import."""
    files = [path for one in folders for path in (one, *one.rglob("*.py"))]
    files = [path for path in files if path.is_file()]
    trees = [ast.walk(ast.parse(path.read_text())) for path in files]
    modules = {name for tree in trees for node in tree for name in imported(node)}
    modules -= {"skyloom", *sys.stdlib_module_names}
    return {pip_name(packages_distributions()[module][0]) for module in modules}


def imported(node) -> list[str]:
    if isinstance(node, ast.Import):
        return [alias.name.split(".")[0] for alias in node.names]
    if isinstance(node, ast.ImportFrom) and not node.level:
        return [node.module.split(".")[0]]
    return []


@pytest.mark.parametrize("area", AREAS)
def test_area_environment_has_what_it_imports(checkout, area):
    """Each area's file lists what its code imports, and nothing more."""
    library = checkout / "workflow" / "lib" / "skyloom"
    names = ("io", "plots", "run", "sky", "stats", *AREAS[area])
    halls = [library / name for name in names]
    needed = imports_of([*halls, library / area, checkout / "scripts" / area])
    listed = set(conda_pins(checkout / "envs" / f"{area}.yaml")) - {"python"}
    # Type hints of adapters only; the head has it.
    assert needed - {"snakemake"} == listed - INDIRECT - FILES


def test_installed_is_locked(lock):
    """These tests run on the versions of the lock file."""
    from importlib.metadata import version

    # A build's own mark, as in torch 2.13.0+cpu, is no other version.
    assert {name: version(name).split("+")[0] for name in lock} == lock
