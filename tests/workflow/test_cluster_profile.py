"""Profiles: the literal command works, and the two never fight over a key."""

from __future__ import annotations

import os
import shutil
import subprocess

import pytest
import yaml
from checkouts import copy_checkout, planned, snakemake


def keys(checkout, name) -> set[str]:
    path = checkout / "profiles" / name / "config.yaml"
    return set(yaml.safe_load(path.read_text()))


def test_default_profile_leaves_the_cluster_alone(checkout):
    """The default beats --profile for each key, so that they share none."""
    own = {"rerun-triggers", "max-checksum-file-size", "max-jobs-per-timespan"}
    assert keys(checkout, "default") == own
    assert not keys(checkout, "default") & keys(checkout, "slurm")


def test_triggers_are_content(checkout):
    """Neither file times of scripts nor environment hashes rerun anything."""
    tree = yaml.safe_load((checkout / "profiles/default/config.yaml").read_text())
    assert tree["rerun-triggers"] == ["mtime", "params", "input"]


COPY = """
rule copy:
    input: "export.csv"
    output: "table.csv"
    shell: "head -c 10 {input} > {output}"
"""


def test_touched_export_reruns_nothing(checkout, tmp_path):
    """An export of several MB with a new time and the same bytes is the same."""
    shutil.copytree(checkout / "profiles", tmp_path / "profiles")
    (tmp_path / "Snakefile").write_text(COPY)
    export = tmp_path / "export.csv"
    export.write_bytes(b"0123456789" * 500_000)
    snakemake(tmp_path, "--cores", "1")
    os.utime(export)
    assert "Nothing to be done" in snakemake(tmp_path, "-n").stdout
    export.write_bytes(b"9876543210" * 500_000)
    assert "copy" in planned(tmp_path)


def test_every_cluster_key_is_explained(checkout):
    """A comment stands above each key of the cluster profile."""
    text = (checkout / "profiles" / "slurm" / "config.yaml").read_text()
    blocks = [block for block in text.split("\n\n") if ":" in block]
    keyed = [b for b in blocks if any(not x.startswith("#") for x in b.splitlines())]
    assert len(keyed) == len(keys(checkout, "slurm"))
    assert all(block.startswith("#") for block in keyed)


@pytest.mark.parametrize("variable", ["HOME", "XDG_CONFIG_HOME"])
def test_make_profile_makes_the_literal_command_work(checkout, tmp_path, variable):
    """`make profile`, then `snakemake --profile slurm -n` in a new home."""
    home = tmp_path / "home"
    home.mkdir()
    own = {k: v for k, v in os.environ.items() if k != "XDG_CONFIG_HOME"}
    place = {"HOME": str(home), variable: str(home)}
    for _ in range(2):
        subprocess.run(
            ["make", "profile"], cwd=checkout, env={**own, **place}, check=True
        )
    config = home if variable == "XDG_CONFIG_HOME" else home / ".config"
    assert (config / "snakemake" / "slurm" / "config.yaml").is_file()
    place.setdefault("XDG_CONFIG_HOME", str(config))
    folder = copy_checkout(tmp_path / "checkout")
    said = snakemake(folder, "--profile", "slurm", "-n", "--quiet=rules", **place)
    assert "Using profiles slurm" in said.stdout
    assert "Job stats" in said.stdout


def test_unlinked_profile_is_not_found(tmp_path):
    """Without `make profile` the name means nothing: the test above proves the link."""
    folder = copy_checkout(tmp_path / "checkout")
    place = {"HOME": str(tmp_path), "XDG_CONFIG_HOME": str(tmp_path)}
    said = snakemake(folder, "--profile", "slurm", "-n", check=False, **place)
    assert said.returncode != 0
    assert "no profile.yaml" in said.stdout
