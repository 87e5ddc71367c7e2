"""Logs: the file has everything, warnings and errors included."""

from __future__ import annotations

import logging
import subprocess
import sys
import warnings

import pytest
from skyloom.run import log


@pytest.fixture(autouse=True)
def _quiet_again():
    """Undo what `start` sets for the whole process."""
    hook = sys.excepthook
    yield
    sys.excepthook = hook
    logging.captureWarnings(capture=False)
    for name in (log.NAME, "py.warnings"):
        for handler in list(logging.getLogger(name).handlers):
            logging.getLogger(name).removeHandler(handler)
            handler.close()


def test_file_has_lines_and_makes_its_folder(tmp_path):
    """What is logged is in the file, whose folder need not exist."""
    path = tmp_path / "logs" / "a.log"
    log.start(path).info("fitted %d", 3)
    assert path.read_text().endswith("INFO fitted 3\n")


def test_progress_names_count_and_end(tmp_path):
    """A loop leaves at least its closing line, and yields what it is given."""
    path = tmp_path / "a.log"
    log.start(path)
    assert list(log.progress(iter("abc"), "reading", total=3)) == ["a", "b", "c"]
    assert "reading: 3 of 3" in path.read_text()


def test_progress_is_silent_between(tmp_path):
    """Quick steps do not fill the log."""
    path = tmp_path / "a.log"
    log.start(path)
    assert len(list(log.progress(range(1000), "reading"))) == 1000
    assert len(path.read_text().splitlines()) == 1


def test_a_line_has_an_end(tmp_path):
    """What is longer is cut, and how much is missing is said."""
    path = tmp_path / "a.log"
    log.start(path).info("%s\nshort", "x" * (log.LONGEST + 7))
    _, text = log.entries(path)[0]
    first, second = text.splitlines()
    assert max(map(len, path.read_text().splitlines())) < log.LONGEST + 40
    assert first.endswith("x ... (32 characters more)")
    assert second == "short"


def test_what_is_logged_can_be_read(tmp_path):
    """Levels and texts, with the lines that other programs have put between."""
    path = tmp_path / "a.log"
    logger = log.start(path)
    logger.info("one")
    with path.open("a") as file:
        file.write("noise\n")
    logger.log(log.FAILED, "1 of 2 failed")
    entries = [("INFO", "one\nnoise"), ("FAILED", "1 of 2 failed")]
    assert log.entries(path) == entries
    assert log.entries(tmp_path / "gone") == []


def shown(times, *, terminal, item=None, how=log.ANYWHERE["shown"]) -> list[bool]:
    """Say at which times [s] after the start a line is shown."""
    filtering = log._Shown(logging.WARNING, terminal=terminal)
    made = []
    for time in times:
        record = logging.LogRecord(log.NAME, logging.INFO, "", 0, "x", None, None)
        record.created, record.shown, record.item = filtering.began + time, how, item
        made.append(filtering.filter(record))
    return made


def test_epochs_are_shown_now_and_then():
    """Anywhere, where they are long; of short ones some."""
    assert shown([3, 12, 14, 40], terminal=False) == [False, True, False, True]


def test_long_loops_are_shown_on_a_terminal_alone():
    """A file of a night's output holds no thousand lines of progress."""
    how = log.ON_TERMINAL["shown"]
    assert shown([12], terminal=False, how=how) == [False]
    assert shown([12], terminal=True, how=how) == [True]


def test_each_object_has_its_own_time():
    """Members of an ensemble that train side by side are all shown."""
    filtering = log._Shown(logging.WARNING, terminal=False)
    due = [filtering._due(item, filtering.began + 12) for item in (0, 1, 0)]
    assert due == [True, True, False]


def test_collected_lines_are_held_back():
    """In a worker, lines and warnings go to a list and nowhere else."""
    with log.collected() as lines:
        logging.getLogger(log.NAME).info("one")
        warnings.simplefilter("always")
        warnings.warn("two", UserWarning, stacklevel=1)
    assert [level for level, _ in lines] == [logging.INFO, logging.WARNING]
    assert lines[0][1] == "one"
    assert "UserWarning: two" in lines[1][1]


SCRIPT = """
import sys, warnings
from skyloom.run import log
log.start(sys.argv[1])
warnings.warn("odd")
raise ValueError("the end")
"""


NOISY = """
import os, sys, warnings
from skyloom.run import log
logger = log.start(sys.argv[1], "a_rule")
os.system("echo noise of a library >&2")
warnings.warn("odd")
log._Shown._due = lambda *_: True
logger.info("epoch 1 of 2", extra=log.ANYWHERE)
raise ValueError("the end")
"""


def ran(script: str, path, checkout, **more: str) -> subprocess.CompletedProcess:
    return subprocess.run(
        [sys.executable, "-c", script, str(path)],
        env={"PYTHONPATH": str(checkout / "workflow" / "lib"), **more},
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_job_leaves_the_console_to_snakemake(tmp_path, checkout):
    """What is to be seen is; all else, of other programs too, is in the log."""
    path = tmp_path / "a.log"
    done = ran(NOISY, path, checkout, **{log.CONSOLE: "1"})
    assert done.stderr == "a_rule: epoch 1 of 2\n"
    levels = [level for level, _ in log.entries(path)]
    assert levels == ["", "WARNING", "INFO", "ERROR"]
    assert path.read_text().startswith("noise of a library\n")


EARLY = """
import os, sys
class snakemake:
    log = [sys.argv[1]]
import skyloom
os.system("echo greeting of a library >&2")
from skyloom.run import log
log.start(sys.argv[1])
log.logging.getLogger(log.NAME).info("begun")
raise ValueError("the end")
"""


@pytest.mark.parametrize("end", ["", "import no_such_module"])
def test_a_job_leaves_the_console_from_its_first_import_on(tmp_path, checkout, end):
    """Greetings, and the trace of a script that did not come to its log."""
    path = tmp_path / "logs" / "a.log"
    script = EARLY.replace("log.start", f"{end}\nlog.start")
    done = ran(script, path, checkout, **{log.CONSOLE: "1"})
    assert done.stderr == ""
    greeting, *lines = path.read_text().splitlines()
    assert greeting == "greeting of a library"
    assert ("No module named" if end else "ValueError: the end") in lines[-1]


def test_a_full_disk_leaves_the_line_on_the_console(checkout):
    """What the log cannot take is told all the same."""
    done = ran(NOISY, "/dev/full", checkout, **{log.CONSOLE: "1"})
    assert "a_rule: ValueError: the end" in done.stderr


def test_uncaught_error_is_in_the_file(tmp_path, checkout):
    """An error is traced in the file and told in one line on the terminal."""
    path = tmp_path / "a.log"
    done = ran(SCRIPT, path, checkout)
    assert done.returncode == 1
    text = path.read_text()
    assert "UserWarning: odd" in text
    assert "Traceback" in text
    assert "ValueError: the end" in text
    assert "Traceback" not in done.stderr
    assert "ValueError: the end" in done.stderr
