"""Accounts, partitions and GPUs: what jobs are sent with, and what is refused."""

from __future__ import annotations

import subprocess

import pytest
from small_workflow import SmallWorkflow, ended
from throwaway_slurm import CPU, GPU

GPU_RULE = """
rule devices:
    output: "devices.txt"
    log: "logs/devices.log"
    resources: mem_mb=900, runtime=5, gpu=2
    shell: "env > {output}"
"""


def test_gpu_jobs_have_their_own_account_and_one_node(slurm, tmp_path):
    """Two GPUs on one node, of the model asked for, on the account for GPUs."""
    small = SmallWorkflow(
        tmp_path / "w", jobs=0, more=GPU_RULE, gpu_account=GPU, gpu_model="fake"
    )
    assert ended(small.launch("devices.txt")) == 0, small.said
    seen = dict(
        line.split("=", 1)
        for line in (small.folder / "devices.txt").read_text().splitlines()
        if "=" in line
    )
    assert seen["CUDA_VISIBLE_DEVICES"] == "0,1"
    asked = ["sacct", "-nPXj", seen["SLURM_JOB_ID"], "-o", "Account,NNodes"]
    done = subprocess.run(asked, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == f"{GPU}|1"


@pytest.mark.parametrize(
    ("cluster", "words"),
    [
        ({"account": "nobody"}, "account nobody appears to be invalid"),
        ({"gpu_account": CPU}, "has no GPU"),
        ({"gpu_account": GPU, "gpu_model": "h100"}, "configuration is not available"),
    ],
)
def test_what_slurm_would_not_run_is_refused_before_the_first_job(
    slurm, tmp_path, cluster, words
):
    """With the key to correct; nothing waits for ever."""
    small = SmallWorkflow(tmp_path / "w", jobs=2, more=GPU_RULE, **cluster)
    assert ended(small.launch("devices.txt", "made/0.txt")) == 1
    said = (small.folder / "logs" / "slurm" / "head.log").read_text()
    assert words in said
    assert "nothing was sent" in said
    assert "section cluster of config/config.yaml" in said
    assert small.made == 0
