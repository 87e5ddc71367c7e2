"""A process that ends with those that started it, however they end.

A local job of a Snakemake that was killed would go on, beside the job that the next
Snakemake starts for the same files; so would worker processes of a job. Notebook
kernels and readers of training data see to it themselves.
"""

from __future__ import annotations

import os
import select
import signal
import threading
from collections.abc import Sequence
from contextlib import suppress
from functools import cache
from pathlib import Path

SCRIPTS = "/.snakemake/scripts/"  # where Snakemake writes what it runs
# In the command of whatever runs Snakemake, or a script of it in a container.
STARTERS = ("snakemake", "python", "runtime parent", "appinit", "sinit")


def end_with_snakemake(script: str) -> None:
    """Kill this process once the Snakemake that runs it as a script has ended.

    Also once a shell between the two has ended, or where it has ended already. All
    else than a script of Snakemake is left alone.
    """
    if SCRIPTS not in script:
        return
    with suppress(OSError):  # no /proc
        chain = _starters(script)
        if not any(word in _command(chain[-1]) for word in STARTERS):
            _end()
        end_with(*chain)


@cache
def end_with(parent: int, *others: int) -> None:
    """Kill this process, from a thread of it, once one of these has ended.

    Nothing is done on a Linux too old to tell.
    """
    if os.getppid() != parent:
        _end()
    if not hasattr(os, "pidfd_open"):
        return
    try:
        handles = [os.pidfd_open(pid) for pid in (parent, *others)]
    except ProcessLookupError:
        _end()
    except OSError:
        return
    threading.Thread(target=_wait, args=(handles,), daemon=True).start()


def _starters(script: str) -> list[int]:
    """Return the parent and, while that only hands on the script, whose child it is."""
    chain = [os.getppid()]
    while chain[-1] > 1 and script in _command(chain[-1]):
        status = Path(f"/proc/{chain[-1]}/status").read_text()
        chain.append(int(status.split("PPid:")[1].split()[0]))
    return chain


def _command(pid: int) -> str:
    return Path(f"/proc/{pid}/cmdline").read_text(errors="replace")


def _wait(handles: Sequence[int]) -> None:
    ended = select.poll()
    for handle in handles:
        ended.register(handle, select.POLLIN)
    ended.poll()
    _end()


def _end() -> None:
    os.kill(os.getpid(), signal.SIGKILL)
