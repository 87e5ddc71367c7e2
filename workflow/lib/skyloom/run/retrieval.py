"""Many files to a download job: those that are not there, each kept once it is whole.

A file that is there is data like any other, which no rule makes: another one in a list
fetches it alone.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Iterable, Sequence
from itertools import chain
from pathlib import Path

from skyloom.io.errors import InputError
from skyloom.run.log import NAME, progress

ASIDE = ".fetched."  # begins the name of what waits for the rest of its job
SHOWN = 5  # failures that an error tells of; the log has all


def batches(
    units: Iterable[Sequence[str]], size: int, *, downloads: str, asked: Iterable[str]
) -> dict[str, list[str]]:
    """Return the files that are to be fetched, by the number of the job.

    Parameters
    ----------
    units : iterable of sequences of str
        Files that are fetched together: all of them, or none if the last is there.
        They begin with ``<downloads>``.
    size : int
        Units of a job.
    downloads : str
        The folder that ``<downloads>`` stands for.
    asked : iterable of str
        Words of the command line: units with a file named there have a job each.
    """
    named = set(asked)
    real = [[f.replace("<downloads>", downloads, 1) for f in unit] for unit in units]
    found = _there(unit[-1] for unit in real)
    absent = [unit for unit in real if unit[-1] not in found]
    own = [unit for unit in absent if not named.isdisjoint(unit)]
    others = [unit for unit in absent if named.isdisjoint(unit)]
    jobs = [[unit] for unit in own]
    jobs += [others[i : i + size] for i in range(0, len(others), size)]
    width = len(str(len(jobs)))
    return {f"{k:0{width}d}": [*chain(*job)] for k, job in enumerate(jobs)}


def _there(paths: Iterable[str]) -> set[str]:
    """Return those of some paths that exist; each folder is listed once."""
    paths = list(paths)
    names = {}
    for folder in {os.path.dirname(path) for path in paths}:
        try:
            names[folder] = set(os.listdir(folder))
        except OSError:
            names[folder] = set()
    return {p for p in paths if os.path.basename(p) in names[os.path.dirname(p)]}


def fetch(
    targets: Iterable[str], source: Callable[[Path, Path], str], job: str
) -> None:
    """Fetch the files of a job; all come to their places at its end.

    What an attempt has fetched waits aside for the next one, as Snakemake removes the
    files of a job that fails, and for another job of the same file.

    Parameters
    ----------
    targets : iterable of str
        Where the files go.
    source : callable
        ``source(target, place)`` fetches the file for `target` to `place`, whole or
        not at all, and returns its sha256.
    job : str
        What is fetched, for the log.

    Raises
    ------
    InputError
        Some files could not be fetched; the others wait.
    """
    log = logging.getLogger(NAME)
    places = {Path(t): Path(t).with_name(ASIDE + Path(t).name) for t in targets}
    waiting = {t: place for t, place in places.items() if not place.is_file()}
    log.info("%s: %d to fetch of %d", job, len(waiting), len(places))
    failed: dict[Path, InputError] = {}
    for target, place in progress(iter(waiting.items()), job, len(waiting)):
        try:
            log.info("%s: sha256 %s", target.name, source(target, place))
        except InputError as bad:
            failed[target] = bad
            log.error("%s", bad)
    if failed:
        shown = "; ".join(str(bad) for bad in list(failed.values())[:SHOWN])
        msg = f"{len(failed)} of {len(places)} files could not be fetched: {shown}"
        remedy = "run again, which fetches these alone, or take them from the list"
        raise InputError(next(iter(failed)), msg, remedy=remedy)
    for target, place in places.items():
        place.replace(target)
