"""Kill the run again and again; it finishes with the products of an undisturbed one."""

from __future__ import annotations

import os
import random
import shutil
import signal
import subprocess
import time
from itertools import cycle, islice
from pathlib import Path

import pytest
from checkouts import LAYER, command, environment, snakemake
from waiting import until

STARTING = 2.0  # seconds before which a run has read no rules
LEAST = 6.0  # seconds between two kills, so that something may happen
MADE = shutil.ignore_patterns("results", "logs", "benchmarks", ".snakemake")
RUN = ("--cores", "2", "--rerun-incomplete", "--quiet=all")
SOME = ("builder", "clusters")  # jobs of many galaxies and a training that go on
ALL = (*SOME, "quasars", "spectra", "spirals")
KINDS = ("head", "job", "group")  # Snakemake alone, one of its jobs, or all


def products(folder: Path, areas: tuple[str, ...]) -> dict[str, bytes]:
    """Return the bytes of every product."""
    places = (folder / "results" / "tiny" / area for area in areas)
    files = (path for place in places for path in place.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): path.read_bytes() for path in files}


def jobs(folder: Path) -> list[int]:
    """Return the processes that run scripts of a folder's Snakemake."""
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            words = path.read_text(errors="replace")
        except OSError:  # it has ended
            continue
        if f"{folder}/.snakemake/scripts/" in words:
            found.append(int(path.parent.name))
    return sorted(found)


def killed(kind: str, folder: Path, seconds: float, *layer: str) -> bool:
    """Start a run and kill a part of it after a while, if it still runs."""
    running = subprocess.Popen(
        command(*RUN, *layer),
        cwd=folder,
        env=environment(),
        start_new_session=True,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        running.wait(seconds)
    except subprocess.TimeoutExpired:
        if kind == "job":
            return lost(running, folder)
        (os.kill if kind == "head" else os.killpg)(running.pid, signal.SIGKILL)
        running.wait()
        return True
    assert running.returncode == 0
    return False


def lost(running: subprocess.Popen, folder: Path) -> bool:
    """Kill one job of a run, as soon as there is one; the run fails, and says so."""
    while running.poll() is None:
        for job in jobs(folder):
            os.kill(job, signal.SIGKILL)
            assert running.wait() != 0
            return True
        time.sleep(0.02)
    assert running.returncode == 0
    return False


@pytest.mark.parametrize(
    ("kills", "areas"),
    [
        (3, ("spectra",)),  # the area that is made soonest
        pytest.param(10, ALL, marks=pytest.mark.soak),
        pytest.param(100, SOME, marks=pytest.mark.soak),
    ],
)
def test_killed_runs_finish_with_the_same_bytes(built, tmp_path, kills, areas):
    """SIGKILL at random moments, then one more start as the README says."""
    folder, layer = tmp_path / "checkout", (*LAYER, "--config", f"areas={[*areas]}")
    shutil.copytree(built.folder, folder, ignore=MADE)
    moments = random.Random(7)
    # Half of what an area takes: a run that has ended before its kill is begun anew.
    step = max(built.seconds * len(areas) / len(ALL) / kills / 2, LEAST)
    waiting = list(islice(cycle(KINDS), kills))
    while waiting:
        if not killed(
            waiting[-1], folder, STARTING + moments.uniform(0, 1.5 * step), *layer
        ):
            shutil.rmtree(folder / "results")
            continue
        waiting.pop()
        snakemake(folder, "--unlock", *layer)
        # None goes on beside those of the next run, but for the end of a library call.
        until(lambda: not jobs(folder), 20)
    time.sleep(2)  # notebook kernels notice within a second that they are orphans
    snakemake(folder, *RUN, *layer)
    assert "Nothing to be done" in snakemake(folder, "-n", *layer).stdout
    undisturbed, disturbed = products(built.folder, areas), products(folder, areas)
    assert sorted(disturbed) == sorted(undisturbed)
    assert [name for name in disturbed if disturbed[name] != undisturbed[name]] == []
    assert not (folder / "results" / "tiny" / ".skyloom").exists()
