"""A run on Slurm survives what clusters do, and makes no file twice at a time."""

from __future__ import annotations

import os
import random
import signal
import time

import pytest
from outages import OUTAGES, controller_out, database_out, head_of
from small_workflow import ended

pytestmark = pytest.mark.soak


@pytest.mark.parametrize("outage", OUTAGES)
def test_each_alone(slurm, work, outage):
    """Long ones: a minute without database or controller."""
    small = work(jobs=6, seconds=10)
    launcher = small.launch()
    small.wait_running(3)
    long = {"seconds": 62} if outage in (database_out, controller_out) else {}
    outage(slurm, small, **long)
    # A controller that dies may forget jobs that it had just taken: the launcher begins
    # again after 400 s in which nothing runs.
    assert ended(launcher, 900) == 0, small.said
    small.check_made()


def test_twenty_in_a_row(slurm, work):
    """Drawn by lot, with the seed of the test."""
    lot = random.Random(15)
    small = work(jobs=120, seconds=8)
    launcher = small.launch("--jobs", "8")
    for _ in range(20):
        small.wait_running()
        time.sleep(lot.uniform(0, 10))
        lot.choice(OUTAGES)(slurm, small)
    assert ended(launcher, 1200) == 0, small.said
    small.check_made()


def test_what_a_killed_launcher_left_is_ended_first(slurm, work):
    """Its Snakemake and its jobs: the next launcher ends them, then begins."""
    small = work(jobs=3, seconds=15)
    launcher = small.launch()
    small.wait_running(3)
    left, head = small.queued("R"), head_of(small)
    launcher.kill()
    launcher.wait()
    assert ended(small.launch()) == 0, small.said
    assert "cancelling 3 jobs" in small.said
    with pytest.raises(ProcessLookupError):
        os.kill(head, 0)
    assert not set(left) & set(small.queued())
    small.check_made()


def test_ctrl_c_leaves_no_job_and_no_lock(slurm, work):
    """Also while the controller is out: jobs are cancelled as soon as it answers."""
    small = work(jobs=2, seconds=60)
    launcher = small.launch()
    small.wait_running(2)
    slurm.kill("slurmctld")
    os.kill(launcher.pid, signal.SIGINT)
    time.sleep(3)
    slurm.start("slurmctld")
    assert ended(launcher) == 130
    assert small.queued() == []
    assert not list((small.folder / ".snakemake").glob("locks/*"))


def test_a_second_launcher_is_refused(slurm, work):
    """And a launcher where a Snakemake works."""
    small = work(jobs=1, seconds=30)
    launcher = small.launch()
    small.wait_running()
    assert ended(small.launch()) == 1
    assert f"a launcher works in this folder: process {launcher.pid}" in small.said
    os.kill(launcher.pid, signal.SIGTERM)
    assert ended(launcher) == 130
    assert small.queued() == []


LATE = """
rule late:
    output: "late.txt"
    log: "logs/late.log"
    resources: mem_mb=900, runtime=1
    shell: "sleep 150"
"""


def test_a_job_out_of_time_is_told(work):
    """With the time that it had."""
    small = work(jobs=1, more=LATE)
    assert ended(small.launch("late.txt", "--retries", "0")) == 1
    assert "late: out of time" in small.said
    assert "of 00:01:00" in small.said
