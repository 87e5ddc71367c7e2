"""What is read in Snakemake's log."""

from __future__ import annotations

from pathlib import Path

from skyloom.slurm.headlog import Failure, HeadLog

SENT = "Job 3 has been submitted with SLURM jobid 8 (log: /w/logs/rule_bad/c0/8.log).\n"
FAILED = """Error in rule bad:
    message: SLURM-job '8' failed, SLURM status is: 'FAILED'. Detailed failure reason
    jobid: 3
Logfile logs/bad.log:
=====================
Error in rule inner:
    message: None
ValueError: no such thing

=====================
Logfile /w/logs/rule_bad/c0/8.log:
==================================
srun: error
==================================
1 of 5 steps (20%) done
"""
UNSENT = """Error in rule late:
    message: SLURM sbatch failed. The error message was 'sbatch: error: no answer'.
    jobid: 4
"""


def test_jobs_sent_made_and_failed(tmp_path):
    """A failed job's own log is shown within; its last line is the reason."""
    path = tmp_path / "head.log"
    path.write_text("SLURM run ID: skyloom_1\n" + SENT + FAILED + UNSENT)
    log = HeadLog(path)
    assert log.read_on()
    assert (log.run, log.made, log.steps) == ("skyloom_1", 1, 5)
    assert log.rule("8") == "bad"
    assert log.rule("9") == "a job"
    bad, late = log.failed["3"], log.failed["4"]
    place = Path("/w/logs/rule_bad/c0/8.log")
    said = "ValueError: no such thing"
    assert bad == Failure("bad", "8", "FAILED", place, unsent=False, said=said)
    assert late.unsent
    assert "no answer" in late.said
    assert late.number is None


def test_a_job_that_is_made_at_last_has_not_failed(tmp_path):
    """The next attempt takes the place of the one before."""
    path = tmp_path / "head.log"
    again = SENT.replace("8", "9") + FAILED.replace("'8'", "'9'")
    path.write_text(SENT + FAILED + again)
    log = HeadLog(path)
    log.read_on()
    assert [one.number for one in log.failed.values()] == ["9"]
    path.write_text(path.read_text() + "Finished jobid: 3 (Rule: bad)\n")
    log.read_on()
    assert log.failed == {}


def test_it_reads_on_by_whole_lines(tmp_path):
    """A line that is half written is read when it is whole."""
    path = tmp_path / "head.log"
    path.write_text(SENT[:30])
    log = HeadLog(path)
    assert not log.read_on()
    path.write_text(SENT)
    assert log.read_on()
    assert not log.read_on()
    assert list(log.sent) == ["8"]
