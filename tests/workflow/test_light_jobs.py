"""Light jobs, and plans, start soon: they load nothing heavy that they do not use."""

import ast
import os
import subprocess
import sys

import pytest

HEAVY = ("galsim", "jax", "keras", "matplotlib", "numba", "papermill")
HEAVY += ("pytorch_lightning", "scipy.stats", "sklearn", "tensorflow", "torch")
# The scripts of each area that use one of them.
USERS = {
    "builder": {
        "aggregates", "atlas", "best_individual", "figures", "models",
        "morphology", "pitch_posterior", "simulate", "tuned", "volunteer_agreement",
    },
    "clusters": {
        "atlas", "calibrate", "evaluate", "evaluate_encoder", "file_data", "images",
        "infer", "look_at_sky", "picture", "survey", "train",
    },
    "quasars": {
        "atlas", "calibrate", "compare_rounds", "evaluate_files", "evaluate_round",
        "query", "simulate_sample", "simulate_survey", "train", "train_som",
    },
    "spectra": {
        "atlas", "baseline", "baseline_network", "draw_desom1", "draw_desom2",
        "evaluate_labels", "evaluate_maps", "evaluate_novelty", "labels", "place",
    },
    "spirals": {
        "atlas", "baselines", "catalogue", "compare", "evaluate", "inpainting", "judge",
        "pictures", "predict", "simulate", "train",
    },
}  # fmt: skip


# What reading the rules costs, each job on a cluster pays twice.
SLOW = (*HEAVY, "astropy", "scipy")


def loaded(checkout, lines: list[str], modules) -> list[str]:
    """Return which modules a process has loaded after these lines."""
    code = "\n".join([*lines, "import sys", "print(*sys.modules)"])
    place = {**os.environ, "PYTHONPATH": str(checkout / "workflow" / "lib")}
    command = [sys.executable, "-c", code]
    said = subprocess.run(
        command, env=place, capture_output=True, text=True, check=True
    )
    return sorted(set(said.stdout.split()) & set(modules))


@pytest.mark.parametrize("area", USERS)
def test_light_scripts_load_nothing_heavy(checkout, area):
    """What all light scripts of an area import, in one process."""
    scripts = sorted((checkout / "scripts" / area).glob("*.py"))
    assert USERS[area] < {path.stem for path in scripts}
    lines = [
        ast.unparse(node)
        for path in scripts
        if path.stem not in USERS[area]
        for node in ast.parse(path.read_text()).body
        if isinstance(node, ast.Import | ast.ImportFrom)
    ]
    assert loaded(checkout, lines, HEAVY) == []


def test_rules_load_nothing_heavy(checkout):
    """What all rules of all areas import from the library."""
    rules = [checkout / "Snakefile", *(checkout / "workflow").rglob("*.smk")]
    lines = [
        line
        for path in rules
        for line in path.read_text().splitlines()
        if line.startswith("from skyloom.")
    ]
    assert len(lines) > 20
    assert loaded(checkout, lines, SLOW) == []
