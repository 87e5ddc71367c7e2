"""Which galaxies the atlas shows."""

from collections.abc import Sequence

MOST = 720  # galaxies of a page: 180 px and some 10 kB of maps and votes each


def some(names: Sequence[str], most: int = MOST) -> list[str]:
    """Return at most so many names, evenly among all."""
    n = min(len(names), most)
    return [names[i * len(names) // n] for i in range(n)]
