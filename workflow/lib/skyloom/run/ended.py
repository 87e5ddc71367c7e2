"""A job as Snakemake's console tells of it when it has ended: `skyloom.run.console`."""

from __future__ import annotations

import logging
import shlex
import shutil
import sys
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from skyloom.run.log import bounded, entries

CORES = ("-c", "--cores", "-j", "--jobs")  # options whose word may be that of a target
FORCED = ("-F", "--forceall")  # would make again what went well
WARNINGS = 3  # of a job that are shown; its log has all
SHORT, TAIL = 300, 8  # characters of a warning; lines of an error


@dataclass
class Ran:
    """A job: its rule, the rule in words, its logs, what to ask for to have it again.

    `took` [s], and `said`, level and text of what it has logged, are known at its end.
    """

    rule: str
    words: str
    logs: list[str]
    target: str
    began: float
    old: list[int | None]  # moments of logs that another start may have left
    took: float = 0.0
    said: list[tuple[str, str]] = field(default_factory=list)

    @classmethod
    def of(cls, record: logging.LogRecord) -> Ran:
        """Take what Snakemake says of a job that it starts."""
        rule, message = record.rule_name, record.rule_msg
        words = f"{rule.partition('_')[0]}: {message}" if message else rule
        # A rule without wildcards is a target itself.
        target = record.output[0] if record.wildcards else rule
        logs = list(record.log)
        return cls(rule, words, logs, target, record.created, list(map(_moment, logs)))

    def end(self, now: float) -> None:
        """Note how long it took, and what it has logged."""
        self.took = now - self.began
        for path, old in zip(self.logs, self.old, strict=True):
            self.said += entries(path) if _moment(path) != old else []

    def all(self, level: str) -> list[str]:
        """Return what it has logged at a level."""
        return [text for known, text in self.said if known == level]

    def line(self) -> str:
        """Return the rule in words and the time that it took."""
        return f"{self.words} … {lasting(self.took)}" if self.logs else self.words


def several(number: int, what: str) -> str:
    """Return a number of things: 1 job, 2 jobs."""
    return f"{number} {what}" if number == 1 else f"{number} {what}s"


def lasting(seconds: float) -> str:
    """Return a time in the words of a person: 41 s, 3 min 20 s, 2 h 5 min."""
    whole = max(round(seconds), 1)
    minutes, hours = whole // 60, whole // 3600
    if hours:
        return f"{hours} h {minutes % 60} min"
    return f"{minutes} min {whole % 60} s" if minutes else f"{whole} s"


def again(target: str, targets: Iterable[str], words: Sequence[str] = ()) -> str:
    """Return the command that asks for a target, as this start was asked for its own.

    Parameters
    ----------
    target : str
        A rule or a file.
    targets : iterable of str
        What this start was asked for.
    words : sequence of str
        Its command; that of this process if not given.
    """
    program, *rest = words or sys.argv
    begun = [_short(program)]
    if Path(program).name == "__main__.py":
        begun = [_short(sys.executable), "-m", "snakemake"]
    asked = set(targets)
    # First: after an option that takes several words it would be one of them.
    before = ["", *rest][: len(rest)]
    options = [
        word
        for last, word in zip(before, rest, strict=True)
        if (word not in asked or last in CORES) and word not in FORCED
    ]
    return shlex.join([*begun, target, *options])


def _short(program: str) -> str:
    """Return a program as one would type it here."""
    if shutil.which(Path(program).name) == program:
        return Path(program).name
    path, here = Path(program), Path.cwd()
    return str(path.relative_to(here)) if path.is_relative_to(here) else program


def remarks(job: Ran) -> list[str]:
    """Return the objects that failed in a job, and the first of its warnings."""
    texts = (text.strip() for text in job.all("WARNING"))
    warned = [bounded(text.splitlines()[0], SHORT) for text in texts if text]
    lines = warned[:WARNINGS]
    if more := len(warned) - len(lines):
        lines.append(f"{several(more, 'more warning')}: {', '.join(job.logs)}")
    return lines + [counted(job, text) for text in job.all("FAILED")]


def counted(job: Ran, said: str) -> str:
    """Return how many objects of a job failed, which, and where all are listed."""
    text = bounded(said.removeprefix(f"{job.rule}: ").rstrip("."), SHORT)
    return f"{text}; see {', '.join(job.logs)}"


def reason(job: Ran, ending: str) -> list[str]:
    """Return the error of a job without its trace; else how it ended."""
    # An error that ends a job is the last that it logs; one of an object is not.
    level, error = job.said[-1] if job.said else ("", "")
    if level == "ERROR" and error.startswith("KeyboardInterrupt"):
        return ["it was interrupted"]
    if level == "ERROR":
        message = error.partition("Traceback (most recent call last)")[0]
        return message.strip().splitlines()[:TAIL]
    last = job.said[-1][1].splitlines()[-TAIL:] if job.said else []
    return [ending or "its log says no reason", *(bounded(x, SHORT) for x in last)]


def _moment(path: str) -> int | None:
    """Return when a file was changed [ns]; None if there is none."""
    with suppress(OSError):
        return Path(path).stat().st_mtime_ns
    return None
