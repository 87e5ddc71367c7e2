"""What rules are given of the section `cluster`; test_on_slurm.py asks a real Slurm."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from skyloom.slurm.allocation import ask

CLUSTER = {
    "account": "a_cpu",
    "gpu_account": "a_gpu",
    "partition": None,
    "gpu_partition": "gpus",
    "gpu_model": "h100",
}
ON_GPU = {"slurm_account": "a_gpu", "slurm_partition": "gpus", "nodes": 1}
ON_GPU |= {"gpu_model": "h100"}


def asked(cluster, gpu: int, said: dict | None = None) -> dict:
    """Return what a rule with so many GPUs is given."""
    rule = SimpleNamespace(name="train", resources={"gpu": SimpleNamespace(value=gpu)})
    settings = SimpleNamespace(overwrite_resources={"train": said or {}})
    ask(SimpleNamespace(rules=[rule], resource_settings=settings), cluster)
    return {k: v for k, v in rule.resources.items() if k != "gpu"}


@pytest.mark.parametrize(
    ("gpu", "given"), [(0, {"slurm_account": "a_cpu"}), (2, ON_GPU)]
)
def test_gpu_jobs_have_what_is_theirs(gpu, given):
    """And one node; a partition that is not named is not asked for."""
    assert asked(CLUSTER, gpu) == given


def test_one_account_serves_both():
    """Where no other is named for GPUs."""
    given = asked(CLUSTER | {"gpu_account": None}, 1)
    assert given["slurm_account"] == "a_cpu"


def test_nothing_is_asked_of_an_empty_section():
    """But one node for all GPUs of a job."""
    nothing = dict.fromkeys(CLUSTER)
    assert asked(nothing, 0) == {}
    assert asked(nothing, 1) == {"nodes": 1}


def test_what_the_command_line_says_stays():
    """``--set-resources train:slurm_account=mine``."""
    given = asked(CLUSTER, 1, {"slurm_account": "mine"})
    assert given == {k: v for k, v in ON_GPU.items() if k != "slurm_account"}
