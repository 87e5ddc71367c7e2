"""The seeds of an ensemble's members."""

from __future__ import annotations

from skyloom.run.seeds import rng


def member_seed(seed: int, member: int) -> int:
    """Return a member's own seed, whatever other members there are."""
    return int(rng(seed, "member", member).integers(2**63))
