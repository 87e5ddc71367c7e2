"""A small demo, built once for all workflow tests."""

from __future__ import annotations

import shutil
import time
from dataclasses import dataclass
from pathlib import Path

import pytest
from checkouts import copy_checkout, snakemake

TINY = Path(__file__).with_name("tiny.yaml")
LAYER = ("--configfile", "tiny.yaml")


@dataclass(frozen=True)
class Built:
    """A checkout with the small demo's products, and how long they took [s]."""

    folder: Path
    seconds: float


@pytest.fixture(scope="session")
def built(tmp_path_factory) -> Built:
    """Build the small demo once. Tests copy the folder; none changes it."""
    folder = copy_checkout(tmp_path_factory.mktemp("built") / "checkout")
    shutil.copy2(TINY, folder / "tiny.yaml")
    began = time.monotonic()
    snakemake(folder, "--cores", "2", "--quiet=all", *LAYER)
    return Built(folder, time.monotonic() - began)
