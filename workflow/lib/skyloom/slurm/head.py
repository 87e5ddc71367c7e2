"""A Snakemake that sends jobs to Slurm: started, watched, and ended when it is lost."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from skyloom.run.places import ROOT
from skyloom.slurm import processes, queue
from skyloom.slurm.headlog import HeadLog
from skyloom.slurm.reasons import Reasons
from skyloom.slurm.screen import Screen

PROFILE = ROOT / "profiles" / "slurm"
LOG = Path("logs") / "slurm" / "head.log"
EVERY = 20.0  # seconds between two looks
# Seconds without a job, a child or a line after which it has lost its jobs: it looks at
# them every three minutes at least.
STUCK = 400.0
RELEASES = 3  # of a held job
# Words of sbatch against what it will never take.
REFUSED = (
    *("can not be satisfied", "configuration is not available"),
    *("time limit is invalid", "nvalid account", "nvalid partition"),
)


class Head:
    """A running Snakemake, in a session of its own.

    Parameters
    ----------
    arguments : sequence of str
        Targets and options.
    stuck : float
        See `STUCK` [s].

    Attributes
    ----------
    log : HeadLog
        What it has said.
    lost : bool
        Whether it lost its jobs.
    """

    def __init__(self, arguments: Sequence[str], stuck: float = STUCK):
        LOG.parent.mkdir(parents=True, exist_ok=True)
        self._stream = LOG.open("a")
        self.log = HeadLog(LOG, read=LOG.stat().st_size)
        command = [sys.executable, "-m", "snakemake", "--profile", str(PROFILE)]
        self.process = subprocess.Popen(
            [*command, *arguments],
            stdout=self._stream,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        self.stuck, self.lost = stuck, False
        self._moved, self._busy = time.monotonic(), 0.0
        self._reasons, self._released = Reasons(), Counter()

    def watch(self, screen: Screen) -> int:
        """Wait for its end, or end it when it has lost its jobs; return its code."""
        try:
            while self.process.poll() is None:
                self._look(screen)
                if self.lost:
                    break
                with suppress(subprocess.TimeoutExpired):
                    self.process.wait(EVERY)
        finally:
            self.kill()
            self._stream.close()
        self.log.read_on()
        return self.process.returncode

    def kill(self) -> None:
        """End it and what is left of its session at once."""
        end(self.process.pid)
        self.process.wait()

    def _look(self, screen: Screen) -> None:
        new = self.log.read_on()
        try:
            jobs = queue.jobs(Path.cwd())
            self._tidy(jobs)
        except queue.SlurmError as error:
            self._moved = time.monotonic()
            screen.say(f"waiting for Slurm: {error}")
            return
        if new or jobs or self._works():
            self._moved = time.monotonic()
        self.lost = time.monotonic() - self._moved > self.stuck
        screen.show(self.log, jobs, self.reasons())

    def _works(self) -> bool:
        """Whether it plans, or runs local jobs: it can lose only jobs that it sent."""
        before, self._busy = self._busy, processes.seconds(self.process.pid)
        busy = self._busy > before + 1
        return busy or not self.log.sent or bool(processes.children(self.process.pid))

    def _tidy(self, jobs: Sequence[queue.Job]) -> None:
        """Cancel what another Snakemake sent too late; release what Slurm holds.

        Slurm holds a job whose node could not start it, until somebody releases it.
        """
        if strays := [job for job in jobs if self.log.run not in (None, job.run)]:
            queue.cancel(strays)
        held = [
            job for job in jobs if "requeued" in job.reason and "held" in job.reason
        ]
        again = [job for job in held if self._released[job.number] < RELEASES]
        self._released.update(job.number for job in again)
        if again:
            queue.release(again)

    def reasons(self) -> list[str]:
        """Return a line for each failure: its rule, why, and where its log is."""
        return self._reasons.lines(self.log.failed.values())

    def cause(self) -> str | None:
        """Say what of the cluster kept it from its end; None if nothing did."""
        failed = self.log.failed.values()
        if self.lost:
            return "Snakemake lost its jobs"
        if self.process.returncode < 0:
            return f"Snakemake was killed, signal {-self.process.returncode}"
        if any(one.unsent and not _for_good(one.said) for one in failed):
            return "Slurm took no jobs"
        if any(one.state in queue.LOST for one in failed):
            return "jobs were cancelled, or their nodes lost"
        if self.process.returncode and self.log.sent and not failed:
            return "Snakemake ended, and no job had failed"
        return None


def _for_good(said: str) -> bool:
    return any(mark in said for mark in REFUSED)


def end(group: int) -> None:
    """End a process and those of its session at once."""
    with suppress(ProcessLookupError):
        os.killpg(group, signal.SIGKILL)
