"""Votes of pictures: a table of counts, or of single answers."""

from __future__ import annotations

import logging
import re
from collections import Counter
from pathlib import Path

import numpy as np
import pandas as pd

from skyloom.io.errors import InputError
from skyloom.io.rows import header
from skyloom.io.tables import read_csv
from skyloom.spirals.catalogue.votes import counted, read_votes
from skyloom.spirals.questions import columns, questions

log = logging.getLogger(__name__)

LONG = ("file", "question", "answer")
KEYS = ("file", "name", "iau_name")
ENDING = re.compile(r"\.(jpe?g|png|fits(\.gz)?)$", re.IGNORECASE)


def name_of(file: str) -> str:
    """Return the name of a picture's galaxy: its file's, without folder and ending."""
    return ENDING.sub("", file.rpartition("/")[2])


def read_answers(path: str | Path) -> tuple[pd.DataFrame, dict]:
    """Read votes of pictures, by the names of their galaxies.

    A CSV table with a column ``file`` (or ``name``, or ``iau_name``: with the ending of
    the file or without) and either a column an answer, as of `votes.read_votes`, or
    ``file``, ``question`` and ``answer``: a row is then one vote for that
    answer, and one for each answer that leads to the question. Of an answer that the
    tree does not have, those that lead to the question are counted.

    Returns
    -------
    votes : DataFrame
        As of `votes.read_votes`, by name.
    counts : dict
        As there; ``not_in_the_tree``: how many rows of each such answer.
    """
    names = header(path, LONG)
    if not {"question", "answer"} <= set(names):
        votes, told = read_votes([path], KEYS)
        return votes.set_axis(votes.index.map(name_of)), told
    table = read_csv(path, dict.fromkeys(LONG, "str"))
    files = sorted(set(table["file"]))
    row_of = {file: row for row, file in enumerate(files)}
    votes = np.zeros((len(files), len(columns())), np.int32)
    known = {one.name: one for one in questions()}
    unknown: Counter = Counter()
    for file, name, answer in table.itertuples(index=False):
        one = known.get(name)
        if one is None or answer not in one.answers:
            unknown[f"{name}: {answer}"] += 1
        else:
            votes[row_of[file], one.first + one.answers.index(answer)] += 1
        after = None if one is None else one.after
        while after is not None:
            votes[row_of[file], after] += 1
            after = next(q.after for q in questions() if after < q.columns.stop)
    if not votes.any():
        problem = f"no answer of the tree among {len(table)}"
        expected = f"questions such as {', '.join(list(known)[:4])}"
        raise InputError(path, problem, expected=expected)
    if unknown:
        log.warning("%s: answers that the tree does not have: %s", path, dict(unknown))
    found = pd.DataFrame(votes, index=[name_of(k) for k in files], columns=columns())
    return found, {**counted(found), "not_in_the_tree": dict(unknown)}
