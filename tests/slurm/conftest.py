"""A throw-away Slurm for the tests that need one."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from small_workflow import SmallWorkflow
from throwaway_slurm import PREFIX, ThrowawaySlurm, lacking


@pytest.fixture(scope="module")
def slurm() -> Iterator[ThrowawaySlurm]:
    """Start a Slurm of three nodes; skip, with the reason, where none can be."""
    reason = lacking()
    if reason:
        pytest.skip(f"NO SLURM: {reason}")
    base = Path(tempfile.mkdtemp(prefix=PREFIX))  # short: it holds sockets
    cluster = ThrowawaySlurm(base)
    try:
        try:
            cluster.up()
        except (AssertionError, OSError) as error:  # of this machine: no test has begun
            pytest.skip(
                f"NO SLURM: its daemons do not start: {error}; {cluster.logs()}"
            )
        yield cluster
    finally:
        cluster.down()
        shutil.rmtree(base, ignore_errors=True)


@pytest.fixture
def work(slurm, tmp_path):
    """Return a maker of small workflows whose jobs are gone when the test ends."""
    made = []

    def make(**what) -> SmallWorkflow:
        made.append(SmallWorkflow(tmp_path / f"w{len(made)}", **what))
        return made[-1]

    yield make
    for one in made:
        one.end()
