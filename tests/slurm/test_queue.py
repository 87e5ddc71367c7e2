"""What Slurm's answers mean; its commands are stand-ins here."""

from __future__ import annotations

import pytest
from skyloom.slurm import queue

HEAD = "10|{state}|300M||00:01:04|00:01:00|node1"


@pytest.fixture
def command(tmp_path, monkeypatch):
    """Return a maker of commands that print a text."""
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")

    def make(name, text, code=0):
        (tmp_path / "text").write_text(text)
        place = tmp_path / name
        place.write_text(f"#!/bin/sh\ncat {tmp_path}/text\nexit {code}\n")
        place.chmod(0o755)

    return make


@pytest.mark.parametrize(
    ("rows", "why"),
    [
        (["COMPLETED"], None),
        (["FAILED"], None),
        (["TIMEOUT"], "out of time: 00:01:04 of 00:01:00"),
        (["CANCELLED by 0"], "cancelled by 0 on node1"),
        (["NODE_FAIL"], "node_fail on node1"),
        ([""], None),
        (
            ["FAILED", "OUT_OF_MEMORY"],
            "out of memory, asked 300M, one process used 293 MB",
        ),
    ],
)
def test_why_a_job_ended(command, rows, why):
    """Of the job and of its steps: a memory kill is seen in a step alone."""
    steps = [f"10.{i}|{row}||300000K|1|1|node1" for i, row in enumerate(rows[1:])]
    command("sacct", "\n".join([HEAD.format(state=rows[0]), *steps]) + "\n")
    assert queue.why("10") == why


def test_a_memory_kill_that_only_the_log_tells(command, tmp_path):
    """Slurmstepd writes it into the job's output; the accounting says failed."""
    command("sacct", "", code=1)
    log = tmp_path / "10.log"
    log.write_text("slurmstepd: error: Detected 1 oom-kill event(s) in step 10.0\n")
    assert queue.why("10", log) == "out of memory"


def test_own_jobs_of_this_folder(command, tmp_path):
    """Names of others, and other folders, are left out."""
    row = "{}|{}|RUNNING|1:00|2:00|node1|None|{}"
    rows = [row.format(1, "skyloom_a", tmp_path), row.format(2, "other", tmp_path)]
    rows.append(row.format(3, "skyloom_b", "/elsewhere"))
    command("squeue", "\n".join(rows) + "\n")
    (job,) = queue.jobs(tmp_path)
    assert (job.number, job.run, job.state) == ("1", "skyloom_a", "RUNNING")


def test_no_answer_is_told(command, tmp_path):
    """A silent controller is no empty queue."""
    command("squeue", "", code=1)
    with pytest.raises(queue.SlurmError, match="squeue"):
        queue.jobs(tmp_path)


@pytest.mark.parametrize(
    ("text", "megabytes"),
    [
        ("", 0),
        ("337396K", 329),
        ("2G", 2048),
        ("1.5M", 2),
        ("1048576", 1),
        ("4Gn", 4096),
    ],
)
def test_sizes_as_slurm_writes_them(text, megabytes):
    """With or without a unit, and per node."""
    assert queue.megabytes(text) == megabytes
