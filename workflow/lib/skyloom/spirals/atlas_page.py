"""What the atlas shows at most, and the programs of its page; rules read this."""

from collections.abc import Sequence
from pathlib import Path

MOST = 720  # galaxies of a page: 180 px and some 10 kB of maps and votes each
PROGRAM = Path(__file__).with_name("atlas.js")


def some(names: Sequence[str], most: int = MOST) -> list[str]:
    """Return at most so many names, evenly among all."""
    n = min(len(names), most)
    return [names[i * len(names) // n] for i in range(n)]
