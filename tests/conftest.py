"""Fixtures for all tests."""

from __future__ import annotations

import os
from collections import Counter
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).resolve().parents[1]
LONGEST = ("test_kill.py", "test_bad_subjects.py", "test_rebuild.py")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Start the longest files first: the last to end keeps all other cores waiting.

    They are the `LONGEST`, then all of whole runs, then those of many tests.
    """
    tests = Counter(item.path for item in items)
    places = {name: place for place, name in enumerate(LONGEST)}

    def turn(item: pytest.Item) -> tuple:
        path = item.path
        known = places.get(path.name, len(places))
        return known, path.parent.name != "workflow", -tests[path], path

    items.sort(key=turn)


@pytest.fixture(scope="session")
def checkout() -> Path:
    """Return the folder of the repository."""
    return CHECKOUT


@pytest.fixture(scope="session")
def real() -> Path:
    """Return the folder of the real data, or skip the test with a reason."""
    named = os.environ.get("SKYLOOM_DATA")
    folder = Path(named) if named else CHECKOUT.parent / "shared" / "real"
    if not folder.is_dir():
        pytest.skip(f"no real data: {folder} is not a folder (set SKYLOOM_DATA)")
    return folder
