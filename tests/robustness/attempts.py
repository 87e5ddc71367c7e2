"""One mutant, read under a limit of time, and what came of it."""

from __future__ import annotations

import logging
import signal
import traceback
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import mutations
from rows import Format
from skyloom.io.errors import DatumError, InputError
from skyloom.run.config import ConfigError

SECONDS = 10.0  # of one reading of a small file
REFUSED, READ = "refused", "read"
GOOD = (REFUSED, READ)


class Hang(BaseException):
    """A reading that takes too long; no reader may catch it."""


@dataclass(frozen=True)
class Original:
    """A valid file, what it says, and the folder it lies in."""

    form: Format
    path: Path
    content: bytes
    objects: dict


def original(form: Format, folder: Path) -> Original:
    """Write the valid file of a format, and read it; it must be sane."""
    path = form.make(folder)
    content = path.read_bytes()
    with limited(60):
        result, objects = form.told(path)
    if form.sane:
        form.sane(result)
    return Original(form, path, content, objects)


def attempt(whole: Original, number: int) -> tuple[str, mutations.Mutant, str]:
    """Read one mutant; return its outcome, the mutant, and where a failure lies."""
    form, path = whole.form, whole.path
    made = mutations.mutant(form.kind, whole.content, form.name, number)
    path.write_bytes(made.content)
    try:
        outcome, why = _read(whole, made)
    finally:
        path.write_bytes(whole.content)
    return outcome, made, why


def _read(whole: Original, made: mutations.Mutant) -> tuple[str, str]:
    form, path = whole.form, whole.path
    try:
        with limited(SECONDS):
            result, objects = form.told(path)
        silent = wrong(whole, made, result, objects)
        found = ("silent" if silent else READ), silent
    except ConfigError as refused:
        found = REFUSED, str(refused)
    except InputError as refused:
        # By its name, or by that of a file beside it that it contradicts.
        named = any(one.name in str(refused) for one in path.parent.iterdir())
        found = (REFUSED if named else "unnamed file"), str(refused)
    except DatumError as refused:
        # Of a file of ours that is damaged, no galaxy is to blame.
        ours = form.sealed and made.reach == mutations.DAMAGED
        found = ("blamed on an object" if ours else REFUSED), str(refused)
    except Hang:
        found = "hang", f"more than {SECONDS:g} s"
    except (KeyboardInterrupt, GeneratorExit):
        raise
    except BaseException as bare:
        found = "bare", place_of(bare)
    return found


def wrong(whole: Original, made: mutations.Mutant, result, objects: dict) -> str:
    """Return what a mutant that was read breaks of the rule of `test_mutants`."""
    before, reach = whole.objects, made.reach
    sealed = whole.form.sealed and reach == mutations.DAMAGED
    if (sealed or reach == mutations.SAME) and objects != before:
        return "read, and not as the original"
    if whole.form.sane:
        try:
            whole.form.sane(result)
        except AssertionError as odd:
            return f"cannot be: {str(odd).splitlines()[0]}"
    return "" if before.keys() == {None} else _other_objects(before, objects, reach)


def _other_objects(before: dict, objects: dict, reach: str) -> str:
    """Return which objects are others than a change of that reach explains."""
    new = objects.keys() - before.keys()
    changed = {k for k, v in before.items() if objects.get(k, v) != v}
    lost = before.keys() - objects.keys()
    found, odd = "", set()
    if reach in (mutations.FEWER, mutations.KEPT) and new:
        found, odd = "identifiers that were not there", new
    elif reach == mutations.FEWER and changed:
        found, odd = "other objects changed", changed
    elif reach == mutations.ONE and max(len(new), len(changed | lost)) > 1:
        found, odd = "one cell changed several objects", changed | lost | new
    return found and f"{found}: {sorted(map(str, odd))[:3]}"


def place_of(bare: BaseException) -> str:
    """Return type, text and place of an error: the last line of ours, and the last."""
    frames = traceback.extract_tb(bare.__traceback__)
    ours = [f for f in frames if "skyloom" in f.filename] or frames
    both = [
        f"{'/'.join(Path(f.filename).parts[-3:])}:{f.lineno}"
        for f in (ours[-1], frames[-1])
    ]
    at = " < ".join(dict.fromkeys(both))
    return f"{type(bare).__name__} at {at}: {str(bare)[:120]!r}"


@contextmanager
def limited(seconds: float) -> Iterator[None]:
    """Raise `Hang` after so many seconds; mute what readers warn and log of."""

    def late(*_):
        raise Hang

    before = signal.signal(signal.SIGALRM, late)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    logging.disable(logging.CRITICAL)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
        logging.disable(logging.NOTSET)
