"""Where the library and its checkout lie."""

from __future__ import annotations

from pathlib import Path

LIBRARY = Path(__file__).resolve().parents[2]
ROOT = LIBRARY.parents[1]
