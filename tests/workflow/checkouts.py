"""Copies of the checkout, and Snakemake run in them, for the workflow tests."""

from __future__ import annotations

import multiprocessing
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[2]
PARTS = ("Snakefile", "config", "envs", "notebooks", "profiles", "resources")
PARTS += ("scripts", "workflow")
LAYER = ("--configfile", "tiny.yaml")
CACHES = shutil.ignore_patterns("__pycache__", ".ipynb_checkpoints")


def copy_checkout(folder: Path) -> Path:
    """Copy what a run needs into a new folder, without results or caches."""
    folder.mkdir(parents=True)
    for part in PARTS:
        source = CHECKOUT / part
        if source.is_dir():
            shutil.copytree(source, folder / part, ignore=CACHES)
        else:
            shutil.copy2(source, folder / part)
    return folder


def command(*arguments: str) -> list[str]:
    """Return the command line of Snakemake with this Python."""
    return [sys.executable, "-m", "snakemake", *arguments]


def environment(**extra: str) -> dict[str, str]:
    """Return the environment of a run: no user's profile, one thread a process."""
    own = {k: v for k, v in os.environ.items() if not k.startswith("SNAKEMAKE_")}
    return {**own, "OMP_NUM_THREADS": "1", **extra}


def snakemake(
    folder: Path, *arguments: str, check: bool = True, **extra: str
) -> subprocess.CompletedProcess:
    """Run Snakemake in a folder and return what it said.

    Raises
    ------
    AssertionError
        If it fails and `check` is set; with its output.
    """
    env = environment(**extra)
    if "-n" in arguments:
        done = asked(folder, arguments, env)
    else:
        done = subprocess.run(
            command(*arguments),
            cwd=folder,
            env=env,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
    assert done.returncode == 0 or not check, done.stdout[-5000:]
    return done


# Most of a dry run's time is the import of Snakemake: its processes are forks of one
# that has imported it, and nothing of skyloom.
FORKS = multiprocessing.get_context("forkserver")
FORKS.set_forkserver_preload(["snakemake.cli", "pydantic"])


def asked(folder: Path, arguments: tuple[str, ...], env: dict[str, str]):
    """Return what a dry run says, as `subprocess.run` returns it."""
    with tempfile.TemporaryDirectory() as place:
        said = Path(place) / "said.txt"
        process = FORKS.Process(target=ask, args=(folder, arguments, env, said))
        process.start()
        process.join()
        text = said.read_text() if said.exists() else ""
    return subprocess.CompletedProcess(arguments, process.exitcode, text)


def ask(folder: Path, arguments: tuple[str, ...], env: dict[str, str], said: Path):
    """Be Snakemake's command line, with its output in a file."""
    from snakemake.cli import main

    file = os.open(said, os.O_CREAT | os.O_WRONLY)
    for stream in (1, 2):
        os.dup2(file, stream)
    os.environ.clear()
    os.environ.update(env)
    os.chdir(folder)
    sys.argv = ["snakemake", *arguments]
    sys.path.insert(0, str(folder))
    main()


def planned(folder: Path, *arguments: str, **extra: str) -> Counter:
    """Return how often a dry run would run each rule; targets of nothing left out."""
    said = snakemake(folder, "-n", "--quiet=rules", *arguments, **extra).stdout
    table = re.search(
        r"^Job stats:\njob +count\n[- ]+\n(.*?)^total ", said, re.M | re.S
    )
    if table is None:
        assert "Nothing to be done" in said, said
        return Counter()
    rows = (line.split() for line in table[1].splitlines())
    return Counter({name: int(n) for name, n in rows if not name.endswith("all")})


def parted(rule: str) -> tuple[str, str]:
    """Return a rule's area, and its name without area and chunk: builder_tune_c03.

    Rules of no area, of the run as a whole, have the area "".
    """
    if "_" not in rule:
        return "", rule
    found = re.fullmatch(r"([a-z]+?)_(.*?)(_c?\d[\d-]*)?", rule)
    return found[1], found[2]
