"""Jobs and their workers end with what started them, and only with that."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

# A script of Snakemake's, which says its number and that of a worker, and goes on.
SCRIPT = """
import os
import sys
import time
from pathlib import Path

from skyloom.run.parents import end_with_snakemake

end_with_snakemake(sys.argv[0])
Path("numbers.txt").write_text(f"{os.getpid()}")
time.sleep(60)
"""
WORKERS = """
import os
import time
from pathlib import Path

from skyloom.run.batch import each


def work(item):
    Path(f"worker{item}.txt").write_text(f"{os.getpid()}")
    time.sleep(60)


def main():
    each([1, 2], work, store="store", key="key", threads=2)
"""
# Python as Snakemake is, with a shell between it and the script or without.
HEAD = """
import subprocess, sys
subprocess.run({shell} + [sys.executable, {script!r}])
"""
SHELL = ["bash", "-c", '"$@"; true', "bash"]


def alive(pid: int) -> bool:
    try:
        status = Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return False
    return "State:\tZ" not in status


def waited(holds, seconds: float = 60.0) -> bool:
    """Return whether something came to hold within a while."""
    end = time.monotonic() + seconds
    while not holds() and time.monotonic() < end:
        time.sleep(0.05)
    return holds()


def started(folder: Path, *command: str) -> subprocess.Popen:
    place = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    return subprocess.Popen(command, cwd=folder, env=place)


def number(path: Path) -> int:
    """Return the number of the process that writes it to a file."""
    assert waited(lambda: path.exists() and path.read_text())
    return int(path.read_text())


def script_in(folder: Path, text: str) -> str:
    path = folder / ".snakemake" / "scripts" / "tmp1.work.py"
    path.parent.mkdir(parents=True)
    path.write_text(text)
    return str(path)


@pytest.mark.parametrize("shell", [[], SHELL], ids=["direct", "shell"])
def test_a_job_ends_with_the_head(tmp_path, shell):
    """Killed in a way that it cannot hear of: at once, with a shell between or not."""
    head = HEAD.format(shell=shell, script=script_in(tmp_path, SCRIPT))
    running = started(tmp_path, sys.executable, "-c", head)
    job = number(tmp_path / "numbers.txt")
    assert alive(job)
    running.send_signal(signal.SIGKILL)
    running.wait()
    assert waited(lambda: not alive(job), 10)


def test_another_program_is_left_alone(tmp_path):
    """A script that Snakemake did not start outlives its parent."""
    (tmp_path / "own.py").write_text(SCRIPT)
    head = HEAD.format(shell=[], script="own.py")
    running = started(tmp_path, sys.executable, "-c", head)
    job = number(tmp_path / "numbers.txt")
    running.send_signal(signal.SIGKILL)
    running.wait()
    time.sleep(0.5)
    assert alive(job)
    os.kill(job, signal.SIGKILL)


def test_workers_end_with_their_job(tmp_path):
    """In the midst of an object, which the next attempt does again."""
    (tmp_path / "work.py").write_text(WORKERS)
    running = started(tmp_path, sys.executable, "-c", "import work; work.main()")
    workers = [number(tmp_path / f"worker{item}.txt") for item in (1, 2)]
    running.send_signal(signal.SIGKILL)
    running.wait()
    assert waited(lambda: not any(map(alive, workers)), 10)


def test_a_job_whose_head_has_ended_already_ends(tmp_path):
    """Snakemake was killed while the job was loading its libraries."""
    late = SCRIPT.replace(
        "end_with_snakemake(sys", "time.sleep(3)\nend_with_snakemake(sys"
    )
    head = HEAD.format(shell=[], script=script_in(tmp_path, late))
    running = started(tmp_path, sys.executable, "-c", head)
    time.sleep(1)
    running.send_signal(signal.SIGKILL)
    running.wait()
    assert not waited((tmp_path / "numbers.txt").exists, 5)
