"""A workflow of three short rules, of which one is a job of the library's."""

from __future__ import annotations

import shutil
from pathlib import Path

from checkouts import CHECKOUT

SNAKEFILE = """
config.update(
    run="mini",
    store="RESULTS/mini/.skyloom",
    folders={"results": "RESULTS", "logs": "logs"},
)


include: "CHECKOUT/workflow/rules/common.smk"


remember_failures(Job, PersistenceBase)
told = Console(workflow).attend()


onstart:
    hold(config)


onsuccess:
    told.end()


onerror:
    told.end()
    reasons.tell(log)


rule all:
    input:
        "RESULTS/mini/area/sum.txt",


rule draw:
    input:
        "data/numbers.txt",
    output:
        table="RESULTS/mini/area/table.csv",
        passing=temp("RESULTS/mini/area/passing.txt"),
    log:
        "logs/mini/draw.log",
    params:
        settings={"seed": 1},
        code="c0de" * 16,
    script:
        "scripts/draw.py"


rule sum:
    input:
        rules.draw.output,
    output:
        "RESULTS/mini/area/sum.txt",
    shell:
        "cat {input} > {output}"


rule extra:
    input:
        rules.draw.output.table,
    output:
        "RESULTS/mini/area/extra.txt",
    shell:
        "cp {input} {output}"


include: "CHECKOUT/workflow/rules/manifest.smk"
"""
# A job that copies its input, and goes on as long as there is a file `wait`.
DRAW = """
import time
from pathlib import Path

from skyloom.io.atomic import write_text
from skyloom.run.job import Job

job = Job(snakemake)
while Path("wait").exists():
    time.sleep(0.05)
for path in job.output:
    write_text(path, Path(job.input[0]).read_text())
"""
RUN = Path("results/mini")
CORES = ("--cores", "1")


def workflow(folder: Path, results: str = "results") -> Path:
    """Write the workflow, its input and our default profile into a new folder."""
    shutil.copytree(CHECKOUT / "profiles" / "default", folder / "profiles" / "default")
    (folder / "scripts").mkdir(parents=True)
    (folder / "data").mkdir()
    text = SNAKEFILE.replace("CHECKOUT", str(CHECKOUT)).replace("RESULTS", results)
    (folder / "Snakefile").write_text(text)
    (folder / "scripts" / "draw.py").write_text(DRAW)
    (folder / "data" / "numbers.txt").write_text("1\n2\n")
    return folder
