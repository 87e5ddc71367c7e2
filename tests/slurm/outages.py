"""What clusters do to a run."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time

from small_workflow import SmallWorkflow


def head_of(work: SmallWorkflow) -> int:
    """Return the process of the Snakemake that a launcher has started."""
    claim = work.folder / ".snakemake" / "launcher.json"
    return json.loads(claim.read_text())["head"]


def database_out(slurm, work, seconds=10):
    slurm.kill("slurmdbd")
    time.sleep(seconds)
    slurm.start("slurmdbd")


def controller_out(slurm, work, seconds=10):
    slurm.kill("slurmctld")
    time.sleep(seconds)
    slurm.start("slurmctld")


def node_lost(slurm, work):
    slurm.lose("node1")
    time.sleep(5)
    slurm.start("node1")


def job_cancelled(slurm, work):
    subprocess.run(["scancel", *work.queued("R")[:1]], check=True)


def all_cancelled(slurm, work):
    subprocess.run(["scancel", *work.queued()], check=True)


def head_killed(slurm, work):
    os.killpg(head_of(work), signal.SIGKILL)


OUTAGES = (database_out, job_cancelled, node_lost, controller_out, head_killed)
OUTAGES += (all_cancelled,)
