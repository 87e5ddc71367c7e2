"""Areas on Slurm, with the profile and the launcher that users get."""

from __future__ import annotations

import shutil
import subprocess
import sys

import pytest
from checkouts import LAYER, copy_checkout, environment
from small_workflow import SOONER

SLICE = ("builder_volunteers_c0", "quasars_ingest_c0", "clusters_catalogs_c0")
SLICE += ("spectra_rest_0", "spirals_marks_c0")
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
    made = {path.relative_to(folder) for path in place.rglob("*") if path.is_file()}
    assert {path.parts[2] for path in made} == {path.name for path in place.iterdir()}
    assert len(list(place.iterdir())) == 5
    differing = [
        path
        for path in sorted(made)
        if (folder / path).read_bytes() != (built.folder / path).read_bytes()
    ]
    assert differing == []
    for log in (folder / "logs" / "tiny").rglob("*.log"):
        assert "Slurm job " in log.read_text().splitlines()[0], log
    left = {path.name for path in folder.iterdir()} - before
    assert left == {".snakemake", "benchmarks", "logs", "results"}
    assert list(head.parent.glob("efficiency_report_*.csv"))
