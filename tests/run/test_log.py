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


def test_uncaught_error_is_in_the_file(tmp_path, checkout):
    """An error is traced in the file and told in one line on the terminal."""
    path = tmp_path / "a.log"
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, str(path)],
        env={"PYTHONPATH": str(checkout / "workflow" / "lib")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    text = path.read_text()
    assert "UserWarning: odd" in text
    assert "Traceback" in text
    assert "ValueError: the end" in text
    assert "Traceback" not in done.stderr
    assert "ValueError: the end" in done.stderr
