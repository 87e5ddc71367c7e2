"""What the shapes of networks have in common: what their values may be."""

from __future__ import annotations


def natural(value: object) -> bool:
    """Return whether a value is a whole number from 1 on."""
    return isinstance(value, int) and not isinstance(value, bool) and value >= 1


def demand(holds: object, text: str) -> None:
    """Raise a ValueError with a text unless something holds."""
    if not holds:
        raise ValueError(text)
