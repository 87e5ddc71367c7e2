"""A light job starts soon: it loads nothing heavy that it does not use."""

import ast
import os
import subprocess
import sys

HEAVY = ("galsim", "matplotlib", "pytorch_lightning", "scipy.stats", "sklearn", "torch")
LIGHT = ("baselines", "catalogs", "cluster_catalogue", "detect", "make_cluster_list")
LIGHT += ("match", "metrics", "real_field", "retrieve_des_tile")


def test_light_scripts_load_nothing_heavy(checkout):
    """What all light scripts import, in one process."""
    lines = []
    for name in LIGHT:
        path = checkout / "scripts" / "clusters" / f"{name}.py"
        body = ast.parse(path.read_text()).body
        lines += [ast.unparse(n) for n in body if isinstance(n, ast.ImportFrom)]
    assert len(lines) > 40
    lines += ["import sys", f"print([m for m in {HEAVY} if m in sys.modules])"]
    place = {**os.environ, "PYTHONPATH": str(checkout / "workflow" / "lib")}
    command = [sys.executable, "-c", "\n".join(lines)]
    said = subprocess.run(
        command, env=place, capture_output=True, text=True, check=True
    )
    assert said.stdout.strip() == "[]"
