"""A run on a Slurm cluster that goes on through outages until nothing more can be made.

Snakemake with the profile `slurm` is started, watched, and started again where the
cluster, and not a job, was the cause of its end. Before each start, what an earlier one
has left in Slurm's queue is cancelled, so that no file is made twice at a time.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from skyloom.slurm import processes, queue
from skyloom.slurm.head import STUCK, Head, end
from skyloom.slurm.screen import Screen

CLAIM = Path(".snakemake") / "launcher.json"
LOCKS = Path(".snakemake") / "locks"
FRUITLESS = 5  # starts in a row that made nothing, after which it is given up


class LaunchError(RuntimeError):
    """Nothing can be started here; with what to do."""


def launch(arguments: Sequence[str], stuck: float = STUCK) -> int:
    """Run Snakemake with some arguments until all is made or nothing more can be.

    Parameters
    ----------
    arguments : sequence of str
        Targets and options of Snakemake.
    stuck : float
        Seconds without a sign of life after which Snakemake has lost its jobs.

    Returns
    -------
    int
        Snakemake's last exit code; 130 after Ctrl-C.

    Raises
    ------
    LaunchError
        Another launcher, or a Snakemake, works in this folder.
    """
    claim()
    screen, fruitless = Screen(), 0
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.default_int_handler)
    try:
        while True:
            cancel_all(screen)
            unlock(arguments)
            head = Head(arguments, stuck)
            _write_claim(head.process.pid)
            code = head.watch(screen)
            screen.show(head.log, [], head.reasons(), last=True)
            fruitless = 0 if head.log.made or head.outage else fruitless + 1
            cause = head.cause()
            if code == 0 or cause is None or fruitless == FRUITLESS:
                return code
            screen.say(f"{cause}; once more")
    except KeyboardInterrupt:
        screen.say("ending: jobs are cancelled; Ctrl-C again leaves them to Slurm")
        cancel_all(screen)
        unlock(arguments)
        return 130
    finally:
        CLAIM.unlink(missing_ok=True)


def claim() -> None:
    """Take this folder, or refuse where others work in it.

    A Snakemake that a killed launcher has left is ended.

    Raises
    ------
    LaunchError
        See `launch`.
    """
    left = json.loads(CLAIM.read_text()) if CLAIM.is_file() else {}
    if left and left["host"] != socket.gethostname():
        msg = (
            f"a launcher works in this folder from {left['host']}, process "
            f"{left['launcher']}: end it there, or, if that machine is gone, remove "
            f"{CLAIM}"
        )
        raise LaunchError(msg)
    if left and any("launch" in word for word in processes.command(left["launcher"])):
        msg = f"a launcher works in this folder: process {left['launcher']}"
        raise LaunchError(msg)
    for pid in processes.heads(Path.cwd()):
        if pid != left.get("head"):
            msg = (
                f"a Snakemake works in this folder, process {pid}: wait for its end, "
                "or end it with Ctrl-C"
            )
            raise LaunchError(msg)
        end(pid)
    _write_claim(None)


def _write_claim(head: int | None) -> None:
    CLAIM.parent.mkdir(exist_ok=True)
    state = {"head": head, "host": socket.gethostname(), "launcher": os.getpid()}
    CLAIM.write_text(json.dumps(state, sort_keys=True))


def cancel_all(screen: Screen) -> None:
    """Cancel the jobs that were sent from this folder; wait until all have ended."""
    while True:
        try:
            left = queue.jobs(Path.cwd())
            if not left:
                return
            queue.cancel(left)
            screen.say(f"cancelling {len(left)} jobs that an earlier start has left")
        except queue.SlurmError as error:
            screen.say(f"waiting for Slurm: {error}")
        time.sleep(5)


def unlock(arguments: Sequence[str]) -> None:
    """Take Snakemake's lock off this folder, where a killed one has left it."""
    if LOCKS.is_dir() and any(LOCKS.iterdir()):
        command = [sys.executable, "-m", "snakemake", "--unlock", *arguments]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
