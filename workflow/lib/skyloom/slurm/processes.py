"""Processes of this machine, as Linux lists them in ``/proc``."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

PROC = Path("/proc")


def command(pid: int) -> list[str]:
    """Return the words that a process was started with; none if it has ended."""
    try:
        text = (PROC / str(pid) / "cmdline").read_text(errors="replace")
    except OSError:
        return []
    return text.split("\0")[:-1]


def children(pid: int) -> list[int]:
    """Return the processes that any thread of a process has started and that run."""
    found = []
    for place in (PROC / str(pid) / "task").glob("*/children"):
        with suppress(OSError):
            found += [int(word) for word in place.read_text().split()]
    return found


def seconds(pid: int) -> float:
    """Return the CPU time that a process has had; 0 if it has ended [s]."""
    try:
        text = (PROC / str(pid) / "stat").read_text(errors="replace")
    except OSError:
        return 0.0
    user, system = text.rpartition(")")[2].split()[11:13]
    return (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")


def heads(folder: Path) -> list[int]:
    """Return the processes that run a workflow in a folder.

    Jobs of a workflow, which are Snakemakes as well, are none.
    """
    found = []
    for place in PROC.glob("[0-9]*"):
        words = command(int(place.name))
        # Python's own options may stand before: python -m snakemake, python snakemake.
        if not any(Path(word).name == "snakemake" for word in words[:4]):
            continue
        if {"--mode", "--unlock"}.isdisjoint(words) and _works_in(place, folder):
            found.append(int(place.name))
    return found


def _works_in(place: Path, folder: Path) -> bool:
    try:
        return (place / "cwd").readlink() == folder
    except OSError:
        return False
