"""Why jobs failed, a line for each."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from pathlib import Path

from skyloom.slurm import queue
from skyloom.slurm.headlog import Failure, HeadLog

LISTED = 10  # failures, the last ones, that Slurm is asked about
AT_ONCE = 3  # of them at a time: each may take a minute where its database is out


class Reasons:
    """What is known of failures; Slurm is asked about a few at a time."""

    def __init__(self):
        self._known: dict[str, str] = {}

    def lines(self, failures: Iterable[Failure], most: int = AT_ONCE) -> list[str]:
        """Return of each failure its rule, why, and where its log is.

        Slurm is asked about at most so many.
        """
        failures = list(failures)
        numbers = [one.number for one in failures if one.number]
        asked = [n for n in numbers[-LISTED:] if n not in self._known][:most]
        for failure in failures:
            if failure.number in asked:
                why = queue.why(failure.number, failure.log)
                self._known |= {failure.number: why} if why else {}
        return [self._line(failure) for failure in failures]

    def _line(self, failure: Failure) -> str:
        if failure.number is None:
            return f"{failure.rule}: {failure.said or 'failed on this machine'}"
        why = self._known.get(failure.number) or failure.said or "failed"
        return f"{failure.rule}: {why}; {failure.log}"


def tell(logs: Iterable[str]) -> None:
    """Write the reasons of a failed run, by Snakemake's logs of it, to standard error.

    Those of jobs that Slurm had: Snakemake itself calls them unknown.
    """
    for log in logs:
        state = HeadLog(Path(log))
        state.read_on()
        failed = [one for one in state.failed.values() if one.number]
        for line in Reasons().lines(failed, LISTED):
            print(f"failed: {line}", file=sys.stderr)
