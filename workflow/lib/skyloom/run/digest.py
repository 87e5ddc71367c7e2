"""One digest of all the code that a rule runs, for rebuilding exactly what changed.

Snakemake watches a script by the time of its last change and library files not at
all. `code_of` gives a rule one ``params`` value that changes when, and only when,
the code behind the rule changes: the script, every definition of the library that
the script reaches, and the pins of its environment, with conda or pip.

What is reached is followed from definition to definition (`reach`), so an edited
function reruns its users and not the users of its neighbours in the same file.
Definitions are compared as syntax trees without docstrings: comments, docstrings
and layout rerun nothing, and neither do file times, the folder or the machine.

The rules that make this sound:

* a module that is imported runs: those of its statements that do more than bind a
  name (`effects`) count wherever it is imported;
* a name counts with everything its definition names, annotations included;
* a module used other than as ``module.name`` counts whole, and so does one with star
  imports or other things that cannot be read (`statements.DYNAMIC_NAMES`), which a test
  keeps out of the library;
* outside packages are trusted: what they are called with at import time, to bind a
  name or as decorators, changes nothing of ours.

Digests hold for one minor version of Python, whose ``ast.unparse`` writes the text.
Reading the whole library takes seconds, so the digests of its present state are kept
in the working directory, under the checksum of all its files (and by `statements` what
was read of each file).
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import re
import sys
from functools import cache
from pathlib import Path

import yaml

from skyloom.run.modules import source_module
from skyloom.run.places import LIBRARY, ROOT
from skyloom.run.reach import reached

LOCK = "lock.txt"
CONDA_NAMES = {
    "matplotlib-base": "matplotlib",
    "pytorch": "torch",
    "snakemake-minimal": "snakemake",
    "tensorflow": "tensorflow-cpu",
}
KEPT = Path(".snakemake") / "skyloom-digests.json"


@cache
def code_of(*sources: str, env: str | None) -> str:
    """Digest the code that a rule runs.

    Parameters
    ----------
    *sources : str
        The rule's script or notebook (its code cells), relative to the checkout.
        A rule that hands a notebook to papermill gives both.
    env : str or None
        The rule's environment file, relative to the checkout; comments, the order
        of keys and of dependencies do not count. None: it has none of its own.

    Raises
    ------
    FileNotFoundError
        If a source or the environment file does not exist.
    SyntaxError
        If a source, or a library file that it reaches, is no valid Python.
    """
    lock = None if env is None else str(Path(env).with_name(LOCK))
    state = _state(*sources, env, lock)
    name = " ".join([*sources, f"({env})"])
    known = _kept()
    if known.get(name, {}).get("state") == state:
        return known[name]["digest"]
    parts = [reached(source_module(ROOT / source)) for source in sources]
    if env is not None:
        parts.append(environment(ROOT / env))
    digest = hashlib.sha256(json.dumps(parts).encode()).hexdigest()
    _keep(known | {name: {"state": state, "digest": digest}})
    return digest


def _state(*names: str | None) -> str:
    """Return the checksum of this Python, of the library and of some files."""
    total = hashlib.sha256(f"{sys.version}{_library()}".encode())
    for name in names:
        content = (ROOT / name).read_bytes() if name else b""
        total.update(f"{name}\0{hashlib.sha256(content).hexdigest()}\0".encode())
    return total.hexdigest()


@cache
def _library() -> str:
    """Return the checksum of all files of the library."""
    total = hashlib.sha256()
    for path in sorted(LIBRARY.rglob("*.py")):
        content = hashlib.sha256(path.read_bytes()).hexdigest()
        total.update(f"{path.relative_to(LIBRARY)}\0{content}\0".encode())
    return total.hexdigest()


def _kept() -> dict:
    """Return the digests that an earlier process left; none if it left no JSON."""
    try:
        return dict(json.loads(KEPT.read_text(encoding="utf-8")))
    except (OSError, ValueError):
        return {}


def _keep(digests: dict) -> None:
    """Leave digests for later processes, where the folder can be written.

    Not by `io.atomic`, which waits for the disk: a file cut short is read as none.
    """
    with contextlib.suppress(OSError):
        KEPT.parent.mkdir(parents=True, exist_ok=True)
        KEPT.write_text(json.dumps(digests), encoding="utf-8")


def environment(path: Path) -> str:
    """Return what an environment file asks for, in one normal form of JSON.

    With the versions that the pip lock beside it, which `make` installs, has of the
    same packages. Channels stay in their order, which is their priority.
    """
    tree = yaml.safe_load(path.read_text(encoding="utf-8"))
    dependencies = [_sorted_pip(entry) for entry in tree.get("dependencies", [])]
    tree["dependencies"] = sorted(dependencies, key=json.dumps)
    plain = (entry for entry in dependencies if isinstance(entry, str))
    names = {pip_name(re.split(r"[=<>!~ ]", entry)[0]) for entry in plain}
    lines = path.with_name(LOCK).read_text(encoding="utf-8").splitlines()
    tree["lock"] = sorted(x for x in lines if pip_name(x.split("==")[0]) in names)
    return json.dumps(tree, sort_keys=True)


def pip_name(name: str) -> str:
    """Return the one spelling of the pip name of a package, of conda or of pip."""
    return re.sub(r"[-_.]+", "-", CONDA_NAMES.get(name, name)).lower()


def _sorted_pip(entry: str | dict) -> str | dict:
    return entry if isinstance(entry, str) else {k: sorted(v) for k, v in entry.items()}
