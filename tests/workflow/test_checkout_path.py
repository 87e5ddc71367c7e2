"""A checkout at a path that Snakemake cannot start jobs from."""

from __future__ import annotations

import shutil
import subprocess
import sys

import pytest
from checkouts import CHECKOUT, copy_checkout, environment


@pytest.fixture
def blank(tmp_path):
    """Return a checkout whose path has a blank, with its Makefile."""
    folder = copy_checkout(tmp_path / "sky loom")
    shutil.copy2(CHECKOUT / "Makefile", folder)
    return folder


def said(folder, *command) -> str:
    done = subprocess.run(
        command,
        cwd=folder,
        env=environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode != 0
    return done.stdout + done.stderr


def test_nothing_starts_and_the_remedy_is_said(blank):
    """Before the rules are read; no folder is made."""
    (blank / ".venv").symlink_to(sys.prefix)
    run = (".venv/bin/python", "-m", "snakemake", "--cores", "1", "clusters_match")
    text = said(blank, str(blank / run[0]), *run[1:])
    assert "jobs cannot be started: the path of Python, '" in text
    assert "move the checkout to a path without" in text
    assert not (blank / "results").exists()


def test_nor_is_an_environment_made_there(blank):
    """`make` says it before it installs anything."""
    text = said(blank, "make", "run")
    assert "sky loom, has a blank" in text
    assert not (blank / ".venv").exists()
