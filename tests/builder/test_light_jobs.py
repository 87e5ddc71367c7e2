"""A light job starts soon: it loads nothing heavy that it does not use."""

import ast
import os
import subprocess
import sys

HEAVY = ("galsim", "jax", "matplotlib", "numba", "papermill", "shapely", "sklearn")
USERS = {"aggregates", "best_individual", "exports", "pitch_posterior"}
USERS |= {"figures", "simulate", "tuned", "volunteer_agreement"}


def test_light_scripts_load_nothing_heavy(checkout):
    """What all light scripts import, in one process."""
    lines = []
    for path in sorted((checkout / "scripts" / "builder").glob("*.py")):
        if path.stem not in USERS:
            body = ast.parse(path.read_text()).body
            lines += [ast.unparse(n) for n in body if isinstance(n, IMPORTS)]
    assert len(lines) > 40
    lines += ["import sys", f"print([m for m in {HEAVY} if m in sys.modules])"]
    place = {**os.environ, "PYTHONPATH": str(checkout / "workflow" / "lib")}
    command = [sys.executable, "-c", "\n".join(lines)]
    said = subprocess.run(
        command, env=place, capture_output=True, text=True, check=True
    )
    assert said.stdout.strip() == "[]"


IMPORTS = ast.Import | ast.ImportFrom
