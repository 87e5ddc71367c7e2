"""The plan of a run: numbers that a hand can check."""

from __future__ import annotations

import subprocess
import sys

import pytest
from skyloom.run import plan
from skyloom.run.places import LIBRARY, ROOT
from skyloom.run.plan import Estimate, Planned, Rate

SETTINGS = {"run": "x", "stars": {"epochs": 20, "field": {"side": 3.0}, "size": "2k"}}


def job(rule="stars_draw", **other) -> Planned:
    given = {"threads": 4, "gpu": 0, "runtime": 60, "inputs": 5, "outputs": 8}
    return Planned(rule, **{**given, "benchmark": None, **other})


@pytest.mark.parametrize(
    ("unit", "count"),
    [
        ("job", 1),
        ("input", 5),
        ("output", 8),
        ("input epochs", 100),
        ("output field.side field.side", 72),
        ("job size", 2000),
        ("job size epochs", 40_000),
    ],
)
def test_units(unit, count):
    """Files, times settings of the area."""
    assert plan.units(job(), unit, SETTINGS) == count


@pytest.mark.parametrize(
    ("name", "rule"),
    [
        ("clusters_images_c12", "clusters_images"),
        ("quasars_train_round1_c0", "quasars_train"),
        ("spectra_rest_0", "spectra_rest"),
        ("spectra_simulate_cube_9001-1901", "spectra_simulate_cube"),
        ("spectra_desom1", "spectra_desom1"),
        ("spectra_desom1_repeat2", "spectra_desom1"),
    ],
)
def test_rules_without_their_chunks(name, rule):
    """Jobs of one rule are told by its name."""
    assert plan.CHUNK.sub("", name) == rule


def write_benchmark(path, seconds, cpu) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"s\th:m:s\tcpu_time\n{seconds}\t0:00:01\t{cpu}\n")


def test_own_times_come_first(tmp_path):
    """The mean of the rule's jobs that have run; one that was cut short is none."""
    folder = tmp_path / "x" / "stars" / "draw"
    write_benchmark(folder / "c0.tsv", 100, 300)
    write_benchmark(folder / "c1.tsv", 300, 500)
    write_benchmark(folder / "c2.tsv", "NA", "NA")
    (folder / "c3.tsv").write_text("s\th:m:s")
    given = {"stars_draw": Rate("output", 1.0, 2.0)}
    one = job(benchmark=str(folder / "c9.tsv"))
    assert plan.estimate(one, given, SETTINGS) == Estimate(400, 200, 16, "own")
    # On a GPU too, where no table holds.
    assert plan.estimate(one, {}, SETTINGS) == Estimate(400, 200, None, "own")


def test_times_of_other_rules_are_not_its_own(tmp_path):
    """A rule of one job writes its time beside those of others."""
    area = tmp_path / "x" / "stars"
    write_benchmark(area / "fit.tsv", 100, 300)
    assert plan.measured(str(area / "draw.tsv"), "stars") is None
    assert plan.measured(str(area / "fit.tsv"), "stars") == (300, 100)


def test_times_by_the_table():
    """Its threads share the work; what runs on a GPU and has not run is not known."""
    rates = {"stars_draw": Rate("output", 30.0, 2.0)}
    assert plan.estimate(job(), rates, SETTINGS) == Estimate(240, 60, 16, "table")
    known = plan.estimate(job(gpu=1), rates, SETTINGS)
    assert known == Estimate(None, None, 16, "not known")
    assert plan.estimate(job(), {}, SETTINGS) == Estimate(None, None, None, "not known")


def test_text():
    """Sums by area, what is not known, what is long and what is short."""
    jobs = [job(outputs=240)] * 3 + [job("stars_fit", gpu=2, runtime=120)]
    jobs += [job("sky_map", threads=1, runtime=10, outputs=40)]
    rates = {"stars_draw": Rate("output", 60.0, 100.0), "sky_map": Rate("job", 720, 1)}
    found = plan.text("x", jobs, rates, {**SETTINGS, "sky": {}})
    lines = found.splitlines()
    assert lines[0] == "# Plan of the run x"
    # 3 jobs of 240 minutes on 4 cores take an hour each; 4 × 60 + 4 × 120 minutes.
    assert "| stars | 4 | 12.0+ | 20 | 0.0+ | 4 | 72.0+ | 728 |" in lines
    assert "| sky | 1 | 0.2 | 0 | 0.0 | 0 | 0.0 | 40 |" in lines
    assert "| all | 5 | 12.2+ | 20 | 0.0+ | 4 | 72.0+ | 768 |" in lines
    row = "| stars_draw | 3 | 4 | 12.0 | 60.0 | 60 | 72.0 | 720 | table |"
    assert row in lines
    after = {title: lines[lines.index(f"## {title}") + 2] for title in TITLES}
    assert after["Not known"] == "- stars_fit: 1 jobs"
    late = "- sky_map: 1 jobs, up to 12 min where 10 are asked for"
    assert after["Longer than asked for"] == late
    assert after["Under 10 minutes"] == "None."
    assert plan.text("x", jobs, rates, {**SETTINGS, "sky": {}}) == found


TITLES = ("Not known", "Longer than asked for", "Under 10 minutes")

TOY = """
rule all:
    input: expand("x/stars/{k}.txt", k=config["stars"]), "x/stars/sum.txt"
for k in config["stars"]:
    rule:
        name: f"stars_draw_c{k}"
        output: f"x/stars/{k}.txt"
        threads: 4
        resources: runtime=lambda wildcards, attempt: 30 * attempt, gpu=1
        shell: "touch {output}"
rule stars_sum:
    input: expand("x/stars/{k}.txt", k=config["stars"])
    output: "x/stars/sum.txt"
    resources: runtime=10
    shell: "cat {input} > {output}"
rule plan:
    output: "x/plan.md"
    shell: "touch {output}"
"""
RUN = """
import runpy, sys, types
script, here = sys.argv[1:]
given = {"log": ["plan.log"], "output": ["x/plan.md"], "scriptdir": f"{here}/scripts"}
given["config"] = {"run": "x", "stars": [0, 1, 2]}
runpy.run_path(script, {"snakemake": types.SimpleNamespace(**given)})
"""


def test_plan_is_of_what_a_dry_run_finds(tmp_path):
    """All that is left of the default target, with what each asks for."""
    (tmp_path / "Snakefile").write_text(TOY)
    (tmp_path / "resources").mkdir()
    rates = "rule,unit,cpu_s,mb,source\nstars_sum,input,60,0,me\n"
    (tmp_path / "resources" / "rates.csv").write_text(rates)
    (tmp_path / "x" / "stars").mkdir(parents=True)
    (tmp_path / "x" / "stars" / "1.txt").write_text("made")
    done = subprocess.run(
        [sys.executable, "-c", RUN, str(ROOT / "scripts" / "plan.py"), str(tmp_path)],
        cwd=tmp_path,
        env={"PYTHONPATH": str(LIBRARY), "PATH": "/usr/bin", "HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "Job stats" not in done.stderr
    lines = (tmp_path / "x" / "plan.md").read_text().splitlines()
    # 2 jobs of 4 threads and 1 GPU for 30 minutes, and 3 files of a minute in 10.
    assert "| stars | 3 | 0.1+ | 4 | 0.0+ | 1 | 0.0+ | 3 |" in lines
    assert "| stars_draw | 2 | 4 | 0.0+ | ? | 30 | 0.0+ | 2 | not known |" in lines
    assert "| stars_sum | 1 | 1 | 0.1 | 3.0 | 10 | 0.0 | 1 | table |" in lines
    assert "- stars_sum: 1 jobs, 3.0 min each" in lines


def test_shipped_rates():
    """Each row can be used: a unit that is known, and numbers that are not negative."""
    rates = plan.rates_of(ROOT / "resources" / "rates.csv")
    assert len(rates) > 10
    for rate in rates.values():
        assert rate.unit.split()[0] in ("job", "input", "output")
        assert rate.cpu_s >= 0
        assert rate.mb >= 0
