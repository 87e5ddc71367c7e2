"""A workflow of short jobs that notice when two make one file at a time."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

from skyloom.slurm import processes
from throwaway_slurm import CPU
from waiting import until

CHECKOUT = Path(__file__).resolve().parents[2]
LAUNCHER = CHECKOUT / "profiles" / "slurm" / "launch.py"
# Looks as often as the tests can wait; all else is the profile that users get.
SOONER = ("--slurm-init-seconds-before-status-checks", "5", "--latency-wait", "10")

SNAKEFILE = """
import sys
sys.path.insert(0, "{library}")
from skyloom.slurm import allocation, reasons

NUMBERS = range({jobs})

rule all:
    input: expand("made/{{i}}.txt", i=NUMBERS)

# A lock that the system takes off with the last process of a job.
rule work:
    output: "made/{{i}}.txt"
    log: "logs/{{i}}.log"
    resources: mem_mb=900, runtime=10
    shell:
        "mkdir -p locks; code=0; flock -n -E 77 locks/{{wildcards.i}} "
        "sh -c 'sleep {seconds}; echo {{wildcards.i}} > {{output}}' || code=$?; "
        "[ $code != 77 ] || echo {{wildcards.i}} >> twice.txt; exit $code"
{more}
allocation.ask(workflow, {cluster!r})

onstart:
    allocation.check(workflow)

onerror:
    reasons.tell(log)
"""
NOTHING = dict.fromkeys(
    ("account", "gpu_account", "partition", "gpu_partition", "gpu_model")
)


class SmallWorkflow:
    """A folder with the workflow, and launchers in it."""

    def __init__(
        self, folder: Path, *, jobs: int, seconds: float = 1, more: str = "", **cluster
    ):
        self.folder, self.jobs = folder, jobs
        self._launchers: list[subprocess.Popen] = []
        folder.mkdir()
        given = {**NOTHING, "account": CPU, **cluster}
        library = CHECKOUT / "workflow" / "lib"
        text = SNAKEFILE.format(
            library=library, jobs=jobs, seconds=seconds, more=more, cluster=given
        )
        (folder / "Snakefile").write_text(text)

    def launch(self, *arguments: str) -> subprocess.Popen:
        """Start the launcher; it goes on by itself."""
        with (self.folder / "said.txt").open("a") as stream:
            launcher = subprocess.Popen(
                [sys.executable, str(LAUNCHER), *SOONER, *arguments],
                cwd=self.folder,
                stdout=stream,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        self._launchers.append(launcher)
        return launcher

    def end(self) -> None:
        """End what a failed test has left: launchers, Snakemakes, jobs."""
        for launcher in self._launchers:
            launcher.kill()
            launcher.wait()
        for pid in processes.heads(self.folder):
            os.killpg(pid, signal.SIGKILL)
        subprocess.run(["scancel", "--quiet", "0", *self.queued()], check=False)
        until(lambda: not self.queued(), 90)

    @property
    def said(self) -> str:
        """What the launchers have told."""
        return (self.folder / "said.txt").read_text()

    @property
    def made(self) -> int:
        """How many of the files are made."""
        return len(list((self.folder / "made").glob("*.txt")))

    def check_made(self) -> None:
        """All files are made, each with its own content, none by two jobs at a time."""
        contents = {
            path.stem: path.read_text().strip()
            for path in (self.folder / "made").glob("*.txt")
        }
        assert contents == {str(i): str(i) for i in range(self.jobs)}, self.said
        assert not (self.folder / "twice.txt").exists()

    def queued(self, state: str = "all") -> list[str]:
        """Return Slurm's numbers of the jobs that have not ended, or of one state."""
        asked = ["squeue", "-ho", "%i|%Z"] + (["-t", state] if state != "all" else [])
        done = subprocess.run(asked, capture_output=True, text=True, check=False)
        rows = [line.split("|") for line in done.stdout.splitlines()]
        return [number for number, place in rows if place == str(self.folder)]

    def wait_running(self, number: int = 1) -> None:
        """Wait until so many jobs run."""
        until(lambda: len(self.queued("R")) >= number, 120)

    def wait_made(self, number: int) -> None:
        """Wait until so many files are made."""
        until(lambda: self.made >= number, 180)


def ended(launcher: subprocess.Popen, seconds: float = 300) -> int:
    """Return the launcher's exit code; kill it if it does not end."""
    end = time.monotonic() + seconds
    while launcher.poll() is None:
        if time.monotonic() > end:
            launcher.kill()
            launcher.wait()
            msg = f"the launcher did not end in {seconds} s"
            raise TimeoutError(msg)
        time.sleep(0.2)
    return launcher.returncode
