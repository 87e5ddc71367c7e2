"""What a run shows: of jobs that end well, of bad objects, of a job that fails."""

from __future__ import annotations

import re

import pytest
from checkouts import snakemake
from mini import CORES, workflow

DRAW = """
import os
from pathlib import Path

from skyloom.io.atomic import write_text
from skyloom.io.errors import DatumError
from skyloom.run.job import Job


def half(i):
    if i % 2:
        raise DatumError(f"{i} is odd")
    return i


job = Job(snakemake)
os.system("echo noise of a library >&2")
job.log.warning("a card is missing")
numbers = [int(line) for line in Path(job.input[0]).read_text().split()]
job.each(numbers, half, rescue=lambda i, why: why)
if 0 in numbers:
    raise ValueError("no halves of nothing")
for path in job.output:
    write_text(path, Path(job.input[0]).read_text())
"""
LOG = "logs/mini/draw.log"


@pytest.fixture
def folder(tmp_path):
    """Return a workflow whose first job has one bad object among three."""
    made = workflow(tmp_path / "run")
    (made / "scripts" / "draw.py").write_text(DRAW)
    (made / "data" / "numbers.txt").write_text("2\n3\n4\n")
    return made


def lines_of(said: str) -> list[str]:
    """Return what follows Snakemake's first line, which names the profile."""
    first, *lines = said.splitlines()
    assert first.startswith("Using workflow specific profile")
    return [re.sub(r"… .* s", "… TIME", line) for line in lines]


def test_one_bad_object_of_a_run_that_ends_well(folder):
    """A line a job, what failed under its job and at the end, and no noise."""
    lines = lines_of(snakemake(folder, *CORES).stdout)
    see = f"1 of 3 failed: 3 (3 is odd); see {LOG}"
    assert lines[:-2] == [
        "Planning the jobs",
        "3 jobs on 1 core",
        "[1/3] draw … TIME",
        "    a card is missing",
        f"    {see}",
        "[2/3] sum",
        "[3/3] all",
        "Objects failed in 1 job:",
        f"    draw: {see}",
    ]
    assert lines[-2].startswith("Complete log(s): ")
    assert lines[-1].startswith("Elapsed time: ")
    assert "noise of a library" in (folder / LOG).read_text()
    own = next((folder / ".snakemake" / "log").glob("*.log")).read_text()
    assert "reason: Missing output files" in own
    assert "Finished jobid" in own


def test_a_job_that_fails(folder):
    """Its error, its log, and a command that tries it again, which works."""
    (folder / "data" / "numbers.txt").write_text("0\n")
    said = snakemake(folder, *CORES, check=False)
    assert said.returncode != 0
    lines = lines_of(said.stdout)
    again = next(line for line in lines if line.startswith("    again: "))
    assert lines[2:8] == [
        "FAILED draw … TIME (draw)",
        "    ValueError: no halves of nothing",
        f"    log: {LOG}",
        again,
        "1 job failed:",
        f"    draw: {LOG}",
    ]
    assert lines[-2:] == [
        "WorkflowError:",
        "At least one job did not complete successfully.",
    ]
    assert "Traceback" not in said.stdout
    assert "Traceback" in (folder / LOG).read_text()
    (folder / "data" / "numbers.txt").write_text("2\n")
    _, _, words = again.partition(" -m snakemake ")
    lines = lines_of(snakemake(folder, *words.split()).stdout)
    assert "[1/1] draw … TIME" in lines


@pytest.mark.parametrize("asked", ["-n", "--verbose", "--quiet=reason"])
def test_snakemakes_own_words_where_they_are_asked_for(folder, asked):
    """A dry run, all of it, or less of it; warnings of jobs are told by the jobs."""
    said = snakemake(folder, *CORES, asked).stdout
    assert "Job stats:" in said
    assert "rule draw:" in said
    assert ("reason: Missing output files" in said) == (asked != "--quiet=reason")
    assert ("draw: a card is missing" in said) == (asked != "-n")
    assert ("noise of a library" in said) == (asked != "-n")


def test_all_quiet(folder):
    """Snakemake says nothing; warnings of jobs are told by the jobs."""
    said = snakemake(folder, *CORES, "--quiet=all").stdout
    assert "draw: a card is missing" in said
    assert "Planning" not in said
    assert "[1/3]" not in said
