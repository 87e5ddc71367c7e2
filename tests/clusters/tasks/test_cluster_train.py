"""Training as the rule does it: in one process, and in two."""

from __future__ import annotations

import json
import os
import runpy
import subprocess
import sys

import numpy as np
import pytest
import torch
from invented_fields import file_name
from skyloom.clusters.data.files import write_file_data
from skyloom.clusters.data.tiles import KEYS
from skyloom.clusters.encoder.files import load_encoder
from skyloom.clusters.tasks import train as training
from small_clusters import config, section

SIDE, TILES, FIELDS = 8, 4, 4  # px to a tile, tiles to a side, fields to a file
EPOCHS = 2
SETTINGS = {
    "data": {"tile_size": SIDE, "pool": 1},
    "network": {"widths": [8], "blocks": [], "dilations": [1], "hidden": 8},
    "train": {"epochs": EPOCHS, "batch": 1, "precision": "32-true"},
}
# What Slurm tells a job of one task.
SLURM = {
    "SLURM_JOB_ID": "4711",
    "SLURM_JOB_NAME": "train",
    "SLURM_LOCALID": "0",
    "SLURM_NODEID": "0",
    "SLURM_NTASKS": "1",
    "SLURM_PROCID": "0",
}
# As Snakemake's, which gives the script that it copied for the file that is run.
PREAMBLE = """
__file__ = {file!r}
import json
import os
from itertools import chain
from pathlib import Path
from types import SimpleNamespace

class Files(dict):
    def __iter__(self):
        return chain(*self.values())

with open("ranks", "a") as file:
    file.write(os.environ.get("LOCAL_RANK", "0"))
told = json.loads(Path("job.json").read_text())
plain = {key: SimpleNamespace(**told[key]) for key in ("params", "resources")}
plain["input"] = Files(told["input"])
snakemake = SimpleNamespace(**told | plain)
"""
SCRIPT = "scripts/clusters/train.py"


@pytest.fixture(scope="module")
def files(tmp_path_factory) -> dict[str, list[str]]:
    """Return files of data: two to train with, two held out."""
    folder, draw = tmp_path_factory.mktemp("fields"), np.random.default_rng(0)
    paths = [folder / file_name(k, FIELDS) for k in range(4)]
    for path in paths:
        write_file_data(path, [field(draw) for _ in range(FIELDS)])
    names = [str(path) for path in paths]
    return {
        "train": names[:2],
        "validate": names[2:3],
        "calibrate": names[3:],
        "start": [],
    }


def field(draw: np.random.Generator) -> dict:
    """Return a field of noise with one bright centre."""
    shape, row, column = (TILES, TILES), *draw.integers(TILES, size=2)
    truth = {k: torch.zeros(*shape, *v.axes, dtype=v.dtype) for k, v in KEYS.items()}
    truth["valid"][:] = True
    truth["cluster_redshift"] -= 1
    for key in ("center", "membership"):
        truth[key][row, column] = True
    for key, value in {"n_members": 3, "richness": 40, "cluster_redshift": 0.4}.items():
        truth[key][row, column] = value
    images = torch.tensor(draw.normal(size=(4, TILES * SIDE, TILES * SIDE))).float()
    images[:, SIDE * row + 4, SIDE * column + 4] += 50
    return {"tile_catalog": truth, "images": images}


def sections(**train) -> dict:
    """Return the settings of the rule."""
    tree = config(**SETTINGS | {"train": SETTINGS["train"] | train})
    return {key: tree[key] for key in ("data", "network", "seed", "train")}


@pytest.fixture(autouse=True)
def threads():
    """Put back the number of threads that training sets."""
    before = torch.get_num_threads()
    yield
    torch.set_num_threads(before)


def test_an_encoder_is_written(files, red_sequence, tmp_path):
    """The scratch folder keeps the one that was made; the target is a copy."""
    target, scratch = tmp_path / "best_encoder.ckpt", tmp_path / "scratch"
    places = (target, scratch, tmp_path / "logs")
    training.train(
        files, section(**SETTINGS), 3, red_sequence, *places, {"run": "tiny"}
    )
    assert load_encoder(target).provenance == {"run": "tiny"}
    assert [p.name for p in scratch.iterdir()] == [target.name]


def test_a_further_process_writes_nothing(files, red_sequence, tmp_path, monkeypatch):
    """What training leaves to the first process, nobody else does."""
    monkeypatch.setattr(training, "fit", lambda *_, **__: None)
    places = (tmp_path / "best_encoder.ckpt", tmp_path, tmp_path)
    training.train(files, section(**SETTINGS), 3, red_sequence, *places, {})
    assert list(tmp_path.iterdir()) == []


def run(folder, checkout, files, devices: int) -> subprocess.CompletedProcess:
    """Run the rule's script in a folder, as Snakemake would in a job of Slurm's."""
    told = {
        "input": files,
        "output": ["results/best_encoder.ckpt"],
        "params": {"settings": sections(), "code": "c0de"},
        "resources": {
            **{"devices": devices, "gpu": 0, "train_threads": 1, "workers": 0},
            **{"mem_mb": 2000, "runtime": 60},
        },
        "wildcards": {},
        "threads": 2,
        "log": ["logs/train.log"],
        "rule": "clusters_train",
        "config": {"store": ".skyloom"},
        "scriptdir": str((checkout / SCRIPT).parent),
    }
    (folder / "bin").mkdir()  # Slurm is installed, and `srun` starts nothing
    (folder / "bin" / "srun").write_text("#!/bin/sh\nexit 1\n")
    (folder / "bin" / "srun").chmod(0o755)
    path = f"{folder / 'bin'}{os.pathsep}{os.environ['PATH']}"
    (folder / "job.json").write_text(json.dumps(told))
    preamble = PREAMBLE.replace("{file!r}", repr(str(checkout / SCRIPT)))
    (folder / "train.py").write_text(preamble + (checkout / SCRIPT).read_text())
    return subprocess.run(
        [sys.executable, "train.py"],
        cwd=folder,
        env={
            **os.environ,
            **SLURM,
            "PATH": path,
            "PYTHONPATH": os.pathsep.join(sys.path),
        },
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=300,  # processes that wait for each other would do so for ever
        check=False,
    )


def test_two_processes_write_one_encoder(files, checkout, tmp_path):
    """Lightning runs the script twice: one log, one file, no scratch, no complaint."""
    done = run(tmp_path, checkout, files, devices=2)
    assert done.returncode == 0, done.stdout
    # Epochs of more than 10 s, as on a busy machine, are told as they end, each once.
    said = [line.partition(",")[0] for line in done.stdout.splitlines()]
    told = {
        f"clusters_train: epoch {number + 1} of {EPOCHS}" for number in range(EPOCHS)
    }
    assert set(said) <= told
    assert len(said) == len(set(said))
    assert (tmp_path / "ranks").read_text() == "01"
    assert load_encoder(tmp_path / "results" / "best_encoder.ckpt").metrics
    assert [p.name for p in (tmp_path / "results").iterdir()] == ["best_encoder.ckpt"]
    assert not (tmp_path / ".skyloom").exists()
    *epochs, best = (tmp_path / "logs" / "train.log").read_text().splitlines()
    assert sum("val/loss" in line for line in epochs) == EPOCHS
    assert "best epoch" in best


def test_a_reader_of_files_runs_no_job(checkout):
    """It imports the script, where there is no job for it."""
    runpy.run_path(str(checkout / SCRIPT), run_name="__mp_main__")
