"""Many objects to a job, so that adding one object touches one job.

A job on a cluster reads the workflow again, and names the rules that it may run. Those
of other chunks it need not read: at survey size that takes longer than many a job.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from itertools import takewhile
from typing import TypeVar

ALLOWED = "--allowed-rules"  # of Snakemake's command line, in a job's only
Value = TypeVar("Value")


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
        counts = Counter(names)
        twice = sorted((n for n, count in counts.items() if count > 1), key=str)
        msg = f"objects named twice: {twice[:5]}; expected each once"
        raise ValueError(msg)
    width = len(str(n_chunks - 1))
    chunks: dict[str, list] = {}
    for name in sorted(names):
        chunks.setdefault(f"c{_slot(name, n_chunks):0{width}d}", []).append(name)
    return dict(sorted(chunks.items()))


def allowed_rules(arguments: Sequence[str]) -> list[str] | None:
    """Return the rules that a job's command line names; None in the main process."""
    if ALLOWED not in arguments:
        return None
    after = arguments[arguments.index(ALLOWED) + 1 :]
    return list(takewhile(lambda word: not word.startswith("-"), after))


def needed(
    chunks: Mapping[str, Value], allowed: Sequence[str] | None
) -> dict[str, Value]:
    """Return the chunks that rules are read for: in a job, those of its rules alone.

    Parameters
    ----------
    chunks : mapping of str
        All of them, by their names.
    allowed : sequence of str or None
        Of `allowed_rules`. A chunk's rules end in its name, ``builder_models_c07``.
    """
    if allowed is None:
        return dict(chunks)
    named = {rule.rpartition("_")[2] for rule in allowed}
    return {chunk: some for chunk, some in chunks.items() if chunk in named}


def _slot(name: int | str, n_chunks: int) -> int:
    digest = hashlib.sha256(str(name).encode()).digest()
    return int.from_bytes(digest[:8], "big") % n_chunks
