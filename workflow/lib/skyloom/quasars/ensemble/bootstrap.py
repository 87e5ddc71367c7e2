"""Which targets a member learns from, and which it has never seen.

Targets are drawn, not spectra: two exposures of one target are never on both sides.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from skyloom.io.errors import REMADE, InputError
from skyloom.io.npz import read_npz, write_npz
from skyloom.run.seeds import rng


@dataclass(frozen=True)
class Draw:
    """The bootstrap sample of one member.

    `rows` are the spectra to train on, sorted, one that was drawn twice twice;
    `unseen` (n,) are spectra of targets that were not drawn, on which the member's
    out-of-bag scores are honest.
    """

    rows: np.ndarray
    unseen: np.ndarray


def member_seed(seed: int, member: int) -> int:
    """Return a member's own seed, whatever other members there are."""
    return int(rng(seed, "member", member).integers(2**63))


def held_out(
    targetid: np.ndarray, share: float, seed: int, name: str = "held out"
) -> np.ndarray:
    """Return which spectra are of held-out targets, bool, (n,).

    They are a `share` of the targets on average; each is decided by its own number,
    `seed` and `name`, whatever other targets there are.
    """
    unique, which = np.unique(targetid, return_inverse=True)
    lot = np.array([rng(seed, name, int(t)).random() for t in unique])
    return (lot < share)[which]


def reserved(targetid: np.ndarray, share: float, seed: int) -> np.ndarray:
    """Return which rows are of targets kept for judging rounds, as `held_out` does."""
    return held_out(targetid, share, seed, "reserved")


def draw(
    targetid: np.ndarray,
    stratum: np.ndarray,
    usable: np.ndarray,
    seed: int,
    member: int,
    *,
    single_exposure: bool = False,
) -> Draw:
    """Return a bootstrap sample: as many targets as there are, with replacement.

    Parameters
    ----------
    targetid, stratum : ndarray, shape (n,)
        Target of each spectrum, and its class: of each class as many targets are drawn
        as it has.
    usable : ndarray of bool, shape (n,)
        False for held-out spectra: neither drawn nor unseen.
    seed, member : int
        Of the run, and of the member.
    single_exposure : bool
        Whether each draw of a target brings one of its exposures by lot, not all.

    Raises
    ------
    ValueError
        Nothing is usable.
    """
    usable = np.asarray(usable, bool)
    index = np.flatnonzero(usable)
    if not len(index):
        msg = "no spectrum is left to train on"
        raise ValueError(msg)
    _, first, which = np.unique(targetid[index], return_index=True, return_inverse=True)
    classes = np.asarray(stratum)[index]
    random = rng(seed, "bootstrap", member)
    counts = _counts(classes[first], random)
    rows = np.repeat(np.arange(len(which)), counts[which])
    if single_exposure:
        rows = _one_each(which, counts, random)
    unseen = np.zeros(len(usable), bool)
    unseen[index] = counts[which] == 0
    return Draw(np.sort(index[rows]), unseen)


def save_draw(path: str | Path, drawn: Draw) -> None:
    """Write a sample as ``.npz``, whole or not at all, same sample same bytes."""
    write_npz(path, rows=drawn.rows, unseen=drawn.unseen)


def read_draw(path: str | Path) -> Draw:
    """Read what `save_draw` wrote; InputError if it is not such a file."""
    arrays = read_npz(path, {"rows": ("i", 1), "unseen": ("b", 1)})
    rows, unseen = arrays["rows"], arrays["unseen"]
    if not np.isin(rows, np.flatnonzero(~unseen)).all():
        problem, expected = "rows that are unseen, or none of the sample's", "others"
        how = {"where": "key 'rows'", "expected": expected, "remedy": REMADE}
        raise InputError(path, problem, **how)
    return Draw(rows, unseen)


def _counts(classes: np.ndarray, random: np.random.Generator) -> np.ndarray:
    counts = np.zeros(len(classes), np.int64)
    for name in np.unique(classes):
        members = np.flatnonzero(classes == name)
        drawn = random.choice(members, len(members))
        counts += np.bincount(drawn, minlength=len(classes))
    return counts


def _one_each(which: np.ndarray, counts: np.ndarray, random) -> np.ndarray:
    order = np.argsort(which, kind="stable")
    start = np.searchsorted(which[order], np.arange(len(counts)))
    exposures = np.bincount(which, minlength=len(counts))
    target = np.repeat(np.arange(len(counts)), counts)
    return order[start[target] + random.integers(exposures[target])]
