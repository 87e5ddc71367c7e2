"""A light job starts soon: it loads nothing heavy that it does not use."""

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
    lines += ["import sys", f"print([m for m in {HEAVY} if m in sys.modules])"]
    place = {**os.environ, "PYTHONPATH": str(checkout / "workflow" / "lib")}
    command = [sys.executable, "-c", "\n".join(lines)]
    said = subprocess.run(
        command, env=place, capture_output=True, text=True, check=True
    )
    assert said.stdout.strip() == "[]"
