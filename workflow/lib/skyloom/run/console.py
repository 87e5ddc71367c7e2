"""What Snakemake tells a person: a line for each job that ended, and why others failed.

So is told of a run on this machine. A dry run, a run on a cluster, ``--quiet`` and
``--verbose`` have Snakemake's own words, as has its log in ``.snakemake/log``; but for
an error of what a person gave, which stands alone in all of them (`leave_out_code`).
"""

from __future__ import annotations

import logging
import os
import re
import signal
from collections import Counter
from collections.abc import Sequence

from skyloom.run.ended import Ran, again, counted, reason, remarks, several
from skyloom.run.log import CONSOLE

LOGGER, HANDLER = "snakemake.logging", "DefaultStreamHandler"  # Snakemake's
# Said first, of a start on this machine that is no dry run, and of no other.
HERE = "Assuming unrestricted shared filesystem usage."
# Beginnings of what Snakemake says of itself, and of what is told otherwise here.
LEFT_OUT = (
    *(HERE, "Using shell: ", "Conda environments: ignored", "Select jobs to execute"),
    *("Singularity containers: ignored", "Removing temporary output ", "Shutting down"),
    *("Job rate limit reached", "Removing output files of failed job "),
    *("Activating conda env", "Activating singularity image"),
    "Exiting because a job execution failed.",
)
PLAINLY = {"Building DAG of jobs...": "Planning the jobs"}
ENDED = re.compile(r"returned non-zero exit status (\d+)|died with <Signals\.(\w+)")
SCRIPT = "RuleException"  # what Snakemake calls it when a script ends badly
LISTED = 30  # jobs at the end of a run
# Errors whose message says all; Snakemake adds where in the code each was found.
TOLD = ("ConfigError", "InputError", "MissingFileError")
CODE = re.compile(r'\w+ in file ".*", line \d+:|  File ".*", line \d+, in .*')
# In the words of an input function, which is asked for the files of a job.
ASKED = re.compile(rf"Error:\n  (?:{'|'.join(TOLD)}): (.*?)\nWildcards:", re.DOTALL)
COLOURS = {"WARNING": 3, "ERROR": 1, "CRITICAL": 1}  # of terminals


class Console:
    """Follows the events of Snakemake's log, and tells of them in fewer words.

    Parameters
    ----------
    workflow : snakemake.workflow.Workflow
        Before it is run.
    """

    def __init__(self, workflow):
        self._workflow = workflow
        self._usual: logging.Formatter | None = None  # where this is to tell
        self._here = False  # whether it does, since the run is on this machine
        self._cores = 0
        self._running: dict[int, Ran] = {}
        self._ended: list[Ran] = []
        self._causes: dict[int, str] = {}  # by thread: of the job that fails next
        self._failed: dict[str, Ran] = {}  # by what to ask for to try again
        self._objects: list[str] = []
        self._tell = {
            "workflow_started": self._nothing,
            "resources_info": self._resources,
            "run_info": self._plan,
            "job_started": self._nothing,
            "job_finished": self._nothing,
            "progress": self._progress,
            "job_error": self._failure,
            "error": self._error,
            "None": self._rest,
        }

    def attend(self) -> Console:
        """Follow the run from now on; tell of it where it is for this to do."""
        settings = self._workflow.output_settings
        logger = logging.getLogger(LOGGER)
        mute = "ALL" in {one.name for one in settings.quiet or ()}
        if not self._workflow.is_main_process or settings.dryrun or mute:
            return self
        logger.addFilter(self._watch)
        if settings.verbose or settings.quiet or settings.debug_dag:
            return self
        for handler in logger.handlers:
            if handler.name == HANDLER:
                self._usual = handler.formatter
                handler.addFilter(self._passes)
                handler.setFormatter(self)
                handler.colors = COLOURS
        return self

    def end(self) -> None:
        """Tell once more which jobs, and which objects of other jobs, have failed."""
        logger = logging.getLogger(LOGGER)
        if self._objects:
            logger.warning(_listed("Objects failed in {}:", self._objects))
        if self._failed:
            failed = self._failed.values()
            lines = [f"{job.rule}: {', '.join(job.logs)}" for job in failed]
            logger.error(_listed("{} failed:", lines))

    def _watch(self, record: logging.LogRecord) -> bool:
        """Note what a record says of jobs."""
        event = _event(record)
        if event == "job_info":
            self._running[record.jobid] = Ran.of(record)
        elif event == "job_finished" and record.job_id in self._running:
            job = self._running.pop(record.job_id)
            job.end(record.created)
            failed = job.all("FAILED")
            self._objects += [f"{job.rule}: {counted(job, text)}" for text in failed]
            self._failed.pop(job.target, None)
            self._ended += [job] if self._here else []
        elif event == "None" and record.msg == HERE:
            self._here = self._usual is not None
            os.environ |= {CONSOLE: "1"} if self._here else {}
        return True

    def _passes(self, record: logging.LogRecord) -> bool:
        """Whether a record is told; Snakemake begins that of a job by an empty line."""
        return not (self._here and _event(record) == "job_info")

    def format(self, record: logging.LogRecord) -> str:
        """Return what is told of a record, for a handler of Python's logging."""
        tell = self._tell.get(_event(record)) if self._here else None
        told = tell(record) if tell else None
        return self._usual.format(record) if told is None else told

    def _nothing(self, _record) -> str:
        return ""

    def _resources(self, record) -> str:
        self._cores = getattr(record, "cores", self._cores)
        return ""

    def _plan(self, record) -> str:
        areas = Counter()
        for rule, number in record.stats.items():
            area, _, rest = rule.partition("_")
            areas.update({area: number} if rest else {})
        parts = ", ".join(f"{area} {number}" for area, number in areas.items())
        jobs = several(record.stats["total"], "job")
        cores = f" on {several(self._cores, 'core')}" if self._cores else ""
        return f"{jobs}{cores}{f': {parts}' if parts else ''}"

    def _progress(self, record) -> str:
        ended, self._ended = self._ended, []
        place = f"[{record.done:{len(str(record.total))}}/{record.total}]"
        lines = []
        for job in ended:
            lines += [f"{place} {job.line()}", *map(_indented, remarks(job))]
        return "\n".join(lines)

    def _failure(self, record) -> str:
        job = self._running.pop(record.jobid, None)
        if job is None:
            return None
        job.end(record.created)
        self._failed[job.target] = job
        why = self._causes.pop(record.thread, "")
        targets = self._workflow.dag_settings.targets
        lines = [
            *reason(job, why),
            f"log: {', '.join(job.logs) or 'none'}",
            f"again: {again(job.target, targets)}",
        ]
        if self._workflow.output_settings.show_failed_logs:
            lines += [line for _, text in job.said for line in text.splitlines()]
        return "\n".join([f"FAILED {job.line()} ({job.rule})", *map(_indented, lines)])

    def _error(self, record) -> str | None:
        """Keep how a job ended for what is told of it; leave all else as it is."""
        found = ENDED.search(record.getMessage())
        if found is None or getattr(record, "exception", SCRIPT) != SCRIPT:
            return None
        self._causes[record.thread] = _ending(found)
        return ""

    def _rest(self, record) -> str | None:
        text = record.getMessage()
        return "" if text.startswith(LEFT_OUT) else PLAINLY.get(text)


def leave_out_code() -> None:
    """Let an error of the configuration or of a file stand alone, after an empty line.

    Before anything else: also a dry run, and a run that does not begin, tell it so.
    With ``--verbose`` the whole traceback comes besides.
    """
    logging.getLogger(LOGGER).addFilter(_without_code)


def _without_code(record: logging.LogRecord) -> bool:
    kind = getattr(record, "exception", None)
    if kind is None:
        return True
    told = record.getMessage()
    asked = ASKED.search(told)
    if asked or str(kind) in TOLD:
        lines = (asked[1] if asked else told).splitlines()
        kept = [line for line in lines if not CODE.fullmatch(line)]
        record.msg, record.args = "\n".join(["", *kept]), None
    return True


def _event(record: logging.LogRecord) -> str:
    return str(getattr(record, "event", None))


def _ending(found: re.Match) -> str:
    """Return in words how a program ended, as `ENDED` has found it."""
    code, name = found[1], found[2]
    if code:
        name = next((one.name for one in signal.Signals if one + 128 == int(code)), "")
    if name == "SIGKILL":
        return "it was killed, as the system does where memory runs out"
    return f"it was ended by {name}" if name else f"it ended with the code {code}"


def _indented(line: str) -> str:
    return f"    {line}"


def _listed(head: str, lines: Sequence[str]) -> str:
    """Return a heading with the number of jobs, and the lines of the first."""
    more = len(lines) - LISTED
    rest = [f"and {more} more, told above"] if more > 0 else []
    shown = map(_indented, [*lines[:LISTED], *rest])
    return "\n".join([head.format(several(len(lines), "job")), *shown])
