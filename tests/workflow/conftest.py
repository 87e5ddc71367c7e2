"""A small demo, built once for all workflow tests."""

from __future__ import annotations

import json
import shutil
import time
from dataclasses import dataclass
from pathlib import Path

import pytest
from checkouts import LAYER, copy_checkout, snakemake
from filelock import FileLock

TINY = Path(__file__).with_name("tiny.yaml")


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
