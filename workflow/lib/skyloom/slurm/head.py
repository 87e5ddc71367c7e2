"""A Snakemake that sends jobs to Slurm: started, watched, and ended when it is lost."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
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
EVERY = 10.0  # seconds between two looks
# Seconds without a job, a child or a line after which it has lost its jobs: it looks at
# them every three minutes at least.
STUCK = 400.0


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
    lost, outage : bool
        Whether it lost its jobs, and whether Slurm did not answer for a while.
    """

    def __init__(self, arguments: Sequence[str], stuck: float = STUCK):
        LOG.parent.mkdir(parents=True, exist_ok=True)
        self._stream = LOG.open("w")
        command = [sys.executable, "-m", "snakemake", "--profile", str(PROFILE)]
        self.process = subprocess.Popen(
            [*command, *arguments],
            stdout=self._stream,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        self.log, self.stuck = HeadLog(LOG), stuck
        self.lost, self.outage = False, False
        self._moved = time.monotonic()
        self._reasons = Reasons()

    def watch(self, screen: Screen) -> int:
        """Wait for its end, or end it when it has lost its jobs; return its code."""
        try:
            while self.process.poll() is None:
                self._look(screen)
                if self.lost:
                    self.kill()
                with suppress(subprocess.TimeoutExpired):
                    self.process.wait(EVERY)
        except BaseException:
            self.kill()
            raise
        finally:
            self._stream.close()
        self.log.read_on()
        return self.process.returncode

    def kill(self) -> None:
        """End it and its local jobs at once."""
        end(self.process.pid)
        self.process.wait()

    def _look(self, screen: Screen) -> None:
        new = self.log.read_on()
        try:
            jobs = queue.jobs(Path.cwd())
        except queue.SlurmError as error:
            self.outage, self._moved = True, time.monotonic()
            screen.say(f"waiting for Slurm: {error}")
            return
        if new or jobs or processes.children(self.process.pid):
            self._moved = time.monotonic()
        self.lost = time.monotonic() - self._moved > self.stuck
        screen.show(self.log, jobs, self.reasons())

    def reasons(self) -> list[str]:
        """Return a line for each failure: its rule, why, and where its log is."""
        return self._reasons.lines(self.log.failed.values())

    def cause(self) -> str | None:
        """Say what of the cluster kept it from its end; None if nothing did."""
        if self.lost:
            return "Snakemake lost its jobs"
        if self.process.returncode < 0:
            return f"Snakemake was killed, signal {-self.process.returncode}"
        if any(failure.unsent for failure in self.log.failed.values()):
            return "Slurm took no jobs"
        if any(failure.state in queue.LOST for failure in self.log.failed.values()):
            return "jobs were cancelled, or their nodes lost"
        return None


def end(group: int) -> None:
    """End a process and those of its session at once."""
    with suppress(ProcessLookupError):
        os.killpg(group, signal.SIGKILL)
