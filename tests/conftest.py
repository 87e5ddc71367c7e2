"""Fixtures for all tests."""

from __future__ import annotations

import json
import os
import shutil
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import pytest
from checkouts import LAYER, copy_checkout, snakemake
from filelock import FileLock

CHECKOUT = Path(__file__).resolve().parents[1]
TINY = Path(__file__).with_name("workflow") / "tiny.yaml"
# The first waits for Slurm while another process builds the small demo.
LONGEST = ("test_on_slurm.py", "test_kill.py", "test_bad_subjects.py")
LONGEST += ("test_rebuild.py",)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Start the longest files first: the last to end keeps all other cores waiting.

    They are the `LONGEST`, then all of whole runs, then those of many tests.
    """
    tests = Counter(item.path for item in items)
    places = {name: place for place, name in enumerate(LONGEST)}

    def turn(item: pytest.Item) -> tuple:
        path = item.path
        known = places.get(path.name, len(places))
        return known, path.parent.name != "workflow", -tests[path], path

    items.sort(key=turn)


@pytest.fixture(scope="session")
def checkout() -> Path:
    """Return the folder of the repository."""
    return CHECKOUT


@pytest.fixture(scope="session")
def real() -> Path:
    """Return the folder of the real data, or skip the test with a reason."""
    named = os.environ.get("SKYLOOM_DATA")
    folder = Path(named) if named else CHECKOUT.parent / "shared" / "real"
    if not folder.is_dir():
        pytest.skip(f"no real data: {folder} is not a folder (set SKYLOOM_DATA)")
    return folder


@dataclass(frozen=True)
class Built:
    """A checkout with the small demo's products, and how long they took [s]."""

    folder: Path
    seconds: float


@pytest.fixture(scope="session")
def built(tmp_path_factory, worker_id) -> Built:
    """Build the small demo once, for all processes of the tests; none changes it."""
    root = tmp_path_factory.getbasetemp()
    if worker_id != "master":
        root = root.parent
    folder, took = root / "built" / "checkout", root / "built" / "seconds.json"
    with FileLock(root / "built.lock"):
        if not took.exists():
            copy_checkout(folder)
            shutil.copy2(TINY, folder / "tiny.yaml")
            began = time.monotonic()
            snakemake(folder, "--cores", "2", "--quiet=all", *LAYER)
            took.write_text(json.dumps(time.monotonic() - began))
    return Built(folder, json.loads(took.read_text()))
