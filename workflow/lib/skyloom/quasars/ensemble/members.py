"""The files of an ensemble: one a member, made in any order, resumed at any member."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from skyloom.run.seeds import rng


def member_path(folder: str | Path, member: int) -> Path:
    """Return where a member's network is kept: ``net_{member}.keras``."""
    return Path(folder) / f"net_{member}.keras"


def draw_path(folder: str | Path, member: int) -> Path:
    """Return where a member's bootstrap sample is kept: ``net_{member}.npz``."""
    return Path(folder) / f"net_{member}.npz"


def missing(folder: str | Path, members: Iterable[int]) -> list[int]:
    """Return the members whose network is not there yet.

    Files are written whole or not at all, so one that exists is done.
    """
    return [m for m in members if not member_path(folder, m).exists()]


def member_seed(seed: int, member: int) -> int:
    """Return a member's own seed, whatever other members there are."""
    return int(rng(seed, "member", member).integers(2**63))
