"""Plans of surveys as large as the seeds': how many jobs, and what a plan takes.

CPU time and memory are those of the whole process, which is not disturbed by others on
the machine as the time on the clock is.
"""

from __future__ import annotations

import os
import re
import subprocess
from collections import Counter
from dataclasses import dataclass

import pytest
import yaml
from checkouts import command, copy_checkout, environment
from survey_files import LARGE, SURVEYS, Survey

JOBS = 1000  # that a user of the Alliance may have
SLOW = 3.0  # how much slower than ours a machine may be
DOWNLOADS = re.compile(r"_retrieve_\w+?_\d+$")
CHUNK = re.compile(r"_c?\d+$")


@dataclass(frozen=True)
class Plan:
    """What a dry run said, and what it took [s of CPU, MB]."""

    jobs: Counter
    seconds: float
    memory: float


def plan(folder, data, survey: Survey, *arguments: str) -> Plan:
    """Return the plan of a survey."""
    layer = ("--configfile", f"config/{survey.layer}.yaml", *survey.settings)
    words = command("-n", "--quiet", "rules", *layer, *arguments)
    said = folder / "said.txt"
    with said.open("w") as file:
        process = subprocess.Popen(
            words,
            cwd=folder,
            env=environment(SKYLOOM_DATA=str(data)),
            stdout=file,
            stderr=subprocess.STDOUT,
        )
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    text = said.read_text()
    assert process.returncode == 0, text[-3000:]
    table = re.search(r"^job +count\n[- ]+\n(.*?)^total ", text, re.M | re.S)
    rows = [row.split() for row in table[1].splitlines()] if table else []
    jobs = Counter({name: int(n) for name, n in rows})
    return Plan(jobs, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024)


@pytest.fixture
def fresh(tmp_path):
    """Copy the checkout, without products."""
    return copy_checkout(tmp_path / "checkout")


def chunks_of(survey: Survey, folder) -> int:
    """Return the chunks of a layer's one area."""
    layer = yaml.safe_load((folder / "config" / f"{survey.layer}.yaml").read_text())
    return layer[layer["areas"][0]]["chunks"]


@pytest.mark.parametrize("name", SURVEYS)
def test_a_survey_has_less_than_a_thousand_jobs(fresh, tmp_path, name):
    """Planned in short; of the whole, with all chunks filled and all downloads."""
    survey = SURVEYS[name]
    survey.files(tmp_path / "data", survey.part)
    made = plan(fresh, tmp_path / "data", survey)
    chunks, kinds = chunks_of(survey, fresh), Counter()
    for job, number in made.jobs.items():
        kind = DOWNLOADS.sub(" downloads", job)
        kinds[kind if kind != job else CHUNK.sub(" chunks", job)] += number
    whole = survey.whole / survey.part
    most = {
        kind: number * whole + 1 if kind.endswith("downloads") else max(number, chunks)
        for kind, number in kinds.items()
        if number > 1 or kind.endswith(("chunks", "downloads"))
    }
    assert most
    assert sum(most.values()) + len(kinds) < JOBS
    assert made.seconds < SLOW * survey.part_seconds


@pytest.mark.soak
@pytest.mark.parametrize("name", [*SURVEYS, "builder_20000"])
def test_the_plan_of_a_whole_survey(fresh, tmp_path, name):
    """Jobs, CPU time and memory of a dry run with the seeds' numbers."""
    survey = SURVEYS.get(name, LARGE)
    survey.files(tmp_path / "data", survey.whole)
    made = plan(fresh, tmp_path / "data", survey)
    assert sum(made.jobs.values()) < JOBS
    assert made.seconds < SLOW * survey.seconds
    assert made.memory < survey.memory


@pytest.mark.parametrize("name", ["quasars", "spirals"])
def test_a_job_reads_the_rules_of_its_chunk(fresh, tmp_path, name):
    """As it is started on a cluster: its plan has that rule alone, and is short."""
    survey = SURVEYS[name]
    survey.files(tmp_path / "data", survey.part)
    made = plan(fresh, tmp_path / "data", survey)
    rule = next(job for job in made.jobs if job.endswith("0") and "retrieve" not in job)
    words = ("--target-jobs", f"{rule}:", "--allowed-rules", rule)
    own = plan(fresh, tmp_path / "data", survey, *words, "--mode", "subprocess")
    assert set(own.jobs) <= {rule}
    assert own.seconds < min(SLOW * 3.0, made.seconds)
