"""Trainings are resumed, and started by whom the machine has for it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest
import pytorch_lightning as lightning
from skyloom.learn import harness
from small_training import HOW, Line, Points

SCRIPT = Path(__file__).with_name("small_training.py")
# What Slurm tells the only task of a job, or of a step.
SLURM = {
    "SLURM_JOB_ID": "4711",
    "SLURM_JOB_NAME": "train",
    "SLURM_LOCALID": "0",
    "SLURM_NNODES": "1",
    "SLURM_NODEID": "0",
    "SLURM_NTASKS": "1",
    "SLURM_PROCID": "0",
}
STEP = {"SLURM_STEP_ID": "0", "SLURM_STEP_NUM_TASKS": "1"}


class Stop(lightning.Callback):
    """Stop before an epoch, and count those that began."""

    def __init__(self, at: int | None = None):
        self.at, self.epochs = at, 0

    def on_train_epoch_start(self, trainer, _module):
        """Fail, or count."""
        if trainer.current_epoch == self.at:
            raise InterruptedError
        self.epochs += 1


@pytest.fixture(autouse=True)
def no_slurm(monkeypatch):
    """Forget what a cluster says of the tests themselves."""
    for name in [name for name in os.environ if name.startswith("SLURM_")]:
        monkeypatch.delenv(name)


@pytest.fixture
def srun(tmp_path, monkeypatch):
    """Put a command `srun` first on the PATH."""
    folder = tmp_path / "bin"
    folder.mkdir()
    (folder / "srun").write_text("#!/bin/sh\nexit 1\n")
    (folder / "srun").chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")


def fitted(folder, *, identity=1, stop=None, rate=0.1) -> tuple[float, int, object]:
    """Return the slope, how many epochs were run, and what training returned."""
    line, watch = Line(rate), Stop(stop)
    made = harness.train(
        line, Points(), folder, {"seed": identity}, callbacks=[watch], **HOW
    )
    return line.slope.item(), watch.epochs, made


def test_resumed_is_as_if_never_stopped(tmp_path):
    whole = fitted(tmp_path / "whole")
    with pytest.raises(InterruptedError):
        fitted(tmp_path / "again", stop=2)
    slope, epochs, made = fitted(tmp_path / "again")
    assert (slope, epochs) == (whole[0], 1)
    assert (made.epoch, made.score) == (whole[2].epoch, whole[2].score)


@pytest.mark.parametrize("damaged", [False, True])
def test_another_training_starts_afresh(tmp_path, damaged):
    with pytest.raises(InterruptedError):
        fitted(tmp_path, stop=2)
    if damaged:
        last = tmp_path / harness.RESUME / harness.LAST
        last.write_bytes(last.read_bytes()[:500])
    assert fitted(tmp_path, identity=1 if damaged else 2)[1] == HOW["max_epochs"]


def test_the_best_epoch_is_kept(tmp_path):
    """At too large a rate every epoch is worse than the first."""
    slope, _, made = fitted(tmp_path / "far", rate=5.0)
    assert made.epoch == 1
    x = [p[0] for p in Points().train_dataloader().dataset]
    loss = sum(float(v) ** 2 for v in x) / len(x) * (slope - 2) ** 2
    assert made.score == pytest.approx(loss, rel=1e-4)


def test_checkpoints_go_once_the_result_is_written(tmp_path):
    made = fitted(tmp_path)[2]
    assert (tmp_path / harness.RESUME / harness.LAST).is_file()
    made.forget()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("told", [{}, SLURM, SLURM | STEP], ids=["no", "job", "step"])
def test_slurm_installed_is_no_reason_to_warn(tmp_path, srun, monkeypatch, told):
    """Warnings are errors here; one task trains by itself, wherever it is."""
    for name, value in told.items():
        monkeypatch.setenv(name, value)
    assert fitted(tmp_path / "out")[2].epoch == HOW["max_epochs"]


def run(folder, devices: int, told: dict) -> subprocess.Popen:
    """Start the training as a script."""
    return subprocess.Popen(
        [sys.executable, str(SCRIPT), str(devices)],
        cwd=folder,
        env={**os.environ, **told, "PYTHONPATH": os.pathsep.join(sys.path)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def ended(processes: list, folder) -> list[str]:
    """Return which ranks of Slurm's said that they were the first, once all ended."""
    said = [process.communicate(timeout=200)[0] for process in processes]
    assert [process.returncode for process in processes] == [0] * len(said), said
    assert "".join(said) == ""
    return sorted((folder / "ranks").read_text().splitlines())


def test_tasks_of_srun_are_the_processes(tmp_path, srun):
    """Each is one device's, and starts none."""
    tasks = {"SLURM_NTASKS": "2", "SLURM_STEP_NUM_TASKS": "2", "SLURM_STEP_ID": "0"}
    tasks |= {"SLURM_NTASKS_PER_NODE": "2", "MASTER_ADDR": "127.0.0.1"}
    ranks = [{"SLURM_PROCID": str(i), "SLURM_LOCALID": str(i)} for i in range(2)]
    processes = [run(tmp_path, 2, SLURM | tasks | rank) for rank in ranks]
    assert ended(processes, tmp_path) == ["0 first", "1 "]


def test_a_table_has_a_row_an_epoch_after_a_kill_too(tmp_path):
    logs, line = tmp_path / "logs", Line()
    given = (line, Points(), tmp_path, {"seed": 1})
    with pytest.raises(InterruptedError):
        harness.train(*given, logs=logs, callbacks=[Stop(2)], **HOW)
    (logs / harness.EPOCHS).unlink()
    made = harness.train(*given, logs=logs, **HOW)
    table = pd.read_csv(logs / harness.EPOCHS)
    assert table["epoch"].tolist() == [1, 2, 3]
    assert table["val/loss"].min() == pytest.approx(made.score)
