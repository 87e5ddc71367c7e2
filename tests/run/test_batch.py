"""Batches: parallel, resumable, complete, the same bytes each time."""

from __future__ import annotations

import logging
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest
from batch_work import (
    Prepared,
    broadcasting,
    damaged,
    divided,
    files,
    files_but_five,
    half,
    kill_at,
    numpy_threads,
    rescued,
    slow_square,
    square,
    trouble,
)
from skyloom.run.batch import BatchError, _complaint, each
from skyloom.run.log import FAILED
from skyloom.run.store import claim

IDS = [9, 2, 5, 7]


def places(folder: Path, ids=IDS) -> dict:
    return {
        i: {"text": folder / f"{i}.txt", "twin": folder / "t" / f"{i}.txt"} for i in ids
    }


def contents(folder: Path) -> dict:
    return {
        str(p.relative_to(folder)): p.read_bytes()
        for p in sorted(folder.rglob("*"))
        if p.is_file()
    }


@pytest.mark.parametrize("threads", [1, 2])
def test_results_come_in_the_order_of_ids(tmp_path, threads):
    """Whatever ends first, the results are in the given order."""
    results = each(IDS, square, store=tmp_path / "s", key="k", threads=threads)
    assert list(results.items()) == [(i, i * i) for i in IDS]
    assert not (tmp_path / "s").exists()


def test_files_do_not_depend_on_threads(tmp_path):
    """One process or two: the same files, byte by byte."""
    for threads in (1, 2):
        out = tmp_path / str(threads)
        done = each(
            IDS,
            files,
            store=tmp_path / "s",
            key="k",
            threads=threads,
            files=places(out),
        )
        assert done == dict.fromkeys(IDS)
    assert contents(tmp_path / "1") == contents(tmp_path / "2")
    assert len(contents(tmp_path / "1")) == 2 * len(IDS)


@pytest.mark.parametrize(
    ("limits", "got"), [({}, 1), ({"inner": 2}, 2), ({"threads": 2, "inner": 2}, 1)]
)
def test_libraries_have_the_threads_that_they_are_given(tmp_path, limits, got):
    """Without workers as many as asked for, in workers one."""
    found = each([1, 2], numpy_threads, store=tmp_path / "s", key="k", **limits)
    assert found == {1: got, 2: got}


def test_expected_failure_becomes_a_record(tmp_path):
    """An object that cannot be done is recorded; the others are done."""
    out = places(tmp_path / "out")
    done = each(IDS, half, store=tmp_path / "s", key="k", files=out, rescue=rescued)
    assert done[2] == {"half": 1}
    assert done[9] == {"failed": "9 is odd"}
    assert (tmp_path / "out" / "9.txt").read_text() == "9 is odd"


def test_failed_objects_are_counted_in_the_log(tmp_path, caplog, monkeypatch):
    """How many of all failed, which, and why."""
    monkeypatch.setattr(logging.getLogger("skyloom"), "propagate", True)
    out, how = places(tmp_path / "out"), {"store": tmp_path / "s", "key": "k"}
    caplog.set_level(logging.INFO, "skyloom")
    done = each(IDS, half, files=out, rescue=rescued, description="cut", **how)
    failed = [item for item in IDS if "failed" in done[item]]
    assert f"cut: {len(failed)} of {len(IDS)} failed: " in caplog.text
    assert "9 (9 is odd)" in caplog.text
    last = caplog.records[-1]
    assert (last.levelno, last.levelname) == (FAILED, "FAILED")
    lines = [one.getMessage() for one in caplog.records[-1 - len(failed) : -1]]
    assert lines == [f"{i}: {i} is odd" for i in failed]


@pytest.mark.parametrize("threads", [1, 2])
def test_lines_to_be_seen_are_logged_while_the_object_is_done(tmp_path, threads):
    """Each of two objects waits until its own line is in the log."""
    script = [sys.executable, "-c", SEEN, str(tmp_path), str(threads)]
    path = os.pathsep.join(sys.path)
    subprocess.run(script, env={**os.environ, "PYTHONPATH": path}, check=True)
    lines = (tmp_path / "a.log").read_text().splitlines()
    texts = [line.split(" INFO ")[1] for line in lines]
    for item in (f"{tmp_path}/a.log", f"{tmp_path}/./a.log"):
        assert texts.count(f"{item}: epoch 1") == 1
        assert texts.index(f"{item}: epoch 1") < texts.index(f"{item}: done")


def test_reasons_are_counted_and_the_commonest_come_first():
    """Reasons that differ in numbers alone are one; of many objects some are named."""
    found = {i: f"images/{i}.npz: values down to -{i / 10} % of the peak" for i in IDS}
    found = {1: "no image"} | found | dict.fromkeys(range(20, 26), "no image")
    said = _complaint(found, 90, "cut")
    assert said == (
        "cut: 11 of 90 failed: 1 (no image) and 6 more like it: 20, 21, 22, 23, ...; "
        "9 (images/9.npz: values down to -0.9 % of the peak) and 3 more like it: "
        "2, 5, 7."
    )


def test_unexpected_failure_keeps_the_others(tmp_path):
    """A defect in one object ends the job, naming it, after all others are whole."""
    store = tmp_path / "s"
    with pytest.raises(BatchError, match=r"1 of 4 failed: 5 \(TypeError: five\)"):
        each(IDS, trouble, store=store, key="k", rescue=rescued)
    kept = sorted(path.name for path in (store / "k").iterdir())
    assert kept == ["2", "7", "9"]


@pytest.mark.parametrize(
    ("function", "why"),
    [
        (broadcasting, "ValueError: operands could not be broadcast"),
        (divided, "ZeroDivisionError"),
        (damaged, "InputError: aggregates/5.json: cut short"),
    ],
)
@pytest.mark.parametrize("threads", [1, 2])
def test_only_data_can_be_at_fault(tmp_path, function, why, threads):
    """A defect of the code, or a damaged product, is never an object's failure."""
    how = {"store": tmp_path / "s", "key": "k", "threads": threads}
    with pytest.raises(BatchError, match=rf"1 of 4 failed: 5 \({why}"):
        each(IDS, function, rescue=rescued, **how)


def test_work_is_prepared_once_a_worker(tmp_path):
    """What the function's object has worked out for one object serves the next."""
    found = each(range(12), Prepared(), store=tmp_path / "s", key="k", threads=2)
    assert {(made, count) for _, made, count in found.values()} == {(1, 1)}


def test_failure_without_rescue_is_an_error(tmp_path):
    """Where no record is foreseen, an object that cannot be done ends the job too."""
    with pytest.raises(BatchError, match="9 is odd"):
        each(
            [9, 2], half, store=tmp_path / "s", key="k", files=places(tmp_path, [9, 2])
        )


def test_unwritten_file_is_an_error(tmp_path):
    """A function that forgets one of its files is found out."""
    with pytest.raises(BatchError, match="nothing written for text, twin"):
        each(
            [2],
            lambda *_: 1,
            store=tmp_path / "s",
            key="k",
            files=places(tmp_path, [2]),
        )


def test_finished_objects_are_not_done_again(tmp_path):
    """The second attempt does only what the first left, and gives out everything."""
    store = tmp_path / "s"
    with pytest.raises(BatchError):
        each(IDS, trouble, store=store, key="k")
    results = each(IDS, square, store=store, key="k")
    assert results == {9: "kept 9", 2: "kept 2", 5: 25, 7: "kept 7"}
    assert not store.exists()


def test_other_key_starts_anew(tmp_path):
    """Work done with other code, settings or inputs is dropped."""
    store = tmp_path / "s"
    with pytest.raises(BatchError):
        each(IDS, trouble, store=store, key="old")
    assert each(IDS, square, store=store, key="new")[9] == 81


def test_outputs_are_new(tmp_path):
    """A resumed file's time is that of its delivery: its inputs may be younger."""
    out = places(tmp_path / "out", [2])
    store = tmp_path / "s"
    began = time.time()
    each([2], files, store=store, key="k", files=out)
    assert (tmp_path / "out" / "2.txt").stat().st_mtime >= began - 1


@pytest.mark.parametrize("gone", ["result.json", "twin/2.txt", "text"])
def test_half_removed_object_is_done_again(tmp_path, gone):
    """A kill while the store is removed leaves objects that no longer are whole."""
    store, out = tmp_path / "s", places(tmp_path / "out")
    with pytest.raises(BatchError):
        each(IDS, files_but_five, store=store, key="k", files=out)
    lost = store / "k" / "2" / gone
    shutil.rmtree(lost) if lost.is_dir() else lost.unlink()
    assert each(IDS, files, store=store, key="k", files=out) == dict.fromkeys(IDS)
    assert (tmp_path / "out" / "t" / "2.txt").read_text() == "twin 2"
    assert not store.exists()


def test_kill_during_removal_is_mended(tmp_path, monkeypatch):
    """Wherever the removal of the store stops, the next attempt delivers all."""
    store, out = tmp_path / "s", places(tmp_path / "out")
    for survivors in range(1, 3 * len(IDS)):
        with monkeypatch.context() as patch:
            stop_after(patch, survivors)
            with pytest.raises(KeyboardInterrupt):
                each(IDS, files, store=store, key="k", files=out)
        shutil.rmtree(tmp_path / "out")
        each(IDS, files, store=store, key="k", files=out)
        assert len(contents(tmp_path / "out")) == 2 * len(IDS)
        assert not store.exists()


def stop_after(patch, count) -> None:
    """Let removals of folders stop, as by a kill, when so many files are gone."""
    left = [count]

    def rmtree(folder):
        for path in sorted(p for p in Path(folder).rglob("*") if p.is_file()):
            if not left[0]:
                raise KeyboardInterrupt
            left[0] -= 1
            path.unlink()

    patch.setattr("skyloom.run.store.shutil.rmtree", rmtree)


def test_claimed_store_resumes_and_goes(tmp_path):
    """The claim is no work of another key, and goes with the store."""
    store = tmp_path / "r" / "s"
    with pytest.raises(BatchError):
        each(IDS, trouble, store=store, key="k")
    claim(store, ["a"], tmp_path)
    assert each(IDS, square, store=store, key="k")[9] == "kept 9"
    assert not store.parent.exists()


@pytest.mark.parametrize("name", ["../up", "a/b", "", "ü", "x" * 300])
def test_odd_names_stay_in_the_store(tmp_path, name):
    """Ids that are no file names are kept under their hash."""
    assert each([name], str.upper, store=tmp_path / "s", key="k") == {
        name: name.upper()
    }


def test_killed_worker_leaves_the_finished(tmp_path):
    """A worker that dies (out of memory) fails the job; finished work stays."""
    store = tmp_path / "s"
    with pytest.raises(Exception, match=r"terminated|killed|SIGKILL"):
        each([1, 2, 3, 4], kill_at, store=store, key="k", threads=2)
    assert each([1, 2, 3, 4], slow_square, store=store, key="k")[4] == 16


SEEN = """
import sys
from batch_work import seen
from skyloom.run import log
from skyloom.run.batch import each
folder, threads = sys.argv[1], int(sys.argv[2])
path = f"{folder}/a.log"
log.start(path)
items = [path, f"{folder}/./a.log"]
each(items, seen, store=f"{folder}/s", key="k", threads=threads)
"""

SCRIPT = """
import sys
from batch_work import slow_square
from skyloom.run.batch import each
print(each(range(8), slow_square, store=sys.argv[1], key="k", threads=2))
"""


def test_killed_group_resumes(tmp_path):
    """SIGKILL to the process group: what was whole stays whole and is used."""
    store = tmp_path / "s"
    path = os.pathsep.join(sys.path)
    running = subprocess.Popen(
        [sys.executable, "-c", SCRIPT, str(store)],
        env={**os.environ, "PYTHONPATH": path},
        start_new_session=True,
    )
    while len([p for p in store.glob("k/*") if p.suffix != ".part"]) < 2:
        time.sleep(0.02)
        assert running.poll() is None
    os.killpg(running.pid, 9)
    running.wait()
    kept = {p.name for p in store.glob("k/*") if p.suffix != ".part"}
    times = {name: (store / "k" / name).stat().st_mtime_ns for name in kept}
    assert times
    assert each(range(8), square, store=store, key="k") == {i: i * i for i in range(8)}
