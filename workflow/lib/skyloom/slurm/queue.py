"""What Slurm says of a user's jobs: those in its queue, and why one has failed."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

PREFIX = "skyloom_"  # of job names: the profile's slurm-jobname-prefix, and _
QUEUED = ("%i", "%j", "%T", "%M", "%l", "%N", "%r", "%Z")
ENDED = ("JobID", "State", "ReqMem", "MaxRSS", "Elapsed", "Timelimit", "NodeList")
KILLED = ("oom-kill", "oom_kill", "exceeded memory limit", "Out Of Memory")
SETTINGS = ("SQUEUE_", "SACCT_", "SCANCEL_", "SLURM_CLUSTERS")  # of the environment
# States of jobs that ended for no reason of their own: they may end well elsewhere.
LOST = ("BOOT_FAIL", "CANCELLED", "NODE_FAIL", "PREEMPTED")


class SlurmError(RuntimeError):
    """Slurm does not answer, or not as it should; it may later."""


@dataclass(frozen=True)
class Job:
    """A job in Slurm's queue.

    Attributes
    ----------
    number, run : str
        Its number, and the run of Snakemake that sent it.
    state, reason : str
        ``RUNNING``, ``PENDING`` and so on, and what it waits for.
    elapsed, limit : str
        Its times, as Slurm writes them.
    node, folder : str
        Where it runs, and the working directory that it was sent from.
    """

    number: str
    run: str
    state: str
    elapsed: str
    limit: str
    node: str
    reason: str
    folder: str


def jobs(folder: Path) -> list[Job]:
    """Return the user's jobs that were sent from a folder and have not ended.

    Raises
    ------
    SlurmError
        If Slurm does not answer.
    """
    line = "|".join(QUEUED)
    rows = [row.split("|", 7) for row in _ask("squeue", "--me", "--all", "-ho", line)]
    own = [Job(*row) for row in rows if len(row) == len(QUEUED)]  # no site's notice
    here = str(folder)
    return [job for job in own if job.run.startswith(PREFIX) and job.folder == here]


def cancel(jobs: Iterable[Job]) -> None:
    """End jobs; they leave the queue when their processes have ended.

    Raises
    ------
    SlurmError
        If Slurm does not answer.
    """
    numbers = [job.number for job in jobs]
    for first in range(0, len(numbers), 100):
        _ask("scancel", *numbers[first : first + 100])


def release(jobs: Iterable[Job]) -> None:
    """Let jobs begin that Slurm holds after their node could not start them.

    Raises
    ------
    SlurmError
        If Slurm does not answer.
    """
    _ask("scontrol", "release", *(job.number for job in jobs))


def why(number: str, log: Path | None = None) -> str | None:
    """Say in a line why Slurm ended a job; None if it failed by itself.

    Parameters
    ----------
    number : str
        Slurm's number of the job.
    log : Path, optional
        What Slurm wrote of the job's output; it names a memory kill that the
        accounting calls a failure.
    """
    try:
        rows = [dict(zip(ENDED, row.split("|"), strict=True)) for row in _rows(number)]
    except SlurmError:
        rows = []
    text = log.read_text(errors="replace") if log and log.is_file() else ""
    states = [(row["State"].split() or ["UNKNOWN"])[0] for row in rows]
    state, steps = states[0] if rows else "UNKNOWN", set(states)
    if "OUT_OF_MEMORY" in steps or any(mark in text for mark in KILLED):
        used = max((megabytes(row["MaxRSS"]) for row in rows), default=0)
        asked = f", asked {rows[0]['ReqMem']}" if rows else ""
        return f"out of memory{asked}" + (f", one process used {used} MB" * bool(used))
    if state == "TIMEOUT":
        return f"out of time: {rows[0]['Elapsed']} of {rows[0]['Timelimit']}"
    if state in LOST:
        return f"{rows[0]['State'].lower()} on {rows[0]['NodeList']}"
    return None


def megabytes(text: str) -> int:
    """Return a size as Slurm writes it, 337396K or 2G or nothing [MB]."""
    factor = {"K": 1 / 1024, "M": 1, "G": 1024, "T": 1024**2}
    number = text.rstrip("KMGTcn")
    unit = text[len(number) : len(number) + 1]
    return round(float(number) * factor.get(unit, 1 / 1024**2)) if number else 0


def _rows(number: str) -> list[str]:
    return _ask("sacct", "-nPj", number, "-o", ",".join(ENDED))


def _ask(*command: str) -> list[str]:
    """Return the lines of a command of Slurm, whatever options the user has set."""
    own = {k: v for k, v in os.environ.items() if not k.startswith(SETTINGS)}
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, check=False, timeout=60, env=own
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        msg = f"{command[0]}: {error}"
        raise SlurmError(msg) from error
    if done.returncode:
        msg = f"{command[0]}: {' '.join(done.stderr.split())}"
        raise SlurmError(msg)
    return done.stdout.splitlines()
