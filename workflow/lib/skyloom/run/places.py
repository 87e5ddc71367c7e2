"""Where the library and its checkout lie."""

from __future__ import annotations

import sys
from pathlib import Path

LIBRARY = Path(__file__).resolve().parents[2]
ROOT = LIBRARY.parents[1]
# How a person calls Snakemake, for messages: as the README does, if that one runs.
OWN = Path(sys.prefix).resolve() == (ROOT / ".venv").resolve()
_HERE = Path() if Path.cwd() == ROOT else ROOT
SNAKEMAKE = str(_HERE / ".venv" / "bin" / "snakemake") if OWN else "snakemake"
