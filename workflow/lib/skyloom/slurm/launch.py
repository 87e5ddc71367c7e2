"""A run on a Slurm cluster that goes on through outages until nothing more can be made.

Snakemake with the profile `slurm` is started, watched, and started again where the
cluster, and not a job, was the cause of its end. Before each start, what an earlier one
has left in Slurm's queue is cancelled, so that no file is made twice at a time.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from skyloom.io.atomic import write_text
from skyloom.run.places import SNAKEMAKE
from skyloom.slurm import processes, queue
from skyloom.slurm.head import LOG, STUCK, Head, end
from skyloom.slurm.screen import Screen

CLAIM = Path(".snakemake") / "launcher.json"
LOCKS = Path(".snakemake") / "locks"
FRUITLESS = 12  # starts in a row that made nothing, after which it is given up
PAUSE, LONGEST = 60.0, 1800.0  # [s] after the first of them, doubled after each further
TOLD = 15  # lines of Snakemake's log where it ends without a failed job
# Of Snakemake; each further start would do them again, or in another folder.
OPTIONS = {
    *("-n", "--dry-run", "--dryrun", "-t", "--touch", "--unlock"),
    *("-d", "--directory", "-f", "--force", "-F", "--forceall", "-R", "--forcerun"),
}


class LaunchError(RuntimeError):
    """Nothing can be started here; with what to do."""


def launch(arguments: Sequence[str], stuck: float = STUCK, pause: float = PAUSE) -> int:
    """Run Snakemake with some arguments until all is made or nothing more can be.

    Parameters
    ----------
    arguments : sequence of str
        Targets and options of Snakemake.
    stuck, pause : float
        Seconds without a sign of life after which Snakemake has lost its jobs, and
        seconds to wait after a start that made nothing.

    Returns
    -------
    int
        Snakemake's last exit code; 130 after Ctrl-C.

    Raises
    ------
    LaunchError
        Another launcher, or a Snakemake, works in this folder; there is no Slurm; an
        option that the launcher cannot hand on.
    """
    check(arguments)
    claim()
    screen = Screen()
    for number in (signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(number) is not signal.SIG_IGN:  # as nohup has it
            signal.signal(number, signal.default_int_handler)
    try:
        code = _until_made(arguments, screen, stuck, pause)
    except KeyboardInterrupt:
        for pid in processes.heads(Path.cwd()):
            end(pid)
        screen.say("ending: jobs are cancelled; Ctrl-C again leaves them to Slurm")
        code = 130
    try:
        if code:
            cancel_all(screen)
            unlock(arguments)
    except KeyboardInterrupt:
        screen.say("left: the next launcher cancels what is in the queue")
        return 130
    CLAIM.unlink(missing_ok=True)
    return code


def _until_made(
    arguments: Sequence[str], screen: Screen, stuck: float, pause: float
) -> int:
    """Start Snakemake as often as it takes; return its last code."""
    fruitless, sent = 0, False
    while True:
        cancel_all(screen)
        unlock(arguments)
        head = Head(arguments, stuck)
        _write_claim(head.process.pid)
        code = head.watch(screen)
        screen.show(head.log, [], head.reasons(), last=True)
        fruitless = 0 if head.log.made else fruitless + 1
        cause = head.cause()
        if code and cause is None and sent and not head.log.sent:
            cause = "Snakemake did not start again"
        sent = sent or bool(head.log.sent)
        if code == 0 or cause is None or fruitless == FRUITLESS:
            if code == 0:
                screen.say("all is made")
            elif not head.log.failed:
                screen.say(_last_words())
            return code
        screen.say(f"{cause}; once more")
        if fruitless:
            time.sleep(min(pause * 2 ** (fruitless - 1), LONGEST))


def _last_words() -> str:
    lines = LOG.read_text(errors="replace").splitlines()
    return "\n".join([*lines[-TOLD:], f"All of it is in {LOG}"])


def check(arguments: Sequence[str]) -> None:
    """Refuse where no Slurm is, and options that cannot be handed on.

    Raises
    ------
    LaunchError
        See `launch`.
    """
    if shutil.which("squeue") is None:
        msg = "there is no squeue here: start the launcher on a cluster's login node"
        raise LaunchError(msg)
    if odd := sorted({word.partition("=")[0] for word in arguments} & OPTIONS):
        msg = (
            f"the launcher does not take {', '.join(odd)}: give it to snakemake "
            "itself, before; start the launcher in the folder that it is to work in"
        )
        raise LaunchError(msg)


def claim() -> None:
    """Take this folder, or refuse where others work in it.

    A Snakemake that a killed launcher has left is ended.

    Raises
    ------
    LaunchError
        See `launch`.
    """
    left = _left()
    if left and left["host"] != socket.gethostname():
        msg = (
            f"a launcher works in this folder from {left['host']}, process "
            f"{left['launcher']}: end it there, or, if that machine is gone, remove "
            f"{CLAIM}"
        )
        raise LaunchError(msg)
    words = processes.command(left["launcher"]) if left else []
    if any(word.endswith("launch.py") for word in words) and (
        left["launcher"] != os.getpid()
    ):
        msg = f"a launcher works in this folder: process {left['launcher']}"
        raise LaunchError(msg)
    for pid in processes.heads(Path.cwd()):
        if pid != left.get("head"):
            msg = f"a Snakemake works in this folder: wait for its end, or kill {pid}"
            raise LaunchError(msg)
        end(pid)
    if not left and _locked():
        msg = (
            "a Snakemake works in this folder from another machine, or was killed "
            f"here: if none works any more, {SNAKEMAKE} --unlock, and start again"
        )
        raise LaunchError(msg)
    _write_claim(None)


def _left() -> dict:
    """Return what a launcher has written of itself; nothing if it was cut short."""
    try:
        return json.loads(CLAIM.read_text())
    except (OSError, ValueError):
        return {}


def _write_claim(head: int | None) -> None:
    state = {"head": head, "host": socket.gethostname(), "launcher": os.getpid()}
    write_text(CLAIM, json.dumps(state, sort_keys=True))


def _locked() -> bool:
    return LOCKS.is_dir() and any(LOCKS.iterdir())


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
    if _locked():
        command = [sys.executable, "-m", "snakemake", "--unlock", *arguments]
        subprocess.run(command, check=False, stdout=subprocess.DEVNULL)
