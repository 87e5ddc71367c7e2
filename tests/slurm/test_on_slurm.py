"""The workflow on Slurm, with the profile and the launcher that users get.

The only file of tests that `make test` starts a Slurm for; test_outages.py has more.
"""

from __future__ import annotations

import shutil
import subprocess
import sys

import pytest
from checkouts import LAYER, copy_checkout, environment
from outages import controller_out, head_killed, job_cancelled
from small_workflow import SOONER, ended
from throwaway_slurm import CPU, GPU

GPU_RULE = """
rule devices:
    output: "devices.txt"
    log: "logs/devices.log"
    resources: mem_mb=900, runtime=5, gpu=2
    shell: "env > {output}"
"""


def test_gpu_jobs_have_their_own_account_and_one_node(work):
    """Two GPUs on one node, of the model asked for, on the account for GPUs."""
    small = work(jobs=0, more=GPU_RULE, gpu_account=GPU, gpu_model="fake")
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
def test_what_slurm_would_not_run_is_refused_before_the_first_job(work, cluster, words):
    """With the key to correct; nothing waits for ever."""
    small = work(jobs=2, more=GPU_RULE, **cluster)
    assert ended(small.launch("devices.txt", "made/0.txt")) == 1
    said = (small.folder / "logs" / "slurm" / "head.log").read_text()
    assert words in said
    assert "nothing was sent" in said
    assert "section cluster of config/config.yaml" in said
    assert small.made == 0


def test_a_run_survives_outages_in_a_row(slurm, work):
    """A job cancelled while the database is out, no controller, Snakemake killed.

    Nobody helps. No node is lost here: Slurm lets its jobs wait two minutes.
    """
    small = work(jobs=10, seconds=4)
    launcher = small.launch("--jobs", "4")
    small.wait_running()
    slurm.kill("slurmdbd")
    job_cancelled(slurm, small)
    small.wait_made(2)
    slurm.start("slurmdbd")
    for number, outage in ((3, controller_out), (4, head_killed)):
        small.wait_running()
        outage(slurm, small)
        small.wait_made(number)
    assert ended(launcher) == 0, small.said
    small.check_made()


FAILING = """
rule fail:
    output: "{kind}.failed"
    log: "logs/{kind}.log"
    resources: mem_mb=900, runtime=1
    params: command=lambda w: COMMANDS[w.kind]
    shell: "{params.command} > {log} 2>&1"
COMMANDS = {
    "memory": "{python} -c 'import time; x = bytearray(1_500_000_000); time.sleep(9)'",
    "error": "{python} -c 'raise ValueError(\\"no such thing\\")'",
    "time": "sleep 150",
}
"""


def test_failures_are_told_with_their_reasons(work):
    """Memory, or the last line of the rule's own log; and nothing is rerun."""
    small = work(jobs=1, more=FAILING.replace("{python}", "python3"))
    targets = ("memory.failed", "error.failed")
    assert ended(small.launch(*targets, "--retries", "0")) == 1
    lines = [line for line in small.said.splitlines() if " failed  " in line]
    assert len(lines) == 2, small.said
    assert "fail: out of memory, asked 900M" in small.said
    assert "fail: ValueError: no such thing" in small.said
    assert "once more" not in small.said


SLICE = ("builder_fitting_metadata_c0", "quasars_ingest_c0", "clusters_catalogs_c0")
SLICE += ("spectra_rest_0", "spirals_simulate_catalogue")
LOCAL = ("atlas.log", "builder/subject_id_list.log")  # made where the launcher runs
ALL = pytest.param((), marks=pytest.mark.soak, id="all")


@pytest.mark.parametrize("rules", [pytest.param(SLICE, id="slice"), ALL])
def test_products_are_those_of_a_local_run(slurm, built, tmp_path, rules):
    """The same bytes; each log says where its job ran; reports lie among the logs."""
    folder = copy_checkout(tmp_path / "checkout")
    shutil.copy2(built.folder / "tiny.yaml", folder)
    before = {path.name for path in folder.iterdir()}
    done = subprocess.run(
        [sys.executable, "profiles/slurm/launch.py", *SOONER, *LAYER]
        + (["--until", *rules] if rules else []),
        cwd=folder,
        env=environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    head = folder / "logs" / "slurm" / "head.log"
    assert done.returncode == 0, done.stdout + head.read_text()[-5000:]
    place = folder / "results" / "tiny"
    files = (path for path in place.glob("*/**/*") if path.is_file())
    made = {path.relative_to(folder) for path in files}
    assert len({path.parts[2] for path in made} - {"atlas"}) == 5
    differing = [
        path
        for path in sorted(made)
        if (folder / path).read_bytes() != (built.folder / path).read_bytes()
    ]
    assert differing == []
    logs = folder / "logs" / "tiny"
    for log in {*logs.rglob("*.log")} - {logs / name for name in LOCAL}:
        assert "Slurm job " in log.read_text().splitlines()[0], log
    left = {path.name for path in folder.iterdir()} - before
    assert left == {".snakemake", "benchmarks", "logs", "results"}
    assert list(head.parent.glob("efficiency_report_*.csv"))
