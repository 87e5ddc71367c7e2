"""GPUs that a setting asks for."""

from __future__ import annotations

import pytest
import tensorflow
import torch
from skyloom.learn import harness
from skyloom.learn.devices import require_gpu
from small_training import HOW, Line, Points

CONDA = "CONDA_OVERRIDE_CUDA=12.9 snakemake --sdm conda --conda-create-envs-only"


@pytest.fixture
def builds(monkeypatch):
    """Make both frameworks builds of a kind that see some GPUs."""

    def build(version: str, made_for_gpus: bool, seen: int) -> None:
        made, gpus = lambda: made_for_gpus, [f"gpu:{i}" for i in range(seen)]
        monkeypatch.setattr(torch, "__version__", version)
        monkeypatch.setattr(torch.backends.cuda, "is_built", made)
        monkeypatch.setattr(torch.cuda, "device_count", lambda: seen)
        monkeypatch.setattr(tensorflow, "__version__", version)
        monkeypatch.setattr(tensorflow.test, "is_built_with_gpu_support", made)
        monkeypatch.setattr(tensorflow.config, "list_physical_devices", lambda _: gpus)

    return build


@pytest.mark.parametrize(
    ("framework", "pip", "alliance"),
    [
        ("torch", "--force-reinstall -c envs/lock.txt torch==9.1;", "reinstall torch"),
        ("tensorflow", "'tensorflow[and-cuda]==9.1';", "reinstall tensorflow"),
    ],
)
def test_a_build_for_cpus_is_refused_with_what_installs_the_other(
    builds, framework, pip, alliance
):
    """By all three ways; whatever the job was given."""
    builds("9.1+cpu", False, 1)
    with pytest.raises(RuntimeError) as told:
        require_gpu(framework, "area.device", "cuda")
    said = str(told.value)
    assert f"area.device asks for cuda, but {framework} 9.1+cpu is a build for" in said
    assert CONDA in said
    assert pip in said
    assert said.endswith(alliance)


@pytest.mark.parametrize("framework", ["torch", "tensorflow"])
def test_a_job_without_the_gpu_is_refused(builds, framework, monkeypatch):
    """With what it was given, and how it gets one."""
    builds("9.1", True, 1)
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "3")
    with pytest.raises(RuntimeError, match=r"cuda:1, .* 1 \(.*: 3\): .*--profile"):
        require_gpu(framework, "area.device", "cuda:1")
    for device in ("cpu", "cuda", "cuda:0"):
        require_gpu(framework, "area.device", device)


def test_a_cpu_is_never_refused(builds):
    """No framework is even loaded."""
    builds("9.1+cpu", False, 0)
    require_gpu("torch", "area.device", "cpu")


def test_a_training_is_refused_before_it_begins(builds, tmp_path):
    """All its devices must be there; nothing is left in its folder."""
    builds("9.1", True, 1)
    how = HOW | {"accelerator": "gpu", "devices": 2}
    with pytest.raises(RuntimeError, match=r"train\.accelerator asks for cuda:1"):
        harness.train(Line(), Points(), tmp_path, {"seed": 1}, **how)
    assert not [*tmp_path.iterdir()]
