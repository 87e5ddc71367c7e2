"""Work for test_batch.py, in a module because worker processes import it."""

from __future__ import annotations

import logging
import os
import signal
import time
from functools import cached_property
from pathlib import Path

import numpy
from skyloom.io.errors import DatumError, InputError
from skyloom.run.log import ANYWHERE, NAME
from threadpoolctl import threadpool_info


def square(i):
    return i * i


def numpy_threads(_):
    return max(p["num_threads"] for p in threadpool_info() if p["user_api"] == "blas")


def slow_square(i):
    time.sleep(0.2)
    return i * i


def files(i, paths):
    for label, path in paths.items():
        path.write_text(f"{label} {i}")


def files_but_five(i, paths):
    trouble(i)
    files(i, paths)


def half(i, paths):
    if i % 2:
        msg = f"{i} is odd"
        raise DatumError(msg)
    files(i, paths)
    return {"half": i // 2}


def broadcasting(i):
    return (numpy.zeros(2 if i == 5 else 1) + numpy.zeros(3)).tolist()


def divided(i):
    return 1 / (i - 5)


def damaged(i):
    if i == 5:
        path = "aggregates/5.json"
        raise InputError(path, "cut short")
    return i


def seen(log):
    """Say that an epoch has ended; go on once the log has it."""
    logger = logging.getLogger(NAME)
    logger.info("epoch %d", 1, extra=ANYWHERE)
    patience = time.monotonic() + 20
    while f"{log}: epoch 1" not in Path(log).read_text():
        assert time.monotonic() < patience
        time.sleep(0.02)
    logger.info("done")


def rescued(i, reason, paths=None):
    for path in (paths or {}).values():
        path.write_text(reason)
    return {"failed": reason}


def trouble(i):
    if i == 5:
        msg = "five"
        raise TypeError(msg)
    return f"kept {i}"


class Prepared:
    """Work that prepares itself when first used, and says how often it did."""

    @cached_property
    def made(self):
        """How often it was made in this process."""
        COUNT.append(os.getpid())
        return len(COUNT)

    def __call__(self, i):
        """Return the process, and how often the object was made."""
        time.sleep(0.02)
        return [os.getpid(), self.made, len(COUNT)]


COUNT: list[int] = []


def kill_at(i):
    if i == 3:
        os.kill(os.getpid(), signal.SIGKILL)
    return i * i
