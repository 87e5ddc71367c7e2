"""What the log of a running Snakemake tells: jobs sent, made and failed."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path

RUN = re.compile(r"^SLURM run ID: (\S+)")
SENT = re.compile(r"submitted with SLURM jobid (\d+) \(log: (.*)\)\.$")
STEPS = re.compile(r"^(\d+) of (\d+) steps")
FINISHED = re.compile(r"^Finished jobid: (\d+)")
JOBID = re.compile(r"^    jobid: (\d+)$")
FAILED = re.compile(r"SLURM-job '(\d+)' failed.*status is: '(\w+)'")
ERROR = re.compile(r"^Error in rule (\S+):")
UNSENT = re.compile(r"^\s+message: (SLURM sbatch failed.*|Job submission failed.*)")
SHOWN = re.compile(r"^Logfile .*:$")
FENCE = re.compile(r"^=+$")


@dataclass
class Failure:
    """A job that failed.

    Attributes
    ----------
    rule : str
        Its rule.
    number, state, log : str or None, str or None, Path or None
        Slurm's number, last state and output of it; None of what Slurm has not had.
    unsent : bool
        Whether Slurm did not take it.
    said : str
        The last line of the rule's log, or of what Slurm said against it.
    """

    rule: str
    number: str | None = None
    state: str | None = None
    log: Path | None = None
    unsent: bool = False
    said: str = ""


@dataclass
class HeadLog:
    """The state of a run as its log tells it, read on from where it was left.

    Attributes
    ----------
    path : Path
        The log.
    read : int
        How much of it has been read, or is that of an earlier run [bytes].
    run : str or None
        Slurm's name of all jobs of the run.
    made, steps : int
        Steps that are done, and all.
    sent : dict of str to Path
        Slurm's numbers of the jobs that were sent, and where Slurm writes their output.
    failed : dict of str to Failure
        The last failure of each job that is not made since, by Snakemake's number.
    """

    path: Path
    read: int = 0
    run: str | None = None
    made: int = 0
    steps: int = 0
    sent: dict[str, Path] = field(default_factory=dict)
    failed: dict[str, Failure] = field(default_factory=dict)
    _failing: Failure | None = None  # whose message is being read
    _last: Failure | None = None  # whose logs may be shown
    _fence: str | None = None  # of a log that is being shown; "" before its first line
    _shown: list[str] = field(default_factory=list)  # its lines

    def rule(self, number: str) -> str:
        """Return the rule of a job by Slurm's number."""
        place = self.sent.get(number)
        parents = [] if place is None else [p.name for p in place.parents]
        named = (name for name in parents if name.startswith(("rule_", "group_")))
        return next(named, "a job").partition("_")[2] or "a job"

    def read_on(self) -> bool:
        """Read what is new; return whether there was anything."""
        with self.path.open("rb") as stream:
            stream.seek(self.read)
            new = stream.read()
        whole = new[: new.rfind(b"\n") + 1]
        self.read += len(whole)
        for line in whole.decode(errors="replace").splitlines():
            self._take(line)
        return bool(whole)

    def _take(self, line: str) -> None:
        if self._fence is not None:
            self._pass_over(line)
        elif SHOWN.search(line):
            self._fence = ""
        elif found := RUN.search(line):
            self.run = found[1]
        elif found := SENT.search(line):
            self.sent[found[1]] = Path(found[2])
        elif found := STEPS.search(line):
            self.made, self.steps = int(found[1]), int(found[2])
        elif found := FINISHED.search(line):
            self.failed.pop(found[1], None)
        elif found := ERROR.search(line):
            self._failing = self._last = Failure(found[1])
        elif self._failing:
            self._take_failure(self._failing, line)

    def _take_failure(self, failure: Failure, line: str) -> None:
        if found := FAILED.search(line):
            failure.number, failure.state = found[1], found[2]
            failure.log = self.sent.get(found[1])
        elif found := UNSENT.search(line):
            failure.unsent, failure.said = True, found[1]
        elif found := JOBID.search(line):
            self.failed[found[1]], self._failing = failure, None

    def _pass_over(self, line: str) -> None:
        """Take the last line of the log of a failed job, and nothing else of it."""
        if not self._fence:
            self._fence = line if FENCE.search(line) else None
            self._shown = []
        elif line != self._fence:
            self._shown += [line.strip()] if line.strip() else []
        else:
            self._fence = None
            if self._last and self._shown:
                # The first is the rule's own; that of Slurm comes after.
                self._last.said = self._last.said or self._shown[-1]
