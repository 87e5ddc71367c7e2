"""The linters find nothing; the rules hold no Python functions of their own."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
from checkouts import CHECKOUT, copy_checkout, snakemake

FILES = [CHECKOUT / "Snakefile", *sorted((CHECKOUT / "workflow/rules").rglob("*.smk"))]


def test_snakemake_lint(tmp_path):
    """`snakemake --lint` is content with every rule."""
    folder = copy_checkout(tmp_path / "checkout")
    assert "Congratulations" in snakemake(folder, "--lint").stdout


def test_snakefmt(checkout):
    """Rules are formatted."""
    done = subprocess.run(
        [Path(sys.executable).with_name("snakefmt"), "--check", *FILES],
        cwd=checkout,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_rules_have_no_functions_retries_or_prints(path):
    """Helpers are library code; retries belong in profiles; print breaks graphs."""
    text = path.read_text()
    assert not re.search(r"^\s*(def |retries:|print\()", text, re.M)
    assert not re.search(r"^\s*(run|shell):", text, re.M)


def test_notebooks_are_stored_without_outputs(checkout):
    """Notebooks in the repository hold code and words only."""
    import json

    for path in sorted((checkout / "notebooks").glob("*.ipynb")):
        cells = json.loads(path.read_text())["cells"]
        code = [cell for cell in cells if cell["cell_type"] == "code"]
        assert not any(cell["outputs"] or cell["execution_count"] for cell in code), (
            path
        )


def test_nothing_names_a_machine(checkout):
    """No committed file holds a path of the machine that it was written on."""
    places = [str(CHECKOUT), f"{Path.home()}/"]
    for part in ("Snakefile", "Makefile", "config", "envs", "profiles", "scripts"):
        root = checkout / part
        files = [root] if root.is_file() else sorted(root.rglob("*"))
        for path in (path for path in files if path.is_file()):
            if path.suffix != ".pyc":
                found = [place for place in places if place in path.read_text()]
                assert found == [], path
