"""Fixtures for all tests."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).resolve().parents[1]


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
