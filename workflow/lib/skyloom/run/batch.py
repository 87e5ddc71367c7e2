"""One function over many objects: in parallel, resumable, the same bytes each time.

Finished objects are kept in a `store`. The next attempt of a killed job does what is
missing, gives out all results and removes the store. Two runs that share a product
never run at once: Snakemake's lock forbids it.
"""

from __future__ import annotations

import logging
import os
import pickle
import re
import shutil
import traceback
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path

from skyloom.io.documents import write_json
from skyloom.io.errors import DatumError
from skyloom.run.log import FAILED, NAME, collected, progress
from skyloom.run.parents import end_with
from skyloom.run.relay import listening, sending
from skyloom.run.store import RESULT, Task, deliver, fresh, name_of, remove

Work = tuple[Callable, Callable | None]  # function and rescue
LISTED = 5  # reasons that a complaint gives, and objects of each; the log has all
MODULE = re.compile(r"^(\w+\.)+(?=\w+:)")  # of an error's name
NUMBER = re.compile(r"\d+(\.\d+)?")  # reasons that differ in these are one


class BatchError(RuntimeError):
    """Some objects failed by a defect or a bad file; the others are kept."""


def each(
    ids: Iterable[int | str],
    function: Callable,
    *,
    store: Path,
    key: str,
    threads: int = 1,
    inner: int = 1,
    files: Mapping | None = None,
    rescue: Callable | None = None,
    description: str = "objects",
) -> dict:
    """Apply a function to every object, resuming from what a killed job finished.

    Parameters
    ----------
    function : callable
        ``function(id)``, or ``function(id, paths)`` if `files` is given; returns a
        JSON-plain result. It must be importable (pickled to worker processes) and
        depend on nothing but its arguments.
    store : Path
        Folder of this job's unfinished work.
    key : str
        Digest of all that the results depend on; work under another key is dropped.
    threads : int
        Worker processes, in each of which numerical libraries get one thread, so that
        the results do not depend on this number.
    inner : int
        Threads that numerical libraries get where no worker processes are started;
        the last digits of results may depend on it.
    files : mapping of id to mapping of str to path, optional
        Files that `function` writes for each object. It is given other paths, with
        the same names and labels, whose files come here when all is done.
    rescue : callable, optional
        ``rescue(id, reason)`` or ``rescue(id, reason, paths)`` makes the result of
        an object whose function raised a DatumError.
    description : str
        What is done, for the log.

    Returns
    -------
    dict
        id to result, in the order of `ids`.

    Raises
    ------
    BatchError
        If a function raised anything else, or had no `rescue`; all other objects
        are finished and kept for the next attempt.
    """
    items = list(ids)
    files = files or {}
    folder = fresh(store, key)
    tasks = {
        item: Task(item, folder / name_of(item), files.get(item, {})) for item in items
    }
    waiting = [task for task in tasks.values() if not task.whole]
    for task in waiting:
        if task.folder.exists():
            shutil.rmtree(task.folder)
    logger, whole = logging.getLogger(NAME), len(items) - len(waiting)
    kept = f", {whole} of them already whole" if whole else ""
    logger.info("%s: %d to do%s", description, len(items), kept)
    done = _outcomes(waiting, (function, rescue), threads, inner)
    _finish(done, len(waiting), description)
    delivered = {item: deliver(task) for item, task in tasks.items()}
    remove(store)
    if failed := {i: one["failed"] for i, one in delivered.items() if one["failed"]}:
        for item, why in failed.items():
            logger.info("%s: %s", item, why)
        logger.log(FAILED, _complaint(failed, len(items), description))
    return {item: one["result"] for item, one in delivered.items()}


@contextmanager
def resuming(store: Path, key: str) -> Iterator[Path]:
    """Give a folder for work that keeps its own state, and resumes by itself.

    It holds all that a killed job left in it, as long as the key stays, and is removed
    when the block ends well. `each` may be called in the block, and then removes it;
    names that begin with ``+`` are no object's.
    """
    yield fresh(store, key)
    remove(store)


def _finish(done: Iterator[tuple], total: int, description: str) -> None:
    logger, failures = logging.getLogger(NAME), {}
    for item, lines, failure in progress(done, description, total):
        for level, line in lines:
            logger.log(level, "%s: %s", item, line)
        if failure:
            failures[item] = MODULE.sub("", failure.strip().splitlines()[-1])
            logger.error("%s failed\n%s", item, failure)
    if failures:
        kept = " The others are kept for the next attempt."
        raise BatchError(_complaint(failures, total, description) + kept)


def _complaint(failures: dict, total: int, description: str) -> str:
    """Say how many failed, and the commonest reasons with an example of each."""
    alike: dict[str, list] = {}
    for item, why in failures.items():
        alike.setdefault(NUMBER.sub("#", why.replace(str(item), "#")), []).append(item)
    ranked = sorted(alike.values(), key=len, reverse=True)
    named = [_example(items, failures[items[0]]) for items in ranked[:LISTED]]
    left = sum(map(len, ranked[LISTED:]))
    named += [f"{left} for other reasons"] if left else []
    return f"{description}: {len(failures)} of {total} failed: {'; '.join(named)}."


def _example(items: list, why: str) -> str:
    first, *others = items
    if not others:
        return f"{first} ({why})"
    listed = ", ".join(map(str, others[: LISTED - 1]))
    dots = ", ..." if len(others) >= LISTED else ""
    return f"{first} ({why}) and {len(others)} more like it: {listed}{dots}"


def _outcomes(tasks: list, work: Work, threads: int, inner: int) -> Iterator[tuple]:
    """Do the tasks and yield what came of each, in the order in which they end."""
    if threads == 1 or len(tasks) < 2:
        # Imported here: a rule that needs no workers need not load them.
        from threadpoolctl import threadpool_limits  # noqa: PLC0415

        with threadpool_limits(inner):
            yield from (_do(task, *work) for task in tasks)
        return
    from joblib import Parallel, delayed, parallel_config  # noqa: PLC0415

    packed = pickle.dumps(work)
    # loky never imports the parent's main module, which under Snakemake is the
    # whole script; `spawn` and `forkserver` would run it again in each worker.
    with listening() as address, parallel_config("loky", inner_max_num_threads=1):
        workers = Parallel(
            n_jobs=min(threads, len(tasks)),
            return_as="generator_unordered",
            batch_size=1,
            max_nbytes=None,
        )
        yield from workers(
            delayed(_do_packed)(task, packed, os.getpid(), address) for task in tasks
        )


def _do_packed(task: Task, packed: bytes, parent: int, address: str) -> tuple:
    end_with(parent)
    with sending(address):
        return _do(task, *_unpacked(packed))


@lru_cache(maxsize=1)
def _unpacked(packed: bytes) -> Work:
    """Return function and rescue: what they keep of one object serves the next."""
    return pickle.loads(packed)


def _do(task: Task, function: Callable, rescue: Callable | None) -> tuple:
    """Do one task; return the object, its log lines and a failure's trace or None."""
    part = task.folder.with_name(f"{task.folder.name}.part")
    with collected(task.item) as lines:
        try:
            write_json(part / RESULT, _result(task, part, function, rescue))
            part.rename(task.folder)
        except Exception:  # one object must not lose the others
            shutil.rmtree(part, ignore_errors=True)
            return task.item, lines, traceback.format_exc()
    return task.item, lines, None


def _result(task: Task, part: Path, function: Callable, rescue) -> object:
    paths = task.places(part)
    for path in paths.values():
        path.parent.mkdir(parents=True, exist_ok=True)
    given, reason = (paths,) if paths else (), None
    try:
        result = function(task.item, *given)
    except DatumError as error:
        if rescue is None:
            raise
        reason = str(error)
        result = rescue(task.item, reason, *given)
    missing = sorted(label for label, path in paths.items() if not path.exists())
    if missing:
        msg = f"{task.item}: nothing written for {', '.join(missing)}"
        raise RuntimeError(msg)
    return {"result": result, "failed": reason}
