"""Who may launch in a folder."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys

import pytest
from skyloom.slurm import processes
from skyloom.slurm.launch import CLAIM, LaunchError, claim

NOBODY = 2**22 + 1  # above all process numbers


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def leave(**what) -> None:
    CLAIM.parent.mkdir(exist_ok=True)
    state = {"head": None, "host": socket.gethostname(), "launcher": NOBODY}
    CLAIM.write_text(json.dumps(state | what))


def test_a_free_folder_is_taken():
    """And one whose launcher has ended."""
    claim()
    assert json.loads(CLAIM.read_text())["launcher"] == os.getpid()
    leave()
    claim()
    assert json.loads(CLAIM.read_text())["launcher"] == os.getpid()


def test_a_launcher_elsewhere_keeps_it():
    """Its process cannot be seen from here."""
    leave(host="login2")
    with pytest.raises(LaunchError, match=r"from login2.* remove .*launcher.json"):
        claim()


def test_a_snakemake_of_somebody_keeps_it_and_of_a_killed_launcher_is_ended(folder):
    """Only the second was nobody's any more."""
    script = folder / "snakemake"
    script.write_text("import time\ntime.sleep(60)\n")
    head = subprocess.Popen([sys.executable, str(script)], start_new_session=True)
    try:
        assert processes.heads(folder) == [head.pid]
        with pytest.raises(LaunchError, match=f"process {head.pid}"):
            claim()
        leave(head=head.pid)
        claim()
        assert head.wait(10) == -9
    finally:
        head.kill()
        head.wait()


def test_children_are_seen():
    """And are gone when they have ended."""
    child = subprocess.Popen(["sleep", "60"])
    assert child.pid in processes.children(os.getpid())
    assert processes.command(child.pid) == ["sleep", "60"]
    child.kill()
    child.wait()
    assert child.pid not in processes.children(os.getpid())
    assert processes.command(NOBODY) == []
