"""Mutated files of every format: each is refused, or read as what it can be.

What must not come, of any mutant:

* **Bare**: another error than an InputError (or ConfigError) that names the file, or
  the DatumError of one object.
* **Hang**: a reading of a small file that takes longer than `attempts.SECONDS`.
* **Silent**: a result that breaks the rule

  1. A change that leaves all values as they are (`mutations.SAME`: the case of
     columns, line ends, blank lines, packing) is refused, or nothing differs.
  2. A damage (flipped bits, a cut, a hole) of one of our own formats with checksums is
     refused, or nothing differs; it is not blamed on a galaxy.
  3. In foreign files, and in ours without checksums, nobody can tell a changed value
     that is possible from a true one. What is read must be possible: `Format.sane`,
     of finite numbers, limits, lengths, increasing wavelengths.
  4. What was not touched stays as it was: a row that is left out or a cell that is
     changed touches no other object (`FEWER`, `ONE`).
  5. No identifier is made up: numbers that went through floats give the original's
     identifiers or a refusal (`KEPT`).

One mutant again: ``.venv/bin/python tests/robustness/again.py "coadd" 395``.
"""

from __future__ import annotations

from collections import defaultdict

import attempts
import mutations
import pytest
from formats import EXCEPTIONS, TABLE, readers, registered
from rows import Format

MUTANTS = 50  # of a format of weight 1
AT_LEAST = 5000
# Readers may leave a file that cannot be read to the garbage collector.
pytestmark = pytest.mark.filterwarnings("ignore")


def numbers(form: Format) -> range:
    return range(round(MUTANTS * form.weight))


def test_every_reader_is_in_the_table():
    missing = readers() - registered() - EXCEPTIONS.keys()
    assert not missing, f"give each a row in its area's list of formats: {missing}"
    assert not EXCEPTIONS.keys() - readers(), "exceptions that are no readers"
    assert not EXCEPTIONS.keys() & registered(), "exceptions that are in the table"


def test_there_are_enough_mutants():
    assert sum(len(numbers(form)) for form in TABLE.values()) >= AT_LEAST


@pytest.mark.parametrize("name", ["csv", "coadd", "store", "galaxies", "marks"])
def test_the_same_seed_gives_the_same_mutants(name, tmp_path):
    form = TABLE[name]
    content = form.make(tmp_path).read_bytes()
    for number in range(30):
        one, two = (mutations.mutant(form.kind, content, name, number) for _ in "12")
        assert (one.change, one.reach) == (two.change, two.reach)
        # zip, HDF5 and Parquet note no time, but for the libraries' own.
        assert one.content == two.content


@pytest.mark.parametrize("name", TABLE)
def test_mutants(name, tmp_path):
    form, failures = TABLE[name], defaultdict(list)
    whole = attempts.original(form, tmp_path)
    for number in numbers(form):
        outcome, made, why = attempts.attempt(whole, number)
        if outcome not in attempts.GOOD:
            place = why.split(": ")[0] if outcome == "bare" else why
            failures[outcome, place].append(f"number {number}, {made.change}: {why}")
    lines = [
        f"{outcome}, {len(found)} times: {found[0]}"
        for (outcome, _), found in failures.items()
    ]
    assert not lines, "\n".join([f'again.py "{name}" <number>', *lines])
