"""Why jobs failed, a line for each."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from pathlib import Path

from skyloom.slurm import queue
from skyloom.slurm.headlog import Failure, HeadLog


class Reasons:
    """What is known of failures; Slurm is asked once for each."""

    def __init__(self):
        self._known: dict[str, str] = {}

    def lines(self, failures: Iterable[Failure]) -> list[str]:
        """Return of each failure its rule, why, and where its log is."""
        return [self._line(failure) for failure in failures]

    def _line(self, failure: Failure) -> str:
        if failure.number is None:
            return f"{failure.rule}: {failure.said or 'failed on this machine'}"
        if failure.number not in self._known:
            why = queue.why(failure.number, failure.log)
            self._known[failure.number] = why or failure.said
        return f"{failure.rule}: {self._known[failure.number]}; {failure.log}"


def tell(log: str) -> None:
    """Write the reasons of a failed run, by Snakemake's log of it, to standard error.

    Those of jobs that Slurm had: Snakemake itself calls them unknown.
    """
    state = HeadLog(Path(log))
    state.read_on()
    for line in Reasons().lines(one for one in state.failed.values() if one.number):
        print(f"failed: {line}", file=sys.stderr)
