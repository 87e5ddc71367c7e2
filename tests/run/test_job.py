"""What adapters are given."""

from __future__ import annotations

import json
import logging
import socket
import sys
from types import SimpleNamespace

import pytest
from batch_work import files, numpy_threads, square, trouble
from skyloom.run.batch import BatchError
from skyloom.run.job import RANK, SLURM, Job
from skyloom.run.provenance import VERSIONS


@pytest.fixture
def snakemake(tmp_path, monkeypatch):
    """Stand in for the object that Snakemake puts into a script."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "excepthook", sys.excepthook)
    monkeypatch.delenv(RANK, raising=False)
    monkeypatch.delenv(SLURM, raising=False)
    (tmp_path / "in.csv").write_text("1\n")
    yield SimpleNamespace(
        input=["in.csv"],
        output=["out/1.txt", "out/2.txt"],
        wildcards={},
        params=SimpleNamespace(settings={"seed": 1}, code="c0de"),
        threads=1,
        log=["logs/a.log"],
        config={"store": "out/.skyloom"},
        rule="builder_square_c0",
        scriptdir=str(tmp_path / "scripts" / "builder"),
    )
    logging.captureWarnings(capture=False)


def test_job_names_what_a_script_needs(snakemake, tmp_path):
    """Settings are a dict, the log is open, the checkout is found."""
    job = Job(snakemake)
    job.log.info("hello")
    assert job.settings == {"seed": 1}
    assert job.checkout == tmp_path
    assert "hello" in (tmp_path / "logs" / "a.log").read_text()


def test_first_line_on_slurm_says_what_was_given(snakemake, tmp_path, monkeypatch):
    """A job that is killed for memory leaves at least this in its log."""
    monkeypatch.setenv(SLURM, "4711")
    snakemake.resources = SimpleNamespace(mem_mb=3000, runtime=120)
    Job(snakemake)
    line, *_ = (tmp_path / "logs" / "a.log").read_text().splitlines()
    assert f"Slurm job 4711 on {socket.gethostname()}: 3000 MB, 120 minutes" in line


def test_provenance_is_of_the_inputs(snakemake):
    """All inputs unless some are named."""
    job = Job(snakemake)
    assert list(job.provenance()["inputs"]) == ["in.csv"]
    assert job.provenance([])["inputs"] == {}
    assert job.provenance()["code"] == "c0de"


def test_provenance_of_plain_tables_lies_beside_the_log(snakemake, tmp_path):
    """A CSV table has no room for the record: the log names the file that has it."""
    job = Job(snakemake)
    job.note_provenance()
    first, line = (tmp_path / "logs" / "a.log").read_text().splitlines()
    assert json.loads(first.split(VERSIONS)[1]) == job.provenance()["versions"]
    named = line.split("what this was made from: ")[1]
    assert named == "logs/a.provenance.json"
    assert json.loads((tmp_path / named).read_text()) == job.provenance()


def test_each_leaves_no_store(snakemake, tmp_path):
    """After success nothing of the unfinished work remains."""
    assert Job(snakemake).each([2, 3], square) == {2: 4, 3: 9}
    assert not (tmp_path / "out" / ".skyloom").exists()


def test_changed_outputs_leave_no_orphan(snakemake, tmp_path):
    """A galaxy joins a chunk after a kill: its first store goes with the second."""
    with pytest.raises(BatchError):
        Job(snakemake).each([5], trouble)
    assert (tmp_path / "out" / ".skyloom").exists()
    snakemake.output = [*snakemake.output, "out/3.txt"]
    Job(snakemake).each([5], square)
    assert not (tmp_path / "out" / ".skyloom").exists()


def test_each_delivers_files(snakemake, tmp_path):
    """Files come where the rule declares them."""
    job = Job(snakemake)
    places = {i: {"text": path} for i, path in enumerate(job.output, start=1)}
    job.each([1, 2], files, places)
    assert (tmp_path / "out" / "2.txt").read_text() == "text 2"


def test_work_is_kept_by_code_settings_and_inputs(snakemake, tmp_path):
    """Anything that the results depend on changes the key of unfinished work."""
    keys = {Job(snakemake)._key}
    snakemake.params.settings = {"seed": 2}
    keys.add(Job(snakemake)._key)
    snakemake.params.code = "c0de2"
    keys.add(Job(snakemake)._key)
    (tmp_path / "in.csv").write_text("2\n")
    keys.add(Job(snakemake)._key)
    assert len(keys) == 4


def test_script_without_settings_or_log(snakemake):
    """A rule that reads no config has no settings, and may have no log."""
    snakemake.params = SimpleNamespace(code="c0de")
    snakemake.log = []
    assert Job(snakemake).settings == {}


def leave_state(snakemake):
    """Be killed after some work."""
    with Job(snakemake).resuming() as folder:
        (folder / "epoch.txt").write_text("3")
        raise KeyboardInterrupt


def test_a_killed_job_finds_its_own_state(snakemake, tmp_path):
    """Work that resumes by itself keeps a folder until it ends well; then it goes."""
    with pytest.raises(KeyboardInterrupt):
        leave_state(snakemake)
    with Job(snakemake).resuming() as folder:
        assert (folder / "epoch.txt").read_text() == "3"
    assert not (tmp_path / "out" / ".skyloom").exists()


def test_other_settings_find_no_state(snakemake):
    """What was learned under others is dropped."""
    with pytest.raises(KeyboardInterrupt):
        leave_state(snakemake)
    snakemake.params.settings = {"seed": 2}
    with Job(snakemake).resuming() as folder:
        assert list(folder.iterdir()) == []


@pytest.mark.parametrize(("workers", "got"), [(1, 2), (None, 1)])
def test_a_function_alone_has_the_jobs_threads(snakemake, workers, got):
    """One that uses all cores itself is given them; one object in a worker is not."""
    snakemake.threads = 2
    assert Job(snakemake).each([1], numpy_threads, workers=workers) == {1: got}


def test_a_further_process_shares_what_the_first_has(snakemake, tmp_path, monkeypatch):
    """Lightning runs a script once for each device: log and scratch are the first's."""
    first = Job(snakemake)
    first.log.info("hello")
    with first.resuming() as folder:
        (folder / "epoch.txt").write_text("3")
        monkeypatch.setenv(RANK, "1")
        further = Job(snakemake)
        further.note_provenance()
        with further.resuming() as same:
            assert (same / "epoch.txt").read_text() == "3"
        assert folder.exists()
    assert (first.first, further.first) == (True, False)
    assert not (tmp_path / "out" / ".skyloom").exists()
    _, line = (tmp_path / "logs" / "a.log").read_text().splitlines()
    assert line.endswith("hello")
