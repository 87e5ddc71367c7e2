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
        with limited(SECONDS):
            result, objects = form.told(path)
    except (InputError, ConfigError) as refused:
        named = path.stem.split(".")[0] in str(refused)
        return REFUSED if named else "unnamed file", made, str(refused)
    except DatumError as refused:
        # Of a file of ours that is damaged, no galaxy is to blame.
        ours = form.sealed and made.reach == mutations.DAMAGED
        return "blamed on an object" if ours else REFUSED, made, str(refused)
    except Hang:
        return "hang", made, f"more than {SECONDS:g} s"
    except (KeyboardInterrupt, GeneratorExit):
        raise
    except BaseException as bare:
        return "bare", made, place_of(bare)
    finally:
        path.write_bytes(whole.content)
    try:
        silent = wrong(whole, made, result, objects)
    except Exception as odd:
        silent = f"{place_of(odd)}"
    return ("silent" if silent else READ), made, silent


def wrong(whole: Original, made: mutations.Mutant, result, objects: dict) -> str:
    """Return what a mutant that was read breaks of the rule of `test_mutants`."""
    before = whole.objects
    sealed = whole.form.sealed and made.reach == mutations.DAMAGED
    if (sealed or made.reach == mutations.SAME) and objects != before:
        return "read, and not as the original"
    if whole.form.sane:
        try:
            whole.form.sane(result)
        except AssertionError as odd:
            return f"cannot be: {str(odd).splitlines()[0]}"
    new = objects.keys() - before.keys()
    changed = {k for k, v in before.items() if objects.get(k, v) != v}
    if made.reach in (mutations.FEWER, mutations.KEPT) and new:
        return f"identifiers that were not there: {sorted(map(str, new))[:3]}"
    if before.keys() == {None}:
        return ""
    if made.reach == mutations.FEWER and changed:
        return f"other objects changed: {sorted(map(str, changed))[:3]}"
    lost = before.keys() - objects.keys()
    if made.reach == mutations.ONE and max(len(new), len(changed | lost)) > 1:
        several = sorted(map(str, changed | lost | new))[:3]
        return f"one cell changed several objects: {several}"
    return ""


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
