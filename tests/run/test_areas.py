"""What the front door hands to an area."""

from __future__ import annotations

from skyloom.run.areas import area_config, area_folders

CONFIG = {
    "run": "demo",
    "seed": 5,
    "folders": {"results": "/scratch/r", "logs": "logs", "downloads": "d"},
    "builder": {"chunks": 4},
}


def test_area_sees_its_section_its_seed_and_its_store():
    """An area knows nothing of the run's name or of other areas."""
    assert area_config(CONFIG, "builder") == {
        "chunks": 4,
        "seed": 5,
        "store": "/scratch/r/demo/.skyloom",
    }


def test_folders_hold_run_and_area(monkeypatch):
    """Products of two runs or areas never share a file; downloads are data."""
    monkeypatch.setenv("SKYLOOM_DATA", "/archive")
    folders = area_folders(CONFIG, "builder")
    assert folders == {
        "results": "/scratch/r/demo/builder",
        "logs": "logs/demo/builder",
        "downloads": "/archive/d",
    }
