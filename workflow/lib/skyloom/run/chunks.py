"""Many objects to a job, so that adding one object touches one job."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable


def assign(ids: Iterable[int | str], n_chunks: int) -> dict[str, list]:
    """Deal objects into chunks by a hash of their names.

    Parameters
    ----------
    ids : iterable of int or str
        The objects, each once. Their order does not matter.
    n_chunks : int
        How many chunks there are at most. Changing it moves most objects.

    Returns
    -------
    dict of str to list
        Chunk name (``"c00"``, ``"c01"``...) to its sorted objects. Chunks without
        objects are left out.
    """
    names = list(ids)
    if n_chunks < 1:
        msg = f"chunks: got {n_chunks}, expected at least 1"
        raise ValueError(msg)
    if len(set(names)) != len(names):
        twice = sorted({name for name in names if names.count(name) > 1}, key=str)
        msg = f"objects named twice: {twice[:5]}; expected each once"
        raise ValueError(msg)
    width = len(str(n_chunks - 1))
    chunks: dict[str, list] = {}
    for name in sorted(names):
        chunks.setdefault(f"c{_slot(name, n_chunks):0{width}d}", []).append(name)
    return dict(sorted(chunks.items()))


def _slot(name: int | str, n_chunks: int) -> int:
    digest = hashlib.sha256(str(name).encode()).digest()
    return int.from_bytes(digest[:8], "big") % n_chunks
