"""What Snakemake's events become on the console."""

from __future__ import annotations

import io
import logging
import os
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
from skyloom.run import console
from skyloom.run.ended import WARNINGS, again, lasting
from skyloom.run.log import CONSOLE
from snakemake.settings.types import Quietness

RULE = "builder_tuned_agg_c03"
WORDS = "Fit the galaxies of chunk c03"
STAMP = "2026-11-30 15:48:50"


class Told:
    """A Snakemake that says what it is given, and what is seen of that."""

    def __init__(self, **settings):
        usual = dict.fromkeys(("dryrun", "verbose", "debug_dag", "show_failed_logs"))
        self.workflow = SimpleNamespace(
            is_main_process=True,
            output_settings=SimpleNamespace(**{**usual, "quiet": set(), **settings}),
            dag_settings=SimpleNamespace(targets={"all"}),
        )
        self.logger = logging.getLogger(console.LOGGER)
        self.stream, self.now = io.StringIO(), 1000.0
        self.handler = logging.StreamHandler(self.stream)
        self.handler.name = console.HANDLER
        self.handler.setFormatter(logging.Formatter("%(message)s"))
        self.logger.handlers = [self.handler]
        self.console = console.Console(self.workflow).attend()

    def say(self, text: str | None, event=None, level=logging.INFO, **extra) -> None:
        """Let Snakemake say something."""
        record = self.logger.makeRecord(
            console.LOGGER, level, "", 0, text, None, None, extra=extra
        )
        record.created = self.now
        if event is not None:
            record.event = event
        self.logger.handle(record)

    def start(self, jobid=1, rule=RULE, words=WORDS, wildcards=(), log="a.log") -> None:
        """Start a job."""
        said = {"jobid": jobid, "rule_name": rule, "rule_msg": words}
        said |= {"log": [log], "output": ["out/a.json"], "wildcards": dict(wildcards)}
        self.say("Rule", "job_info", **said)

    def finish(self, jobid=1, done=12, total=105) -> None:
        """End it well."""
        self.say(f"Finished jobid: {jobid}", "job_finished", job_id=jobid)
        self.say(None, "progress", done=done, total=total)

    def fail(self, jobid=1, ending="returned non-zero exit status 1.") -> None:
        """Let it fail."""
        said = f"RuleException:\nCommand 'x' {ending}"
        self.say(said, "error", logging.ERROR, exception="RuleException")
        self.say("Error in rule", "job_error", logging.ERROR, jobid=jobid)

    @property
    def seen(self) -> list[str]:
        """What stands on the console, but for empty lines."""
        return [line for line in self.stream.getvalue().splitlines() if line]


@pytest.fixture
def make(tmp_path, monkeypatch):
    """Return `Told`; give Snakemake its logger back at the end."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv(CONSOLE, "")
    monkeypatch.delenv(CONSOLE)
    monkeypatch.setattr(sys, "argv", [".venv/bin/snakemake", "all", "--cores", "2"])
    logger = logging.getLogger(console.LOGGER)
    before = logger.handlers, logger.filters, logger.level, logger.propagate
    logger.handlers, logger.filters, logger.propagate = [], [], False
    logger.setLevel(logging.INFO)
    yield Told
    logger.handlers, logger.filters, logger.level, logger.propagate = before


@pytest.fixture
def told(make):
    """Return a run on this machine."""
    run = make()
    run.say(console.HERE)
    return run


def logged(*lines: str) -> None:
    text = "\n".join(f"{STAMP} {line}" for line in lines)
    Path("a.log").write_text(text + "\n")


def test_a_finished_job_has_one_line(told):
    """Its place among all, its area, its rule in words, and its time."""
    told.start()
    told.now += 41
    logged("INFO all is well")
    told.finish()
    assert told.seen == [f"[ 12/105] builder: {WORDS} … 41 s"]
    assert os.environ[CONSOLE] == "1"


def test_warnings_and_failed_objects_follow_their_job(told):
    """The first warnings, how many more, and the objects, which the end tells again."""
    told.start()
    counted = f"{RULE}: 1 of 5 failed: 100003 (no image)"
    warnings = [f"WARNING odd {i}" for i in range(WARNINGS + 2)]
    logged("INFO 100003: no image", *warnings, f"FAILED {counted}.")
    told.finish()
    _, *rest = told.seen
    shown = [f"    odd {i}" for i in range(WARNINGS)]
    see = "1 of 5 failed: 100003 (no image); see a.log"
    assert rest == [*shown, "    2 more warnings: a.log", f"    {see}"]
    told.console.end()
    assert told.seen[-2:] == ["Objects failed in 1 job:", f"    {RULE}: {see}"]


def test_a_failed_job_says_why_and_what_to_do(told):
    """Its error without the trace, its log, and the command that tries it again."""
    told.start()
    trace = "Traceback (most recent call last)\n  File x\nValueError: no such thing"
    logged("INFO begun", f"ERROR ValueError: no such thing\nin a.csv\n{trace}")
    told.say("Removing output files of failed job x: a, b, c")
    told.fail()
    told.say("Exiting because a job execution failed. Look above", level=logging.ERROR)
    told.console.end()
    assert told.seen == [
        f"FAILED builder: {WORDS} … 1 s ({RULE})",
        "    ValueError: no such thing",
        "    in a.csv",
        "    log: a.log",
        f"    again: .venv/bin/snakemake {RULE} --cores 2",
        "1 job failed:",
        f"    {RULE}: a.log",
    ]


def test_the_log_of_a_failed_job_is_shown_where_it_is_asked_for(make):
    """All of it, with its trace."""
    run = make(show_failed_logs=True)
    run.say(console.HERE)
    run.start()
    logged("INFO begun", "ERROR ValueError: no\nTraceback (most recent call last)\n  x")
    run.fail()
    trace = ["Traceback (most recent call last)", "  x"]
    shown = ["begun", "ValueError: no", *trace]
    assert run.seen[-4:] == [f"    {line}" for line in shown]


@pytest.mark.parametrize(
    ("ending", "words"),
    [
        ("died with <Signals.SIGKILL: 9>.", "it was killed"),
        ("returned non-zero exit status 137.", "it was killed"),
        ("returned non-zero exit status 139.", "it was ended by SIGSEGV"),
        ("returned non-zero exit status 255.", "it ended with the code 255"),
    ],
)
def test_a_job_that_could_not_say_why(told, ending, words):
    """How it ended, and the last that it logged."""
    told.start()
    logged("INFO begun", "INFO epoch 3 of 9")
    told.fail(ending=ending)
    assert told.seen[1].strip().startswith(words)
    assert told.seen[2] == "    epoch 3 of 9"


def test_a_run_that_was_interrupted(told):
    """It is said in words, and no error is made of it."""
    told.start()
    logged("ERROR KeyboardInterrupt: ")
    told.fail()
    assert told.seen[1] == "    it was interrupted"


def test_a_script_that_did_not_come_to_its_log(told):
    """Its last words, which standard error has left there."""
    told.start()
    Path("a.log").write_text("Traceback ...\nModuleNotFoundError: no such module\n")
    told.fail()
    assert told.seen[3].strip() == "ModuleNotFoundError: no such module"


def test_the_log_of_an_earlier_start_is_no_reason(told):
    """A job that ended before it opened its log has left it as it was."""
    logged("ERROR ValueError: mended long ago", "FAILED x: 1 of 2 failed: 1 (y).")
    told.start()
    told.fail()
    assert "mended" not in "".join(told.seen)
    assert "it ended with the code 1" in told.seen[1]


def test_a_job_that_is_made_at_last_has_not_failed(told):
    """Its next attempt takes the failure's place."""
    told.start()
    logged("ERROR ValueError: once")
    told.fail()
    told.start()
    told.finish()
    before = len(told.seen)
    told.console.end()
    assert len(told.seen) == before


def test_other_errors_are_snakemakes_own(told):
    """What is no end of a program of a job is told as it is."""
    told.say("MissingOutputException: clock skew", "error", logging.ERROR)
    assert told.seen == ["MissingOutputException: clock skew"]


def test_the_plan_is_one_line(told):
    """How many jobs, on how many cores, in which areas; nothing of Snakemake itself."""
    told.say("Workflow has started!", "workflow_started")
    told.say("Building DAG of jobs...")
    told.say("Provided cores: 2", "resources_info", cores=2)
    told.say("Rules claiming more threads ...", "resources_info")
    stats = {"builder_simulate_c0": 1, RULE: 1, "spectra_rest_0": 2, "all": 1}
    told.say("Job stats", "run_info", stats={**stats, "total": 5})
    told.say("Select jobs to execute...")
    told.say("Execute 2 jobs...", "job_started", jobs=[1, 2])
    told.say("Nothing to be done.")
    assert told.seen == [
        "Planning the jobs",
        "5 jobs on 2 cores: builder 2, spectra 2",
        "Nothing to be done.",
    ]


@pytest.mark.parametrize(
    "settings",
    [{"verbose": True}, {"quiet": {Quietness.REASON}}, {"debug_dag": True}, None],
)
def test_snakemakes_own_words_where_they_are_asked_for(make, settings):
    """Then, and where jobs go to a cluster; failed objects are told at the end."""
    run = make(**settings or {})
    if settings:
        run.say(console.HERE)
    run.start()
    logged(f"FAILED {RULE}: 1 of 5 failed: 100003 (no image).")
    run.finish()
    run.console.end()
    assert CONSOLE not in os.environ
    words = ["Rule", "Finished jobid: 1", "None", "Objects failed in 1 job:"]
    assert run.seen[-5:-1] == words


@pytest.mark.parametrize("job", ["dry run", "of a cluster"])
def test_dry_runs_and_jobs_are_left_alone(make, job):
    """Nothing listens to them."""
    run = make(dryrun=job == "dry run")
    run.logger.filters, run.handler.filters = [], []
    run.workflow.is_main_process = job == "dry run"
    console.Console(run.workflow).attend()
    assert (run.logger.filters, run.handler.filters) == ([], [])


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0.2, "1 s"), (41.4, "41 s"), (200, "3 min 20 s"), (7500, "2 h 5 min")],
)
def test_times_are_said_in_words(seconds, words):
    """Two numbers at most."""
    assert lasting(seconds) == words


def test_the_command_that_tries_again(tmp_path, monkeypatch):
    """The options of this start; its targets give way to one, before all options."""
    monkeypatch.chdir(tmp_path)
    words = ["/opt/x/snakemake", "a.csv", "--config", "areas=[builder]", "b=1"]
    assert again("rule", {"a.csv"}, words) == (
        "/opt/x/snakemake rule --config 'areas=[builder]' b=1"
    )
    monkeypatch.setattr(sys, "executable", f"{tmp_path}/.venv/bin/python")
    module = f"{tmp_path}/lib/snakemake/__main__.py"
    assert again("rule", (), [module, "-c1"]) == (
        ".venv/bin/python -m snakemake rule -c1"
    )


def test_a_job_of_a_rule_with_wildcards_is_asked_for_by_its_file(told):
    """The rule itself is no target."""
    told.start(wildcards={"round": "1"})
    told.fail()
    assert "    again: .venv/bin/snakemake out/a.json --cores 2" in told.seen


def test_an_error_that_is_no_jobs_end_is_told(make):
    """As that of a conda environment, in whose text another program's end may be."""
    told = make()
    told.say(console.HERE)
    text, kind = (
        "pip returned non-zero exit status 1.",
        "CreateCondaEnvironmentException",
    )
    told.say(text, "error", logging.ERROR, exception=kind)
    assert told.seen == [text]


def test_a_job_that_is_tried_again_is_told_once_at_the_end(make):
    """However often it failed; not at all where it went well in the end."""
    told = make()
    told.say(console.HERE)
    for _ in range(3):
        told.start()
        told.fail()
    told.console.end()
    assert told.seen[-2].startswith("1 job failed:")
    told.start()
    told.finish()
    before = len(told.seen)
    told.console.end()
    assert len(told.seen) == before


def test_words_of_an_option_are_no_targets():
    """Snakemake's target may have the name of an option's value."""
    words = ["snakemake", "all", "--cores", "all", "-F"]
    assert again("a", ["all"], words) == "snakemake a --cores all"


def test_an_error_of_what_a_person_gave_stands_alone():
    """Without where in the code it was found; others are as Snakemake has them."""
    found = '  File "/a/b.py", line 7, in checked'
    wrong = f'ConfigError in file "/a/Snakefile", line 3:\nseed: got 1\n  more\n{found}'
    asked = f"F in rule a:\nError:\n  InputError: x.csv: bad\nWildcards:\n\n{found}"
    console.leave_out_code()
    for said, kind, kept in (
        (wrong, "ConfigError", ["seed: got 1", "  more"]),
        (asked, "InputFunctionException", ["x.csv: bad"]),
        (found, "ValueError", [found]),
        # What --verbose tells besides.
        (
            f"Full Traceback\n{asked}",
            None,
            ["Full Traceback", *filter(None, asked.splitlines())],
        ),
    ):
        told = Told(dryrun=True)
        told.say(said, "error", logging.ERROR, exception=kind)
        assert told.seen == kept


def test_a_kill_after_a_failed_object_is_told(make, tmp_path):
    """The last error of the log is that of an object, whose job went on."""
    told = make()
    told.say(console.HERE)
    told.start()
    lines = f"{STAMP} ERROR 7 failed\n  trace\n{STAMP} INFO 3 of 9 done\n"
    (tmp_path / "a.log").write_text(lines)
    told.fail(ending="died with <Signals.SIGKILL: 9>.")
    assert any("killed" in line for line in told.seen)
