"""Damage as disks and transfers do it, and what a reader makes of it."""

from collections.abc import Callable
from pathlib import Path

from skyloom.io.errors import InputError


def unnoticed(path: Path, read: Callable, same: Callable, step: int = 1) -> list[str]:
    """Return the flipped bits and the cuts after which `read` returns something else.

    A bit of each `step`-th byte is flipped, and the file is cut at 20 places. Anything
    that is raised, other than an InputError that names the file, is raised.
    """
    whole, good, found = path.read_bytes(), read(path), []
    for place in range(0, len(whole), step):
        bad = bytearray(whole)
        bad[place] ^= 1 << (place // step) % 8
        found += _seen(path, bytes(bad), read, lambda x: same(x, good), f"at {place}")
    for part in range(20):
        cut = whole[: part * len(whole) // 20]
        found += _seen(path, cut, read, lambda _: False, f"cut at {len(cut)}")
    path.write_bytes(whole)
    return found


def _seen(path: Path, bad: bytes, read, same, what: str) -> list[str]:
    path.write_bytes(bad)
    try:
        return [] if same(read(path)) else [what]
    except InputError as error:
        return [] if path.name in str(error) else [f"{what}: the file has no name"]
