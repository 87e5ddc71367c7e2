"""Who may launch in a folder."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest
from skyloom.slurm import processes
from skyloom.slurm.launch import CLAIM, LaunchError, check, claim
from waiting import until

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
        until(lambda: processes.heads(folder) == [head.pid], 20)
        with pytest.raises(LaunchError, match=f"kill {head.pid}"):
            claim()
        leave(head=head.pid)
        claim()
        assert head.wait(10) == -9
    finally:
        head.kill()
        head.wait()


def test_children_of_a_thread_are_seen():
    """Snakemake starts local jobs from threads."""
    with ThreadPoolExecutor(1) as pool:
        child = pool.submit(subprocess.Popen, ["sleep", "60"]).result()
        assert child.pid in processes.children(os.getpid())
        child.kill()
        child.wait()


def test_time_of_a_process():
    """It grows with work; none is known of one that has ended."""
    before = processes.seconds(os.getpid())
    sum(i * i for i in range(3_000_000))
    assert processes.seconds(os.getpid()) > before
    assert processes.seconds(NOBODY) == 0


@pytest.mark.parametrize("option", ["-n", "--directory=/elsewhere", "--forceall"])
def test_options_of_one_start_alone_are_refused(option, monkeypatch):
    """Each further start would do them again."""
    monkeypatch.setattr("shutil.which", lambda name: name)
    with pytest.raises(LaunchError, match="does not take"):
        check(["all", option])


def test_without_slurm_nothing_is_launched(monkeypatch):
    """A laptop would wait for it for ever."""
    monkeypatch.setattr("shutil.which", lambda name: None)
    with pytest.raises(LaunchError, match="login node"):
        check([])


def test_a_lock_of_nobody_here_may_be_of_another_machine():
    """Only the user can know; but a killed launcher's own is taken off."""
    lock = CLAIM.parent / "locks" / "0.output.lock"
    lock.parent.mkdir(parents=True)
    lock.touch()
    with pytest.raises(LaunchError, match="--unlock"):
        claim()
    leave()
    claim()


def test_a_claim_that_was_cut_short_is_none():
    """A full disk leaves an empty file."""
    CLAIM.parent.mkdir()
    CLAIM.write_text("")
    claim()
    assert json.loads(CLAIM.read_text())["launcher"] == os.getpid()


def test_children_are_seen():
    """And are gone when they have ended."""
    words = ["sleep", "60"]
    with subprocess.Popen(words) as child:
        try:
            assert child.pid in processes.children(os.getpid())
            # A process that has just been started has no words for a moment.
            until(lambda: processes.command(child.pid) == words)
        finally:
            child.kill()
    assert child.pid not in processes.children(os.getpid())
    assert processes.command(NOBODY) == []
