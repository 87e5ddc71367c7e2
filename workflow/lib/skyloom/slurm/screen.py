"""One screen of a run: what is made, what runs, what waits, what failed and why."""

from __future__ import annotations

import shutil
import sys
import time
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress

from skyloom.slurm.headlog import HeadLog
from skyloom.slurm.queue import Job

CLEAR = "\x1b[H\x1b[J"
LISTED = 8  # running jobs that are named where nobody says how long the screen is
FAILED = 10  # failures that are told
# What Slurm means by a reason that no waiting ends.
ENDLESS = {
    "AssocGrpGRES": "the account has no GPU: set cluster.gpu_account",
    "AssocGrpBillingMinutes": "the account has no time left",
    "AssocGrpCPUMinutesLimit": "the account has no time left",
    "AssocMaxWallDurationPerJobLimit": "longer than allowed: set the rule's runtime",
    "BadConstraints": "no node is as asked: see cluster.gpu_model",
    "InvalidAccount": "set cluster.account",
    "JobHeldAdmin": "held by an administrator: ask them",
    "JobHeldUser": "held by you: scontrol release JOB",
    "PartitionTimeLimit": "longer than the partition allows: set cluster.partition",
    "QOSMaxWallDurationPerJobLimit": "longer than allowed: set the rule's runtime",
}


class Screen:
    """Standard output: drawn anew on a terminal, elsewhere a line for what is new."""

    def __init__(self):
        self.terminal = sys.stdout.isatty()
        self._last = ""

    def say(self, line: str) -> None:
        """Write a line, once."""
        if line != self._last:
            _write(f"{time.strftime('%H:%M:%S')} {line}")
        self._last = line

    def show(
        self, log: HeadLog, jobs: Sequence[Job], failed: Sequence[str], *, last=False
    ) -> None:
        """Write the state of a run; on a terminal in place of the one before."""
        summary = summarised(log, jobs, failed)
        if not self.terminal:
            self.say(summary)
            for line in [*failed[-FAILED:]] if last else []:
                self.say(f"failed   {line}")
            return
        room = shutil.get_terminal_size().lines - 4 - min(len(failed), FAILED)
        lines = [summary, "", *rows(log, jobs, max(room, 3))]
        lines += [f"failed   {line}" for line in failed[-FAILED:]]
        _write(CLEAR + "\n".join(lines))


def _write(text: str) -> None:
    # A terminal that is gone is no reason to end a run.
    with suppress(OSError):
        print(text, flush=True)


def summarised(log: HeadLog, jobs: Sequence[Job], failed: Sequence[str]) -> str:
    """Return one line: how many steps are made, and how many jobs run and wait."""
    states = Counter(job.state for job in jobs)
    reasons = (job.reason for job in jobs if job.state == "PENDING")
    waiting = Counter(reason for reason in reasons if reason != "None")
    why = ", ".join(f"{n} {told(reason)}" for reason, n in waiting.most_common(3))
    steps = f"{log.made} of {log.steps} steps" if log.steps else "planning"
    parts = [steps, f"{states['RUNNING']} running", f"{states['PENDING']} waiting"]
    parts[-1] += f" ({why})" if why else ""
    return ", ".join([*parts, f"{len(failed)} failures"])


def told(reason: str) -> str:
    """Return Slurm's reason for waiting, and what to do where no waiting helps."""
    return f"{reason}: {ENDLESS[reason]}" if reason in ENDLESS else reason


def rows(log: HeadLog, jobs: Sequence[Job], room: int = LISTED) -> list[str]:
    """Return a line for each of the jobs that have run longest."""
    running = [job for job in jobs if job.state != "PENDING"]
    running.sort(key=lambda job: (len(job.elapsed), job.elapsed), reverse=True)
    lines = [
        f"{job.state.lower():8} {log.rule(job.number):40} {job.elapsed:>11} of "
        f"{job.limit:>11}  {job.node}"
        for job in running[:room]
    ]
    more = len(running) - room
    return [*lines, f"and {more} more", ""] if more > 0 else [*lines, ""]
