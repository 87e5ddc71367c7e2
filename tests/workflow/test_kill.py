"""Kill the run again and again; it finishes with the products of an undisturbed one."""

from __future__ import annotations

import os
import random
import shutil
import signal
import subprocess
import time
from pathlib import Path

import pytest
from checkouts import LAYER, command, environment, snakemake

STARTING = 2.0  # seconds before which a run has read no rules
MADE = shutil.ignore_patterns("results", "logs", "benchmarks", ".snakemake")
RUN = ("--cores", "2", "--rerun-incomplete", "--quiet=all")
SOME = ("builder", "clusters")  # jobs of many galaxies and a training that go on
ALL = (*SOME, "quasars", "spectra", "spirals")


def products(folder: Path, areas: tuple[str, ...]) -> dict[str, bytes]:
    """Return the bytes of every product."""
    places = (folder / "results" / "tiny" / area for area in areas)
    files = (path for place in places for path in place.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): path.read_bytes() for path in files}


def killed(folder: Path, seconds: float, *layer: str) -> bool:
    """Start a run and kill its process group after a while, if it still runs."""
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
        os.killpg(running.pid, signal.SIGKILL)
        running.wait()
        return True
    return False


@pytest.mark.parametrize(
    ("kills", "areas"), [(3, SOME), pytest.param(10, ALL, marks=pytest.mark.soak)]
)
def test_killed_runs_finish_with_the_same_bytes(built, tmp_path, kills, areas):
    """SIGKILL at random moments, then one more start as the README says."""
    folder, layer = tmp_path / "checkout", (*LAYER, "--config", f"areas={[*areas]}")
    shutil.copytree(built.folder, folder, ignore=MADE)
    moments = random.Random(7)
    step = built.seconds * len(areas) / len(ALL) / kills
    done = 0
    while done < kills:
        if not killed(folder, STARTING + moments.uniform(0, 1.5 * step), *layer):
            shutil.rmtree(folder / "results")
            continue
        done += 1
        snakemake(folder, "--unlock", *layer)
    time.sleep(2)  # notebook kernels notice within a second that they are orphans
    snakemake(folder, *RUN, *layer)
    assert "Nothing to be done" in snakemake(folder, "-n", *layer).stdout
    undisturbed, disturbed = products(built.folder, areas), products(folder, areas)
    assert sorted(disturbed) == sorted(undisturbed)
    assert [name for name in disturbed if disturbed[name] != undisturbed[name]] == []
    assert not (folder / "results" / "tiny" / ".skyloom").exists()
