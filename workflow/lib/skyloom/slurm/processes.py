"""Processes of this machine, as Linux lists them in ``/proc``."""

from __future__ import annotations

from pathlib import Path

PROC = Path("/proc")


def command(pid: int) -> list[str]:
    """Return the words that a process was started with; none if it has ended."""
    try:
        return (PROC / str(pid) / "cmdline").read_text().split("\0")[:-1]
    except OSError:
        return []


def children(pid: int) -> list[int]:
    """Return the processes that a process has started and that run."""
    try:
        text = (PROC / str(pid) / "task" / str(pid) / "children").read_text()
    except OSError:
        return []
    return [int(word) for word in text.split()]


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
