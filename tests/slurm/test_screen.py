"""What the launcher tells."""

from __future__ import annotations

from pathlib import Path

from skyloom.slurm.headlog import HeadLog
from skyloom.slurm.queue import Job
from skyloom.slurm.screen import Screen, rows, summarised


def job(number, state="RUNNING", elapsed="1:00", reason="None") -> Job:
    place = ("1:00:00", "node1" if state == "RUNNING" else "", reason, "/w")
    return Job(number, "skyloom_a", state, elapsed, *place)


LOG = HeadLog(Path("head.log"), made=3, steps=9)
LOG.sent["1"] = Path("/w/logs/slurm/rule_train/1.log")


def test_one_line_says_how_far_it_is_and_what_waits():
    """A reason that no waiting ends comes with what to do."""
    jobs = [job("1"), job("2", "PENDING", reason="Priority")]
    jobs += [job("3", "PENDING", reason="AssocGrpGRES")] * 2
    line = summarised(LOG, jobs, ["train: out of memory"])
    assert line.startswith("3 of 9 steps, 1 running, 3 waiting (2 AssocGrpGRES: ")
    assert "set cluster.gpu_account" in line
    assert line.endswith("1 Priority), 1 failures")


def test_the_longest_jobs_are_named():
    """By rule, time and node; how many more there are, where the screen ends."""
    jobs = [job("2", elapsed="9:00"), job("1", elapsed="1-02:00:00"), job("3")]
    first, second, more, _ = rows(LOG, jobs, 2)
    assert "train" in first
    assert "1-02:00:00 of     1:00:00  node1" in first
    assert "9:00" in second
    assert more == "and 1 more"


def test_without_a_terminal_what_is_new_is_a_line(capsys):
    """Nothing is said twice; failures are listed at the end."""
    screen = Screen()
    for last in (False, False, True):
        screen.show(LOG, [], ["train: out of memory"], last=last)
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 2
    assert lines[-1].endswith("failed   train: out of memory")
