"""Lock file, conda environments and cluster requirements say the same."""

from __future__ import annotations

import ast
import os
import re
import shutil
import subprocess
import sys
from importlib.metadata import packages_distributions
from pathlib import Path
from types import SimpleNamespace

import pytest
import yaml
from checkouts import LAYER, copy_checkout, environment
from skyloom.run.digest import pip_name
from snakemake.deployment.conda import Env

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
DEFINITION = "envs/apptainer.def"
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


def test_alliance_has_the_major_versions_of_the_lock(checkout, lock):
    """Of all that head and areas need; what no wheelhouse holds is exact."""
    folder = checkout / "envs" / "alliance"
    lines = (folder / "requirements.txt").read_text().splitlines()
    found = dict(line.split("==") for line in lines if not line.startswith("#"))
    found = {pip_name(name): version for name, version in found.items()}
    assert found == {name: f"{lock[name].split('.')[0]}.*" for name in found}
    exact = pip_pins(folder / "pypi.txt")
    assert exact == {name: lock[name] for name in exact}
    wanted = {
        p for n in ["head", *AREAS] for p in conda_pins(checkout / f"envs/{n}.yaml")
    }
    # pyarrow is in the module that requirements.txt says to load.
    assert found.keys() | exact.keys() == wanted - {"python", "pyarrow"} - FILES


def test_container_has_the_environments_where_snakemake_looks(checkout, tmp_path):
    """Those of all areas, and builds for GPUs; by what its %post does."""
    _, files, post = re.split("%files|%post", (checkout / DEFINITION).read_text())
    copied = dict(line.split() for line in files.split("\n") if line.strip())
    assert set(copied) == {f"envs/{area}.yaml" for area in AREAS}
    for source, target in copied.items():
        (tmp_path / target.strip("/")).parent.mkdir(exist_ok=True)
        shutil.copy(checkout / source, tmp_path / target.strip("/"))
    conda, said = tmp_path / "conda", tmp_path / "called"
    conda.write_text(f'#!/bin/sh\necho $CONDA_OVERRIDE_CUDA "$@" >> {said}\n')
    conda.chmod(0o755)
    script = post.replace("/conda-envs", f"{tmp_path}/conda-envs")
    env = {"PATH": f"{tmp_path}:{os.environ['PATH']}"}
    subprocess.run(["sh", "-ec", script], env=env, check=True)
    *called, _ = said.read_text().splitlines()
    words = [line.split() for line in called]
    assert {word[0] for word in words} == {"12.9"}
    made = {Path(word[word.index("--file") + 1]).name: word[-1] for word in words}
    for area in AREAS:
        content = (checkout / "envs" / f"{area}.yaml").read_bytes()
        assert made[f"{area}.yaml"] == f"{tmp_path}/conda-envs/{content_hash(content)}"


def content_hash(content: bytes) -> str:
    """Return Snakemake's name of an environment in an image."""
    nothing = dict.fromkeys(("name", "dir", "content_deploy", "content_pin"))
    env = SimpleNamespace(content=content, **nothing)
    return Env._get_hash(env, include_location=False, include_container_img=False)


def imports_of(folders) -> set[str]:
    """Return the outside distributions that files import."""
    files = [path for one in folders for path in (one, *one.rglob("*.py"))]
    files = [path for path in files if path.is_file()]
    trees = [ast.walk(ast.parse(path.read_text())) for path in files]
    modules = {name for tree in trees for node in tree for name in imported(node)}
    modules -= {"skyloom", *sys.stdlib_module_names}
    owners = packages_distributions()
    return {pip_name(owners[module][0]) for module in modules}


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
    names = ("atlas", "io", "plots", "run", "sky", "stats", *AREAS[area])
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


@pytest.mark.soak
def test_the_head_plans_on_its_pins_alone(checkout, tmp_path):
    """All areas' rules are read by what `head.yaml` has."""
    pins = conda_pins(checkout / "envs" / "head.yaml")
    asked = {f"{name}=={pins[name]}" for name in pins.keys() - {"python"}}
    python = new_environment(tmp_path / "venv", checkout / "envs" / "lock.txt", asked)
    folder = copy_checkout(tmp_path / "checkout")
    told(python, "-m", "snakemake", "-n", "--quiet", "all", cwd=folder)


@pytest.mark.soak
@pytest.mark.parametrize("area", AREAS)
def test_an_area_runs_on_its_pins_alone(checkout, lock, tmp_path, area):
    """The small demo of an area, in a new environment of its file and the head's.

    What they need in turn is resolved, and comes at the lock's versions.
    """
    pins = conda_pins(checkout / "envs" / "head.yaml")
    pins |= conda_pins(checkout / f"envs/{area}.yaml")
    asked = {f"{name}=={pins[name]}" for name in pins.keys() - {"python", *FILES}}
    bare = [f"{name}=={pins[name]}" for name in pins.keys() & FILES]
    python = new_environment(tmp_path / "venv", checkout / "envs" / "lock.txt", asked)
    if bare:
        uv(python, "install", "--no-deps", *bare)
    listed = uv(python, "freeze").splitlines()
    names = {pip_name(line.split("==")[0]) for line in listed}
    # What installs packages: astunparse and torch list it as what they need.
    assert names - {"pip", "setuptools", "wheel"} <= lock.keys()
    folder = copy_checkout(tmp_path / "checkout")
    shutil.copy2(Path(__file__).with_name("tiny.yaml"), folder)
    layer = (*LAYER, "--config", f"areas=[{area}]")
    told(python, "-m", "snakemake", "--cores", "2", *layer, cwd=folder)
    assert (folder / "results" / "tiny" / area).is_dir()


def new_environment(folder: Path, lock: Path, asked: set[str]) -> Path:
    """Return the Python of a new environment with what is asked, as `make` installs.

    torch comes by pip, whose settings may offer a smaller build.
    """
    python = folder / "bin" / "python"
    told(sys.executable, "-m", "venv", folder)
    by_pip = sorted(name for name in asked if name.startswith("torch=="))
    if by_pip:
        told(python, "-m", "pip", "install", "-c", lock, *by_pip)
    uv(python, "install", "-c", str(lock), *sorted(asked))
    return python


def uv(python: Path, verb: str, *words: str) -> str:
    own = Path(sys.executable).with_name("uv")
    return told(own, "pip", verb, "--python", python, *words)


def told(*words, cwd: Path | None = None) -> str:
    """Return what a command says; its errors too, where it fails."""
    done = subprocess.run(
        [str(word) for word in words],
        cwd=cwd,
        env=environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, (done.stdout + done.stderr)[-5000:]
    return done.stdout
