"""What the front door hands to an area."""

from __future__ import annotations

import pytest
from skyloom.run.areas import area_config, area_folders, check_interpreter, validated
from skyloom.run.config import ConfigError

CONFIG = {
    "run": "demo",
    "seed": 5,
    "folders": {"results": "/scratch/r", "logs": "logs", "downloads": "d"},
    "builder": {"chunks": 4},
}


def test_area_sees_its_section_and_facts_of_the_run(monkeypatch):
    """An area knows nothing of the run's name or of other areas."""
    monkeypatch.setenv("SKYLOOM_DATA", "/archive")
    assert area_config(CONFIG, "builder") == {
        "chunks": 4,
        "seed": 5,
        "store": "/scratch/r/demo/.skyloom",
        "downloads": "/archive/d",
    }


def test_folders_hold_run_and_area(monkeypatch):
    """Products of two runs or areas never share a file; downloads are data."""
    monkeypatch.setenv("SKYLOOM_DATA", "/archive")
    folders = area_folders(CONFIG, "builder")
    assert folders == {
        "results": "/scratch/r/demo/builder",
        "logs": "logs/demo/builder",
        "downloads": "/archive/d",
        "atlas": "/scratch/r/demo/atlas",
    }


@pytest.mark.parametrize("place", ["/My Drive/x", "/a/O'Neill", "/a/x(1)", "/a/$b"])
def test_a_python_that_a_shell_would_take_apart_is_refused(place):
    """Snakemake does not quote its path; nothing starts."""
    with pytest.raises(ConfigError, match="move the checkout to a path without one"):
        check_interpreter(f"{place}/.venv/bin/python")
    check_interpreter("/home/o.n-e_1/.venv/bin/python3.11")


def test_sections_of_closed_areas_are_not_read():
    """They are not in the configuration, whatever they hold."""
    config = {"areas": ["builder"], "quasars": {"no": float("nan")}}
    assert "quasars" not in validated(config)


@pytest.mark.parametrize("name", ["0012", "1e5", "nan", "1_000", 12, "a/b", "a" * 101])
def test_names_of_runs_that_snakemake_would_change(name):
    """Or that make no folder."""
    with pytest.raises(ConfigError, match="run: got"):
        validated({"run": name, "areas": ["builder"]})
    assert validated({"run": "2024-05", "areas": ["builder"]})["run"] == "2024-05"
