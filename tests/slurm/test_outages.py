"""A run on Slurm survives what clusters do, and makes no file twice at a time."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import time

import pytest
from small_workflow import SmallWorkflow, ended
from throwaway_slurm import until


@pytest.fixture
def work(slurm, tmp_path):
    """Return a maker of small workflows whose jobs are gone when the test ends."""
    made = []

    def make(**what) -> SmallWorkflow:
        made.append(SmallWorkflow(tmp_path / f"w{len(made)}", **what))
        return made[-1]

    yield make
    for one in made:
        subprocess.run(["scancel", "--quiet", *one.queued()], check=False)
        until(lambda one=one: not one.queued(), 90)


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


def test_a_run_survives_all_of_them_in_a_row(slurm, work):
    """Database, a job, a node, the controller, and Snakemake itself: nobody helps."""
    small = work(jobs=16, seconds=4)
    launcher = small.launch("--jobs", "4")
    for number, outage in enumerate(OUTAGES[:-1], start=1):
        small.wait_running()
        outage(slurm, small)
        small.wait_made(2 * number)
    assert ended(launcher) == 0, small.said
    small.check_made()


@pytest.mark.soak
@pytest.mark.parametrize("outage", OUTAGES)
def test_each_alone(slurm, work, outage):
    """Long ones: a minute without database or controller."""
    small = work(jobs=6, seconds=10)
    launcher = small.launch()
    small.wait_running(3)
    long = {"seconds": 62} if outage in (database_out, controller_out) else {}
    outage(slurm, small, **long)
    assert ended(launcher) == 0, small.said
    small.check_made()


@pytest.mark.soak
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
    assert not list((small.folder / ".snakemake" / "locks").iterdir())


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


FAILING = """
rule fail:
    output: "{kind}.failed"
    log: "logs/{kind}.log"
    resources: mem_mb=900, runtime=1
    params: command=lambda w: COMMANDS[w.kind]
    shell: "{params.command} > {log} 2>&1"
COMMANDS = {
    "memory": "{python} -c 'import time; x = bytearray(1_500_000_000); time.sleep(9)'",
    "error": "{python} -c 'raise ValueError(\\"no such thing\\")'",
    "time": "sleep 150",
}
"""


def test_failures_are_told_with_their_reasons(slurm, work):
    """Memory, time, or the last line of the rule's own log; and nothing is rerun."""
    small = work(jobs=1, more=FAILING.replace("{python}", "python3"))
    targets = ("memory.failed", "error.failed", "time.failed")
    assert ended(small.launch(*targets, "--retries", "0")) == 1
    lines = [line for line in small.said.splitlines() if " failed  " in line]
    assert len(lines) == 3, small.said
    assert "fail: out of memory, asked 900M" in small.said
    assert "fail: ValueError: no such thing" in small.said
    assert "fail: out of time" in small.said
    assert "once more" not in small.said
